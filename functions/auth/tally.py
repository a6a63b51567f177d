"""Removing what is a person's and counting it, each thing once, whatever is killed or repeated in between.

Rows are counted in the transaction that removes them. Objects cannot be: their keys are noted with their count
first, then removed, then struck off; what is noted is removed again and not counted again.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator

from pynamodb.exceptions import PutError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from likeness import storage
from likeness.errors import AppError
from likeness.items.row import ImageRow, ModelRow, UserRow, changed
from likeness.items.user import Erasure
from likeness.partition import Row, first_rows
from likeness.settings import settings
from likeness.table import Transaction

COUNTED = {
    "PHOTO": "photos",
    "IMAGE": "images",
    "MODEL": "models",
    "TRAINING": "trainings",
    "WEIGHTS": "weights",
    "GENERATION": "generations",
    "COLLECTION": "collections",
    "SHARE": "shares",
    "DOWNLOAD": "downloads",
    "CHANGE": "changes",
}
"""What a receipt says of a kind of row; all others are `other_rows`."""

LABELS = (*COUNTED.values(), "other_rows", "objects", "bytes")
STAYING = {"PROFILE", "ERASURE"}
"""Rows of the users table that go otherwise."""

_PRIVATE = "media/v/"
_SHORTEST = 16
"""Characters of a random folder name: whatever is shorter names none."""


class _Moved(AppError):
    """Another run was here meanwhile: look again."""


def read(user_id: str) -> Erasure | None:
    """Return what was removed and not told in the profile yet, or None."""
    try:
        return Erasure.get(user_id, Erasure.of(user_id).sk, consistent_read=True)
    except Erasure.DoesNotExist:
        return None


def unmoved(noted: Erasure | None) -> Condition:
    """Demand that nothing was removed since `noted` was read."""
    return Erasure.version.does_not_exist() if noted is None else Erasure.version == noted.version


def remove_objects(user_id: str, bucket: str, prefix: str) -> bool:
    """Remove some objects below a prefix; say whether there may be more."""
    noted = _noted(user_id)
    if noted.pending:
        _strike_off(noted)
        return True
    found = storage.list_some(prefix, bucket=bucket)
    if not found:
        return False
    row = Erasure.of(user_id)
    actions: list[Action] = [
        Erasure.pending.set({"bucket": bucket, "keys": list(found)}),
        Erasure.objects.add(len(found)),
        Erasure.bytes.add(sum(found.values())),
        Erasure.version.add(1),
    ]
    if changed(row, actions, unmoved(noted)):
        _strike_off(row)
    return True


def remove_rows(user_id: str, table: str) -> bool:
    """Remove some rows, and before them the private files that they name; say whether there may be more."""
    rows = [row for row in first_rows(table, user_id) if row["sk"]["S"] not in STAYING]
    if not rows:
        return False
    _noted(user_id)
    remove_private(user_id, _private_names(rows))
    kind = {settings().users_table: UserRow, settings().models_table: ModelRow, settings().images_table: ImageRow}
    transaction = Transaction()
    for row in rows:
        stored = kind[table](user_id, row["sk"]["S"])
        transaction.delete(stored, type(stored).pk.exists(), _Moved("A row is gone."))
    counts = Counter(COUNTED.get(row.get("kind", {}).get("S", ""), "other_rows") for row in rows)
    added = [getattr(Erasure, label).add(number) for label, number in counts.items()]
    is_open = Erasure.version.exists()
    transaction.update(Erasure.of(user_id), [*added, Erasure.version.add(1)], is_open, _Moved("It was told."))
    try:
        transaction.commit()
    except _Moved:
        return True
    return True


def remove_private(user_id: str, names: Iterable[str]) -> None:
    """Remove the random folders of some private files, whole."""
    found = {name.split("/")[2] for name in names if name.startswith(_PRIVATE) and name.count("/") > 2}
    for folder in sorted(folder for folder in found if len(folder) >= _SHORTEST):
        while remove_objects(user_id, settings().media_bucket, f"{_PRIVATE}{folder}/"):
            pass


def _private_names(rows: list[Row]) -> Iterator[str]:
    """Return what rows say in `below` and in attributes called key.

    By name, because a person may write `media/v/…` into a prompt, and the folder of somebody else behind it.
    """
    for row in rows:
        for name, value in row.items():
            if name in {"below", "key"} or name.endswith("_key"):
                yield value.get("S", "")


def _noted(user_id: str) -> Erasure:
    """Return what was removed so far. A new count starts at a random version.

    Else a run that was slow could take the count of a later erasure for its own, and count again what is gone.
    """
    while True:
        found = read(user_id)
        if found is not None:
            return found
        fresh = Erasure.of(user_id)
        fresh.version = secrets.randbelow(2**40)
        try:
            fresh.save(Erasure.version.does_not_exist())
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise


def _strike_off(row: Erasure) -> None:
    storage.remove(row.pending["keys"], bucket=row.pending["bucket"])
    changed(row, [Erasure.pending.remove(), Erasure.version.add(1)], Erasure.version == row.version)
