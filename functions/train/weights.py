"""Trained weights come home: fetched, proved, hashed, and paid for in the write that delivers them."""

from datetime import UTC, datetime
from tempfile import TemporaryFile

from functions.train.archive import upload
from functions.train.purchase import condemn, looked_after
from likeness.credit import DeliveredBefore, LateDelivery, deliver
from likeness.errors import VendorBusy, VendorError, VendorTransient
from likeness.items.model import Submission, TrainedModel, Training, Weights
from likeness.items.row import changed
from likeness.job import endpoint_of
from likeness.observability import count
from likeness.storage import private_key, remove
from likeness.table import Transaction
from likeness.vendors import trainer
from likeness.vendors.protocol import Fetched, Ref


def collect(training: Training) -> None:
    """Copy the weights of a finished training to our bucket and deliver them; done before, it does nothing.

    Raises:
        VendorBusy, VendorTransient: the weights cannot be had now; try again.
    """
    named = [Training.weights_key.set(Training.weights_key | private_key("weights.safetensors")), looked_after()]
    wanted = Training.open.exists() & Training.vendor_ref.exists() & (Training.submission != Submission.DONE.value)
    if not changed(training, named, wanted):
        return
    try:
        fetched = _copy(training)
    except (VendorBusy, VendorTransient):
        raise
    except VendorError as error:
        condemn(training, error.code, error.detail)
        return
    weights = _version(training, fetched)
    try:
        deliver(training.pk, training.operation, also=lambda transaction: _hand_over(transaction, training, weights))
    except LateDelivery:
        remove([training.weights_key])
        count("LateDelivery")
    except DeliveredBefore:
        return


def _copy(training: Training) -> Fetched:
    vendor = trainer(endpoint_of(training))
    with TemporaryFile() as file:
        fetched = vendor.fetch(vendor.result(Ref.from_json(training.vendor_ref)), file)
        file.seek(0)
        upload(file, training.weights_key, "application/octet-stream")
    return fetched


def _version(training: Training, fetched: Fetched) -> Weights:
    """Return the next version of the model. Nothing else delivers one meanwhile: the model has one open training."""
    prefix = f"{Weights.PREFIX}{training.model_id}#"
    number = Weights.count(training.pk, Weights.sk.startswith(prefix), consistent_read=True) + 1
    weights = Weights.of(training.pk, training.model_id, training.id)
    weights.number, weights.base_model = number, training.base_model
    weights.steps, weights.photo_count = training.steps, len(training.photo_ids)
    weights.key, weights.sha256, weights.bytes = training.weights_key, fetched.sha256, fetched.size
    weights.created_at = datetime.now(UTC).isoformat(timespec="seconds")
    return weights


def _hand_over(transaction: Transaction, training: Training, weights: Weights) -> None:
    """Write the weights once, and let the model and the training show them."""
    transaction.put(weights, Weights.sk.does_not_exist(), DeliveredBefore("These weights were delivered before."))
    transaction.update(
        training,
        [
            Training.submission.set(Submission.DONE.value),
            Training.progress.set(1),
            Training.weights_sha256.set(weights.sha256),
            Training.weights_bytes.set(weights.bytes),
        ],
    )
    transaction.update(
        TrainedModel.of(training.pk, training.model_id),
        [*weights.as_default(), TrainedModel.versions.set(weights.number)],
    )
