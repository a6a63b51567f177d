"""Accounts: made at the first confirmation, healed when missing, welcomed once per person."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from likeness.aws import cognito
from likeness.catalog.reader import catalog
from likeness.errors import AccountNotActive, AlreadyEnded
from likeness.items.money import EntryKind
from likeness.items.row import now
from likeness.items.user import AccountState, Profile, Welcome
from likeness.ledger import grant
from likeness.seal import mac
from likeness.settings import settings
from likeness.table import Transaction

YEAR_SECONDS = 365 * 24 * 3600
Answer = TypeVar("Answer")


def find_profile(user_id: str) -> Profile | None:
    """Return a user's profile as it is now, or None."""
    try:
        return Profile.get(user_id, "PROFILE", consistent_read=True)
    except Profile.DoesNotExist:
        return None


def is_active(user_id: str) -> bool:
    """Say whether an account may do everything now."""
    profile = find_profile(user_id)
    return profile is not None and profile.state == AccountState.ACTIVE.value


def open_account(
    user_id: str, email: str, terms_version: str | None, terms_at: str | None, name: str | None = None
) -> None:
    """Make a confirmed person's profile together with the welcome credits; repeatable.

    Nobody gets a profile without the credits that go with it, whatever is killed in between; the person behind an
    e-mail address gets them once in 12 months. A profile that is there, even of an erased account, stays as it is.
    """
    profile = Profile.of(user_id)
    profile.email, profile.name = email, name
    profile.terms_version, profile.terms_at = terms_version, terms_at

    def with_profile(transaction: Transaction) -> None:
        transaction.put(profile, Profile.sk.does_not_exist(), AlreadyEnded("Opened before."))
        _put_mark(transaction, email)

    if not grant(user_id, EntryKind.WELCOME, "welcome", catalog().welcome_credits, also=with_profile):
        _put_if_absent(profile)


def mark_welcomed(email: str) -> None:
    """Mark that the person behind an address got their welcome credits, where it is not marked yet; repeatable."""
    transaction = Transaction()
    _put_mark(transaction, email)
    with suppress(AlreadyEnded):
        transaction.commit()


def welcome_mark(email: str) -> Welcome:
    """Name the mark of an e-mail address."""
    return Welcome.of(mac("welcome", email.strip().casefold()))


def healed(user_id: str, act: Callable[[], Answer]) -> Answer:
    """Do something that needs a profile; where only the profile is missing, make it and do it once more.

    Raises:
        AccountNotActive: there is a profile, and it may not do that.
    """
    try:
        return act()
    except AccountNotActive:
        if find_profile(user_id) is not None:
            raise
        heal(user_id)
        return act()


def heal(user_id: str) -> None:
    """Make the missing profile of a confirmed person from the user pool; repeatable.

    Raises:
        AccountNotActive: the pool has no such confirmed person.
    """
    pool = settings().user_pool_id
    client = cognito()
    try:
        found = client.admin_get_user(UserPoolId=pool, Username=user_id)
    except client.exceptions.UserNotFoundException:
        raise AccountNotActive("This account does not exist any more.") from None
    if found["UserStatus"] != "CONFIRMED" or not found.get("Enabled", True):
        raise AccountNotActive("Confirm your e-mail address first.")
    attributes = {entry["Name"]: entry.get("Value", "") for entry in found["UserAttributes"]}
    open_account(
        user_id,
        attributes["email"],
        attributes.get("custom:terms_version"),
        attributes.get("custom:terms_at"),
        attributes.get("name"),
    )


def _put_mark(transaction: Transaction, email: str) -> None:
    mark, at = welcome_mark(email), now()
    mark.granted_at, mark.expires_at = at, at + YEAR_SECONDS
    is_over = Welcome.granted_at.does_not_exist() | (Welcome.granted_at < at - YEAR_SECONDS)
    transaction.put(mark, is_over, AlreadyEnded("Welcomed before."))


def _put_if_absent(profile: Profile) -> None:
    transaction = Transaction()
    transaction.put(profile, Profile.sk.does_not_exist(), AlreadyEnded("Opened before."))
    with suppress(AlreadyEnded):
        transaction.commit()
