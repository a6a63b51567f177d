"""What billing does: the balance and the ledger, as the ledger's rows say."""

from typing import Any

from functions.billing.models import CreditEntriesView, CreditEntryView, CreditsView
from likeness.credit import read_balance
from likeness.errors import CursorInvalid
from likeness.items.money import Entry
from likeness.query import Page, query
from likeness.table import Raw
from likeness.wire import decode_cursor, encode_cursor

TRIES = 3


def read_credits(user_id: str) -> CreditsView:
    """Return the caller's balance as it is now."""
    balance = read_balance(user_id)
    available = int(balance.available)
    return CreditsView(available=max(0, available), reserved=int(balance.reserved), debt=max(0, -available))


def list_entries(user_id: str, limit: int, cursor: str | None) -> CreditEntriesView:
    """Return a page of the ledger with the balance after each line.

    The running balance is counted back from now; a page is read again when the balance moved meanwhile, and later
    pages go on from where the first one stood.
    """
    if cursor is not None:
        start, running = _position(user_id, cursor)
        return _view(_page(user_id, limit, start), running)
    balance = read_balance(user_id)
    page = _page(user_id, limit, None)
    for _ in range(TRIES):
        version = int(balance.version)
        balance = read_balance(user_id)
        if int(balance.version) == version:
            break
        page = _page(user_id, limit, None)
    return _view(page, int(balance.available))


def _page(user_id: str, limit: int, start: Raw | None) -> Page:
    return query(Entry, ("pk", user_id), ("at", "0", "9"), index="by_time", limit=limit, start=start)


def _view(page: Page, running: int) -> CreditEntriesView:
    entries = []
    for row in page.rows:
        entry = _entry(row, running)
        running -= entry.amount
        entries.append(entry)
    cursor = None
    if page.next_key:
        position = {"sk": page.next_key["sk"]["S"], "at": page.next_key["at"]["S"], "balance": running}
        cursor = encode_cursor(position)
    return CreditEntriesView(entries=entries, cursor=cursor)


def _entry(row: Raw, running: int) -> CreditEntryView:
    if row["kind"]["S"] == "ENTRY":
        fields: dict[str, Any] = {
            "kind": row["entry_kind"]["S"],
            "state": "booked",
            "amount": int(row["amount"]["N"]),
            "job_id": None,
            "ended_at": None,
        }
    else:
        fields = _job_line(row)
    return CreditEntryView(balance=running, at=row["at"]["S"], **fields)


def _job_line(row: Raw) -> dict[str, Any]:
    state = row["state"]["S"].lower()
    charged = int(row["units" if state == "held" else "used"]["N"])
    kind, _, ids = row["job"]["S"].partition("#")
    ended_at = row.get("ended_at", {}).get("S")
    return {
        "kind": kind,
        "state": state,
        "amount": -charged * int(row["unit_price"]["N"]),
        "job_id": ids.rpartition("#")[2],
        "ended_at": ended_at,
    }


def _position(user_id: str, cursor: str) -> tuple[Raw, int]:
    match decode_cursor(cursor):
        case {"sk": str(sk), "at": str(at), "balance": int(running)}:
            return {"pk": {"S": user_id}, "sk": {"S": sk}, "at": {"S": at}}, running
    raise CursorInvalid
