"""Ordering again what an order did not deliver."""

from dataclasses import replace

from functions.generate.service.lineage import price_of
from functions.generate.service.reading import read_generation
from functions.generate.service.requests import Order, demand_policy
from likeness.errors import Conflict
from likeness.items.generation import Generation, PictureState, Relation
from likeness.items.row import new_id
from likeness.table import Transaction

_AGAIN = "This order was retried before: retry that one."


def order_again(user_id: str, generation_id: str) -> Order:
    """Return a new order of exactly the pictures that an ended order misses, seeds and all, at today's price.

    `place` demands that the very version of its model is still there.

    An order is retried once, whatever came of it: what the retry misses is retried from the retry. So nobody pays
    twice for one picture by asking twice.

    Raises:
        NotFound: there is no such order.
        Conflict: it still runs, misses nothing, is one of samples, or was retried by the order `generation_id`.
        NotReproducible: its base model is not offered any more.
        PromptRefused: the words break a rule of today.
    """
    generation = read_generation(user_id, generation_id)
    ordered = generation.ordered
    missing = _missing(generation)
    shots = [ordered.shot(number) for number in missing]
    for prompt in {shot.prompt for shot in shots}:
        demand_policy(prompt)
    again = replace(ordered.showing(shots), retry_of=generation.id)
    made = new_id()

    def also(transaction: Transaction) -> None:
        transaction.update(
            Generation.of(user_id, generation.id),
            [Generation.retried_by.set(made), Generation.version.add(1)],
            Generation.retried_by.does_not_exist(),
            Conflict(_AGAIN),
        )

    return Order(again, len(missing), price_of(ordered), also, made)


def _missing(generation: Generation) -> list[int]:
    if not generation.is_over:
        raise Conflict("This order still runs. Wait for its end, or cancel it first.")
    if generation.retried_by:
        raise Conflict(_AGAIN, generation_id=generation.retried_by)
    if generation.ordered.relation == Relation.SAMPLE.value:
        raise Conflict("Samples are made once, with their model.")
    missing = [int(str(one["number"])) for one in generation.pictures if one["state"] != PictureState.DONE.value]
    if not missing:
        raise Conflict("Nothing is missing: every picture of this order was made.")
    return missing
