"""People in the user pool: every call that makes, finds, changes or removes one, and what its refusals mean to us.

The pool hides who exists in password reset; where it does not, this module does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from functions.auth.pool import Refusals, as_client, ask, named
from likeness.aws import cognito
from likeness.errors import AccountNotActive, AppError, CodeInvalid, PasswordRefused, Unprocessable

_CODE = "The code is wrong, has expired or was used before. If you have used it, sign in; if not, ask for a new one."
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


def change_email(user_id: str, email: str) -> None:
    """Give a person another address, which is proved to be theirs: they sign in with it from now on.

    Raises:
        AddressTaken: somebody has this address.
        Unprocessable: the pool takes no such address.
        AccountNotActive: there is no such person any more.
    """
    ask(
        cognito().admin_update_user_attributes,
        {
            "AliasExistsException": partial(AddressTaken, "taken"),
            "InvalidParameterException": partial(Unprocessable, "This address is not accepted."),
            "UserNotFoundException": partial(AccountNotActive, "This account does not exist any more."),
        },
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
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
