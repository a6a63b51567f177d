"""Trainings that nobody finishes: closed past their deadline, started again when their workflow is gone."""

from functions.train.purchase import looked_after
from functions.train.service import start_attempt
from likeness import workflow
from likeness.items.model import Training, TrainingStatus
from likeness.items.row import OPEN, changed, now
from likeness.job import End, abandon_training, execution_name
from likeness.observability import count, logger
from likeness.query import query
from likeness.settings import settings

AT_MOST = 100
LATE = End(TrainingStatus.FAILED, "deadline_exceeded", "The training was not finished in time.")


def sweep() -> int:
    """Look at every unfinished training that is due, at most a hundred; return how many. A bad one stops no other."""
    between = ("check_at", "0", str(now()))
    due = query(Training, ("open", OPEN), between, index="open", limit=AT_MOST, number_range=True).rows
    for row in due:
        training = Training(row["pk"]["S"], row["sk"]["S"])
        try:
            sweep_training(training, int(row["check_at"]["N"]))
        except Exception:  # noqa: BLE001 (one bad training must not keep the others)
            logger.exception("training not swept", extra={"training_id": training.id})
            count("SweepFailed")
    return len(due)


def sweep_training(training: Training, check_at: int) -> None:
    """Bring one training forward, unless a step or another sweep has looked after it since it was found due."""
    is_due = Training.open.exists() & (Training.check_at == check_at)
    if not changed(training, [looked_after()], is_due):
        return
    if now() >= int(training.deadline):
        count("DeadlineExceeded")
        abandon_training(training, LATE)
        count("TrainingFailed")
    elif not workflow.is_running(settings().training_machine, execution_name(training)):
        _start_again(training)


def _start_again(training: Training) -> None:
    """Start the next attempt; its steps resume from the rows."""
    is_mine = Training.open.exists() & (Training.attempt == training.attempt)
    if changed(training, [Training.attempt.add(1)], is_mine):
        count("WorkflowStartedAgain")
        start_attempt(training)
