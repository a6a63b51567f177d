"""Orders of pictures as their owner sees them."""

from datetime import datetime

from likeness.items.generation import Relation
from likeness.items.replay import ReplayView
from likeness.pace import Eta
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
    prompt: str | None
    """Where it is another one than the order's."""
    style: str
    aspect_ratio: str
    width: int
    height: int
    seed: int
    image_id: str | None
    media: PictureMedia | None
    error_code: str | None
    error: str | None
    replay: ReplayView | None
    """Of a picture that was made again: how it compares with its parent."""


class OrderedPack(View):
    """The pack that was ordered."""

    id: str
    version: int


class GenerationView(View):
    """An order and its pictures: queued, running, succeeded, failed or cancelled."""

    id: str
    status: str
    model_id: str | None
    model_version: str | None
    """The training that made the version of the model."""
    base_model: str
    prompt: str
    """Of a pack, like style, shape and seed, that of its first picture."""
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
    pack: OrderedPack | None
    relation: Relation | None
    """Why it was made out of the picture `parent_id`."""
    parent_id: str | None
    retry_of: str | None
    """The order whose missing pictures these are."""
    retried_by: str | None
    """The order of the pictures that are missing here."""
    created_at: datetime
    deadline: datetime
    eta: Eta | None
    """While it runs, once enough orders like it have ended."""
    ended_at: datetime | None
    error_code: str | None
    error: str | None
    """What happened, and what it means for the credits."""


class GenerationList(View):
    """A page of orders, newest first."""

    generations: list[GenerationView]
    cursor: str | None
