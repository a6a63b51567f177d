"""What the gallery takes and shows."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from functions.gallery.models.changes import MOST_COLLECTIONS, MOST_TAGS
from functions.gallery.models.selection import Id, Tag
from likeness.items.generation import Relation
from likeness.items.replay import ReplayView
from likeness.wire import Body, View


class ImageFields(StrEnum):
    """How much of each picture a list shows."""

    SUMMARY = "summary"
    INDEX = "index"


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
    bytes: int
    """Of the original file."""
    prompt: str
    """The first 200 characters."""
    favourite: bool
    rating: Annotated[int, Field(ge=0, le=5, description="0: not rated.")]
    tags: list[str]
    """Sorted."""
    collection_ids: Annotated[
        list[str],
        Field(description="Sorted. One of a collection that was just deleted may show until it is taken off."),
    ]
    is_shared: bool
    """Whether a link shows it."""
    relation: Relation | None
    """Why it was made out of `parent_id`."""
    parent_id: str | None
    created_at: datetime
    trashed_at: datetime | None
    media: ImageMedia


class ImageList(View):
    """A page of pictures, newest first. With filters a short or even empty page may have a cursor."""

    images: list[ImageSummary]
    cursor: str | None


class ImageIndexRow(View):
    """What it takes to lay out a picture in a grid."""

    id: str
    width: int
    height: int
    created_at: datetime
    favourite: bool
    rating: Annotated[int, Field(ge=0, le=5, description="0: not rated.")]


class ImageIndex(View):
    """A page of light rows, newest first: what `fields=index` answers with."""

    index: list[ImageIndexRow]
    cursor: str | None


class ImageView(ImageSummary):
    """A picture with everything that is known of it."""

    sha256: str
    """SHA-256 of the original file, hex."""
    replay: ReplayView | None
    """Of a picture that was made again: how it compares with its parent."""
    manifest: dict[str, Any]
    """How it was made: all it takes to make it again."""


class ImageChange(Body):
    """What may change of a picture; what is absent stays."""

    favourite: bool | None = None
    rating: Annotated[int | None, Field(ge=0, le=5, description="0: not rated.")] = None
    tags: Annotated[list[Tag] | None, Field(max_length=MOST_TAGS, description="All of them: others are removed.")] = (
        None
    )
    collection_ids: Annotated[
        list[Id] | None,
        Field(max_length=MOST_COLLECTIONS, description="All it is in: the caller's own, made by hand."),
    ] = None
    trashed: bool | None = None
    """True moves it to the trash, false takes it out again."""


class DownloadView(View):
    """Where the original can be fetched until `expires_at`."""

    url: str
    filename: str
    expires_at: datetime
