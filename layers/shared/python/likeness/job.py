"""How a training ends, whoever ends it: the workflow, its owner, the sweeper or the erasure of an account.

The reservation decides: its one transaction ends the credits, the training and the model's claim on it together.
What is tidied up afterwards (the zip, the execution, the vendor's job) may fail without harm and is counted then.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.expressions.update import Action

from likeness import pace
from likeness.catalog.reader import catalog
from likeness.credit import close
from likeness.errors import AppError, VendorError
from likeness.items.model import ModelStatus, TrainedModel, Training, TrainingStatus
from likeness.items.money import Reservation
from likeness.items.row import born
from likeness.observability import count, logger
from likeness.settings import settings
from likeness.storage import remove
from likeness.table import Transaction
from likeness.vendors import trainer
from likeness.vendors.protocol import Endpoint, Ref
from likeness.workflow import stop


@dataclass(frozen=True)
class End:
    """How a training ends that delivers nothing: `detail` is a sentence for its owner, without the credits."""

    status: TrainingStatus
    code: str
    detail: str


class _RowsGone(AppError):
    """The training or its model has no row any more."""


def training_of(user_id: str, job: str) -> Training | None:
    """Return the training that a reservation's `job` names, as it is now; None if it names none or it is gone."""
    kind, _, ids = job.partition("#")
    if kind != "training":
        return None
    try:
        return Training.get(user_id, f"{Training.PREFIX}{ids}", consistent_read=True)
    except Training.DoesNotExist:
        return None


def end_training(training: Training, end: End) -> Reservation:
    """End a training: it has succeeded if its weights were delivered, else it ends as `end` says, unpaid.

    Called again, or by two at once, it ends once. The given row is re-read, its zip removed. A training whose
    model has no row any more loses its own too.

    Raises:
        NotFound: there is no such reservation.
        Busy: too much contention; nothing was written, call again.
    """
    was_over = training.ended_at is not None
    try:
        reservation = close(training.pk, training.operation, also=lambda t, r: _end_rows(t, r, training, end))
        training.refresh(consistent_read=True)
    except (_RowsGone, Training.DoesNotExist):
        reservation = close(training.pk, training.operation, also=lambda _transaction, _reservation: None)
        training.delete()
    if training.status == TrainingStatus.SUCCEEDED.value and not was_over:
        with _tidying("pace"):
            pace.of_training(endpoint_of(training), int(training.steps)).keep(time() - born(training.id).timestamp())
    if training.zip_key:
        with _tidying("zip"):
            remove([training.zip_key])
    return reservation


def abandon_training(training: Training, end: End) -> Reservation:
    """End a training from outside of its workflow: stop its execution and the vendor's job too; errors as above."""
    reservation = end_training(training, end)
    with _tidying("execution"):
        stop(settings().training_machine, execution_name(training))
    cancel_at_vendor(training)
    return reservation


def cancel_at_vendor(training: Training) -> None:
    """Ask the vendor to stop, if it has the job."""
    if not training.vendor_ref:
        return
    with _tidying("vendor"):
        trainer(endpoint_of(training)).cancel(Ref.from_json(training.vendor_ref))


def endpoint_of(training: Training) -> Endpoint:
    """Return how the catalog says that a training's base model is trained.

    Raises:
        VendorError: the catalog has it no more.
    """
    entry = catalog().base_model(training.base_model)
    if entry is None or entry.train is None:
        raise VendorError("This base model is not trained any more.")
    return entry.train


def execution_name(training: Training) -> str:
    """Name the execution of a training's current attempt."""
    return f"{training.id}-{int(training.attempt)}"


def _end_rows(transaction: Transaction, reservation: Reservation, training: Training, end: End) -> None:
    """Write the ends of the training and its model; a delivery in between refuses the whole transaction."""
    is_delivered = reservation.used > 0
    status = TrainingStatus.SUCCEEDED if is_delivered else end.status
    actions: list[Action] = [
        Training.status.set(status.value),
        Training.ended_at.set(datetime.now(UTC).isoformat(timespec="seconds")),
        Training.open.remove(),
        Training.check_at.remove(),
        Training.task_token.remove(),
        Training.woken.remove(),
    ]
    if is_delivered:
        actions += [Training.error_code.remove(), Training.error.remove()]
    else:
        actions += [Training.error_code.set(end.code), Training.error.set(end.detail)]
    gone = _RowsGone("The training or its model is gone.")
    transaction.update(training, actions, Training.operation.exists(), gone)
    model = TrainedModel.of(training.pk, training.model_id)
    status_now = ModelStatus.READY if is_delivered or _has_weights(model) else ModelStatus.DRAFT
    transaction.update(
        model,
        [TrainedModel.open_training.remove(), TrainedModel.status.set(status_now.value)],
        TrainedModel.open_training == training.id,
        gone,
    )


def _has_weights(model: TrainedModel) -> bool:
    try:
        model.refresh(consistent_read=True)
    except TrainedModel.DoesNotExist:
        return False
    return bool(model.weights_key)


@contextmanager
def _tidying(what: str) -> Iterator[None]:
    """Go on when tidying up fails: the job has ended and nothing depends on it."""
    try:
        yield
    except (AppError, BotoCoreError, ClientError) as error:
        logger.warning("tidying up failed", extra={"what": what, "error": type(error).__name__})
        count("TidyingFailed")
