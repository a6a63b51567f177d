"""A person's account, the welcome mark and the rate windows."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from likeness.items.row import UserRow


class AccountState(StrEnum):
    """What an account may do: only ACTIVE may spend."""

    ACTIVE = "ACTIVE"
    FROZEN = "FROZEN"
    ERASING = "ERASING"
    ERASED = "ERASED"


class Profile(UserRow, discriminator="PROFILE"):
    """A person's account."""

    email = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    state = UnicodeAttribute(default=AccountState.ACTIVE.value)
    terms_version = UnicodeAttribute(null=True)
    terms_at = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute(default_for_new=lambda: datetime.now(UTC).isoformat(timespec="seconds"), null=True)
    """Absent once the account is erased."""
    changed_at = UnicodeAttribute(null=True)
    """When the state changed last."""
    stripe_customer = UnicodeAttribute(null=True)

    @classmethod
    def of(cls, user_id: str) -> Self:
        """Name the account of a user."""
        return cls(user_id, "PROFILE")


class Welcome(UserRow, discriminator="WELCOME"):
    """Marks that the person behind an e-mail address got welcome credits; kept for 12 months."""

    granted_at = NumberAttribute()

    @classmethod
    def of(cls, email_mac: str) -> Self:
        """Name the mark of an address by its MAC."""
        return cls(f"WELCOME#{email_mac}", "WELCOME")


class Limit(UserRow, discriminator="LIMIT"):
    """Counts what an address or a person did in one window of time; the only rows with a TTL."""

    used = NumberAttribute(default=0)
    expires_at = NumberAttribute()

    @classmethod
    def of(cls, subject_mac: str, window: str) -> Self:
        """Name a window of a subject by its MAC."""
        return cls(f"LIMIT#{subject_mac}", window)
