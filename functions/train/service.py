"""Trainings as their owner orders, watches and cancels them."""

from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from functions.train.library import find_model
from functions.train.models import TrainingRequest
from functions.train.report import NOT_READY, judge, trainable_base
from functions.train.training_views import TrainingList, TrainingStarted, TrainingView
from functions.train.views import ReportView
from likeness import workflow
from likeness.account import healed
from likeness.catalog.reader import BaseModelEntry
from likeness.credit import find_repeat, reserve
from likeness.errors import (
    AlreadyEnded,
    AppError,
    NotFound,
    PhotosNotReady,
    TooFewPhotos,
    TrainingRunning,
    Unprocessable,
)
from likeness.items.model import ModelStatus, TrainedModel, Training, TrainingStatus
from likeness.items.money import Reservation, ReservationState
from likeness.items.row import OPEN, new_id, now
from likeness.job import End, abandon_training, execution_name, training_of
from likeness.listing import list_own
from likeness.observability import count, logger
from likeness.settings import settings
from likeness.table import Raw, Transaction

FIRST_CHECK_SECONDS = 60
CANCELLED = End(TrainingStatus.CANCELLED, "cancelled", "You cancelled this training.")


def start_training(
    user_id: str, model_id: str, request: TrainingRequest, operation: str, fingerprint: str
) -> TrainingStarted:
    """Hold the price, record a training and start its workflow; a repeat answers what the first one did.

    When the workflow cannot be started now, the sweeper starts it within two minutes.

    Raises:
        NotFound: there is no such model.
        Unprocessable: no such base model, or it does not take so many steps.
        PhotosNotReady: photos are being checked or were rejected; `photo_ids` names them.
        TooFewPhotos: `usable` and `minimum` say how many.
        TrainingRunning: the model is being trained.
        KeyReused, AccountNotActive, InsufficientCredits: as `reserve` says.
    In every case nothing was charged.
    """
    held = find_repeat(user_id, operation, fingerprint)
    if held is None:
        training = _planned(find_model(user_id, model_id), request, operation)
        held = healed(user_id, lambda: _reserve(training, fingerprint))
    if held.state == ReservationState.HELD.value:
        _start(user_id, held.job)
    return TrainingStarted.of(held)


def read_training(user_id: str, model_id: str, training_id: str) -> TrainingView:
    """Return one of the caller's own trainings; NotFound if there is none."""
    return TrainingView.of(_stored(user_id, model_id, training_id))


def list_trainings(user_id: str, model_id: str, limit: int, cursor: str | None) -> TrainingList:
    """Return a page of a model's trainings, newest first; NotFound if there is no such model."""
    find_model(user_id, model_id)
    prefix = f"{Training.PREFIX}{model_id}#"
    page = list_own(Training, user_id, prefix, limit, cursor)
    return TrainingList(
        trainings=[TrainingView.of(Training.from_raw_data(row)) for row in page.rows],
        cursor=page.cursor,
    )


def cancel_training(user_id: str, model_id: str, training_id: str) -> TrainingView:
    """End a training now and give its credits back; one that has delivered meanwhile stays and is charged.

    Raises:
        NotFound: there is no such training.
        AlreadyEnded: it is over.
    """
    training = _stored(user_id, model_id, training_id)
    if training.ended_at:
        raise AlreadyEnded(f"This training has ended before: {training.status}.")
    abandon_training(training, CANCELLED)
    return TrainingView.of(training)


def _planned(model: TrainedModel, request: TrainingRequest, operation: str) -> Training:
    """Return the row of a training that may start, with the photos and the price it will have."""
    base = trainable_base(request.base_model)
    steps = _steps(base, request.steps)
    report = judge(model, base)
    _demand_photos(report)
    training = Training.of(model.pk, model.id, new_id())
    training.base_model, training.steps, training.operation = base.id, steps, operation
    training.photo_ids = [photo.photo_id for photo in report.photos if photo.usable]
    training.samples = request.samples
    training.credits = base.credits.training or 0
    training.created_at = datetime.now(UTC).isoformat(timespec="seconds")
    training.deadline = now() + int((base.train or {})["deadline_seconds"])
    training.open, training.check_at = OPEN, now() + FIRST_CHECK_SECONDS
    return training


def _steps(base: BaseModelEntry, asked: int | None) -> int:
    train = base.train or {}
    steps = train["steps"] if asked is None else asked
    if not train["min_steps"] <= steps <= train["max_steps"]:
        message = f"{base.name} takes {train['min_steps']} to {train['max_steps']} steps."
        raise Unprocessable(message, fields=[{"field": "steps", "message": message}])
    return int(steps)


def _demand_photos(report: ReportView) -> None:
    for finding in report.findings:
        if finding.code in NOT_READY:
            raise PhotosNotReady(f"{len(finding.photo_ids)} photos: {finding.detail}", photo_ids=finding.photo_ids)
    if not report.trainable:
        detail = next(finding.detail for finding in report.findings if finding.code == "too_few_photos")
        raise TooFewPhotos(detail, usable=report.usable, minimum=report.minimum)


def _reserve(training: Training, fingerprint: str) -> Reservation:
    return reserve(
        training.pk,
        training.operation,
        1,
        int(training.credits),
        fingerprint=fingerprint,
        job=f"training#{training.model_id}#{training.id}",
        deadline=int(training.deadline),
        also=lambda transaction: _claim_model(transaction, training),
    )


def _claim_model(transaction: Transaction, training: Training) -> None:
    """Write the training, and demand that its model is there and that nothing else trains it."""
    transaction.put(training, Training.sk.does_not_exist())
    transaction.update(
        TrainedModel.of(training.pk, training.model_id),
        [TrainedModel.open_training.set(training.id), TrainedModel.status.set(ModelStatus.TRAINING.value)],
        TrainedModel.name.exists()
        & TrainedModel.deleted_at.does_not_exist()
        & TrainedModel.open_training.does_not_exist(),
        _unclaimed,
    )


def _unclaimed(raw: Raw | None) -> AppError:
    if raw and "open_training" in raw:
        return TrainingRunning("A training of this model is running. Wait for its end, or cancel it.")
    return NotFound("No such model.")


def _start(user_id: str, job: str) -> None:
    training = training_of(user_id, job)
    if training is None:
        return
    try:
        start_attempt(training)
    except (BotoCoreError, ClientError) as error:
        logger.warning("a training waits for the sweeper", extra={"error": type(error).__name__})
        count("WorkflowNotStarted")


def start_attempt(training: Training) -> None:
    """Start the execution of a training's current attempt; one that was started before counts."""
    job = {
        "user_id": training.pk,
        "model_id": training.model_id,
        "training_id": training.id,
        "attempt": int(training.attempt),
    }
    workflow.start(settings().training_machine, execution_name(training), {"job": job})


def _stored(user_id: str, model_id: str, training_id: str) -> Training:
    try:
        return Training.get(user_id, f"{Training.PREFIX}{model_id}#{training_id}", consistent_read=True)
    except Training.DoesNotExist:
        raise NotFound("No such training.") from None
