"""Misbehaviour on demand: which fault strikes which request, how often, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

BEFORE_ACCEPT: Final = ("429", "500")
AFTER_ACCEPT: Final = ("timeout_after_accept", "submit_500_after_accept", "webhook_early")
AT_WORK: Final = ("never_finishes", "slow", "vendor_fails", "content_policy")
IN_RESULT: Final = ("nsfw", "partial", "missing_url", "bad_weights")
IN_FILE: Final = (
    "truncated_image",
    "huge_image",
    "wrong_type",
    "redirect",
    "other_host",
    "slow_file",
)
IN_BODY: Final = ("truncated_body", "html_body")
AT_POLL: Final = ("poll_500", "poll_429")
AT_WEBHOOK: Final = ("webhook_lost", "webhook_doubled", "webhook_late", "webhook_forged")
FAULTS: Final = frozenset(
    (
        *BEFORE_ACCEPT,
        *AFTER_ACCEPT,
        *AT_WORK,
        *IN_RESULT,
        *IN_FILE,
        *IN_BODY,
        *AT_POLL,
        *AT_WEBHOOK,
    )
)
MATCHES: Final = frozenset({"endpoint", "token", "prompt_contains"})


class BadFault(Exception):
    """A fault that the darkroom does not know was asked for."""


@dataclass(frozen=True)
class Target:
    """What a fault is matched against."""

    endpoint: str
    token: str
    prompt: str


@dataclass
class Fault:
    """A fault with its aim, the number of times left (below 0: always) and those it has struck."""

    match: dict[str, str]
    name: str
    left: int
    params: dict[str, Any] = field(default_factory=dict)
    fired: int = 0

    def hits(self, target: Target) -> bool:
        """Say whether it is due for this request."""
        return (
            self.left != 0
            and target.endpoint.startswith(self.match.get("endpoint", ""))
            and target.token.startswith(self.match.get("token", ""))
            and self.match.get("prompt_contains", "").lower() in target.prompt.lower()
        )

    def seconds(self, default: float) -> float:
        """Return the parameter `seconds`, or its default."""
        return float(self.params.get("seconds", default))

    def view(self) -> dict[str, Any]:
        """Show it as the control API does."""
        known = {"match": self.match, "fault": self.name, "times": self.left, "fired": self.fired}
        return self.params | known


class FaultBook:
    """The faults in force, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, wanted: list[dict[str, Any]]) -> None:
        """Put faults in force, all or none.

        Raises:
            BadFault: one has an unknown name or aim.
        """
        self._faults += [_read(item) for item in wanted]

    def clear(self) -> None:
        """Behave again; the counts are gone too."""
        self._faults.clear()

    def fire(self, names: tuple[str, ...], target: Target) -> Fault | None:
        """Take the first due fault of these names, counting it; None when all is well."""
        for fault in self._faults:
            if fault.name in names and fault.hits(target):
                fault.left -= 1 if fault.left > 0 else 0
                fault.fired += 1
                return fault
        return None

    def view(self) -> list[dict[str, Any]]:
        """Show all faults with how often each has struck."""
        return [fault.view() for fault in self._faults]


def _read(item: dict[str, Any]) -> Fault:
    if not isinstance(item, dict):
        raise BadFault("a fault is an object")
    rest = dict(item)
    match, name, times = rest.pop("match", {}), str(rest.pop("fault", "")), rest.pop("times", 1)
    if name not in FAULTS:
        raise BadFault(f"unknown fault {name!r}; known are {', '.join(sorted(FAULTS))}")
    if not isinstance(match, dict) or set(match) - MATCHES:
        raise BadFault(f"a match may name {', '.join(sorted(MATCHES))}")
    if not isinstance(times, int) or times == 0:
        raise BadFault("times is a whole number, below 0 for always")
    rest.pop("fired", None)
    return Fault({key: str(value) for key, value in match.items()}, name, times, rest)
