"""Lists of a person's rows of one kind: newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from likeness.errors import CursorInvalid
from likeness.items.row import is_id
from likeness.query import query
from likeness.table import Item, Raw
from likeness.wire import decode_cursor, encode_cursor

FIRST, LAST = "0" * 26, "7" + "Z" * 25
"""The lowest and the highest id."""


@dataclass(frozen=True)
class Listed:
    """One page of rows, and the cursor of the next one."""

    rows: list[Raw]
    cursor: str | None


def list_own(
    kind: type[Item], user_id: str, prefix: str, limit: int, cursor: str | None, attributes: Sequence[str] = ()
) -> Listed:
    """Return a page of the rows whose key is `prefix` and an id, newest first, by one consistent query.

    Raises:
        CursorInvalid: the cursor was not made by such a list.
    """
    after = position(cursor)
    page = query(
        kind,
        ("pk", user_id),
        ("sk", prefix + FIRST, prefix + LAST),
        limit=limit,
        start={"pk": {"S": user_id}, "sk": {"S": prefix + after}} if after else None,
        attributes=attributes,
    )
    last = page.next_key["sk"]["S"].removeprefix(prefix) if page.next_key else None
    return Listed(page.rows, behind(last))


def behind(last: str | None) -> str | None:
    """Return the cursor of a list that goes on behind an id; None: it does not."""
    return encode_cursor({"after": last}) if last else None


def position(cursor: str | None) -> str | None:
    """Return the id behind which a list goes on; None: from the start.

    Raises:
        CursorInvalid: the cursor was not made by such a list.
    """
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case {"after": str(after)} if is_id(after):
            return after
    raise CursorInvalid
