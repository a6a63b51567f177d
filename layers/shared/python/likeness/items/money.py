"""Credits: balance, entries, reservations and payments. None of these rows is ever deleted."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, LocalSecondaryIndex

from likeness.items.row import CreditRow


class ReservationState(StrEnum):
    """HELD until the job ends; then SETTLED if anything was delivered, else RELEASED. Once."""

    HELD = "HELD"
    SETTLED = "SETTLED"
    RELEASED = "RELEASED"


class EntryKind(StrEnum):
    """Why credits came or went outside a job."""

    WELCOME = "welcome"
    PURCHASE = "purchase"
    PLAN = "plan"
    CLAWBACK = "clawback"
    RESTORE = "restore"
    EXPIRY = "expiry"
    ADJUSTMENT = "adjustment"
    FORFEITURE = "forfeiture"


def moment() -> str:
    """Return the time as it is sorted in a ledger: ISO, UTC, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class ByTime(LocalSecondaryIndex["CreditRow"]):  # type: ignore[no-untyped-call]  # PynamoDB types no __init_subclass__
    """A person's entries and reservations in the order of time; consistent."""

    class Meta:
        index_name = "by_time"
        projection = AllProjection()

    pk = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class Balance(CreditRow, discriminator="BALANCE"):
    """What a person may spend and what is held for running jobs. A missing row counts as zero."""

    available = NumberAttribute(default=0)
    """May be below zero after a claw-back: that is the debt."""
    reserved = NumberAttribute(default=0)
    version = NumberAttribute(default=0)

    @classmethod
    def of(cls, user_id: str) -> Self:
        """Name the balance of a user."""
        return cls(user_id, "BALANCE")


class Entry(CreditRow, discriminator="ENTRY"):
    """Credits that came or went, immutable; kind and ref make it once."""

    entry_kind = UnicodeAttribute()
    ref = UnicodeAttribute()
    amount = NumberAttribute()
    at = UnicodeAttribute(default_for_new=moment)

    by_time = ByTime()

    PREFIX = "ENTRY#"

    @classmethod
    def of(cls, user_id: str, kind: str, ref: str) -> Self:
        """Name an entry by its kind and what it refers to."""
        return cls(user_id, f"{cls.PREFIX}{kind}#{ref}", entry_kind=kind, ref=ref)


class Reservation(CreditRow, discriminator="RESERVATION"):
    """Credits held for one paid job."""

    units = NumberAttribute()
    undelivered = NumberAttribute()
    used = NumberAttribute(default=0)
    unit_price = NumberAttribute()
    state = UnicodeAttribute(default=ReservationState.HELD.value)
    fingerprint = UnicodeAttribute()
    job = UnicodeAttribute()
    """`training#<model>#<training>` or `generation#<generation>`."""
    deadline = NumberAttribute()
    at = UnicodeAttribute(default_for_new=moment)
    ended_at = UnicodeAttribute(null=True)

    by_time = ByTime()

    PREFIX = "RESERVATION#"

    @classmethod
    def of(cls, user_id: str, operation: str) -> Self:
        """Name the reservation of an operation."""
        return cls(user_id, f"{cls.PREFIX}{operation}")

    @property
    def operation(self) -> str:
        """The operation it belongs to."""
        return self.sk.removeprefix(self.PREFIX)


class Payment(CreditRow, discriminator="PAYMENT"):
    """What was bought with one payment and how much of it was taken back."""

    credits = NumberAttribute()
    amount = NumberAttribute()
    """Money paid, in the currency's smallest unit."""
    taken = NumberAttribute(default=0)
    """Credits clawed back so far; never more than `credits`."""

    @classmethod
    def of(cls, user_id: str, session: str) -> Self:
        """Name a payment by its checkout session or invoice line."""
        return cls(user_id, f"PAYMENT#{session}")
