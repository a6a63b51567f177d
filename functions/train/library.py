"""A person's models: made, listed, changed and deleted."""

import hashlib
from datetime import UTC, datetime

from pynamodb.expressions.update import Action

from functions.train.models import ModelChange, ModelRequest
from functions.train.views import ModelList, ModelView
from likeness.account import healed
from likeness.catalog.policy import check_prompt
from likeness.catalog.reader import catalog
from likeness.credit import check_active
from likeness.errors import Conflict, NotFound, TrainingRunning, Unprocessable
from likeness.items.model import ModelCount, TrainedModel, Training, TrainingStatus, Weights
from likeness.items.photo import Photo, PhotoState
from likeness.items.row import changed, is_id, new_id
from likeness.job import End, abandon_training
from likeness.listing import list_own
from likeness.storage import remove
from likeness.table import Transaction

_CONSONANTS = "bcdfghjklmnpqrstvwxz"
_RUNNING = "A training of this model is running. Wait for its end, or cancel it."


def create_model(user_id: str, request: ModelRequest) -> ModelView:
    """Make a model that has yet to be trained, with the consent and the moment it was given.

    Raises:
        PromptRefused: the name or the class word is that of somebody known.
        Unprocessable: a photo is not the caller's own.
        Conflict: the caller has as many models as one may have.
        AccountNotActive: the account may not do that now.
    """
    check_prompt(f"{request.name}, {request.class_word or request.subject_kind}")
    _demand_own(user_id, request.photo_ids)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    model = TrainedModel.of(user_id, new_id())
    model.name, model.subject_kind = request.name, request.subject_kind.value
    model.class_word = request.class_word or request.subject_kind.value
    model.trigger = trigger_of(model.id)
    model.photo_ids, model.created_at = request.photo_ids, moment
    model.consent = {**request.consent.model_dump(mode="json"), "at": moment}
    healed(user_id, lambda: _save(user_id, model))
    return ModelView.of(model)


