"""What links to pictures take and show: to their owner, and to whoever has one."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field

from likeness.wire import Body, View

PICTURES = 100


def _text_only(value: object) -> object:
    """Refuse numbers, which pydantic would read as seconds since 1970."""
    if value is not None and (not isinstance(value, str) or value.strip("+-.").replace(".", "", 1).isdigit()):
        message = "write a moment as ISO 8601, with its zone"
        raise ValueError(message)
    return value


Title = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""Words without control characters."""
Moment = Annotated[AwareDatetime, BeforeValidator(_text_only)]


class ShareRequest(Body):
    """A new link to pictures of the gallery; what is said twice counts once."""

    image_ids: Annotated[list[Annotated[str, Field(max_length=26)]], Field(min_length=1, max_length=PICTURES)]
    """Which pictures, in the order in which they are shown."""
    title: Title | None = None
    expires_at: Moment | None = None
    """When it stops to work, within a year; null: never."""
    show_prompt: bool = False
    """Whether visitors read the prompts."""
    allow_download: bool = False
    """Whether visitors may save the originals."""


class ShareChange(Body):
    """What may change of a link; what is absent stays."""

    title: Title | None = None
    """Null takes it away."""
    expires_at: Moment | None = None
    """When it stops to work, within a year; null: never. A later end opens an expired link again."""
    show_prompt: bool | None = None
    allow_download: bool | None = None


class ShareView(View):
    """A link, as its owner sees it."""

    id: str
    token: str
    """What opens it, without an account."""
    url: str
    title: str | None
    image_ids: list[str]
    """The pictures that it shows while it is open; a trashed one leaves it for good."""
    show_prompt: bool
    allow_download: bool
    expires_at: datetime | None
    revoked_at: datetime | None
    is_open: bool
    """Whether it shows its pictures now: neither expired nor revoked."""
    views: int
    """How often it was opened."""
    created_at: datetime


class ShareList(View):
    """A page of links, newest first."""

    shares: list[ShareView]
    cursor: str | None


class SharedPicture(View):
    """A picture as visitors see it. Each path opens one file, for 15 minutes and never beyond the link's end."""

    width: int
    height: int
    aspect_ratio: str
    style: str
    prompt: str | None
    """Null unless the link's owner shows prompts."""
    created_at: datetime
    view: str
    thumbnail_640: str
    thumbnail_256: str
    download: str | None
    """The original as a file to save; null unless the link's owner allows it."""


class SharedView(View):
    """What a link opens; it says nothing of its owner."""

    title: str | None
    pictures: list[SharedPicture]
    expires_at: datetime | None
    allow_download: bool


def moment_of(seconds: float | None) -> datetime | None:
    """Return seconds since 1970 as a moment."""
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)
