"""What a run of the demo must remember, so that a stopped one goes on and buys nothing twice."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Run:
    """What a run has got to; written to disk at every change."""

    file: Path
    email: str = ""
    password: str = ""
    photos: dict[str, str] = field(default_factory=dict)
    """Photo id by SHA-256 of the file that was uploaded."""
    model_id: str = ""
    training_key: str = ""
    training_id: str = ""
    orders: list[dict[str, Any]] = field(default_factory=list)
    """Per order its Idempotency-Key and, once accepted, its generation id."""
    credits_before: int = -1

    @classmethod
    def load(cls, file: Path) -> "Run":
        """Return the run that was stopped, or a new one."""
        try:
            return cls(file, **json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            return cls(file)

    def save(self) -> None:
        """Write it down, whole or not at all."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        stored = {name: value for name, value in asdict(self).items() if name != "file"}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(stored, indent=2))
        fresh.replace(self.file)
