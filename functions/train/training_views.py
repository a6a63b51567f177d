"""What callers of the train feature see of trainings."""

from datetime import UTC, datetime
from typing import Literal, Self

from likeness.catalog.reader import catalog
from likeness.items.model import Training, TrainingStatus
from likeness.items.money import Reservation
from likeness.items.row import born
from likeness.pace import Eta, of_training
from likeness.wire import View


class TrainingStarted(View):
    """A training that was ordered: its price is held until it ends, at the deadline at the latest."""

    id: str
    model_id: str
    credits: int
    deadline: datetime
    created_at: datetime

    @classmethod
    def of(cls, held: Reservation) -> Self:
        """Show what the reservation fixed, so that a repeat is answered byte for byte the same."""
        _, model_id, training_id = held.job.split("#")
        return cls(
            id=training_id,
            model_id=model_id,
            credits=int(held.units) * int(held.unit_price),
            deadline=_moment(held.deadline),
            created_at=datetime.fromisoformat(held.at).replace(microsecond=0),
        )


class TrainingError(View):
    """Why a training delivered nothing, and what became of the credits."""

    code: str
    detail: str


class TrainingView(View):
    """A training. `credits` is its price: charged if it succeeded, given back otherwise."""

    id: str
    model_id: str
    base_model: str
    steps: int
    photo_count: int
    status: TrainingStatus
    progress: float
    queue_position: int | None
    credits: int
    deadline: datetime
    eta: Eta | None
    """While it runs, once enough trainings like it have ended."""
    created_at: datetime
    ended_at: datetime | None
    error: TrainingError | None

    @classmethod
    def of(cls, training: Training) -> Self:
        """Show a training."""
        status = TrainingStatus(training.status)
        done = status == TrainingStatus.SUCCEEDED
        return cls(
            id=training.id,
            model_id=training.model_id,
            base_model=training.base_model,
            steps=int(training.steps),
            photo_count=len(training.photo_ids),
            status=status,
            progress=1.0 if done else float(training.progress or 0),
            queue_position=training.queue_position if status == TrainingStatus.QUEUED else None,
            credits=int(training.credits),
            deadline=_moment(training.deadline),
            eta=None if training.ended_at else _eta(training),
            created_at=datetime.fromisoformat(training.created_at),
            ended_at=datetime.fromisoformat(training.ended_at) if training.ended_at else None,
            error=_error(training) if training.ended_at else None,
        )


class TrainingList(View):
    """A page of trainings, newest first."""

    trainings: list[TrainingView]
    cursor: str | None


class HookView(View):
    """What became of a webhook: `woken`, or `ended` when the job was over before."""

    state: Literal["woken", "noted", "ended"]


def _eta(training: Training) -> Eta | None:
    base = catalog().base_model(training.base_model)
    if base is None or base.train is None:
        return None
    return of_training(base.train, int(training.steps)).eta(born(training.id), int(training.deadline))


def _error(training: Training) -> TrainingError | None:
    if not training.error_code:
        return None
    back = f"Nothing was charged: {int(training.credits)} credits are available again."
    return TrainingError(code=training.error_code, detail=f"{training.error} {back}")


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
