"""Jobs of the queue: their states, and the log of every one that was accepted."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from local.darkroom.faults import Target

State = Literal["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]


@dataclass(frozen=True)
class Failure:
    """Why a job has no result: an HTTP status, fal's error type and the body that tells it."""

    status: int
    error_type: str
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """The sentence that status and webhook show."""
        detail = self.body.get("detail")
        return detail if isinstance(detail, str) else f"Invalid status code: {self.status}"


@dataclass
class Job:
    """One accepted job."""

    endpoint: str
    body: dict[str, Any]
    base_url: str
    webhook: str = ""
    token: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: State = "IN_QUEUE"
    created: float = field(default_factory=time.time)
    started: float = 0.0
    seconds: float = 0.0
    result: dict[str, Any] | None = None
    failure: Failure | None = None
    start_within: float | None = None
    webhook_answers: list[int] = field(default_factory=list)

    @property
    def app(self) -> str:
        """The owner and app: what fal keeps of an endpoint after the submit."""
        return "/".join(self.endpoint.split("/")[:2])

    @property
    def target(self) -> Target:
        """What faults look at."""
        return Target(self.endpoint, self.token, str(self.body.get("prompt", "")))

    def urls(self) -> dict[str, str]:
        """Name the three URLs of the job."""
        response = f"{self.base_url}/fal/{self.app}/requests/{self.id}"
        return {
            "response_url": response,
            "status_url": f"{response}/status",
            "cancel_url": f"{response}/cancel",
        }

    def end(self, result: dict[str, Any] | None, failure: Failure | None) -> None:
        """Complete the job, once; a job that has ended keeps its end."""
        if self.state != "COMPLETED":
            self.result, self.failure, self.state = result, failure, "COMPLETED"
            self.seconds = time.time() - (self.started or self.created)


def token_of(webhook: str) -> str:
    """Return the last path segment of a webhook's URL: the caller's own token."""
    return urlsplit(webhook).path.rstrip("/").rsplit("/", 1)[-1]


class JobBook:
    """All jobs of this run, and on disk the log of all that were ever accepted and how they ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._jobs: dict[str, Job] = {}
        self._log = folder / "accepted.jsonl"
        self._accepted = _read_lines(self._log)

    def accept(self, job: Job) -> None:
        """Take a job on: from here it counts as bought."""
        row = {
            "request_id": job.id,
            "endpoint": job.endpoint,
            "token": job.token,
            "prompt": job.target.prompt,
            "seed": job.body.get("seed"),
            "accepted_at": job.created,
        }
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        self._accepted.append(row)
        self._jobs[job.id] = job

    def find(self, job_id: str) -> Job | None:
        """Return a job; one that an earlier run finished comes back from disk.

        A job that was open when the darkroom stopped has failed: nobody works on it any more.
        """
        if job_id in self._jobs:
            return self._jobs[job_id]
        row = next((row for row in self._accepted if row["request_id"] == job_id), None)
        if row is None:
            return None
        job = Job(row["endpoint"], {}, "", token=row["token"], id=job_id, created=row["accepted_at"])
        self._revive(job)
        self._jobs[job_id] = job
        return job

    def _revive(self, job: Job) -> None:
        path = self.folder / f"{job.id}.json"
        if path.exists():
            job.end(json.loads(path.read_text("utf-8")), None)
        else:
            body = {"detail": "Runner disconnected", "error_type": "runner_disconnected"}
            job.end(None, Failure(503, "runner_disconnected", body))

    def keep(self, job: Job) -> None:
        """Write a finished job's result down, so that it survives a restart."""
        if job.result is not None:
            (self.folder / f"{job.id}.json").write_text(json.dumps(job.result), "utf-8")

    def log_path(self, job: Job) -> Path:
        """Name the file into which the job's worker writes its progress."""
        return self.folder / f"{job.id}.log"

    def cancel_path(self, job: Job) -> Path:
        """Name the file whose presence asks the job's worker to stop."""
        return self.folder / f"{job.id}.cancel"

    def stop_open(self) -> None:
        """Ask the workers of all open jobs to stop."""
        for job in self._jobs.values():
            if job.state != "COMPLETED":
                self.cancel_path(job).touch()

    def logs(self, job: Job) -> list[dict[str, Any]]:
        """Return the progress lines of a job in fal's shape."""
        return _read_lines(self.log_path(job))

    def queue_position(self, job: Job) -> int:
        """Count the jobs that wait before this one."""
        waiting = [j for j in self._jobs.values() if j.state == "IN_QUEUE" and j.created < job.created]
        return len(waiting)

    def view(self) -> dict[str, Any]:
        """Show every accepted job, and how many each token has bought."""
        per_token: dict[str, int] = {}
        rows = []
        for row in self._accepted:
            job = self._jobs.get(row["request_id"])
            rows.append(row | (_seen(job) if job else {"state": "ENDED_BEFORE_RESTART"}))
            per_token[row["token"]] = per_token.get(row["token"], 0) + 1
        return {"jobs": rows, "per_token": per_token}


def _seen(job: Job) -> dict[str, Any]:
    """Show how a job of this run stands, and what its webhook was answered each time."""
    return {"state": job.state, "webhook_answers": job.webhook_answers}


def _read_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]
