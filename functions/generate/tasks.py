"""Steps of the GenerateImages workflow."""

from typing import Any

from functions.generate.service import rendering
from likeness import aws
from likeness.generation import Cause, end_generation, find_generation
from likeness.tasks import Steps

steps = Steps(aws.s3)


@steps.step
def render(job: dict[str, Any], number: int) -> None:
    """Bring one picture to its outcome."""
    rendering.render_picture(job["user_id"], job["generation_id"], number)


@steps.step
def give_up(job: dict[str, Any], number: int, error: dict[str, Any]) -> None:
    """Say that one picture will not come."""
    rendering.give_up(job["user_id"], job["generation_id"], number, str(error.get("Error")))


@steps.step
def close(job: dict[str, Any], error: dict[str, Any] | None = None) -> None:  # noqa: ARG001 (the state machine's)
    """End the order: what was delivered is paid, the rest is back."""
    generation = find_generation(job["user_id"], job["generation_id"])
    if generation is not None:
        end_generation(generation, Cause.FINISHED)


handler = steps.handler
