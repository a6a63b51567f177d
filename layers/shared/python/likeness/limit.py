"""Rate limits: so many of a thing by one subject in one window of time."""

from pynamodb.exceptions import UpdateError

from likeness.errors import TooManyRequests
from likeness.items.row import now
from likeness.items.user import Limit
from likeness.seal import mac


def take(action: str, subject: str, maximum: int, window_seconds: int) -> Limit:
    """Count one `action` by a subject (an address, an e-mail, a user), which is stored as a pseudonym only.

    Returns the window it was counted in, for `give_back`.

    Raises:
        TooManyRequests: the window is full; `retry_after` is in seconds.
    """
    start = now() // window_seconds * window_seconds
    end = start + window_seconds
    row = Limit.of(mac("limit", f"{action}|{subject.casefold()}"), f"{window_seconds}#{start}")
    try:
        row.update(
            [Limit.used.add(1), Limit.expires_at.set(end + window_seconds)],
            condition=Limit.used.does_not_exist() | (Limit.used < maximum),
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        wait = end - now()
        raise TooManyRequests(f"Too many tries. Wait {wait} seconds.", retry_after=max(1, wait)) from None
    return row


def give_back(row: Limit) -> None:
    """Uncount what `take` counted, where only failures count."""
    row.update([Limit.used.add(-1)], condition=Limit.used > 0)
