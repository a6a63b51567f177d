"""The four tables, and what rows have in common."""

import time
from datetime import UTC, datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from ulid import ULID

from likeness.table import Item, TableName

OPEN = "OPEN"
"""The one partition of the sparse index of unfinished jobs."""


TRASH = "TRASH"
"""The partition of trashed pictures in the same index of the images table."""

WORK = "WORK"
"""The partition of unfinished downloads and bulk changes in the same index."""

EXPIRING = "EXPIRING"
"""The partition of links and downloads that have files which end at `check_at`, in the same index."""


class UserRow(Item):
    """A row of the users table."""

    class Meta:
        table_name = TableName("users_table")


class ModelRow(Item):
    """A row of the models table."""

    class Meta:
        table_name = TableName("models_table")


class ImageRow(Item):
    """A row of the images table."""

    class Meta:
        table_name = TableName("images_table")


class CreditRow(Item):
    """A row of the credits table. No function may delete one."""

    class Meta:
        table_name = TableName("credits_table")


class OpenTrainings(GlobalSecondaryIndex["ModelRow"]):  # type: ignore[no-untyped-call]  # PynamoDB types no __init_subclass__
    """Unfinished trainings by the time they want to be looked at."""

    class Meta:
        index_name = "open"
        projection = KeysOnlyProjection()

    open = UnicodeAttribute(hash_key=True)
    check_at = NumberAttribute(range_key=True)


class OpenGenerations(GlobalSecondaryIndex["ImageRow"]):  # type: ignore[no-untyped-call]  # PynamoDB types no __init_subclass__
    """Unfinished generations by the time they want to be looked at."""

    class Meta:
        index_name = "open"
        projection = KeysOnlyProjection()

    open = UnicodeAttribute(hash_key=True)
    check_at = NumberAttribute(range_key=True)


def changed(row: Item, actions: list[Action], condition: Condition) -> bool:
    """Change a row if a condition holds and say whether it did; the row then shows all that is stored."""
    try:
        row.update(actions, condition=condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def now() -> int:
    """Return the time in whole seconds since 1970, UTC."""
    return int(time.time())


def new_id() -> str:
    """Return a fresh ULID: 26 characters, sortable by time."""
    return str(ULID())


def is_id(text: str) -> bool:
    """Say whether a text is a ULID as we write them."""
    try:
        return str(ULID.from_str(text)) == text
    except ValueError:
        return False


def born(ulid: str) -> datetime:
    """Return the moment a ULID was made, UTC."""
    return ULID.from_str(ulid).datetime.astimezone(UTC)


def numbered_id(ulid: str, number: int) -> str:
    """Return the id derived from a job's id and a number ≥ 1: always the same, sorted behind the job."""
    return str(ULID.from_bytes((int.from_bytes(bytes(ULID.from_str(ulid)), "big") + number).to_bytes(16, "big")))


def moved_id(ulid: str, moment: datetime) -> str:
    """Return the id derived from a job's id and a moment: always the same, sorted by that moment."""
    milliseconds = int(moment.timestamp() * 1000).to_bytes(6, "big")
    return str(ULID.from_bytes(milliseconds + bytes(ULID.from_str(ulid))[6:]))
