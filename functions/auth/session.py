"""Sessions: signing in, staying in, leaving, and changing the password.

A refresh value is `<user id>.<refresh token>`: the pool wants the client's secret hashed with the user's id, which
its own token does not show.
"""

import time
from dataclasses import dataclass

from functions.auth import identity, moving, tokens
from functions.auth.models import ChangePasswordRequest, LoginRequest
from functions.auth.pace import wait_since
from functions.auth.passwords import demand_strong
from likeness.account import find_profile, heal
from likeness.errors import AccountNotActive, SessionEnded, SignInFailed, Unprocessable
from likeness.items.user import AccountState
from likeness.storage import MediaAccess, media_access

REFRESH_SECONDS = 30 * 24 * 3600
"""How long the pool keeps a refresh token valid; `infra/constructs/identity.py` sets it."""

_GONE = {AccountState.ERASING.value, AccountState.ERASED.value}


@dataclass(frozen=True)
class Session:
    """Somebody signed in: tokens, and access to their own media."""

    user_id: str
    access_token: str
    expires_in: int
    refresh_value: str
    media: MediaAccess


def login(request: LoginRequest) -> Session:
    """Sign somebody in; a failure takes equally long, whatever failed.

    Raises:
        SignInFailed: wrong address or password, or an unconfirmed address.
        PasswordResetRequired: an operator wants a new password.
        AccountNotActive: the password was right, and the account is being erased.
    """
    begun = time.monotonic()
    try:
        found = tokens.sign_in(request.email, request.password)
    except SignInFailed:
        wait_since(begun)
        raise
    return _open(found, f"{found.user_id}.{found.refresh_token}", request.email)


def refresh(value: str) -> Session:
    """Return a session with a new access token and new access to media; the refresh value stays.

    Raises:
        SessionEnded: the value is none of ours, or its session, its account or its person is gone.
    """
    user_id, _, token = value.partition(".")
    if not user_id or not token:
        raise SessionEnded("Sign in.")
    found = tokens.refresh(user_id, token)
    try:
        return _open(found, value)
    except AccountNotActive as error:
        raise SessionEnded(error.detail) from None


def logout(value: str) -> None:
    """End the session of a refresh value; one that has ended, or is none, is fine."""
    _, _, token = value.partition(".")
    if token:
        tokens.revoke(token)


def change_password(user_id: str, request: ChangePasswordRequest) -> Session:
    """Change a password, end every session there is, and open a new one.

    Raises:
        Unprocessable: the old password is wrong; `fields` says so.
        PasswordRefused: the new one is easily guessed.
        AccountNotActive: the account is being erased.
    """
    person = identity.find(user_id)
    if person is None:
        raise AccountNotActive("This account does not exist any more.")
    demand_strong(request.new, person.email)
    try:
        tokens.sign_in(person.email, request.old)
    except SignInFailed:
        message = "This is not your password."
        raise Unprocessable(message, fields=[{"field": "old", "message": message}]) from None
    _admit(user_id)
    identity.set_password(user_id, request.new)
    identity.sign_out_everywhere(user_id)
    found = tokens.sign_in(person.email, request.new)
    return _open(found, f"{user_id}.{found.refresh_token}")


def end_all(user_id: str) -> None:
    """End every session of a person: nothing is renewed any more.

    What was handed out lives on until it expires: an access token for 15 minutes, access to one's own media for
    12 to 13 hours.
    """
    identity.sign_out_everywhere(user_id)


def _open(found: tokens.Tokens, refresh_value: str, email: str | None = None) -> Session:
    _admit(found.user_id, email)
    access = media_access(found.user_id)
    return Session(found.user_id, found.access_token, found.expires_in, refresh_value, access)


def _admit(user_id: str, email: str | None = None) -> None:
    """Let in whose account exists; nothing is signed for anybody else.

    An account that was never opened is healed, and so is one whose move to the address that just signed in was
    killed half-way.

    Raises:
        AccountNotActive: the account is being erased or is gone.
    """
    profile = find_profile(user_id)
    if profile is None:
        heal(user_id)
    elif profile.state in _GONE:
        raise AccountNotActive("This account is being erased.")
    elif email is not None and profile.email != email:
        moving.settle(user_id, email)
