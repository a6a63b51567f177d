"""A person's account, its change of address and its erasure, the welcome mark and the rate windows."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

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
    receipt: JSONAttribute = JSONAttribute(null=True)
    """Of an erased account: what was removed and what was kept, in numbers."""

    @classmethod
    def of(cls, user_id: str) -> Self:
        """Name the account of a user."""
        return cls(user_id, "PROFILE")


class EmailChange(UserRow, discriminator="EMAIL_CHANGE"):
    """The address that a person wants to move to, until the code that was mailed there is shown."""

    email = UnicodeAttribute()
    code_mac = UnicodeAttribute()
    """Of user, address and code: the code itself is in the mail alone."""
    tries = NumberAttribute(default=0)
    expires_at = NumberAttribute()
    """When the code ends, and the row with it some time later."""

    @classmethod
    def of(cls, user_id: str) -> Self:
        """Name the change of a user: there is one at a time."""
        return cls(user_id, "EMAIL_CHANGE")


class Erasure(UserRow, discriminator="ERASURE"):
    """What an erasure has removed so far, counted in the writes that remove it; gone when the profile tells it."""

    photos = NumberAttribute(default=0)
    images = NumberAttribute(default=0)
    models = NumberAttribute(default=0)
    trainings = NumberAttribute(default=0)
    weights = NumberAttribute(default=0)
    generations = NumberAttribute(default=0)
    collections = NumberAttribute(default=0)
    shares = NumberAttribute(default=0)
    downloads = NumberAttribute(default=0)
    changes = NumberAttribute(default=0)
    other_rows = NumberAttribute(default=0)
    objects = NumberAttribute(default=0)
    bytes = NumberAttribute(default=0)
    pending: JSONAttribute = JSONAttribute(null=True)
    """`{bucket, keys}`: objects that are counted and may not be removed yet."""
    version = NumberAttribute(default=0)

    @classmethod
    def of(cls, user_id: str) -> Self:
        """Name the erasure of a user."""
        return cls(user_id, "ERASURE")


class Welcome(UserRow, discriminator="WELCOME"):
    """Marks that the person behind an e-mail address got welcome credits; kept for 12 months."""

    granted_at = NumberAttribute()
    expires_at = NumberAttribute(null=True)

    @classmethod
    def of(cls, email_mac: str) -> Self:
        """Name the mark of an address by its MAC."""
        return cls(f"WELCOME#{email_mac}", "WELCOME")


class Limit(UserRow, discriminator="LIMIT"):
    """Counts what an address or a person did in one window of time."""

    used = NumberAttribute(default=0)
    expires_at = NumberAttribute()

    @classmethod
    def of(cls, subject_mac: str, window: str) -> Self:
        """Name a window of a subject by its MAC."""
        return cls(f"LIMIT#{subject_mac}", window)
