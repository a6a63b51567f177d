"""What a request means: every default filled in, checked against the catalog, the model and the policy."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from functions.generate.models.orders import SEED_MAX, GenerationRequest, PackRequest
from functions.generate.service import prompts
from functions.generate.service.versions import find_model, version_of
from likeness.catalog import policy
from likeness.catalog.ideas import Pack, PackShot, find_pack
from likeness.catalog.reader import BaseModelEntry, catalog
from likeness.credit import Also
from likeness.errors import NotFound, PackChanged, PromptRefused, Unprocessable
from likeness.items.generation import Ordered, Shot
from likeness.items.model import TrainedModel, Weights
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
    generation_id: str | None = None
    """Its id where that is known before; else it gets a fresh one."""


@dataclass(frozen=True)
class _Subject:
    """What pictures are made with: weights of a model, or a base model alone."""

    model: TrainedModel | None
    weights: Weights | None
    base: BaseModelEntry | None

    @property
    def endpoint(self) -> dict[str, Any] | None:
        """How the vendor is called; None where no pictures can be made with it."""
        if self.base is None:
            return None
        return self.base.render_lora if self.weights else self.base.render


def resolve(user_id: str, request: GenerationRequest) -> Order:
    """Return the complete order.

    Raises:
        NotFound: no such model or version, or not the caller's.
        ModelNotReady: the model has no weights yet.
        Unprocessable: a name that the catalog does not have, in `fields`.
        PackChanged: the pack has another version by now, which is named.
        PromptRefused: the words break a rule, which is named.
    """
    subject = _subject(user_id, request)
    pack = _pack(request.pack, subject) if request.pack else None
    asked = PackShot(prompt=str(request.prompt), style=request.style, aspect_ratio=request.aspect_ratio)
    wishes = pack.shots if pack else (asked,)
    base, endpoint = subject.base, subject.endpoint
    if (wrong := _problems(request, subject, wishes[0])) or base is None or endpoint is None:
        raise _unprocessable(wrong)
    if pack is None:
        demand_policy(asked.prompt)
    seed = draw_seed() if request.seed is None else request.seed
    shots = [show(wish, subject.model, (seed + place) % (SEED_MAX + 1)) for place, wish in enumerate(wishes)]
    model, weights = subject.model, subject.weights
    ordered = Ordered(
        **asdict(shots[0]),
        negative_prompt=request.negative_prompt,
        base_model=base.id,
        base_model_name=base.name,
        model_id=model.id if model else None,
        training_id=weights.training_id if weights else None,
        weights_key=weights.key if weights else None,
        weights_sha256=weights.sha256 if weights else None,
        endpoint=endpoint,
        catalog_version=catalog().version,
        pack=f"{pack.id}@{pack.version}" if pack else None,
    )
    return Order(ordered.showing(shots), len(shots) if pack else request.count, base.credits.image)


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


def _subject(user_id: str, request: GenerationRequest) -> _Subject:
    offered = catalog()
    if request.model_id is None:
        return _Subject(None, None, offered.base_model(str(request.base_model)))
    model = find_model(user_id, request.model_id)
    if model is None:
        raise NotFound("No such model.")
    weights = version_of(user_id, model, request.model_version)
    return _Subject(model, weights, offered.base_model(weights.base_model))


def _pack(wanted: PackRequest, subject: _Subject) -> Pack:
    pack = find_pack(wanted.id)
    if pack is None:
        raise _unprocessable({"pack.id": "is not in the catalog"})
    if wanted.version not in {None, pack.version}:
        raise PackChanged("This pack has changed. Look at it and order again.", version=pack.version)
    if subject.model is not None and subject.model.subject_kind not in pack.subject_kinds:
        raise _unprocessable({"pack.id": "does not suit this kind of model"})
    return pack


def show(wish: PackShot, model: TrainedModel | None, seed: int) -> Shot:
    """Return what one picture shows; its style and shape are in the catalog."""
    style = {one.id: one for one in catalog().styles}[wish.style]
    shape = {one.id: one for one in catalog().aspect_ratios}[wish.aspect_ratio]
    return Shot(
        prompt=wish.prompt,
        prompt_sent=prompts.compose(wish.prompt, style, model),
        style=style.id,
        style_version=style.version,
        aspect_ratio=shape.id,
        width=shape.width,
        height=shape.height,
        seed=seed,
    )


def _problems(request: GenerationRequest, subject: _Subject, wish: PackShot) -> dict[str, str]:
    """Return what is wrong, by field."""
    offered, base = catalog(), subject.base
    knows_no_negative = request.negative_prompt is not None and base is not None and not base.negative_prompt
    found = {
        "model_id" if subject.model else "base_model": None if subject.endpoint else "no pictures can be made with it",
        "style": None if offered.style(wish.style) else "is not in the catalog",
        "aspect_ratio": None if offered.aspect_ratio(wish.aspect_ratio) else "is not in the catalog",
        "negative_prompt": "this base model knows no negative prompt" if knows_no_negative else None,
    }
    return {field: problem for field, problem in found.items() if problem}


def _unprocessable(wrong: dict[str, str]) -> Unprocessable:
    fields = [{"field": field, "message": message} for field, message in wrong.items()]
    return Unprocessable(f"Not valid: {', '.join(wrong)}.", fields=fields)
