"""The user pool: every call to it, and what its refusals mean to us.

The app client has a secret, so nobody can sign in past these routes. The pool hides who exists in sign-in and
password reset; where it does not, this module does.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from functions.auth.pool import Refusal, Refusals, as_client, ask, client_secret, named, secret_hash
from likeness.aws import cognito
from likeness.errors import (
    AppError,
    CodeInvalid,
    PasswordRefused,
    PasswordResetRequired,
    SessionEnded,
    SignInFailed,
    Unprocessable,
)
from likeness.settings import settings

_FAILED = "Wrong e-mail address or password, or the address is not confirmed yet."
_CODE = "The code is wrong, has expired or was used before. If you have used it, sign in; if not, ask for a new one."
_ENDED = "This session has ended. Sign in again."
_STRICTER: Refusals = {
    "InvalidPasswordException": partial(PasswordRefused, "This password is not accepted. Choose another one.")
}
_NOBODY: Refusals = {"UserNotFoundException": None}
_SILENT: Refusals = dict.fromkeys(
    (
        "UserNotFoundException",
        "NotAuthorizedException",
        "InvalidParameterException",
        "LimitExceededException",
        "CodeDeliveryFailureException",
    )
)
_WRONG_CODE: Refusals = dict.fromkeys(
    (
        "CodeMismatchException",
        "ExpiredCodeException",
        "NotAuthorizedException",
        "UserNotFoundException",
        "InvalidParameterException",
        "AliasExistsException",
        "LimitExceededException",
        "TooManyFailedAttemptsException",
    ),
    partial(CodeInvalid, _CODE),
)


class AddressTaken(AppError):
    """The pool has a person with this address."""


@dataclass(frozen=True)
class Person:
    """Somebody in the pool; `id` is the `sub` of their tokens."""

    id: str
    email: str
    is_confirmed: bool
    is_enabled: bool


@dataclass(frozen=True)
class Tokens:
    """What the pool hands out at sign-in; a refresh brings no new refresh token (None)."""

    user_id: str
    access_token: str
    expires_in: int
    refresh_token: str | None


def sign_up(email: str, password: str, attributes: Mapping[str, str]) -> None:
    """Make an unconfirmed person; the pool mails them a code.

    Raises:
        AddressTaken: somebody has this address.
        PasswordRefused: the pool's policy is stricter than ours.
        Unprocessable: the pool takes no such address.
    """
    ask(
        cognito().sign_up,
        {
            "UsernameExistsException": partial(AddressTaken, "taken"),
            **_STRICTER,
            "InvalidParameterException": partial(Unprocessable, "This address is not accepted."),
            "CodeDeliveryFailureException": None,
        },
        Username=email,
        Password=password,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        **as_client(email),
    )


def find(username: str) -> Person | None:
    """Return who has an e-mail address or a `sub`, or None."""
    found = ask(cognito().admin_get_user, _NOBODY, **named(username))
    if not found:
        return None
    attributes = {entry["Name"]: entry.get("Value", "") for entry in found["UserAttributes"]}
    is_confirmed = found["UserStatus"] == "CONFIRMED"
    return Person(attributes["sub"], attributes["email"], is_confirmed, found.get("Enabled", True))


def confirm(email: str, code: str) -> None:
    """Confirm an address by its code.

    Raises:
        CodeInvalid: the code does not hold, or there is nobody to confirm.
    """
    ask(cognito().confirm_sign_up, _WRONG_CODE, Username=email, ConfirmationCode=code, **as_client(email))


def resend_code(email: str) -> None:
    """Mail another code to an unconfirmed person; anybody else is passed over."""
    ask(cognito().resend_confirmation_code, _SILENT, Username=email, **as_client(email))


def forgot_password(email: str) -> None:
    """Mail a code that resets the password of a confirmed person; anybody else is passed over."""
    ask(cognito().forgot_password, _SILENT, Username=email, **as_client(email))


def reset_password(email: str, code: str, password: str) -> None:
    """Set a password by a mailed code.

    Raises:
        CodeInvalid: the code does not hold, or there is nobody whose password it could set.
        PasswordRefused: the pool's policy is stricter than ours.
    """
    ask(
        cognito().confirm_forgot_password,
        {**_WRONG_CODE, **_STRICTER},
        Username=email,
        ConfirmationCode=code,
        Password=password,
        **as_client(email),
    )


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


def set_password(user_id: str, password: str) -> None:
    """Set the password of a person who has proved to be who they are.

    Raises:
        PasswordRefused: the pool's policy is stricter than ours.
    """
    ask(
        cognito().admin_set_user_password,
        _STRICTER,
        Password=password,
        Permanent=True,
        **named(user_id),
    )


def sign_out_everywhere(user_id: str) -> None:
    """End every session of a person; access tokens live on until they expire. Nobody there: passed over."""
    ask(cognito().admin_user_global_sign_out, _NOBODY, **named(user_id))


def disable(user_id: str) -> None:
    """Let a person never sign in again. Nobody there: passed over."""
    ask(cognito().admin_disable_user, _NOBODY, **named(user_id))


def delete(user_id: str) -> None:
    """Remove a person from the pool. Nobody there: passed over."""
    ask(cognito().admin_delete_user, _NOBODY, **named(user_id))


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
