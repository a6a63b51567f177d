"""The desk behind the server: takes jobs on, has them done by workers, tells how they ended."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

from local.darkroom.faults import AT_WORK, FaultBook
from local.darkroom.hooks import DELAYS, Postman, load_key
from local.darkroom.jobs import Failure, Job, JobBook
from local.darkroom.mischief import publish, spoil
from local.darkroom.rules import RENDERERS, TRAINERS, Refused, read_rendering, read_training, refusal
from local.darkroom.work import attempt, outlive_nobody

log = logging.getLogger("darkroom")
THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def make_workers(count: int) -> Executor:
    """Start a pool of worker processes, each with one thread for linear algebra."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, spawn, initializer=outlive_nobody, initargs=(os.getpid(),))


class Desk:
    """Everything a running darkroom holds; files, log and key lie in its state folder."""

    def __init__(
        self,
        state: Path,
        *,
        user_id: str,
        workers: int = 2,
        webhook_delays: Sequence[float] = DELAYS,
    ) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.files = state / "files"
        self.files.mkdir(exist_ok=True)
        self.jobs = JobBook(state / "jobs")
        self.faults = FaultBook()
        self.key = load_key(state)
        self.postman = Postman(self.key, user_id, self.faults, webhook_delays)
        self._workers = make_workers(workers)
        self._places = asyncio.Semaphore(workers)
        self._tasks: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Stop working; open jobs are lost, and say so after a restart."""
        for task in self._tasks:
            task.cancel()
        self.jobs.stop_open()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def begin(self, job: Job) -> asyncio.Task[None]:
        """Accept a job and start on it."""
        self.jobs.accept(job)
        task = asyncio.create_task(self._see_through(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _see_through(self, job: Job) -> None:
        await self.work(job)
        await self.postman.deliver(job)

    async def work(self, job: Job) -> None:
        """Do a job as soon as a worker is free, to its end."""
        fault = self.faults.fire(AT_WORK, job.target)
        if fault is not None and fault.name == "never_finishes":
            await asyncio.Event().wait()
        try:
            await asyncio.wait_for(self._places.acquire(), job.start_within)
        except TimeoutError:
            self._fail(job, 504, "request_timeout", "Request timed out")
            return
        try:
            if job.state == "IN_QUEUE":
                job.state, job.started = "IN_PROGRESS", time.time()
                if fault is not None and fault.name == "slow":
                    await asyncio.sleep(fault.seconds(10))
                await self._produce(job, fault.name if fault else "")
        finally:
            self._places.release()

    async def _produce(self, job: Job, fault: str) -> None:
        try:
            task, order = _order(job)
            if fault == "vendor_fails":
                self._fail(job, 500, "internal_error", "Internal server error")
                return
            if fault == "content_policy":
                message = "The content could not be processed: it was flagged by a content checker"
                raise refusal("content_policy_violation", message, "prompt", given=job.target.prompt)
            outcome = await self._done_by_worker(job, task, order)
        except Refused as refused:
            outcome = {"detail": refused.detail}
        self._conclude(job, outcome)

    async def _done_by_worker(self, job: Job, task: str, order: dict[str, Any]) -> dict[str, Any]:
        paths = (str(self.files), str(self.jobs.log_path(job)), str(self.jobs.cancel_path(job)))
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._workers, attempt, task, order, *paths)
        except Exception:
            log.exception("job %s broke", job.id)
            return {"broken": True}

    def _conclude(self, job: Job, outcome: dict[str, Any]) -> None:
        if "result" in outcome:
            made = spoil(outcome["result"], job, self.faults, self.files)
            job.end(publish(made, job, self.faults, self.files), None)
            self.jobs.keep(job)
        elif "detail" in outcome:
            detail = outcome["detail"]
            job.end(None, Failure(422, detail[0]["type"], {"detail": detail}))
        elif "broken" in outcome:
            self._fail(job, 500, "internal_error", "Internal server error")
        else:
            self._fail(job, 499, "client_cancelled", "Request cancelled by the client")

    def _fail(self, job: Job, status: int, error_type: str, text: str) -> None:
        job.end(None, Failure(status, error_type, {"detail": text, "error_type": error_type}))

    def cancel(self, job: Job) -> bool:
        """Stop a job that has not ended; False when it is too late."""
        if job.state == "COMPLETED":
            return False
        self.jobs.cancel_path(job).touch()
        self._fail(job, 499, "client_cancelled", "Request cancelled by the client")
        return True


def _order(job: Job) -> tuple[str, dict[str, Any]]:
    """Check a job's input by the rules of its endpoint, or take it as checked."""
    if job.endpoint in TRAINERS:
        return "train", read_training(TRAINERS[job.endpoint], job.body)
    if job.endpoint in RENDERERS:
        return "render", read_rendering(RENDERERS[job.endpoint], job.body)
    return "render", job.body
