"""Orders of pictures as their owner sees them."""

from datetime import datetime

from likeness.wire import View


class PictureMedia(View):
    """Paths of a picture's files on this host; signed cookies or the media query open them."""

    original: str
    """Lossless WebP, as downloaded."""
    view: str
    thumbnail_640: str
    thumbnail_256: str


class PictureView(View):
    """One picture of an order: waiting, done, flagged, failed or cancelled."""

    number: int
    state: str
    image_id: str | None
    media: PictureMedia | None
    error_code: str | None
    error: str | None


class GenerationView(View):
    """An order and its pictures: queued, running, succeeded, failed or cancelled."""

    id: str
    status: str
    model_id: str | None
    base_model: str
    prompt: str
    negative_prompt: str | None
    style: str
    aspect_ratio: str
    width: int
    height: int
    count: int
    seed: int
    credits: int
    """Held at the order."""
    credits_back: int | None
    """Of these, what came back at the end."""
    pictures: list[PictureView]
    created_at: datetime
    deadline: datetime
    ended_at: datetime | None
    error_code: str | None
    error: str | None
    """What happened, and what it means for the credits."""


class GenerationList(View):
    """A page of orders, newest first."""

    generations: list[GenerationView]
    cursor: str | None
