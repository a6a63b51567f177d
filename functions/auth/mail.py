"""Mail about an account that the user pool does not send itself. None is sent where `MAIL_FROM` is empty."""

from botocore.exceptions import BotoCoreError, ClientError

from likeness import aws
from likeness.observability import count, logger
from likeness.settings import settings

_KNOWN = """Somebody, probably you, tried to open an account with this address. You have one already.

Sign in, or choose a new password, at {site}

If it was not you, there is nothing to do: nobody was told that you have an account.
"""
_CODE = """Your code is {code}. It moves your Likeness account to this address and is good for {minutes} minutes.

If you did not ask for it, there is nothing to do: without the code nothing changes.
"""
_TAKEN = """Somebody, probably you, wants to move an account to this address. This address has an account already.

Sign in to that one at {site}, or choose another address.

If it was not you, there is nothing to do: nobody was told that you have an account.
"""
_MOVED = """Your Likeness account has another e-mail address now. This one signs in no more; every session has ended.

If it was not you, answer this mail at once.
"""
_ERASED = """Your Likeness account is erased, with everything in it:

{removed}

What is kept, and why: {site}{receipt}
"""


def is_on() -> bool:
    """Say whether this deployment sends product mail."""
    return bool(settings().mail_from)


def tell_known(email: str) -> None:
    """Tell somebody who has an account that it was to be opened again."""
    _send(email, "You have an account already", _KNOWN.format(site=settings().site_url))


def send_code(email: str, code: str, minutes: int) -> None:
    """Send the code that moves an account to this address."""
    _send(email, "Your new address", _CODE.format(code=code, minutes=minutes))


def tell_taken(email: str) -> None:
    """Tell somebody who has an account that another one was to move to their address."""
    _send(email, "You have an account already", _TAKEN.format(site=settings().site_url))


def tell_moved(email: str) -> None:
    """Tell the address of before that the account has left it."""
    _send(email, "Your address was changed", _MOVED)


def send_receipt(email: str, removed: str, path: str) -> None:
    """Say what an erasure has removed, and where its receipt is."""
    _send(email, "Your account is erased", _ERASED.format(removed=removed, site=settings().site_url, receipt=path))


def _send(email: str, subject: str, text: str) -> None:
    """Send a mail. One that cannot be sent is counted, not reported.

    An error would tell the caller what the mail tells only its receiver.
    """
    if not is_on():
        return
    try:
        aws.mail().send_email(
            FromEmailAddress=settings().mail_from,
            Destination={"ToAddresses": [email]},
            Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": text}}}},
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("mail was not sent", extra={"error": type(error).__name__})
        count("MailFailed")
