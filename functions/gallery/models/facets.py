"""What the pictures of a filter have in common."""

from typing import Annotated

from pydantic import Field

from likeness.items.generation import Relation
from likeness.wire import View


class FacetCount(View):
    """How many pictures have a value."""

    value: str
    count: int


class FlagCount(View):
    """How many pictures are so, or are not."""

    value: bool
    count: int


class RatingCount(View):
    """How many pictures are rated so; 0: not rated."""

    value: Annotated[int, Field(ge=0, le=5)]
    count: int


class RelationCount(View):
    """How many pictures were made out of others for a reason."""

    value: Relation
    count: int


class FacetsView(View):
    """Exact counts over all pictures that match, each list with the most frequent value first.

    Pictures that have no value of a kind (no model, no tag, no collection, no relation) are in none of its counts.
    """

    total: int
    bytes: int
    """Of all originals together."""
    model_id: list[FacetCount]
    base_model: list[FacetCount]
    style: list[FacetCount]
    aspect_ratio: list[FacetCount]
    favourite: list[FlagCount]
    rating: list[RatingCount]
    tags: Annotated[list[FacetCount], Field(description="The thousand most frequent; `tags_total` says how many.")]
    tags_total: int
    collections: Annotated[list[FacetCount], Field(description="Ids of collections made by hand.")]
    relation: list[RelationCount]
    shared: list[FlagCount]
    month: Annotated[list[FacetCount], Field(description="YYYY-MM, UTC.")]
