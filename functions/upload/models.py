"""What the upload feature takes and shows."""

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from likeness.catalog.reader import catalog
from likeness.items.photo import PhotoState
from likeness.wire import Body, View

LABEL_CHARACTERS = 120
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def label(filename: str) -> str:
    """Return a file name as it may be shown: its last part, NFC, without control and bidi characters."""
    last = unicodedata.normalize("NFC", filename).replace("\\", "/").rpartition("/")[2]
    shown = "".join(mark for mark in last if unicodedata.category(mark) not in _HIDDEN).strip()
    return shown[:LABEL_CHARACTERS].strip() or "photo"


class PhotoRequest(Body):
    """One photo that is to be uploaded."""

    filename: Annotated[str, Field(max_length=1000), AfterValidator(label)]
    """A label; nothing is stored under it."""
    content_type: Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]
    """What the form will be sent with."""
    size: Annotated[int | None, Field(ge=1, le=catalog().limits.photo_bytes)] = None
    """Bytes of the file, if known: too large a file is then refused before it is sent."""


class UploadsRequest(Body):
    """The photos that are to be uploaded."""

    photos: Annotated[list[PhotoRequest], Field(min_length=1, max_length=catalog().limits.photos_per_request)]


class UploadView(View):
    """A form for one file: POST it to `url` as multipart/form-data, the `fields` first, then `file`."""

    photo_id: str
    url: str
    fields: dict[str, str]
    expires_at: datetime


class UploadsView(View):
    """One form a photo, in the order they were asked for."""

    uploads: list[UploadView]


class PhotoMedia(View):
    """Paths of a photo's files on this host; signed cookies or the media query open them."""

    photo: str
    """JPEG, at most 2048 pixels on the long side."""
    thumbnail_640: str
    thumbnail_256: str


class PhotoChecks(View):
    """What was measured: advice for choosing good photos, never a refusal."""

    sharpness: float
    """Variance of the Laplacian at 512 pixels: low is blurred."""
    brightness: float
    """Mean luminance, 0 to 255."""
    dark_share: float
    """Share of nearly black pixels, 0 to 1."""
    bright_share: float
    """Share of nearly white pixels, 0 to 1."""


class PhotoView(View):
    """An uploaded photo. `code` and `detail` say why it was rejected; only a ready one has media."""

    id: str
    state: PhotoState
    filename: str
    created_at: datetime
    code: str | None
    detail: str | None
    duplicate_of: str | None
    """The photo that shows the same picture."""
    width: int | None
    height: int | None
    checks: PhotoChecks | None
    media: PhotoMedia | None


class PhotosView(View):
    """A page of photos, newest first."""

    photos: list[PhotoView]
    cursor: str | None
