"""Sample pictures of a model that has just been trained: an order like any other, at a price of nothing."""

from dataclasses import asdict

from functions.generate.service.orders import place
from functions.generate.service.requests import Order, show
from functions.generate.service.versions import find_model, find_weights
from likeness.catalog.reader import catalog
from likeness.catalog.samples import samples
from likeness.errors import AppError, Busy
from likeness.items.generation import Ordered, Relation
from likeness.items.model import TrainedModel, Training, TrainingStatus, Weights
from likeness.observability import count, logger


def order_samples(user_id: str, model_id: str, training_id: str) -> None:
    """Order the samples of a training that was ordered with samples and made its model's default version.

    Its order has one id whatever happens, so a repeat orders nothing twice. What the account or the model does not
    allow is counted and left.

    Raises:
        Busy: too much contention; nothing was written, call again.
    """
    model = find_model(user_id, model_id)
    weights = find_weights(user_id, model_id, training_id)
    if model is None or weights is None or model.training_id != training_id or not _is_wanted(weights):
        return
    order = _order(model, weights)
    if order is None:
        return
    try:
        place(user_id, order, f"samples-{training_id}", training_id)
    except Busy:
        raise
    except AppError as error:
        logger.warning("samples not ordered", extra={"code": error.code})
        count("SamplesNotOrdered")


def _is_wanted(weights: Weights) -> bool:
    model_id = weights.sk.split("#")[1]
    try:
        training = Training.get(
            weights.pk, Training.of(weights.pk, model_id, weights.training_id).sk, consistent_read=True
        )
    except Training.DoesNotExist:
        return False
    return bool(training.samples) and training.status == TrainingStatus.SUCCEEDED.value


def _order(model: TrainedModel, weights: Weights) -> Order | None:
    """Return the order of a version's samples; None where no pictures can be made with it."""
    base, wishes = catalog().base_model(weights.base_model), samples().samples.get(model.subject_kind)
    if base is None or base.render_lora is None or not wishes:
        return None
    shots = [show(wish, model, wish.seed) for wish in wishes]
    ordered = Ordered(
        **asdict(shots[0]),
        negative_prompt=None,
        base_model=base.id,
        base_model_name=base.name,
        model_id=model.id,
        training_id=weights.training_id,
        weights_key=weights.key,
        weights_sha256=weights.sha256,
        endpoint=base.render_lora,
        catalog_version=catalog().version,
        relation=Relation.SAMPLE.value,
        pack=f"samples-{model.subject_kind}@{samples().version}",
    )
    return Order(ordered.showing(shots), len(shots), 0, generation_id=weights.samples_id)
