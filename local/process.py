"""Programs that stay up between commands: started once, found again by their pid file, stopped."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

_children: list[subprocess.Popen[bytes]] = []
"""Kept, because Python complains when the handle of a program that runs on is thrown away."""

START_SECONDS = 60
STOP_SECONDS = 30


class PortTaken(RuntimeError):
    """A program that is not ours listens on a port of ours."""


class NotHealthy(RuntimeError):
    """A program ended or stayed silent instead of answering its health check."""


@dataclass(frozen=True)
class Program:
    """A program of the local cloud; `fingerprint` is of its code, so that a change restarts it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    health: str
    folder: Path
    fingerprint: str = ""

    @property
    def log(self) -> Path:
        """The file that holds what the program printed since its last start."""
        return self.folder / f"{self.name}.log"

    @property
    def _record(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def start(self) -> bool:
        """Start it unless it already runs as described; say whether it was started.

        Raises:
            PortTaken: somebody else listens on the port; nothing was started.
            NotHealthy: it ended, or did not answer within a minute; it is stopped again.
        """
        pid = self.pid()
        if pid and self._stored().get("as") == self._identity() and self._answers():
            return False
        self.stop()
        if self._is_port_open():
            port = httpx.URL(self.health).port
            message = (
                f"Port {port} ({self.name}) is taken by a program that this checkout did not start."
                " Stop it, or choose other ports with PORTS=emulator,edge,darkroom."
            )
            raise PortTaken(message)
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                list(self.command),
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _children.append(process)
        self._record.write_text(json.dumps({"pid": process.pid, "as": self._identity()}))
        self._wait(process)
        return True

    def stop(self) -> bool:
        """Ask it to end, kill it after half a minute; say whether it ran."""
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
            if not _has_ended(pid, STOP_SECONDS):
                os.kill(pid, signal.SIGKILL)
                _has_ended(pid, STOP_SECONDS)
        self._record.unlink(missing_ok=True)
        return pid is not None

    def pid(self) -> int | None:
        """Return the process id while the program of the pid file really runs."""
        pid, identity = self._stored().get("pid"), self._stored().get("as")
        if not isinstance(pid, int) or not isinstance(identity, list):
            return None
        return pid if " ".join(identity[2:]) in _command_line(pid) else None

    def _stored(self) -> dict[str, object]:
        try:
            return dict(json.loads(self._record.read_text()))
        except (OSError, ValueError):
            return {}

    def _identity(self) -> list[str]:
        return [self.fingerprint, *self.command]

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.05)
        self.stop()
        tail = self.log.read_text(errors="replace")[-2000:]
        message = f"{self.name} did not come up; the end of {self.log}:\n{tail}"
        raise NotHealthy(message)

    def _answers(self) -> bool:
        try:
            return httpx.get(self.health, timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _is_port_open(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", httpx.URL(self.health).port or 80)) == 0


def _command_line(pid: int) -> str:
    """Return the arguments of a running process, "" when it has ended or is a zombie."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
        except OSError:
            return ""
    asked = ["ps", "-o", "state=,command=", "-ww", "-p", str(pid)]
    found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return "" if found.startswith("Z") else found


def _is_running(pid: int) -> bool:
    """Say whether a process still holds its ports; one that is ending loses its arguments first."""
    if not Path("/proc/self").exists():
        return bool(_command_line(pid))
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def _has_ended(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        _children[:] = [child for child in _children if child.poll() is None]  # or they would stay zombies
        if not _is_running(pid):
            return True
        time.sleep(0.05)
    return False
