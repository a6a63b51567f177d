"""Buying a training at its vendor: once, however often it is tried.

The row says SUBMITTING before the request leaves. Whoever finds that already set did not see its answer: the
purchase is UNKNOWN from then on and is never made again. Only a vendor that surely took nothing sets it back.
"""

from pynamodb.expressions.update import Action

from functions.train.hook import token_of
from likeness.errors import VendorAccount, VendorBusy, VendorError, VendorTransient, VendorUnknown
from likeness.items.model import Submission, TrainedModel, Training
from likeness.items.row import changed, now
from likeness.job import cancel_at_vendor, endpoint_of
from likeness.observability import count, logger
from likeness.settings import settings
from likeness.storage import signed_url
from likeness.vendors import trainer
from likeness.vendors.protocol import Ref, TrainingOrder

CHECK_SECONDS = 120
_SPARE_SECONDS = 3600


def looked_after() -> Action:
    """Tell the sweeper that somebody works on a training: it looks again in two minutes."""
    return Training.check_at.set(now() + CHECK_SECONDS)


def condemn(training: Training, code: str, detail: str) -> None:
    """Say why an open training cannot succeed; the step that polls then ends it, and is woken for that."""
    actions: list[Action] = [Training.error_code.set(code), Training.error.set(detail), Training.woken.set(True)]
    changed(training, actions, Training.open.exists())


def buy(training: Training) -> None:
    """Submit a training that was not submitted, with exactly one request."""
    order = _order(training)
    if not _claim(training):
        doubt(training)
        return
    try:
        ref = trainer(order.endpoint).submit(order)
    except (VendorBusy, VendorTransient) as error:
        logger.warning("the vendor took nothing", extra={"error": type(error).__name__})
        _move(training, Submission.NONE)
    except VendorUnknown:
        _move(training, Submission.UNKNOWN)
        count("PurchaseUnknown")
    except VendorError as error:
        warn_operator(error)
        condemn(training, error.code, error.detail)
    else:
        _keep(training, ref)


def warn_operator(error: VendorError) -> None:
    """Count what only an operator can mend: our key, our balance or our settings at the vendor."""
    if isinstance(error, VendorAccount):
        count("VendorAccountRefused")


def doubt(training: Training) -> None:
    """Mark a purchase whose answer nobody saw."""
    unseen = (Training.submission == Submission.SUBMITTING.value) & Training.vendor_ref.does_not_exist()
    if changed(training, [Training.submission.set(Submission.UNKNOWN.value)], Training.open.exists() & unseen):
        count("PurchaseUnknown")


def _order(training: Training) -> TrainingOrder:
    endpoint = endpoint_of(training)
    model = TrainedModel.get(training.pk, TrainedModel.of(training.pk, training.model_id).sk, consistent_read=True)
    return TrainingOrder(
        endpoint=endpoint,
        zip_url=signed_url(training.zip_key, int(training.deadline) - now() + _SPARE_SECONDS),
        trigger=model.trigger,
        class_word=model.class_word,
        steps=int(training.steps),
        webhook_url=f"{settings().site_url}/v1/hooks/fal/{token_of(training)}",
        start_timeout_seconds=int(endpoint["start_timeout_seconds"]),
    )


def _claim(training: Training) -> bool:
    """Take the right to submit, which there is once."""
    is_free = Training.open.exists() & (Training.submission == Submission.NONE.value)
    actions = [Training.submission.set(Submission.SUBMITTING.value), looked_after()]
    return changed(training, actions, is_free & Training.error_code.does_not_exist())


def _move(training: Training, submission: Submission) -> None:
    is_open = Training.open.exists() & Training.vendor_ref.does_not_exist()
    changed(training, [Training.submission.set(submission.value)], is_open)


def _keep(training: Training, ref: Ref) -> None:
    """Store the vendor's job; one whose training has ended meanwhile is cancelled at the vendor."""
    actions = [
        Training.vendor_ref.set(ref.to_json()),
        Training.submission.set(Submission.SUBMITTED.value),
        looked_after(),
    ]
    if not changed(training, actions, Training.open.exists()):
        training.vendor_ref = ref.to_json()
        cancel_at_vendor(training)
        count("VendorOrphan")
