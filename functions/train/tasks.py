"""The steps of the TrainModel workflow. Every one may be repeated, by Step Functions or by a later attempt."""

from typing import Any

from pynamodb.expressions.update import Action

from functions.train import archive, purchase, weights
from functions.train.purchase import condemn, doubt, looked_after, warn_operator
from functions.train.sweeping import LATE
from likeness import aws, workflow
from likeness.errors import VendorError
from likeness.items.model import Submission, Training, TrainingStatus
from likeness.items.row import changed, now
from likeness.job import End, cancel_at_vendor, end_training, endpoint_of
from likeness.observability import count, logger
from likeness.tasks import Steps
from likeness.vendors import trainer
from likeness.vendors.protocol import Progress, Ref

Job = dict[str, Any]
State = dict[str, str]

RUNNING, DONE, ENDED, SUBMIT = ({"state": state} for state in ("running", "done", "ended", "submit"))
_PASSING = {
    "Busy",
    "VendorBusy",
    "VendorTransient",
    "States.Timeout",
    "ClientError",
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
}
"""Errors that say nothing of the training: the next attempt goes on where this one stopped."""
_PLATFORM = ("Lambda.", "Sandbox.", "Runtime.")
"""How errors of Lambda itself begin, which are none of ours either."""
_BROKEN = End(TrainingStatus.FAILED, "internal_error", "Something broke on our side.")

steps = Steps(aws.s3, aws.stepfunctions)


@steps.step
def prepare(job: Job) -> None:
    """Write the zip of photos."""
    if training := _stored(job):
        archive.pack(training)


@steps.step
def submit(job: Job) -> None:
    """Buy the training."""
    training = _stored(job)
    if training and training.open and not training.error_code:
        purchase.buy(training)


@steps.step
def await_(job: Job, token: str) -> None:
    """Store the token that a webhook completes; wake at once if one came before, or if there is nothing to wait for."""
    training = _named(job)
    is_open = changed(training, [Training.task_token.set(token), looked_after()], Training.open.exists())
    if training.woken or not is_open:
        workflow.wake(token)


@steps.step
def poll(job: Job) -> State:
    """Ask how the training stands: `running`, `done`, `ended`, or `submit` where nothing was bought yet.

    Flag and token are cleared before the vendor is asked: a webhook that comes while it answers wakes the next wait.
    """
    training = _named(job)
    clear = [Training.woken.remove(), Training.task_token.remove(), looked_after()]
    if not changed(training, clear, Training.open.exists()) or training.error_code:
        return ENDED
    if training.submission == Submission.DONE.value:
        return DONE
    state = _ask(training) if training.vendor_ref else _wait_for_ref(training)
    if state in (RUNNING, SUBMIT) and now() >= training.deadline:
        condemn(training, LATE.code, LATE.detail)
        return ENDED
    return state


@steps.step
def collect(job: Job) -> None:
    """Bring the weights home."""
    if training := _stored(job):
        weights.collect(training)


@steps.step
def close(job: Job, error: dict[str, Any] | None = None) -> None:
    """End the training; after an error that passes by itself it stays open for the sweeper's next attempt."""
    training = _stored(job)
    if training is None or training.ended_at:
        return
    if error and _passes(error["Error"]) and not training.error_code and now() < training.deadline:
        logger.warning("this attempt gives up", extra={"error": error["Error"]})
        return
    end_training(training, _end(training))
    if training.status == TrainingStatus.SUCCEEDED.value:
        count("TrainingSucceeded")
        return
    cancel_at_vendor(training)
    count("TrainingFailed")


def _passes(name: str) -> bool:
    return name in _PASSING or name.startswith(_PLATFORM)


def _end(training: Training) -> End:
    if not training.error_code:
        return _BROKEN
    return End(TrainingStatus.FAILED, training.error_code, training.error)


def _ask(training: Training) -> State:
    progress = trainer(endpoint_of(training)).poll(Ref.from_json(training.vendor_ref))
    if progress.state == "done":
        return DONE
    if progress.state == "failed":
        error = progress.error or VendorError("The AI vendor's job failed.")
        condemn(training, error.code, error.detail)
        return ENDED
    _show(training, progress)
    return RUNNING


def _wait_for_ref(training: Training) -> State:
    if training.submission == Submission.NONE.value:
        return SUBMIT
    doubt(training)
    return RUNNING


def _show(training: Training, progress: Progress) -> None:
    """Store what the owner is shown of a running training; it never goes backwards."""
    if progress.error:
        logger.warning("the vendor does not say", extra={"error": type(progress.error).__name__})
        warn_operator(progress.error)
        return
    status = TrainingStatus.QUEUED if progress.state == "queued" else TrainingStatus.RUNNING
    fraction = max(float(progress.fraction or 0), float(training.progress or 0))
    actions: list[Action] = [
        Training.status.set(status.value),
        Training.progress.set(fraction),
        Training.queue_position.set(progress.queue_position or 0),
    ]
    changed(training, actions, Training.open.exists())


def _named(job: Job) -> Training:
    return Training.of(job["user_id"], job["model_id"], job["training_id"])


def _stored(job: Job) -> Training | None:
    """Return the training as it is now; None once it was deleted."""
    try:
        return Training.get(job["user_id"], _named(job).sk, consistent_read=True)
    except Training.DoesNotExist:
        return None


handler = steps.handler
