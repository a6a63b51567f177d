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
    try:
        deliver(training.pk, training.operation, also=lambda transaction: _hand_over(transaction, training, fetched))
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


def _hand_over(transaction: Transaction, training: Training, fetched: Fetched) -> None:
    """Write the weights once, and let the model and the training show them."""
    weights = Weights.of(training.pk, training.model_id, training.id)
    weights.key, weights.sha256, weights.bytes = training.weights_key, fetched.sha256, fetched.size
    weights.base_model = training.base_model
    weights.created_at = datetime.now(UTC).isoformat(timespec="seconds")
    transaction.put(weights, Weights.sk.does_not_exist(), DeliveredBefore("These weights were delivered before."))
    transaction.update(
        training,
        [
            Training.submission.set(Submission.DONE.value),
            Training.progress.set(1),
            Training.weights_sha256.set(fetched.sha256),
            Training.weights_bytes.set(fetched.size),
        ],
    )
    transaction.update(
        TrainedModel.of(training.pk, training.model_id),
        [
            TrainedModel.base_model.set(training.base_model),
            TrainedModel.training_id.set(training.id),
            TrainedModel.weights_key.set(training.weights_key),
            TrainedModel.weights_sha256.set(fetched.sha256),
        ],
    )
