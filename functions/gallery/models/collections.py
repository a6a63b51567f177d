"""What collections take and show."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from functions.gallery.models.selection import CollectionFilters, Name
from likeness.wire import Body, View

MOST_OF_A_PERSON = 200


class CollectionKind(StrEnum):
    """How pictures come into a collection."""

    MANUAL = "manual"
    """By being put into it."""
    SMART = "smart"
    """By matching its filters."""


class CollectionRequest(Body):
    """A new collection: with filters a smart one, without them one that pictures are put into."""

    name: Name
    filters: Annotated[
        CollectionFilters | None, Field(description="Of a smart collection; a collection they name is made by hand.")
    ] = None


class CollectionChange(Body):
    """What may change of a collection; what is absent stays. Its kind stays as well."""

    name: Name | None = None
    filters: Annotated[CollectionFilters | None, Field(description="All filters of a smart collection.")] = None


class CollectionView(View):
    """A collection. Its pictures are those of `GET /v1/images?collection_id=`."""

    id: str
    name: str
    kind: CollectionKind
    filters: CollectionFilters | None
    created_at: datetime


class CollectionList(View):
    """A page of collections, newest first."""

    collections: list[CollectionView]
    cursor: str | None
