"""What an order of pictures takes, costs and answers."""

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
    model_version: Annotated[str, Field(max_length=40)] | None = None
    """The training that made the version of the model; its default version when absent."""
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
        if self.model_version is not None and self.model_id is None:
            message = "model_version wants a model_id"
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
