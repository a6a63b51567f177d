"""What the generate feature takes and shows."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from likeness.wire import Body, View

PROMPT_CHARACTERS = 1000
PICTURES = 16
SEED_MAX = 2**32 - 1

Prompt = Annotated[str, Field(min_length=1, max_length=PROMPT_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""Words without control characters."""


class GenerationRequest(Body):
    """An order of pictures: of a trained model, or of a base model alone."""

    prompt: Prompt
    """What to show. `[me]` stands for the person of the model."""
    model_id: Annotated[str, Field(max_length=40)] | None = None
    base_model: Annotated[str, Field(max_length=40)] | None = None
    style: Annotated[str, Field(max_length=40)] = "none"
    aspect_ratio: Annotated[str, Field(max_length=10)] = "1:1"
    count: Annotated[int, Field(strict=True, ge=1, le=PICTURES)] = 4
    seed: Annotated[int, Field(strict=True, ge=0, le=SEED_MAX)] | None = None
    """Of the first picture; each further one has the next. Drawn when absent."""
    negative_prompt: Prompt | None = None
    """What not to show; only some base models know it."""

    @model_validator(mode="after")
    def _name_one_model(self) -> Self:
        if (self.model_id is None) == (self.base_model is None):
            message = "name either model_id or base_model"
            raise ValueError(message)
        return self


class QuoteView(View):
    """What an order would cost, and whether the credits suffice now."""

    unit_price: int
    units: int
    credits: int
    """The price of the whole order."""
    available: int
    is_enough: bool


class StartedView(View):
    """An order that was taken; the same for every repeat."""

    id: str
    credits: int
    """Held now; what is not delivered comes back."""
    deadline: datetime
    """The order has ended by then."""
    created_at: datetime


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


class OfferedPrices(View):
    """Credits for one training and one picture; null: not for sale."""

    training: int | None
    image: int


class OfferedBaseModel(View):
    """A base model that can be trained or used."""

    id: str
    name: str
    licence: str
    min_photos: int | None
    max_photos: int | None
    negative_prompt: bool
    is_trainable: bool
    renders_models: bool
    """Whether pictures of models trained on it can be ordered."""
    renders_alone: bool
    """Whether pictures can be ordered without a trained model."""
    credits: OfferedPrices


class OfferedStyle(View):
    """A way pictures look."""

    id: str
    name: str


class OfferedAspectRatio(View):
    """A shape of pictures, with its size in pixels."""

    id: str
    width: int
    height: int


class OfferedLimits(View):
    """How much of everything a person or a request may have."""

    photos_per_user: int
    photos_per_request: int
    photo_bytes: int
    models_per_user: int
    pictures_per_generation: int
    prompt_characters: int
    name_characters: int
    trash_days: int


class OfferedReport(View):
    """When the report on a model's photos warns or refuses."""

    short_side_refuse: int
    short_side_warn: int
    sharpness_warn: float
    dhash_distance_warn: int
    dark_warn: float
    bright_warn: float
    clipped_warn: float


class CatalogView(View):
    """Everything that can be ordered, at what price, within which limits."""

    version: int
    terms_version: str
    consent_version: str
    welcome_credits: int
    generation_deadline_seconds: int
    limits: OfferedLimits
    report: OfferedReport
    aspect_ratios: list[OfferedAspectRatio]
    styles: list[OfferedStyle]
    base_models: list[OfferedBaseModel]
