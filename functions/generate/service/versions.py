"""Which weights an order is made with: those of one version of a model."""

from likeness.errors import ModelNotReady, NotFound
from likeness.items.model import TrainedModel, Weights
from likeness.items.row import is_id


def find_model(user_id: str, model_id: str) -> TrainedModel | None:
    """Return a model of the caller's as it is now; None if it is absent, deleted or somebody else's."""
    if not is_id(model_id):
        return None
    try:
        model = TrainedModel.get(user_id, TrainedModel.of(user_id, model_id).sk, consistent_read=True)
    except TrainedModel.DoesNotExist:
        return None
    return None if model.deleted_at else model


def find_weights(user_id: str, model_id: str, training_id: str | None) -> Weights | None:
    """Return the weights of a version of a model, or None."""
    if training_id is None or not is_id(training_id):
        return None
    try:
        return Weights.get(user_id, Weights.of(user_id, model_id, training_id).sk, consistent_read=True)
    except Weights.DoesNotExist:
        return None


def version_of(user_id: str, model: TrainedModel, training_id: str | None) -> Weights:
    """Return the weights of a version of a model: the one that is named, else its default.

    Raises:
        ModelNotReady: nothing has been trained yet.
        NotFound: it has no such version.
    """
    weights = find_weights(user_id, model.id, training_id or model.training_id)
    if weights is None and training_id is None:
        raise ModelNotReady("Train this model first: it has no weights yet.")
    if weights is None:
        raise NotFound("This model has no such version.")
    return weights
