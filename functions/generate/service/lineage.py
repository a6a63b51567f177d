"""Orders made out of a picture: what it was ordered with is in its order's row."""

from dataclasses import replace
from typing import NamedTuple

from functions.generate.models.orders import GenerationRequest, RemixRequest, VariationRequest
from functions.generate.service.requests import Order, demand_policy, draw_seed, resolve
from functions.generate.service.versions import find_model, find_weights
from likeness.catalog.reader import catalog
from likeness.errors import ModelNotReady, NotFound, NotReproducible
from likeness.generation import find_generation
from likeness.items.generation import Generation, Ordered, Relation
from likeness.items.image import Image
from likeness.items.row import is_id


class Origin(NamedTuple):
    """A picture and what it was ordered with: `ordered.shot(number)` is what it shows."""

    image: Image
    generation: Generation
    ordered: Ordered
    number: int


def shot_of(user_id: str, image_id: str) -> Origin:
    """Return one of the caller's pictures, trashed or not, with its order.

    Raises:
        NotFound: there is no such picture.
        NotReproducible: its order is gone, or it never had one.
    """
    if not is_id(image_id):
        raise NotFound("No such picture.")
    try:
        image = Image.get(user_id, Image.of(user_id, image_id).sk, consistent_read=True)
    except Image.DoesNotExist:
        raise NotFound("No such picture.") from None
    generation = find_generation(user_id, image.generation_id)
    if generation is None:
        raise NotReproducible("This picture's order is gone.", reason="order_gone")
    return Origin(image, generation, generation.ordered, int(image.number))


def remix(user_id: str, image_id: str, request: RemixRequest) -> Order:
    """Return an order of today's catalog with a picture's words, look and model, but for what the request changes.

    The model's version is the picture's while it exists, else the default one; of another model its default one.

    Raises:
        ModelNotReady: the picture's model was deleted.
        AppError: what `shot_of` or `resolve` says.
    """
    origin = shot_of(user_id, image_id)
    changes = request.model_dump(exclude={"count"}, exclude_none=True)
    order = resolve(user_id, _asked(user_id, origin, changes, request.count))
    return _related(order, Relation.REMIX, origin)


def vary(user_id: str, image_id: str, request: VariationRequest) -> Order:
    """Return an order of exactly what made a picture, by other seeds; errors as those of `remix`.

    The words as sent, the size, the weights and the vendor's endpoint are those of the picture, whatever the catalog
    says by now; only where the model's version is gone it is today's order with the default one.
    """
    origin = shot_of(user_id, image_id)
    ordered, shot = origin.ordered, origin.ordered.shot(origin.number)
    if not has_weights(user_id, ordered):
        order = resolve(user_id, _asked(user_id, origin, {}, request.count))
        return _related(order, Relation.VARIATION, origin)
    demand_policy(shot.prompt)
    same = ordered.showing([replace(shot, seed=draw_seed())])
    return _related(Order(same, request.count, price_of(ordered)), Relation.VARIATION, origin)


def has_weights(user_id: str, ordered: Ordered) -> bool:
    """Say whether the weights an order was made with are still there; an order without a model needs none.

    Raises:
        ModelNotReady: its model was deleted.
    """
    if ordered.model_id is None:
        return True
    if find_model(user_id, ordered.model_id) is None:
        raise ModelNotReady("The model this was made with is deleted. Remix it with another one.")
    weights = find_weights(user_id, ordered.model_id, ordered.training_id)
    return weights is not None and weights.key == ordered.weights_key


def price_of(ordered: Ordered) -> int:
    """Return what one picture of a former order's base model costs now.

    Raises:
        NotReproducible: its base model is not offered any more.
    """
    base = catalog().base_model(ordered.base_model)
    if base is None:
        raise NotReproducible("This base model is not offered any more.", reason="base_model_gone")
    return base.credits.image


def _asked(user_id: str, origin: Origin, changes: dict[str, str | int], count: int) -> GenerationRequest:
    """Return the request that would have made a picture, with changes."""
    ordered, shot = origin.ordered, origin.ordered.shot(origin.number)
    asked: dict[str, str | int | None] = {
        "prompt": shot.prompt,
        "style": shot.style,
        "aspect_ratio": shot.aspect_ratio,
        "negative_prompt": ordered.negative_prompt,
        **changes,
        "count": count,
    }
    if not asked["negative_prompt"]:
        asked["negative_prompt"] = None
    if "model_id" not in changes:
        is_there = has_weights(user_id, ordered)
        asked["model_id"] = ordered.model_id
        asked["model_version"] = ordered.training_id if is_there else None
        asked["base_model"] = None if ordered.model_id else ordered.base_model
    return GenerationRequest.model_validate(asked)


def _related(order: Order, relation: Relation, origin: Origin) -> Order:
    ordered = replace(
        order.ordered,
        relation=relation.value,
        parent_id=origin.image.id,
        retry_of=None,
        pack=None,
        replayed=None,
    )
    return replace(order, ordered=ordered)
