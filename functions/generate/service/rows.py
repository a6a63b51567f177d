"""Changing the row of an order on a condition."""

from collections.abc import Sequence

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from likeness.items.generation import Generation


def try_update(generation: Generation, actions: Sequence[Action], condition: Condition) -> bool:
    """Change the row of an order if a condition holds; say whether it did."""
    try:
        Generation.of(generation.pk, generation.id).update(list(actions), condition=condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True
