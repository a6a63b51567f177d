"""An order of pictures and the vendor job of each."""

from enum import StrEnum
from typing import Self

from pynamodb.attributes import JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from likeness.items.row import ImageRow, OpenGenerations


class GenerationStatus(StrEnum):
    """Where an order stands; the last three are ends. `succeeded`: at least one picture was delivered."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PictureState(StrEnum):
    """Where one picture of an order stands."""

    WAITING = "waiting"
    DONE = "done"
    FLAGGED = "flagged"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Generation(ImageRow, discriminator="GENERATION"):
    """One order of n pictures."""

    status = UnicodeAttribute(default=GenerationStatus.QUEUED.value)
    request: JSONAttribute = JSONAttribute()
    """What was ordered, complete: every default is filled in."""
    operation = UnicodeAttribute()
    credits = NumberAttribute()
    unit_price = NumberAttribute()
    units = NumberAttribute()
    """How many pictures were ordered."""
    pictures: ListAttribute[dict[str, object]] = ListAttribute()
    """`[{number, state, image_id?, error_code?, error?}]`, by number from 1."""
    created_at = UnicodeAttribute()
    ended_at = UnicodeAttribute(null=True)
    deadline = NumberAttribute()
    attempt = NumberAttribute(default=1)
    version = NumberAttribute(default=1)
    """Rises with every change a client can see; the ETag of a poll."""
    error_code = UnicodeAttribute(null=True)
    error = UnicodeAttribute(null=True)
    open = UnicodeAttribute(null=True)
    check_at = NumberAttribute(null=True)

    by_check = OpenGenerations()

    PREFIX = "GENERATION#"

    @classmethod
    def of(cls, user_id: str, generation_id: str) -> Self:
        """Name a user's order."""
        return cls(user_id, f"{cls.PREFIX}{generation_id}")

    @property
    def id(self) -> str:
        """The order's id."""
        return self.sk.removeprefix(self.PREFIX)


class Render(ImageRow, discriminator="RENDER"):
    """The vendor job of one picture."""

    submission = UnicodeAttribute()
    vendor_ref = UnicodeAttribute(null=True)
    submitted_at = NumberAttribute(null=True)
    fetches = NumberAttribute(default=0)

    PREFIX = "RENDER#"

    @classmethod
    def of(cls, user_id: str, generation_id: str, number: int) -> Self:
        """Name the job of picture `number` (from 1) of an order."""
        return cls(user_id, f"{cls.PREFIX}{generation_id}#{number:02d}")
