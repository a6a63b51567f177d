"""Making something once, however often the request for it arrives: for what costs no credits."""

from collections.abc import Callable

from likeness.errors import AppError, KeyReused
from likeness.items.gallery import Repeat
from likeness.table import Raw, Transaction


class _Repeated(AppError):
    """The operation was done before: `stored`."""

    def __init__(self, raw: Raw | None) -> None:
        super().__init__("repeated")
        self.stored = Repeat.from_raw_data(raw or {})


def once(
    user_id: str,
    operation: str | None,
    fingerprint: str,
    made: str,
    write: Callable[[Transaction], None],
) -> str:
    """Write the rows of something new and return its id `made`; a repeat writes nothing and returns the first id.

    Without an operation nothing tells a repeat apart, and each request makes something of its own.

    Raises:
        KeyReused: the operation was used for another request.
        AppError: what a condition of `write` says; nothing was written.
    """
    transaction = Transaction()
    if operation is not None:
        mark = Repeat.of(user_id, operation)
        mark.made, mark.fingerprint = made, fingerprint
        transaction.put(mark, Repeat.sk.does_not_exist(), _Repeated)
    write(transaction)
    try:
        transaction.commit()
    except _Repeated as repeat:
        return _same(repeat.stored, fingerprint)
    return made


def find_made(user_id: str, operation: str | None, fingerprint: str) -> str | None:
    """Return the id that an earlier request of this operation made, or None: for refusals that come before `once`.

    Raises:
        KeyReused: the operation was used for another request.
    """
    if operation is None:
        return None
    try:
        stored = Repeat.get(user_id, Repeat.of(user_id, operation).sk, consistent_read=True)
    except Repeat.DoesNotExist:
        return None
    return _same(stored, fingerprint)


def _same(stored: Repeat, fingerprint: str) -> str:
    if stored.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request. Use a new key.") from None
    return str(stored.made)
