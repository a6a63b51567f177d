"""How the user pool is called: as the one client that knows its secret, every refusal named or passed over."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from likeness.aws import cognito
from likeness.errors import AppError, Busy
from likeness.observability import count, logger
from likeness.settings import settings

Refusal = Callable[[], AppError]
Refusals = Mapping[str, Refusal | None]
"""What an error of the pool, by its code, becomes; None: it is passed over."""

_BUSY = {"TooManyRequestsException", "InternalErrorException", "ThrottlingException"}


def ask(operation: Callable[..., Any], refusals: Refusals, **parameters: object) -> Any:  # noqa: ANN401 (boto3's)
    """Call the pool; return its answer, or nothing where a refusal is passed over.

    Raises:
        AppError: what `refusals` says.
        Busy: the pool throttles or is ill.
    """
    try:
        return operation(**parameters)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _BUSY:
            raise Busy("Signing in is busy. Send the same request again.", retry_after=1) from error
        if code not in refusals:
            raise
        logger.info("the user pool refused", extra={"error": code})
        if code == "CodeDeliveryFailureException":
            count("MailFailed")
        refusal = refusals[code]
        if refusal is not None:
            raise refusal() from None
        return {}


def named(username: str) -> dict[str, str]:
    """Name a person, by e-mail address or `sub`, for the calls of an administrator."""
    return {"UserPoolId": settings().user_pool_id, "Username": username}


def as_client(username: str) -> dict[str, str]:
    """Show who calls, for the calls that the app client makes for a person."""
    return {"ClientId": settings().user_pool_client_id, "SecretHash": secret_hash(username)}


def secret_hash(username: str) -> str:
    """Prove that we know the client's secret: over the e-mail address, at a refresh over the `sub`."""
    text = username + settings().user_pool_client_id
    return base64.b64encode(hmac.digest(client_secret().encode(), text.encode(), hashlib.sha256)).decode()


def client_secret() -> str:
    """Return the app client's secret, read from the pool once."""
    return _secret(settings().user_pool_id, settings().user_pool_client_id)


@cache
def _secret(pool_id: str, client_id: str) -> str:
    found = cognito().describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)
    return found["UserPoolClient"]["ClientSecret"]
