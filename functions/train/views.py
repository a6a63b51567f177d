"""What callers of the train feature see."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, Self

from functions.train.models import ConsentSubject, SubjectKind
from likeness.catalog.reader import catalog
from likeness.items.model import ModelStatus, TrainedModel, Training, TrainingStatus
from likeness.items.money import Reservation
from likeness.items.photo import PhotoState
from likeness.items.row import born
from likeness.pace import Eta, of_training
from likeness.storage import media_path, photo_key
from likeness.wire import View


class ConsentView(View):
    """The consent as it was given."""

    subject: ConsentSubject
    text_version: str
    at: datetime


class ModelView(View):
    """A model. `trigger` and `class_word` are how prompts name its subject."""

    id: str
    name: str
    subject_kind: SubjectKind
    class_word: str
    trigger: str
    photo_ids: list[str]
    cover: str | None
    consent: ConsentView
    status: ModelStatus
    open_training: str | None
    base_model: str | None
    """What its weights were trained on; null until a training has succeeded."""
    training_id: str | None
    """The training that made them: the default version."""
    version: int | None
    """The number of the default version."""
    versions: int
    """How many there are."""
    weights_sha256: str | None
    created_at: datetime

    @classmethod
    def of(cls, model: TrainedModel) -> Self:
        """Show a model; its cover is the thumbnail of its first photo."""
        cover = media_path(photo_key(model.pk, model.photo_ids[0], "256.webp")) if model.photo_ids else None
        fields = {name: getattr(model, name) for name in cls.model_fields if name not in {"cover", "photo_ids"}}
        return cls.model_validate({**fields, "cover": cover, "photo_ids": list(model.photo_ids)})


class ModelList(View):
    """A page of models, newest first."""

    models: list[ModelView]
    cursor: str | None


class VersionWeights(View):
    """The file that a training made."""

    sha256: str
    bytes: int


class VersionView(View):
    """What one training made of a model. Pictures are made with the default version."""

    training_id: str
    number: int
    """1 is the oldest."""
    base_model: str
    steps: int
    photo_count: int
    created_at: datetime
    is_default: bool
    weights: VersionWeights
    sample_generation_id: str | None
    """The order of its sample pictures, if there was one."""


class VersionList(View):
    """A page of a model's versions, newest first."""

    versions: list[VersionView]
    cursor: str | None


class WeightsDownload(View):
    """Where a version's weights can be fetched, and under which terms they may be used."""

    url: str
    filename: str
    bytes: int
    sha256: str
    """Of the file, hex: compare it after the download."""
    base_model: str
    licence: str | None
    """The base model's terms; null once it is not offered any more."""
    expires_at: datetime


class Severity(StrEnum):
    """Whether a finding keeps photos out of a training, or only makes its result worse."""

    REFUSE = "refuse"
    WARN = "warn"


class Finding(View):
    """Something about photos, with what to do about it in `detail`."""

    code: str
    severity: Severity
    photo_ids: list[str]
    detail: str


class PhotoReport(View):
    """How one photo of a model stands: `usable` ones are trained on."""

    photo_id: str
    state: PhotoState | Literal["missing"]
    usable: bool
    findings: list[str]


class ReportView(View):
    """Whether a model can be trained on a base model, and what would make it better."""

    model_id: str
    base_model: str
    minimum: int
    maximum: int
    usable: int
    trainable: bool
    findings: list[Finding]
    photos: list[PhotoReport]


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
