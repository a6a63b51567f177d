"""What a person makes of their pictures: collections, links, downloads and bulk changes."""

from enum import StrEnum
from typing import Any, Self

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)

from likeness.items.row import ImageRow


class JobStatus(StrEnum):
    """Where a download or a bulk change stands; the last three are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Collection(ImageRow, discriminator="COLLECTION"):
    """A set of pictures: those that were put into it or, if it has `filters`, those that match them."""

    name = UnicodeAttribute()
    filters: JSONAttribute = JSONAttribute(null=True)
    """Of a smart collection: what `GET images` takes."""
    created_at = UnicodeAttribute()

    PREFIX = "COLLECTION#"

    @classmethod
    def of(cls, user_id: str, collection_id: str) -> Self:
        """Name a user's collection."""
        return cls(user_id, f"{cls.PREFIX}{collection_id}")

    @property
    def id(self) -> str:
        """The collection's id."""
        return self.sk.removeprefix(self.PREFIX)


class CollectionCount(ImageRow, discriminator="COLLECTION_COUNT"):
    """Counts a person's collections; changed in the transaction that makes or deletes one."""

    collections = NumberAttribute(default=0)

    @classmethod
    def of(cls, user_id: str) -> Self:
        """Name the count of a user."""
        return cls(user_id, "COUNT#COLLECTION")


class Share(ImageRow, discriminator="SHARE"):
    """A public link to pictures. What it opens are copies below `below`, gone when it is withdrawn."""

    title = UnicodeAttribute(null=True)
    image_ids: ListAttribute[str] = ListAttribute()
    """What was asked for, in order; a picture is shown while its own row names this link."""
    left = UnicodeSetAttribute(null=True)
    """Those of them that were trashed since: restored, they stay out."""
    show_prompt = BooleanAttribute(default=False)
    allow_download = BooleanAttribute(default=False)
    expires_at = NumberAttribute(null=True)
    """In seconds since 1970; absent: never."""
    revoked_at = NumberAttribute(null=True)
    deleted_at = NumberAttribute(null=True)
    """As good as gone: its copies are being removed, its owner is not shown it."""
    views = NumberAttribute(default=0)
    below = UnicodeAttribute()
    """Prefix of its copies, `media/v/<random>/`: named before the first copy is written."""
    created_at = UnicodeAttribute()
    open = UnicodeAttribute(null=True)
    """`EXPIRING` while it has, or may have, copies and an end."""
    check_at = NumberAttribute(null=True)
    claimed_at = NumberAttribute(null=True)
    """Since when the sweeper removes its copies: nobody puts any there meanwhile."""

    PREFIX = "SHARE#"

    @classmethod
    def of(cls, user_id: str, share_id: str) -> Self:
        """Name a user's link."""
        return cls(user_id, f"{cls.PREFIX}{share_id}")

    @property
    def id(self) -> str:
        """The link's id."""
        return self.sk.removeprefix(self.PREFIX)

    @property
    def is_deleted(self) -> bool:
        """Whether its owner has deleted it."""
        return self.deleted_at is not None

    @property
    def is_withdrawn(self) -> bool:
        """Whether its owner has revoked or deleted it, which is for good."""
        return self.is_deleted or self.revoked_at is not None

    @property
    def shown(self) -> list[str]:
        """Ids of the pictures that it shows while it is open, in order."""
        return [image_id for image_id in self.image_ids if image_id not in (self.left or ())]


class ShareCount(ImageRow, discriminator="SHARE_COUNT"):
    """Counts a person's links; changed in the transaction that makes or deletes one."""

    shares = NumberAttribute(default=0)

    @classmethod
    def of(cls, user_id: str) -> Self:
        """Name the count of a user."""
        return cls(user_id, "COUNT#SHARE")


class GalleryJob(ImageRow):
    """What downloads and bulk changes have in common: work on many pictures, step by step."""

    status = UnicodeAttribute(default=JobStatus.QUEUED.value)
    selection: JSONAttribute = JSONAttribute()
    """Which pictures: `{"image_ids": [..]}` or `{"filters": {..}, "newest": "<last id that may match>"}`."""
    total = NumberAttribute()
    """How many pictures were selected."""
    done = NumberAttribute(default=0)
    missed = NumberAttribute(default=0)
    """How many of them could not be done: gone meanwhile, or refused."""
    created_at = UnicodeAttribute()
    ended_at = UnicodeAttribute(null=True)
    deadline = NumberAttribute()
    attempt = NumberAttribute(default=1)
    holder = UnicodeAttribute(null=True)
    """Who works on it: a later claim takes it over, and what an earlier one writes then is refused."""
    error_code = UnicodeAttribute(null=True)
    error = UnicodeAttribute(null=True)
    open = UnicodeAttribute(null=True)
    """`WORK` while it is not over; of a finished download `EXPIRING`."""
    check_at = NumberAttribute(null=True)

    PREFIX = ""

    @classmethod
    def of(cls, user_id: str, job_id: str) -> Self:
        """Name a user's job."""
        return cls(user_id, f"{cls.PREFIX}{job_id}")

    @property
    def id(self) -> str:
        """The job's id."""
        return self.sk.removeprefix(self.PREFIX)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.status not in {JobStatus.QUEUED.value, JobStatus.RUNNING.value}


class Download(GalleryJob, discriminator="DOWNLOAD"):
    """Zips of pictures, kept for a day."""

    variant = UnicodeAttribute()
    """`original` or `view`."""
    manifests = BooleanAttribute(default=False)
    pattern = UnicodeAttribute()
    """How files are named."""
    below = UnicodeAttribute()
    """Prefix of its zips, `media/v/<random>/`: named before the first is written."""
    bytes = NumberAttribute()
    """About how much was selected."""
    files: ListAttribute[dict[str, Any]] = ListAttribute()
    """`[{name, key, bytes, pictures, missed, sha256}]` of the zips that are complete."""
    after = UnicodeAttribute(null=True)
    """The last picture of the last complete zip: the next begins behind it."""
    expires_at = NumberAttribute(null=True)
    """When its zips are removed, in seconds since 1970."""

    PREFIX = "DOWNLOAD#"


class Change(GalleryJob, discriminator="CHANGE"):
    """One change of many pictures."""

    change: JSONAttribute = JSONAttribute()
    """What to do with each, as it was sent."""
    failures: ListAttribute[dict[str, object]] = ListAttribute(default=list)
    """`[{image_id, code}]` of the first hundred that could not be changed."""
    pending: ListAttribute[str] = ListAttribute(null=True)
    """Ids of the pictures that are being changed now; all before them are counted, all behind them are to come."""

    PREFIX = "CHANGE#"


class Repeat(ImageRow, discriminator="REPEAT"):
    """Marks that an operation was done: what it made, and what it was asked for."""

    made = UnicodeAttribute()
    fingerprint = UnicodeAttribute()

    @classmethod
    def of(cls, user_id: str, operation: str) -> Self:
        """Name the mark of an operation."""
        return cls(user_id, f"REPEAT#{operation}")
