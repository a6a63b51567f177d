"""Signing in at the user pool: tokens for a password or a refresh token, and their end.

The app client has a secret, so nobody can sign in past these routes.
"""

import base64
import json
from dataclasses import dataclass
from functools import partial

from functions.auth.pool import Refusal, Refusals, ask, client_secret, secret_hash
from likeness.aws import cognito
from likeness.errors import PasswordResetRequired, SessionEnded, SignInFailed
from likeness.settings import settings

_FAILED = "Wrong e-mail address or password, or the address is not confirmed yet."
_ENDED = "This session has ended. Sign in again."


@dataclass(frozen=True)
class Tokens:
    """What the pool hands out at sign-in; a refresh brings no new refresh token (None)."""

    user_id: str
    access_token: str
    expires_in: int
    refresh_token: str | None


def sign_in(email: str, password: str) -> Tokens:
    """Sign somebody in.

    The pool says that an address is unconfirmed before it looks at the password, so saying it would tell
    everybody that the address is in use: it is the same refusal as a wrong password.

    Raises:
        SignInFailed: wrong address or password, an unconfirmed address, or a disabled account.
        PasswordResetRequired: the password was right, and an operator wants another one.
    """
    failed = partial(SignInFailed, _FAILED)
    refusals: Refusals = {
        "NotAuthorizedException": failed,
        "UserNotFoundException": failed,
        "UserNotConfirmedException": failed,
        "InvalidParameterException": failed,
        "PasswordResetRequiredException": partial(PasswordResetRequired, "Choose a new password by 'forgot password'."),
    }
    parameters = {"USERNAME": email, "PASSWORD": password, "SECRET_HASH": secret_hash(email)}
    return _tokens("ADMIN_USER_PASSWORD_AUTH", parameters, refusals, failed)


def refresh(user_id: str, token: str) -> Tokens:
    """Return a new access token for a refresh token that belongs to this person.

    Raises:
        SessionEnded: the token is revoked, expired, somebody else's or none at all.
    """
    ended = partial(SessionEnded, _ENDED)
    codes = ("NotAuthorizedException", "UserNotFoundException", "InvalidParameterException")
    parameters = {"REFRESH_TOKEN": token, "SECRET_HASH": secret_hash(user_id)}
    tokens = _tokens("REFRESH_TOKEN_AUTH", parameters, dict.fromkeys(codes, ended), ended)
    if tokens.user_id != user_id:
        raise ended()
    return tokens


def revoke(token: str) -> None:
    """End the session of a refresh token; what is no token is passed over."""
    refusals = dict.fromkeys(("UnauthorizedException", "InvalidParameterException", "UnsupportedTokenTypeException"))
    client_id = settings().user_pool_client_id
    ask(cognito().revoke_token, refusals, Token=token, ClientId=client_id, ClientSecret=client_secret())


def _tokens(flow: str, parameters: dict[str, str], refusals: Refusals, otherwise: Refusal) -> Tokens:
    answer = ask(
        cognito().admin_initiate_auth,
        refusals,
        UserPoolId=settings().user_pool_id,
        ClientId=settings().user_pool_client_id,
        AuthFlow=flow,
        AuthParameters=parameters,
    )
    result = answer.get("AuthenticationResult")
    if result is None:
        raise otherwise()
    access = result["AccessToken"]
    return Tokens(_subject(access), access, result["ExpiresIn"], result.get("RefreshToken"))


def _subject(access_token: str) -> str:
    """Return whose token it is; it came from the pool this moment, so its signature needs no check."""
    claims = access_token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"])
