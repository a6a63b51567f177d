"""Replays: a picture ordered again exactly as it was, to see whether it comes out the same."""

from dataclasses import replace

from functions.generate.models.orders import StartedView
from functions.generate.service import orders
from functions.generate.service.lineage import Origin, shot_of
from functions.generate.service.requests import Order, demand_policy
from functions.generate.service.versions import find_model, find_weights
from likeness.catalog.reader import BaseModelEntry, catalog
from likeness.errors import NotReproducible
from likeness.items.generation import Ordered, Relation
from likeness.items.model import Weights

SENTENCES = {
    "weights_gone": "The trained weights that made this picture are gone.",
    "base_model_gone": "The base model of this picture is not offered any more.",
    "vendor_changed": "The AI vendor does not offer what made this picture any more.",
}
"""Why a picture cannot be made again. `order_gone` is said where the order is looked up."""


def start_replay(user_id: str, image_id: str, operation: str, fingerprint: str) -> StartedView:
    """Order a picture again, at today's price; a repeat answers as the first one did.

    Raises:
        NotFound: no such picture, or not the caller's.
        NotReproducible: with a `reason`: what it takes is not there any more.
        AppError: what `place` says. In every case nothing was written.
    """
    return orders.take(user_id, lambda: _order(user_id, shot_of(user_id, image_id)), operation, fingerprint)


def _order(user_id: str, origin: Origin) -> Order:
    """Return the order of one picture as it was: the words, seed, size, weights and endpoint of then."""
    ordered, image = origin.ordered, origin.image
    base = _demand_offer(ordered)
    weights = _weights(user_id, ordered) if ordered.model_id is not None else None
    demand_policy(ordered.shot(origin.number).prompt)
    again = replace(
        ordered.showing([ordered.shot(origin.number)]),
        training_id=weights.training_id if weights else None,
        weights_key=weights.key if weights else None,
        relation=Relation.REPLAY.value,
        parent_id=image.id,
        retry_of=None,
        pack=None,
        replayed={
            "sha256": image.sha256,
            "pixels_sha256": image.manifest.get("pixels_sha256"),
            "dhash": image.manifest.get("dhash"),
        },
    )
    return Order(again, 1, base.credits.image)


def _demand_offer(ordered: Ordered) -> BaseModelEntry:
    """Return the base model as it is offered now, if the endpoint of then still is."""
    base = catalog().base_model(ordered.base_model)
    if base is None:
        raise _not_reproducible("base_model_gone")
    offered = (base.render_lora if ordered.model_id else base.render) or {}
    if any(offered.get(name) != ordered.endpoint[name] for name in ("vendor", "endpoint")):
        raise _not_reproducible("vendor_changed")
    return base


def _weights(user_id: str, ordered: Ordered) -> Weights:
    """Return the very weights of then; orders of before versions had ids are found by the hash."""
    model_id = str(ordered.model_id)
    if find_model(user_id, model_id) is not None:
        known = find_weights(user_id, model_id, ordered.training_id)
        below = Weights.sk.startswith(f"{Weights.PREFIX}{model_id}#")
        for weights in [known] if known else Weights.query(user_id, below, consistent_read=True):
            if weights.sha256 == ordered.weights_sha256:
                return weights
    raise _not_reproducible("weights_gone")


def _not_reproducible(reason: str) -> NotReproducible:
    return NotReproducible(SENTENCES[reason], reason=reason)
