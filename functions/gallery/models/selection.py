"""Which pictures a request is about: filters, or ids."""

import unicodedata
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from likeness.items.generation import Relation
from likeness.wire import Body

MOST_IDS = 1000
TAG_CHARACTERS = 40

Id = Annotated[str, StringConstraints(min_length=1, max_length=26)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40)]


def _iso_only(value: object) -> object:
    """Refuse numbers, which pydantic would read as seconds since 1970."""
    if not isinstance(value, (str, datetime)) or str(value).replace(".", "", 1).lstrip("+-").isdigit():
        message = "write a date or a moment as ISO 8601"
        raise ValueError(message)
    return value


def _folded(tag: str) -> str:
    """Return a tag as it is kept: two spellings of one word are one tag."""
    folded = unicodedata.normalize("NFC", tag.lower())
    if len(folded) > TAG_CHARACTERS:
        message = f"a tag has at most {TAG_CHARACTERS} characters"
        raise ValueError(message)
    return folded


Moment = Annotated[datetime, BeforeValidator(_iso_only)]
Tag = Annotated[
    str,
    StringConstraints(min_length=1, max_length=TAG_CHARACTERS, pattern=r"^[^,\x00-\x1f\x7f-\x9f]*$"),
    AfterValidator(_folded),
]
"""A word of the owner's own, kept in lower case; it holds no comma and no control character."""


class CollectionFilters(Body):
    """What pictures are narrowed to. All that is named must hold; what is absent narrows nothing."""

    model_id: Id | None = None
    base_model: Name | None = None
    generation_id: Id | None = None
    aspect_ratio: Annotated[str | None, Field(min_length=1, max_length=10)] = None
    style: Name | None = None
    favourite: bool | None = None
    rating_min: Annotated[int | None, Field(ge=1, le=5, description="Rated at least so.")] = None
    tag: Tag | None = None
    collection_id: Annotated[Id | None, Field(description="In this collection, made by hand or smart.")] = None
    shared: Annotated[bool | None, Field(description="Whether a link shows it.")] = None
    relation: Annotated[Relation | None, Field(description="Why it was made out of another.")] = None
    parent_id: Annotated[Id | None, Field(description="Made out of this picture.")] = None
    created_from: Annotated[Moment | None, Field(description="Not older than this.")] = None
    created_to: Annotated[Moment | None, Field(description="Not newer than this.")] = None
    text: Annotated[str | None, Field(max_length=100, description="All words, in the head of the prompt.")] = None


class FiltersBody(CollectionFilters):
    """The filters that a list of pictures takes."""

    trashed: Annotated[bool, Field(description="The trash instead of the gallery.")] = False


class SelectionBody(Body):
    """Pictures by their ids, or all that match filters: one of the two."""

    image_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_IDS)] | None = None
    filters: FiltersBody | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.image_ids is None) == (self.filters is None):
            raise ValueError("Send either image_ids or filters; filters {} are all pictures.")
        return self
