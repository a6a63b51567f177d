"""A trained likeness and the runs that trained it."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.expressions.update import Action

from likeness.items.row import ModelRow, OpenTrainings, moved_id


class ModelStatus(StrEnum):
    """Where a model stands."""

    DRAFT = "draft"
    TRAINING = "training"
    READY = "ready"


class TrainingStatus(StrEnum):
    """Where a training stands; the last three are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Submission(StrEnum):
    """How far a purchase at a vendor got: UNKNOWN is never submitted again."""

    NONE = "none"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    DONE = "done"


class TrainedModel(ModelRow, discriminator="MODEL"):
    """A likeness of somebody or something, with the photos it learns from."""

    name = UnicodeAttribute()
    subject_kind = UnicodeAttribute()
    class_word = UnicodeAttribute()
    trigger = UnicodeAttribute()
    photo_ids: ListAttribute[str] = ListAttribute()
    consent: JSONAttribute = JSONAttribute()
    status = UnicodeAttribute(default=ModelStatus.DRAFT.value)
    open_training = UnicodeAttribute(null=True)
    """Id of the training that runs; absent when none does. Reserve demands its absence."""
    base_model = UnicodeAttribute(null=True)
    training_id = UnicodeAttribute(null=True)
    """The training whose weights are used: its version is the default one."""
    version = NumberAttribute(null=True)
    """The number of that version."""
    versions = NumberAttribute(default=0)
    """How many versions there are."""
    weights_key = UnicodeAttribute(null=True)
    weights_sha256 = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    deleted_at = UnicodeAttribute(null=True)
    """Set first when a model is deleted: from then on nobody is shown it and nothing starts with it."""

    PREFIX = "MODEL#"

    @classmethod
    def of(cls, user_id: str, model_id: str) -> Self:
        """Name a user's model."""
        return cls(user_id, f"{cls.PREFIX}{model_id}")

    @property
    def id(self) -> str:
        """The model's id."""
        return self.sk.removeprefix(self.PREFIX)


class Training(ModelRow, discriminator="TRAINING"):
    """One run that trains a model."""

    status = UnicodeAttribute(default=TrainingStatus.QUEUED.value)
    base_model = UnicodeAttribute()
    steps = NumberAttribute()
    photo_ids: ListAttribute[str] = ListAttribute()
    samples = BooleanAttribute(default=False)
    """Whether sample pictures are ordered once it has succeeded."""
    operation = UnicodeAttribute()
    credits = NumberAttribute()
    created_at = UnicodeAttribute()
    ended_at = UnicodeAttribute(null=True)
    deadline = NumberAttribute()
    progress = NumberAttribute(null=True)
    """A share from 0 to 1, as far as the vendor says."""
    queue_position = NumberAttribute(null=True)
    submission = UnicodeAttribute(default=Submission.NONE.value)
    vendor_ref = UnicodeAttribute(null=True)
    zip_key = UnicodeAttribute(null=True)
    """Named before the object is written, so that no object is ever without a row that knows it."""
    weights_key = UnicodeAttribute(null=True)
    """The same for the weights; they are delivered once there is a `Weights` row."""
    weights_sha256 = UnicodeAttribute(null=True)
    weights_bytes = NumberAttribute(null=True)
    task_token = UnicodeAttribute(null=True)
    woken = BooleanAttribute(null=True)
    attempt = NumberAttribute(default=1)
    error_code = UnicodeAttribute(null=True)
    """Why it ended, or why it will: set on an open training, it is about to be closed."""
    error = UnicodeAttribute(null=True)
    """A sentence for its owner, without the credits."""
    open = UnicodeAttribute(null=True)
    check_at = NumberAttribute(null=True)

    by_check = OpenTrainings()

    PREFIX = "TRAINING#"

    @classmethod
    def of(cls, user_id: str, model_id: str, training_id: str) -> Self:
        """Name a training of a user's model."""
        return cls(user_id, f"{cls.PREFIX}{model_id}#{training_id}")

    @property
    def model_id(self) -> str:
        """The id of the model it trains."""
        return self.sk.split("#")[1]

    @property
    def id(self) -> str:
        """The training's id."""
        return self.sk.split("#")[2]


class Weights(ModelRow, discriminator="WEIGHTS"):
    """What a training delivered, a version of its model: put once, in the transaction that pays for it."""

    number = NumberAttribute(default=1)
    """1 is a model's oldest version."""
    key = UnicodeAttribute()
    sha256 = UnicodeAttribute()
    bytes = NumberAttribute()
    base_model = UnicodeAttribute()
    steps = NumberAttribute(default=0)
    photo_count = NumberAttribute(default=0)
    created_at = UnicodeAttribute()

    PREFIX = "WEIGHTS#"

    @classmethod
    def of(cls, user_id: str, model_id: str, training_id: str) -> Self:
        """Name the weights of a training."""
        return cls(user_id, f"{cls.PREFIX}{model_id}#{training_id}")

    @property
    def training_id(self) -> str:
        """The id of the training that delivered them."""
        return self.sk.split("#")[2]

    @property
    def samples_id(self) -> str:
        """The id of the order of sample pictures, whether it was placed or not: sorted where the samples belong."""
        return moved_id(self.training_id, datetime.fromisoformat(self.created_at))

    def as_default(self) -> list[Action]:
        """Return the changes of its model that make it the version that pictures are made with."""
        return [
            TrainedModel.base_model.set(self.base_model),
            TrainedModel.training_id.set(self.training_id),
            TrainedModel.version.set(self.number),
            TrainedModel.weights_key.set(self.key),
            TrainedModel.weights_sha256.set(self.sha256),
        ]


class ModelCount(ModelRow, discriminator="MODEL_COUNT"):
    """Counts a person's models; changed in the transaction that makes or unmakes one."""

    models = NumberAttribute(default=0)

    @classmethod
    def of(cls, user_id: str) -> Self:
        """Name the count of a user."""
        return cls(user_id, "COUNT#MODEL")
