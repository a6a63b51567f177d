"""Collections: sets of pictures made by hand, and saved filters."""

from datetime import UTC, datetime

from pynamodb.expressions.update import Action

from functions.gallery.models.changes import PictureChange
from functions.gallery.models.collections import (
    MOST_OF_A_PERSON,
    CollectionChange,
    CollectionKind,
    CollectionList,
    CollectionRequest,
    CollectionView,
)
from functions.gallery.models.selection import CollectionFilters
from functions.gallery.service import jobs, selection
from functions.gallery.service.filters import find_collection, refused
from likeness.credit import check_active
from likeness.errors import Conflict, NotFound
from likeness.items.gallery import Change, Collection, CollectionCount
from likeness.items.row import new_id
from likeness.listing import list_own
from likeness.once import once
from likeness.table import Transaction
from likeness.wire import fingerprint

_ABSENT = "No such collection."


def create_collection(user_id: str, request: CollectionRequest, operation: str | None) -> CollectionView:
    """Make a collection; a repeat of the operation answers with the one it made.

    Raises:
        KeyReused: the operation was used for another request.
        Unprocessable: its filters name a collection that is smart, or not the caller's.
        Conflict: the caller has as many as one may have.
        AccountNotActive: the account may not do that now.
    """
    row = Collection.of(user_id, new_id())
    row.name, row.created_at = request.name, datetime.now(UTC).isoformat(timespec="seconds")
    row.filters = _stored(request.filters) if request.filters is not None else None

    def write(transaction: Transaction) -> None:
        check_active(transaction, user_id)
        _check_filters(transaction, user_id, request.filters)
        transaction.update(
            CollectionCount.of(user_id),
            [CollectionCount.collections.add(1)],
            CollectionCount.collections.does_not_exist() | (CollectionCount.collections < MOST_OF_A_PERSON),
            Conflict(f"You have {MOST_OF_A_PERSON} collections, which is the most. Delete one first."),
        )
        transaction.put(row)

    made = once(user_id, operation, fingerprint(request), row.id, write)
    return _view(row) if made == row.id else read_collection(user_id, made)


def list_collections(user_id: str, limit: int, cursor: str | None) -> CollectionList:
    """Return a page of collections, newest first, by one query."""
    page = list_own(Collection, user_id, Collection.PREFIX, limit, cursor)
    return CollectionList(collections=[_view(Collection.from_raw_data(row)) for row in page.rows], cursor=page.cursor)


def read_collection(user_id: str, collection_id: str) -> CollectionView:
    """Show a collection.

    Raises:
        NotFound: there is none, or not the caller's.
    """
    return _view(_find(user_id, collection_id))


def change_collection(user_id: str, collection_id: str, change: CollectionChange) -> CollectionView:
    """Change a collection's name, or the filters of a smart one.

    Raises:
        NotFound: there is none, or not the caller's.
        Unprocessable: it is made by hand and has no filters, or the new ones name a collection that is smart or absent.
    """
    row = _find(user_id, collection_id)
    if change.filters is not None and row.filters is None:
        raise refused("filters", "a collection made by hand has no filters")
    actions: list[Action] = []
    if change.name is not None:
        row.name = change.name
        actions.append(Collection.name.set(change.name))
    if change.filters is not None:
        row.filters = _stored(change.filters)
        actions.append(Collection.filters.set(row.filters))
    if actions:
        transaction = Transaction()
        transaction.update(Collection.of(user_id, collection_id), actions, Collection.name.exists(), NotFound(_ABSENT))
        _check_filters(transaction, user_id, change.filters)
        transaction.commit()
    return _view(row)


def delete_collection(user_id: str, collection_id: str) -> None:
    """Delete a collection. Nothing can be put into it from then on, and jobs take out the pictures that are in it.

    The jobs are written in the same transaction, so that no picture goes on claiming a collection that is gone.

    Raises:
        NotFound: there is none, or not the caller's.
        AccountNotActive: the account may not do that now.
    """
    row = _find(user_id, collection_id)
    work = [] if row.filters is not None else _emptying(user_id, collection_id)
    transaction = Transaction()
    transaction.delete(Collection.of(user_id, collection_id), Collection.name.exists(), NotFound(_ABSENT))
    check_active(transaction, user_id)
    transaction.update(CollectionCount.of(user_id), [CollectionCount.collections.add(-1)])
    for job in work:
        transaction.put(job)
    transaction.commit()
    for job in work:
        jobs.start(job)


def demand_manual(transaction: Transaction, user_id: str, collection_id: str, field: str) -> None:
    """Demand in a transaction that a collection is there and made by hand; refused, it names the request's field."""
    transaction.check(
        Collection.of(user_id, collection_id),
        Collection.name.exists() & Collection.filters.does_not_exist(),
        refused(field, f"{collection_id} is no collection of yours that is made by hand"),
    )


def _emptying(user_id: str, collection_id: str) -> list[Change]:
    """Return the jobs that take all pictures out of a collection: one of the gallery, one of the trash if need be.

    The first is there even if nothing is counted: the index may not show yet what was put in a moment ago.
    """
    work = []
    for trashed in (False, True):
        chosen = selection.matching([CollectionFilters(collection_id=collection_id)], trashed=trashed)
        total = selection.count(user_id, chosen).total
        if total or not trashed:
            job = jobs.prepare(Change.of(user_id, new_id()))
            job.selection, job.total = chosen.stored(), total
            job.change = PictureChange(remove_collections=[collection_id]).model_dump(mode="json", exclude_unset=True)
            work.append(job)
    return work


def _find(user_id: str, collection_id: str) -> Collection:
    row = find_collection(user_id, collection_id)
    if row is None:
        raise NotFound(_ABSENT)
    return row


def _check_filters(transaction: Transaction, user_id: str, filters: CollectionFilters | None) -> None:
    """Demand that a smart collection names no other smart one: what it shows stays one question to the index."""
    if filters is not None and filters.collection_id is not None:
        demand_manual(transaction, user_id, filters.collection_id, "filters.collection_id")


def _stored(filters: CollectionFilters) -> dict[str, object]:
    return filters.model_dump(mode="json", exclude_none=True)


def _view(row: Collection) -> CollectionView:
    return CollectionView(
        id=row.id,
        name=row.name,
        kind=CollectionKind.MANUAL if row.filters is None else CollectionKind.SMART,
        filters=row.filters,
        created_at=row.created_at,
    )
