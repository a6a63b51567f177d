"""Pictures that a job works on: chosen once, then counted and read page by page, however long that takes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from functions.gallery.models.selection import CollectionFilters, SelectionBody
from functions.gallery.service.filters import id_of, newest_id, resolve, scanned, scope
from likeness.items.image import Image, gallery_of
from likeness.query import fetch
from likeness.table import Raw

AT_ONCE = 100


class Selection(BaseModel):
    """Pictures by their ids, newest first, or all that match every one of `filters`.

    Filters are frozen: a smart collection stands as what it said then, and pictures ordered later do not join.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_ids: list[str] | None = None
    filters: list[CollectionFilters] | None = None
    trashed: bool = False
    newest: str | None = None

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Return a selection out of a job's row."""
        return cls.model_validate(stored)

    def stored(self) -> dict[str, Any]:
        """Return it as a job's row keeps it."""
        return self.model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True)
class Counted:
    """How much a selection is; `bytes` are those of the originals."""

    total: int
    bytes: int


def from_body(user_id: str, body: SelectionBody) -> Selection:
    """Freeze what a request selects.

    Raises:
        Unprocessable: its filters name a collection that is not there, or not the caller's.
    """
    if body.filters is None:
        return Selection(image_ids=sorted(set(body.image_ids or []), reverse=True))
    return matching(resolve(user_id, body.filters), trashed=body.filters.trashed)


def matching(filters: list[CollectionFilters], *, trashed: bool = False) -> Selection:
    """Freeze all pictures up to now that match every one of `filters`, in the gallery or in the trash."""
    return Selection(filters=filters, trashed=trashed, newest=newest_id(datetime.now(UTC)))


def count(user_id: str, selection: Selection) -> Counted:
    """Count what a selection holds now; of ids those that are live pictures of the caller."""
    if selection.filters is None:
        rows = page(user_id, selection, None, len(selection.image_ids or []))
    else:
        found = scope(user_id, selection.filters, trashed=selection.trashed, newest=selection.newest)
        rows = list(found.walk(["bytes"]))
    return Counted(len(rows), sum(int(row["bytes"]["N"]) for row in rows))


def page(user_id: str, selection: Selection, after: str | None, limit: int) -> list[Raw]:
    """Return the next rows of a selection, newest first, older than the picture `after`.

    Fewer than `limit` only when nothing follows. Rows hold what the lean index holds, as DynamoDB writes it; by ids
    they are read consistently and hold everything.
    """
    if selection.filters is None:
        return _by_id(user_id, [one for one in selection.image_ids or [] if after is None or one < after], limit)
    found = scope(user_id, selection.filters, trashed=selection.trashed, newest=selection.newest)
    rows: list[Raw] = []
    calls = 0
    while True:
        read = found.read(after, scanned(limit, calls) if found.where else limit)
        rows += read.rows
        calls += 1
        if read.next_key is None or len(rows) >= limit:
            return rows[:limit]
        after = id_of(read.next_key)


def _by_id(user_id: str, image_ids: list[str], limit: int) -> list[Raw]:
    live = {"S": gallery_of(user_id)}
    rows: list[Raw] = []
    for start in range(0, len(image_ids), AT_ONCE):
        sks = [Image.of(user_id, image_id).sk for image_id in image_ids[start : start + AT_ONCE]]
        found = [row for row in fetch(Image, user_id, sks) if row.get("gallery") == live]
        rows += sorted(found, key=id_of, reverse=True)
        if len(rows) >= limit:
            break
    return rows[:limit]