def trigger_of(model_id: str) -> str:
    """Return the word that stands for a model's subject in prompts: seven consonants, no word of any language."""
    number = int.from_bytes(hashlib.sha256(model_id.encode()).digest()[:8], "big")
    return "".join(_CONSONANTS[number // 20**place % 20] for place in range(7))


def list_models(user_id: str, limit: int, cursor: str | None) -> ModelList:
    """Return a page of models, newest first, by one query; deleted ones are left out."""
    page = list_own(TrainedModel, user_id, TrainedModel.PREFIX, limit, cursor)
    models = [TrainedModel.from_raw_data(row) for row in page.rows]
    return ModelList(models=[ModelView.of(model) for model in models if not model.deleted_at], cursor=page.cursor)


def find_model(user_id: str, model_id: str) -> TrainedModel:
    """Return one of the caller's own models as it is now.

    Raises:
        NotFound: there is none, or it is being deleted.
    """
    model = _stored(user_id, model_id)
    if model.deleted_at:
        raise NotFound("No such model.")
    return model


def change_model(user_id: str, model_id: str, change: ModelChange) -> ModelView:
    """Change a model's name, its photos or the version that its pictures are made with.

    Raises:
        NotFound: there is no such model.
        TrainingRunning: the photos are being trained on.
        PromptRefused: the name is that of somebody known.
        Unprocessable: a photo is not the caller's own, or the model has no such version.
    """
    model = find_model(user_id, model_id)
    actions: list[Action] = []
    condition = TrainedModel.name.exists() & TrainedModel.deleted_at.does_not_exist()
    if change.name is not None:
        check_prompt(change.name)
        actions.append(TrainedModel.name.set(change.name))
    if change.photo_ids is not None:
        _demand_own(user_id, change.photo_ids)
        actions.append(TrainedModel.photo_ids.set(change.photo_ids))
        condition &= TrainedModel.open_training.does_not_exist()
    if change.default_version is not None:
        actions += _demand_version(model, change.default_version).as_default()
    if actions and not changed(model, actions, condition):
        find_model(user_id, model_id)
        raise TrainingRunning(_RUNNING)
    return ModelView.of(model)


def delete_model(user_id: str, model_id: str) -> None:
    """Delete a model, its trainings and the weights of all its versions; a running training is cancelled.

    Its pictures stay. Cut short, it is finished by a repeat.

    Raises:
        NotFound: there is no such model.
    """
    model = _stored(user_id, model_id)
    _hide(model)
    prefix = f"{Training.PREFIX}{model_id}#"
    trainings = list(Training.query(user_id, Training.sk.startswith(prefix), consistent_read=True))
    for training in trainings:
        if training.ended_at is None:
            abandon_training(training, End(TrainingStatus.CANCELLED, "model_deleted", "The model was deleted."))
    keys = [key for training in trainings for key in (training.zip_key, training.weights_key) if key]
    remove(keys)
    for training in trainings:
        Weights.of(user_id, model_id, training.id).delete()
        training.delete()
    transaction = Transaction()
    transaction.delete(model, TrainedModel.deleted_at.exists(), NotFound("No such model."))
    transaction.update(ModelCount.of(user_id), [ModelCount.models.add(-1)])
    transaction.commit()


def _hide(model: TrainedModel) -> None:
    """From here on nobody is shown the model and nothing can start with it."""
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    actions: list[Action] = [TrainedModel.deleted_at.set(moment), TrainedModel.weights_key.remove()]
    if not changed(model, actions, TrainedModel.name.exists()):
        raise NotFound("No such model.")


def _save(user_id: str, model: TrainedModel) -> None:
    maximum = catalog().limits.models_per_user
    transaction = Transaction()
    check_active(transaction, user_id)
    transaction.put(model, TrainedModel.sk.does_not_exist())
    transaction.update(
        ModelCount.of(user_id),
        [ModelCount.models.add(1)],
        ModelCount.models.does_not_exist() | (ModelCount.models < maximum),
        Conflict(f"You have {maximum} models, which is the most there can be. Delete one first."),
    )
    transaction.commit()


def _stored(user_id: str, model_id: str) -> TrainedModel:
    try:
        return TrainedModel.get(user_id, f"{TrainedModel.PREFIX}{model_id}", consistent_read=True)
    except TrainedModel.DoesNotExist:
        raise NotFound("No such model.") from None


def _demand_own(user_id: str, photo_ids: list[str]) -> None:
    """Refuse photos that are not the caller's own; a photo of somebody else cannot even be asked for."""
    found = photos_of(user_id, photo_ids)
    unknown = [photo_id for photo_id in photo_ids if photo_id not in found]
    if unknown:
        message = f"Not photos of yours: {', '.join(unknown)}."
        raise Unprocessable(message, fields=[{"field": "photo_ids", "message": message}], photo_ids=unknown)


def find_version(user_id: str, model_id: str, training_id: str) -> Weights:
    """Return a version of one of the caller's own models.

    Raises:
        NotFound: there is none.
    """
    unknown = NotFound("This model has no such version.")
    if not is_id(training_id):
        raise unknown
    try:
        return Weights.get(user_id, Weights.of(user_id, model_id, training_id).sk, consistent_read=True)
    except Weights.DoesNotExist:
        raise unknown from None


def _demand_version(model: TrainedModel, training_id: str) -> Weights:
    try:
        return find_version(model.pk, model.id, training_id)
    except NotFound as error:
        fields = [{"field": "default_version", "message": error.detail}]
        raise Unprocessable(error.detail, fields=fields) from None


def photos_of(user_id: str, photo_ids: list[str]) -> dict[str, Photo]:
    """Return those of a user's photos that there are, by id, in this order; at most 100."""
    keys = [(user_id, f"{Photo.PREFIX}{photo_id}") for photo_id in photo_ids]
    read = Photo.batch_get(keys, consistent_read=True) if keys else []
    found = {photo.id: photo for photo in read if photo.state != PhotoState.DELETING}
    return {photo_id: found[photo_id] for photo_id in photo_ids if photo_id in found}
