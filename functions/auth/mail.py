"""Mail about an account that the user pool does not send itself."""

from botocore.exceptions import BotoCoreError, ClientError

from likeness import aws
from likeness.observability import count, logger
from likeness.settings import settings

_SUBJECT = "You have an account already"
_TEXT = """Somebody, probably you, tried to open an account with this address. You have one already.

Sign in, or choose a new password, at {site}

If it was not you, there is nothing to do: nobody was told that you have an account.
"""


def tell_known(email: str) -> None:
    """Tell somebody who has an account that it was to be opened again.

    Without a sender (`MAIL_FROM` is empty) nothing is sent. Mail that cannot be sent is counted, not reported:
    an error would tell the caller what the mail tells only its receiver.
    """
    if not settings().mail_from:
        return
    try:
        aws.mail().send_email(
            FromEmailAddress=settings().mail_from,
            Destination={"ToAddresses": [email]},
            Content={
                "Simple": {
                    "Subject": {"Data": _SUBJECT},
                    "Body": {"Text": {"Data": _TEXT.format(site=settings().site_url)}},
                }
            },
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("mail was not sent", extra={"error": type(error).__name__})
        count("MailFailed")
