"""What a request means: every default filled in, checked against the catalog, the model and the policy."""

import secrets
from dataclasses import dataclass

from functions.generate.models.orders import SEED_MAX, GenerationRequest
from functions.generate.service import prompts
from functions.generate.service.versions import find_model, version_of
from likeness.catalog import policy
from likeness.catalog.reader import BaseModelEntry, catalog
from likeness.credit import Also
from likeness.errors import NotFound, PromptRefused, Unprocessable
from likeness.items.generation import Ordered
from likeness.observability import count


@dataclass(frozen=True)
class Order:
    """An order that is complete: all that is left is to hold its price."""

    ordered: Ordered
    units: int
    """How many pictures."""
    unit_price: int
    """Credits of one."""
    also: Also | None = None
    """What else must hold, or is written, when the price is held."""


def resolve(user_id: str, request: GenerationRequest) -> Order:
    """Return the complete order.

    Raises:
        NotFound: no such model or version, or not the caller's.
        ModelNotReady: the model has no weights yet.
        Unprocessable: a name that the catalog does not have, in `fields`.
        PromptRefused: the words break a rule, which is named.
    """
    model = weights = None
    if request.model_id is not None:
        model = find_model(user_id, request.model_id)
        if model is None:
            raise NotFound("No such model.")
        weights = version_of(user_id, model, request.model_version)
    offered = catalog()
    base = offered.base_model(str(weights.base_model if weights else request.base_model))
    endpoint = base and (base.render_lora if weights else base.render)
    style, shape = offered.style(request.style), offered.aspect_ratio(request.aspect_ratio)
    wrong = {
        "model_id" if model else "base_model": None if endpoint else "no pictures can be made with it",
        "style": None if style else "is not in the catalog",
        "aspect_ratio": None if shape else "is not in the catalog",
        "negative_prompt": _negative_problem(request, base),
    }
    if not (base and endpoint and style and shape) or any(wrong.values()):
        raise _unprocessable(wrong)
    demand_policy(request.prompt)
    ordered = Ordered(
        prompt=request.prompt,
        prompt_sent=prompts.compose(request.prompt, style, model),
        negative_prompt=request.negative_prompt,
        style=style.id,
        aspect_ratio=shape.id,
        width=shape.width,
        height=shape.height,
        seed=draw_seed() if request.seed is None else request.seed,
        base_model=base.id,
        base_model_name=base.name,
        model_id=model.id if model else None,
        training_id=weights.training_id if weights else None,
        weights_key=weights.key if weights else None,
        weights_sha256=weights.sha256 if weights else None,
        endpoint=endpoint,
        catalog_version=offered.version,
    )
    return Order(ordered, request.count, base.credits.image)


def draw_seed() -> int:
    """Return a seed that nobody chose."""
    return secrets.randbelow(SEED_MAX + 1)


def demand_policy(prompt: str) -> None:
    """Refuse words that may not be asked for, and count it.

    Raises:
        PromptRefused: the words break a rule, which is named.
    """
    try:
        policy.check_prompt(prompt)
    except PromptRefused:
        count("PromptRefused")
        raise


def _negative_problem(request: GenerationRequest, base: BaseModelEntry | None) -> str | None:
    if request.negative_prompt is None or base is None or base.negative_prompt:
        return None
    return "this base model knows no negative prompt"


def _unprocessable(wrong: dict[str, str | None]) -> Unprocessable:
    fields = [{"field": field, "message": message} for field, message in wrong.items() if message]
    return Unprocessable(f"Not valid: {', '.join(field['field'] for field in fields)}.", fields=fields)
