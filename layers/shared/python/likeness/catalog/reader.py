"""The catalog's data, typed: what may be ordered, at what price, within which limits."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

_HERE = Path(__file__).parent


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Data):
    """How much of everything a person or a request may have."""

    photos_per_user: int
    photos_per_request: int
    photo_bytes: int
    models_per_user: int
    pictures_per_generation: int
    prompt_characters: int
    name_characters: int
    trash_days: int
    download_pictures: int
    download_bytes: int
    zip_pictures: int
    zip_bytes: int


class ReportThresholds(_Data):
    """When the report on a model's photos warns or refuses."""

    short_side_refuse: int
    short_side_warn: int
    sharpness_warn: float
    dhash_distance_warn: int
    dark_warn: float
    bright_warn: float
    clipped_warn: float


class AspectRatio(_Data):
    """A shape of pictures, with its size in pixels."""

    id: str
    width: int
    height: int


class Recipe(_Data):
    """How the sample of a style is made."""

    prompt: str
    seed: int
    aspect_ratio: str


class Style(_Data):
    """A way pictures look: its `prompt` has a place for the words of the order.

    Whoever changes the prompt or the recipe raises the version: pictures name the style by it.
    """

    id: str
    version: int
    name: str
    prompt: str
    sample: Recipe

    @property
    def sample_path(self) -> str:
        """The public path of its sample."""
        return f"/samples/styles/{self.id}-{self.version}.webp"

    def apply(self, prompt: str) -> str:
        """Return the prompt as it is sent."""
        return self.prompt.replace("{prompt}", prompt)


class Prices(_Data):
    """Credits for one training and one picture; None: not for sale."""

    training: int | None
    image: int


class BaseModelEntry(_Data):
    """A base model: who trains and renders it, and at what price."""

    id: str
    name: str
    licence: str
    min_photos: int | None
    max_photos: int | None
    negative_prompt: bool
    credits: Prices
    train: dict[str, Any] | None
    """How its trainer is called; read by `likeness.vendors`."""
    render_lora: dict[str, Any] | None
    """How its renderer with weights is called."""
    render: dict[str, Any] | None
    """How its renderer without weights is called."""


class Catalog(_Data):
    """Everything of one version of the catalog."""

    version: int
    terms_version: str
    consent_version: str
    welcome_credits: int
    limits: Limits
    report: ReportThresholds
    generation_deadline_seconds: int
    aspect_ratios: tuple[AspectRatio, ...]
    styles: tuple[Style, ...]
    base_models: tuple[BaseModelEntry, ...]

    def base_model(self, id_: str) -> BaseModelEntry | None:
        """Return a base model, or None."""
        return next((entry for entry in self.base_models if entry.id == id_), None)

    def style(self, id_: str) -> Style | None:
        """Return a style, or None."""
        return next((entry for entry in self.styles if entry.id == id_), None)

    def aspect_ratio(self, id_: str) -> AspectRatio | None:
        """Return an aspect ratio, or None."""
        return next((entry for entry in self.aspect_ratios if entry.id == id_), None)


@cache
def catalog() -> Catalog:
    """Return the catalog this version of the service sells."""
    parts = [json.loads((_HERE / name).read_text()) for name in ("base_models.json", "styles.json", "catalog.json")]
    return Catalog.model_validate({name: value for part in parts for name, value in part.items()})
