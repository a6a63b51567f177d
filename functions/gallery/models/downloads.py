"""What downloads take and show."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from functions.gallery.models.selection import SelectionBody
from likeness.wire import View

PATTERN = "{date}-{style}-{id}"


class DownloadStatus(StrEnum):
    """Where a download stands; of an expired one the zips are gone."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class DownloadVariant(StrEnum):
    """Which file of a picture: the lossless original, or the smaller one that is shown."""

    ORIGINAL = "original"
    VIEW = "view"


class DownloadRequest(SelectionBody):
    """Which pictures to pack, and how."""

    variant: DownloadVariant = DownloadVariant.ORIGINAL
    manifests: Annotated[bool, Field(description="With a signed manifest beside each picture, as JSON.")] = False
    pattern: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description="How files are named. Placeholders: {date} {time} {id} {number} {style} {aspect_ratio} {model} "
            "{seed} {prompt}; what a file system would not take is replaced, equal names are numbered.",
        ),
    ] = PATTERN


class DownloadStarted(View):
    """A download that was ordered."""

    id: str
    total: int
    """How many pictures it is about."""
    bytes: int
    """About how much: of originals what they take, of views an estimate."""
    created_at: datetime
    deadline: datetime


class ZipView(View):
    """One zip of a download."""

    name: str
    bytes: int
    pictures: int
    sha256: str
    """Of the whole file, hex."""
    url: str | None
    """Opens it until the download expires; null before the download has succeeded and afterwards."""


class DownloadJobView(View):
    """How a download stands."""

    id: str
    status: DownloadStatus
    variant: DownloadVariant
    manifests: bool
    pattern: str
    total: int
    """How many pictures it is about."""
    done: int
    missed: int
    """How many are not in it because they are gone; `missing.txt` in the zips names them."""
    bytes: int
    """About how much was selected."""
    files: list[ZipView]
    """Zips that are complete, in order."""
    created_at: datetime
    deadline: datetime
    ended_at: datetime | None
    expires_at: datetime | None
    """When its zips are removed."""
    error_code: str | None
    error: str | None


class DownloadList(View):
    """A page of downloads, newest first."""

    downloads: list[DownloadJobView]
    cursor: str | None
