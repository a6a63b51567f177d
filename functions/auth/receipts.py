"""The receipt of an erasure: what was removed, in numbers, what is kept, and why. It names nobody.

It lies in the profile that an erased account leaves behind. Its address is a token that only this service makes.
"""

from datetime import UTC, datetime
from typing import Any

from functions.auth import tally
from functions.auth.models import ErasureReceiptView, ErasureState, Kept, KeptView, RemovedView
from likeness.account import YEAR_SECONDS, find_profile, welcome_mark
from likeness.errors import NotFound
from likeness.items.row import changed
from likeness.items.user import AccountState, Erasure, Profile, Welcome
from likeness.partition import count_rows
from likeness.seal import opaque_token, open_opaque_token
from likeness.settings import settings

BACKUP_DAYS = 35
"""Of point-in-time recovery; `infra/constructs/table.py` sets it."""

_PURPOSE = "erasure"
_WHY = {
    Kept.LEDGER: "What was bought, spent and given back must stay accountable. It holds random ids and no text.",
    Kept.ACCOUNT: "That this id was erased and when, this receipt, and the payment provider's customer number if any.",
    Kept.WELCOME: "So that nobody is welcomed with credits twice: a keyed hash of an address, which says no address.",
    Kept.BACKUPS: "Backups of the tables hold what the tables held. They are read only to restore everything.",
}


def path_of(user_id: str) -> str:
    """Return the path of the receipt of a person's erasure."""
    return f"/v1/erasures/{opaque_token(_PURPOSE, user_id)}"


def read(shown: str) -> ErasureReceiptView:
    """Return the receipt that a token names, as far as it is written.

    Raises:
        NotFound: the token is none of ours, or nobody asked for that erasure.
    """
    parts = open_opaque_token(_PURPOSE, shown) or [""]
    profile = find_profile(parts[0]) if parts[0] else None
    if profile is None or profile.state not in {AccountState.ERASING.value, AccountState.ERASED.value}:
        raise NotFound("There is no such receipt.")
    receipt: dict[str, Any] = profile.receipt or {}
    requested_at = datetime.fromisoformat(str(profile.changed_at))
    if not receipt.get("finished_at"):
        return ErasureReceiptView(
            state=ErasureState.ERASING, requested_at=requested_at, finished_at=None, removed=None, kept=[]
        )
    return ErasureReceiptView(
        state=ErasureState.ERASED,
        requested_at=requested_at,
        finished_at=receipt["finished_at"],
        removed=RemovedView.model_validate(receipt["removed"]),
        kept=_kept(receipt),
    )


def write(profile: Profile, removed: Erasure | None) -> dict[str, Any]:
    """Return the receipt of a person whose things are gone: what an earlier erasure removed counts too."""
    before: dict[str, Any] = profile.receipt or {}
    earlier = before.get("removed", {})
    added = {label: int(getattr(removed, label)) for label in tally.LABELS} if removed is not None else {}
    return {
        "removed": {label: earlier.get(label, 0) + added.get(label, 0) for label in tally.LABELS},
        "ledger_rows": count_rows(settings().credits_table, profile.pk),
        "welcome_rows": before.get("welcome_rows", 0) if not profile.email else _count_welcome(profile.email),
        "is_mailed": before.get("is_mailed", False),
        "finished_at": before.get("finished_at"),
    }


def claim_mail(user_id: str) -> dict[str, int] | None:
    """Return what was removed to the one who is to mail it; None to whoever asks again."""
    profile = find_profile(user_id)
    if profile is None or not profile.receipt or profile.receipt["is_mailed"]:
        return None
    return profile.receipt["removed"] if _set(profile, is_mailed=True) else None


def finish(user_id: str) -> None:
    """Say that an erasure is over and when; the first time counts."""
    profile = find_profile(user_id)
    if profile is not None and profile.receipt and profile.receipt["finished_at"] is None:
        _set(profile, finished_at=datetime.now(UTC).isoformat(timespec="seconds"))


def _set(profile: Profile, **fields: Any) -> bool:  # noqa: ANN401 (any JSON value)
    told = {**profile.receipt, **fields}
    return changed(Profile.of(profile.pk), [Profile.receipt.set(told)], Profile.receipt == profile.receipt)


def _count_welcome(email: str) -> int:
    return Welcome.count(welcome_mark(email).pk)


def _kept(receipt: dict[str, Any]) -> list[KeptView]:
    rows_days: dict[Kept, tuple[int | None, int | None]] = {
        Kept.LEDGER: (receipt["ledger_rows"], None),
        Kept.ACCOUNT: (1, None),
        Kept.WELCOME: (receipt["welcome_rows"], YEAR_SECONDS // 86400),
        Kept.BACKUPS: (None, BACKUP_DAYS),
    }
    return [
        KeptView(what=what, rows=rows, days=days, why=_WHY[what])
        for what, (rows, days) in rows_days.items()
        if rows != 0
    ]
