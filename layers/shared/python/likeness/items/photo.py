"""An uploaded photo, the mark that makes its content unique, and the count of a person's photos."""

from enum import StrEnum
from typing import Self

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from likeness.items.row import ImageRow

PATIENCE_SECONDS = 10 * 60
"""An inspection that has not ended after this long never will."""


class PhotoState(StrEnum):
    """Where an uploaded photo stands; only a READY one has files."""

    PENDING = "pending"
    READY = "ready"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    DELETING = "deleting"
    """As good as gone: its files are being removed, nobody is shown the row."""


class Photo(ImageRow, discriminator="PHOTO"):
    """A photo of somebody, re-encoded by us; the file that was uploaded is gone."""

    state = UnicodeAttribute()
    filename = UnicodeAttribute(null=True)
    """What its owner called the file: a label, never a path."""
    since = NumberAttribute(null=True)
    """When the inspection began, in seconds since 1970."""
    upload = UnicodeAttribute(null=True)
    """ETag of the uploaded file: another file sent with the same form is not this photo."""
    code = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    duplicate_of = UnicodeAttribute(null=True)
    width = NumberAttribute(null=True)
    height = NumberAttribute(null=True)
    bytes = NumberAttribute(null=True)
    sha256 = UnicodeAttribute(null=True)
    dhash = UnicodeAttribute(null=True)
    checks: JSONAttribute = JSONAttribute(null=True)

    PREFIX = "PHOTO#"

    @classmethod
    def of(cls, user_id: str, photo_id: str) -> Self:
        """Name a user's photo."""
        return cls(user_id, f"{cls.PREFIX}{photo_id}")

    @property
    def id(self) -> str:
        """The photo's id."""
        return self.sk.removeprefix(self.PREFIX)


class UniquePhoto(ImageRow, discriminator="UNIQUE"):
    """Marks that a picture is there: the SHA-256 of its decoded RGB belongs to one photo."""

    photo_id = UnicodeAttribute()

    @classmethod
    def of(cls, user_id: str, sha256: str) -> Self:
        """Name the mark of a picture."""
        return cls(user_id, f"UNIQUE#PHOTO#{sha256}")


class PhotoCount(ImageRow, discriminator="PHOTO_COUNT"):
    """Counts a person's READY photos; changed in the transaction that makes or unmakes one."""

    photos = NumberAttribute(default=0)

    @classmethod
    def of(cls, user_id: str) -> Self:
        """Name the count of a user."""
        return cls(user_id, "COUNT#PHOTO")
