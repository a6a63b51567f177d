"""What an order of pictures takes, costs and answers."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from likeness.pace import Seconds
from likeness.wire import Body, View

PROMPT_CHARACTERS = 1000
PICTURES = 16
SEED_MAX = 2**32 - 1

Prompt = Annotated[str, Field(min_length=1, max_length=PROMPT_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""Words without control characters."""

Name = Annotated[str, Field(max_length=40)]
"""An id, or a name out of the catalog."""

Shape = Annotated[str, Field(max_length=10)]
"""An aspect ratio out of the catalog."""

Count = Annotated[int, Field(strict=True, ge=1, le=PICTURES)]
"""How many pictures."""

Seed = Annotated[int, Field(strict=True, ge=0, le=SEED_MAX)]
"""Of the first picture; each further one has the next. Drawn when absent."""

OF_A_PACK = ("style", "aspect_ratio", "count", "negative_prompt")
"""What a pack says itself."""


class PackRequest(Body):
    """A pack out of the catalog."""

    id: Name
    version: Annotated[int, Field(strict=True, ge=1)] | None = None
    """The version that was looked at; one that is not current is refused. Whatever is current when absent."""


class GenerationRequest(Body):
    """An order of pictures: of a trained model, or of a base model alone; by a prompt, or a pack of a model."""

    prompt: Prompt | None = None
    """What to show. `[me]` stands for the person of the model."""
    pack: PackRequest | None = None
    """Instead of a prompt, a style, a shape and a count."""
    model_id: Name | None = None
    model_version: Name | None = None
    """The training that made the version of the model; its default version when absent."""
    base_model: Name | None = None
    style: Name = "none"
    aspect_ratio: Shape = "1:1"
    count: Count = 4
    seed: Seed | None = None
    negative_prompt: Prompt | None = None
    """What not to show; only some base models know it."""

    @model_validator(mode="after")
    def _is_one_order(self) -> Self:
        problems = {
            "name either model_id or base_model": (self.model_id is None) == (self.base_model is None),
            "model_version wants a model_id": self.model_version is not None and self.model_id is None,
            "send either a prompt or a pack": (self.prompt is None) == (self.pack is None),
            "a pack wants a model_id": self.pack is not None and self.model_id is None,
            f"a pack says itself: {', '.join(OF_A_PACK)}": self.pack is not None and self._is_particular(),
        }
        for message, is_so in problems.items():
            if is_so:
                raise ValueError(message)
        return self

    def _is_particular(self) -> bool:
        """Say whether it asks for what a pack decides; defaults, which typed clients write out, ask for nothing."""
        return any(getattr(self, name) != type(self).model_fields[name].default for name in OF_A_PACK)


class RemixRequest(Body):
    """An order like that of a picture, with changes; what is absent is as it was."""

    prompt: Prompt | None = None
    style: Name | None = None
    aspect_ratio: Shape | None = None
    negative_prompt: Annotated[str, Field(max_length=PROMPT_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")] | None = (
        None
    )
    """An empty one takes away what the picture had."""
    model_id: Name | None = None
    """Another model, in its default version."""
    count: Count = 4
    seed: Seed | None = None


class VariationRequest(Body):
    """An order of the same as a picture by other seeds."""

    count: Count = 4


class QuoteView(View):
    """What an order would cost, and whether the credits suffice now."""

    unit_price: int
    units: int
    credits: int
    """The price of the whole order."""
    available: int
    is_enough: bool
    seconds: Seconds | None
    """How long it would take; null while too little is known."""


class StartedView(View):
    """An order that was taken; the same for every repeat."""

    id: str
    credits: int
    """Held now; what is not delivered comes back."""
    deadline: datetime
    """The order has ended by then."""
    created_at: datetime
