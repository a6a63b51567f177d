"""Orders that nobody finishes: closed past their deadline, started again when their workflow is gone."""

from functions.generate.service.orders import start_workflow
from functions.generate.service.rows import try_update
from likeness import workflow
from likeness.generation import Cause, abandon_generation, end_generation, execution_name, find_generation
from likeness.items.generation import Generation
from likeness.items.row import OPEN, now
from likeness.observability import count, logger
from likeness.query import query
from likeness.settings import settings

AT_MOST = 100
LATER_SECONDS = 120


def sweep() -> int:
    """Look at every unfinished order that is due, at most a hundred; return how many. One bad order stops no other."""
    between = ("check_at", "0", str(now()))
    due = query(Generation, ("open", OPEN), between, index="open", limit=AT_MOST, number_range=True).rows
    for row in due:
        user_id, generation_id = row["pk"]["S"], row["sk"]["S"].removeprefix(Generation.PREFIX)
        try:
            sweep_generation(user_id, generation_id)
        except Exception:  # noqa: BLE001 (one bad order must not keep the others)
            logger.exception("order not swept", extra={"generation_id": generation_id})
            count("SweepFailed")
    return len(due)


def sweep_generation(user_id: str, generation_id: str) -> None:
    """Bring one order forward; repeatable."""
    generation = find_generation(user_id, generation_id)
    if generation is None or generation.is_over:
        return
    if now() >= int(generation.deadline):
        count("DeadlineExceeded")
        abandon_generation(generation, Cause.DEADLINE)
    elif workflow.is_running(settings().generation_machine, execution_name(generation)):
        try_update(generation, [Generation.check_at.set(now() + LATER_SECONDS)], Generation.open.exists())
    elif not generation.waiting:
        end_generation(generation, Cause.FINISHED)
    else:
        _start_again(generation)


def _start_again(generation: Generation) -> None:
    """Start the next try; its steps resume from the rows."""
    attempt = int(generation.attempt) + 1
    actions = [Generation.attempt.set(attempt), Generation.check_at.set(now() + LATER_SECONDS)]
    is_mine = (Generation.attempt == generation.attempt) & Generation.open.exists()
    if try_update(generation, actions, is_mine):
        count("WorkflowStartedAgain")
        start_workflow(generation.pk, generation.id, attempt, generation.waiting)
