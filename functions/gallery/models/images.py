"""What the gallery takes and shows."""

from datetime import datetime
from typing import Any

from likeness.wire import Body, View


class ImageMedia(View):
    """Paths of a picture's files on this host; signed cookies or the media query open them."""

    original: str
    """Lossless WebP, as downloaded."""
    view: str
    thumbnail_640: str
    thumbnail_256: str


class ImageSummary(View):
    """A picture in a list."""

    id: str
    generation_id: str
    number: int
    model_id: str | None
    base_model: str
    style: str
    aspect_ratio: str
    width: int
    height: int
    prompt: str
    """The first 200 characters."""
    favourite: bool
    created_at: datetime
    trashed_at: datetime | None
    media: ImageMedia


class ImageList(View):
    """A page of pictures, newest first. With filters a short or even empty page may have a cursor."""

    images: list[ImageSummary]
    cursor: str | None


class ImageView(ImageSummary):
    """A picture with everything that is known of it."""

    bytes: int
    sha256: str
    """SHA-256 of the original file, hex."""
    manifest: dict[str, Any]
    """How it was made: all it takes to make it again."""


class ImageChange(Body):
    """What may change of a picture; what is absent stays."""

    favourite: bool | None = None
    trashed: bool | None = None
    """True moves it to the trash, false takes it out again."""


class DownloadView(View):
    """Where the original can be fetched until `expires_at`."""

    url: str
    filename: str
    expires_at: datetime
