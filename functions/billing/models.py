"""What billing shows."""

from datetime import datetime
from typing import Literal

from likeness.wire import View


class CreditsView(View):
    """What the caller may spend, what running jobs hold, and what is owed."""

    available: int
    reserved: int
    debt: int


class CreditEntryView(View):
    """One line of the ledger."""

    kind: str
    """Why credits came or went; `training` and `generation` are jobs."""
    state: Literal["booked", "held", "settled", "released"]
    """`held`: the job still runs and the amount may shrink; a `released` job cost nothing."""
    amount: int
    """Credits, signed."""
    balance: int
    """What was available after this line, every later change of this line included."""
    job_id: str | None
    """The training or generation that was paid."""
    at: datetime
    ended_at: datetime | None


class CreditEntriesView(View):
    """A page of the ledger, newest first."""

    entries: list[CreditEntryView]
    cursor: str | None
