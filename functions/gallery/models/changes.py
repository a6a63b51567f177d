"""What changing many pictures takes and shows."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from functions.gallery.models.selection import Id, SelectionBody, Tag
from likeness.items.gallery import JobStatus
from likeness.wire import Body, View

MOST_TAGS = 20
MOST_COLLECTIONS = 50
"""How many a picture may have."""
MOST_AT_ONCE = 100
"""Pictures that are changed while their owner waits."""


class PictureChange(Body):
    """What to do with each picture; what is absent stays. Something must be there, and `purge` stands alone."""

    favourite: bool | None = None
    rating: Annotated[int | None, Field(ge=0, le=5, description="0: not rated.")] = None
    add_tags: list[Tag] = Field(default_factory=list, max_length=MOST_TAGS)
    remove_tags: list[Tag] = Field(default_factory=list, max_length=MOST_TAGS)
    add_collections: list[Id] = Field(default_factory=list, max_length=MOST_COLLECTIONS)
    remove_collections: list[Id] = Field(default_factory=list, max_length=MOST_COLLECTIONS)
    trashed: bool | None = None
    """True moves it to the trash, false takes it out again."""
    purge: Literal[True] | None = None
    """Remove a picture that is in the trash, at once and for good."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        named = {name for name, value in self if value is not None and value != []}
        if not named:
            raise ValueError("Say what to change.")
        if self.purge and len(named) > 1:
            raise ValueError("A picture that is purged cannot be changed too.")
        if set(self.add_tags) & set(self.remove_tags) or set(self.add_collections) & set(self.remove_collections):
            raise ValueError("Something is both added and removed.")
        return self


class ChangeRequest(SelectionBody):
    """A change of up to a hundred pictures by their ids, or of all that match filters."""

    image_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = None
    change: PictureChange


class ChangeCode(StrEnum):
    """What became of one picture."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """It was so already."""
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    """`detail` says why."""


class PictureResult(View):
    """What became of one picture."""

    image_id: str
    code: ChangeCode
    detail: str | None = None


class ChangeResults(View):
    """What became of each picture, in the order in which they were named."""

    results: list[PictureResult]


class ChangeView(View):
    """A change of all pictures that match filters, which goes on by itself."""

    id: str
    status: JobStatus
    total: int
    """How many pictures matched when it was asked for."""
    done: int
    missed: int
    """Those that could not be changed: gone meanwhile, or refused."""
    failures: list[PictureResult]
    """The first hundred of them that were refused or not found."""
    created_at: datetime
    deadline: datetime
    """It ends by then, finished or not; what is done stays done."""
    ended_at: datetime | None
    error_code: str | None
    error: str | None
