"""What callers of the train feature see."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from functions.train.models import ConsentSubject, SubjectKind
from likeness.items.model import ModelStatus, TrainedModel
from likeness.items.photo import PhotoState
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
