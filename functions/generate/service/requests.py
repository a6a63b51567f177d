"""What a request means: every default filled in, checked against the catalog, the model and the policy."""

import secrets

from functions.generate.models import SEED_MAX, GenerationRequest
from functions.generate.service import prompts
from likeness.catalog import policy
from likeness.catalog.reader import BaseModelEntry, catalog
from likeness.errors import ModelNotReady, NotFound, PromptRefused, Unprocessable
from likeness.items.generation import Ordered
from likeness.items.model import TrainedModel
from likeness.items.row import is_id
from likeness.observability import count


def resolve(user_id: str, request: GenerationRequest) -> tuple[Ordered, int]:
    """Return the complete order and the price of one picture.

    Raises:
        NotFound: no such model, or not the caller's.
        ModelNotReady: the model has no weights yet.
        Unprocessable: a name that the catalog does not have, in `fields`.
        PromptRefused: the words break a rule, which is named.
    """
    model = _model(user_id, request.model_id) if request.model_id is not None else None
    offered = catalog()
    base = offered.base_model(str(model.base_model if model else request.base_model))
    endpoint = base and (base.render_lora if model else base.render)
    style, shape = offered.style(request.style), offered.aspect_ratio(request.aspect_ratio)
    wrong = {
        "model_id" if model else "base_model": None if endpoint else "no pictures can be made with it",
        "style": None if style else "is not in the catalog",
        "aspect_ratio": None if shape else "is not in the catalog",
        "negative_prompt": _negative_problem(request, base),
    }
    if not (base and endpoint and style and shape) or any(wrong.values()):
        raise _unprocessable(wrong)
    _demand_policy(request)
    ordered = Ordered(
        prompt=request.prompt,
        prompt_sent=prompts.compose(request.prompt, style, model),
        negative_prompt=request.negative_prompt,
        style=style.id,
        aspect_ratio=shape.id,
        width=shape.width,
        height=shape.height,
        seed=secrets.randbelow(SEED_MAX + 1) if request.seed is None else request.seed,
        base_model=base.id,
        base_model_name=base.name,
        model_id=model.id if model else None,
        training_id=model.training_id if model else None,
        weights_key=model.weights_key if model else None,
        weights_sha256=model.weights_sha256 if model else None,
        endpoint=endpoint,
        catalog_version=offered.version,
    )
    return ordered, base.credits.image


def _model(user_id: str, model_id: str) -> TrainedModel:
    if not is_id(model_id):
        raise NotFound("No such model.")
    try:
        model = TrainedModel.get(user_id, TrainedModel.of(user_id, model_id).sk, consistent_read=True)
    except TrainedModel.DoesNotExist:
        raise NotFound("No such model.") from None
    if model.weights_key is None:
        raise ModelNotReady("Train this model first: it has no weights yet.")
    return model


def _negative_problem(request: GenerationRequest, base: BaseModelEntry | None) -> str | None:
    if request.negative_prompt is None or base is None or base.negative_prompt:
        return None
    return "this base model knows no negative prompt"


def _unprocessable(wrong: dict[str, str | None]) -> Unprocessable:
    fields = [{"field": field, "message": message} for field, message in wrong.items() if message]
    return Unprocessable(f"Not valid: {', '.join(field['field'] for field in fields)}.", fields=fields)


def _demand_policy(request: GenerationRequest) -> None:
    try:
        policy.check_prompt(request.prompt)
    except PromptRefused:
        count("PromptRefused")
        raise
