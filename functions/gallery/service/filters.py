"""What filters ask of DynamoDB: a range of ids in one partition of the lean index, and conditions on its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ulid import ULID

from functions.gallery.models.selection import CollectionFilters, FiltersBody
from likeness.errors import Unprocessable
from likeness.items.gallery import Collection
from likeness.items.image import Image, fold, gallery_of, trash_of
from likeness.items.row import is_id
from likeness.listing import FIRST, LAST
from likeness.query import Page, query
from likeness.table import Raw

Where = tuple[str, str, Raw]

_CONDITIONS = {
    "model_id": ("model_id", "=", "S"),
    "base_model": ("base_model", "=", "S"),
    "generation_id": ("generation_id", "=", "S"),
    "aspect_ratio": ("aspect_ratio", "=", "S"),
    "style": ("style", "=", "S"),
    "favourite": ("favourite", "=", "BOOL"),
    "rating_min": ("rating", ">=", "N"),
    "tag": ("tags", "contains", "S"),
    "collection_id": ("collections", "contains", "S"),
    "relation": ("relation", "=", "S"),
    "parent_id": ("parent_id", "=", "S"),
}
"""What a filter asks of a row: attribute, operator, DynamoDB's type."""


@dataclass(frozen=True)
class Scope:
    """Pictures of one person between two ids, both included, that meet conditions."""

    partition: str
    low: str
    high: str
    where: tuple[Where, ...]

    def read(self, after: str | None, limit: int | None, attributes: Sequence[str] = ()) -> Page:
        """Read one page of lean rows, newest first, older than the picture `after`, which need not exist any more.

        `limit` is how many rows DynamoDB looks at; None: a megabyte. `attributes` always include the id.
        """
        high = min(self.high, _before(after)) if after else self.high
        if high < self.low:
            return Page([], None)
        return query(
            Image,
            ("gallery", self.partition),
            ("sk", f"{Image.PREFIX}{self.low}", f"{Image.PREFIX}{high}"),
            index="gallery",
            limit=limit,
            where=list(self.where),
            attributes=["sk", *attributes] if attributes else (),
        )

    def walk(self, attributes: Sequence[str] = ()) -> Iterator[Raw]:
        """Read every row, newest first, however many there are."""
        after: str | None = None
        while True:
            page = self.read(after, None, attributes)
            yield from page.rows
            if page.next_key is None:
                return
            after = id_of(page.next_key)


def scope(
    user_id: str, filters: Sequence[CollectionFilters], *, trashed: bool = False, newest: str | None = None
) -> Scope:
    """Say what to ask for: pictures that match all of `filters` and are not newer than the id `newest`."""
    lows = [_edge(one.created_from, "0") for one in filters if one.created_from]
    highs = [_edge(one.created_to, "Z") for one in filters if one.created_to]
    return Scope(
        trash_of(user_id) if trashed else gallery_of(user_id),
        max([FIRST, *lows]),
        min([LAST, *highs, *([newest] if newest else [])]),
        tuple(condition for one in filters for condition in _where(one)),
    )


def resolve(user_id: str, filters: FiltersBody) -> list[CollectionFilters]:
    """Return the filters that all must hold: those given and, where they name a smart collection, its own instead.

    Raises:
        Unprocessable: they name a collection that is not there, or not the caller's.
    """
    plain = CollectionFilters(**filters.model_dump(exclude={"trashed"}))
    if plain.collection_id is None:
        return [plain]
    stored = find_collection(user_id, plain.collection_id)
    if stored is None:
        raise refused("collection_id", "you have no such collection")
    if stored.filters is None:
        return [plain]
    return [plain.model_copy(update={"collection_id": None}), CollectionFilters.model_validate(stored.filters)]


def find_collection(user_id: str, collection_id: str) -> Collection | None:
    """Return one of the caller's collections as it is now, or None; no id at all names none."""
    if not is_id(collection_id):
        return None
    try:
        return Collection.get(user_id, Collection.of(user_id, collection_id).sk, consistent_read=True)
    except Collection.DoesNotExist:
        return None


def refused(field: str, message: str) -> Unprocessable:
    """Return the refusal of one field of a request."""
    return Unprocessable(f"Not valid: {field}.", fields=[{"field": field, "message": message}])


def id_of(row: Raw) -> str:
    """Return the id of the picture of a row as DynamoDB writes it."""
    return str(row["sk"]["S"]).removeprefix(Image.PREFIX)


def newest_id(moment: datetime) -> str:
    """Return an id that no picture made later has a smaller one than."""
    return _edge(moment, "Z")


def scanned(wanted: int, call: int) -> int | None:
    """Say how many rows a filtered read looks at: few first, then up to DynamoDB's megabyte."""
    return (4 * wanted, 1000, None)[min(call, 2)]


def _where(filters: CollectionFilters) -> Iterator[Where]:
    for name, (attribute, operator, kind) in _CONDITIONS.items():
        value = getattr(filters, name)
        if value is not None:
            yield attribute, operator, {kind: value if kind == "BOOL" else str(value)}
    if filters.shared is not None:
        yield "shares", "exists" if filters.shared else "absent", {}
    for word in fold(filters.text or "").split():
        yield "search", "contains", {"S": word}


def _edge(moment: datetime, fill: str) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    milliseconds = max(0, int(aware.timestamp() * 1000))
    return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + bytes(10)))[:10] + fill * 16


def _before(ulid: str) -> str:
    """Return the id next below one; below the first there is the empty text, and nothing matches it."""
    number = int.from_bytes(bytes(ULID.from_str(ulid)), "big") if is_id(ulid) else 0
    return str(ULID.from_bytes((number - 1).to_bytes(16, "big"))) if number else ""
