"""What callers of the train feature send."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from likeness.catalog.reader import catalog
from likeness.wire import Body

DEFAULT_BASE_MODEL = "flux-1-dev"

Name = Annotated[str, StringConstraints(min_length=1, max_length=40)]
PhotoId = Annotated[str, StringConstraints(min_length=1, max_length=40)]
ClassWord = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,20}( [a-z]{2,20})?$")]


def _once(photo_ids: list[str]) -> list[str]:
    if len(set(photo_ids)) != len(photo_ids):
        raise ValueError("Name every photo once.")
    return photo_ids


PhotoIds = Annotated[list[PhotoId], Field(max_length=100), AfterValidator(_once)]


class SubjectKind(StrEnum):
    """What a model is a likeness of."""

    PERSON = "person"
    PET = "pet"
    OBJECT = "object"


class ConsentSubject(StrEnum):
    """Who said that these photos may be used."""

    SELF = "self"
    PERMISSION = "permission"
    NOT_A_PERSON = "not_a_person"


class Consent(Body):
    """The caller's word that the subject may be trained, by the version of the text they were shown."""

    subject: ConsentSubject
    text_version: str

    @model_validator(mode="after")
    def _is_current(self) -> Self:
        current = catalog().consent_version
        if self.text_version != current:
            raise ValueError(f"Show and send the current consent text: version {current}.")
        return self


class ModelRequest(Body):
    """A new model. `class_word` says in a word or two what the subject is, such as `woman` or `dog`."""

    name: Name
    subject_kind: SubjectKind
    class_word: ClassWord | None = None
    photo_ids: PhotoIds
    consent: Consent

    @model_validator(mode="after")
    def _consent_fits(self) -> Self:
        is_person = self.subject_kind == SubjectKind.PERSON
        if is_person == (self.consent.subject == ConsentSubject.NOT_A_PERSON):
            raise ValueError("A person gives consent (self or permission); anything else is not_a_person.")
        return self


class ModelChange(Body):
    """What to change of a model; what is not named stays."""

    name: Name | None = None
    photo_ids: PhotoIds | None = None
    default_version: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    """The training whose weights are used from now on; a later training's take their place."""


class TrainingRequest(Body):
    """Which base model to train, and for how many steps; the base model's own number unless given."""

    base_model: str = DEFAULT_BASE_MODEL
    steps: int | None = None
    samples: bool = True
    """Whether sample pictures are made once it has succeeded; they cost nothing."""
