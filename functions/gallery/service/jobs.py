"""Work on many pictures, step by step: downloads and bulk changes.

The row of a job is all there is to know of it. A step claims it, works, and writes how far it has come together with
what it counts; killed anywhere, the next step resumes from the row. Whoever claims last holds the job: what an
earlier holder writes is refused, so nothing is counted twice. A job ends by its last step, its owner, a bug that
stays, or its deadline.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from likeness import workflow
from likeness.account import is_active
from likeness.items.gallery import Change, Download, GalleryJob, JobStatus
from likeness.items.row import EXPIRING, WORK, changed, new_id, now
from likeness.observability import count, logger
from likeness.settings import settings

Job = TypeVar("Job", bound=GalleryJob)
Reason = tuple[str, str]

KINDS: dict[str, type[GalleryJob]] = {"download": Download, "change": Change}
"""What the state machines call a kind of job."""
JOB_SECONDS = 2 * 3600
"""A job that is not finished by then ends by itself."""
SOON_SECONDS = 60
STEP_SECONDS = 900
"""Longer than any step runs: what an ended job left is removed after that."""

LATE = ("deadline_exceeded", "It was not finished in time. What is done stays done.")
NOT_ACTIVE = ("account_not_active", "This account cannot do that now. What is done stays done.")
BROKEN = ("internal_error", "Something broke on our side. What is done stays done.")


def prepare(job: Job) -> Job:
    """Fill in what a new job of any kind has: its clock and its place in the index of unfinished work."""
    job.created_at = _moment()
    job.deadline = now() + JOB_SECONDS
    job.open, job.check_at = WORK, now() + SOON_SECONDS
    return job


def find(kind: type[Job], user_id: str, job_id: str) -> Job | None:
    """Return a job as it is now, or None."""
    try:
        return kind.get(user_id, kind.of(user_id, job_id).sk, consistent_read=True)
    except kind.DoesNotExist:
        return None


def start(job: GalleryJob) -> None:
    """Start the execution of a job's current attempt, if it is open; repeatable.

    A start that fails is no error of the request: the sweeper starts the job within two minutes.
    """
    if job.is_over:
        return
    kind = next(name for name, kind in KINDS.items() if isinstance(job, kind))
    state = {"job": {"user_id": job.pk, "kind": kind, "job_id": job.id}}
    try:
        workflow.start(machine_of(job), execution_name(job), state)
    except (BotoCoreError, ClientError):
        logger.exception("execution not started", extra={"job_id": job.id})
        count("WorkflowNotStarted")


def claim(kind: type[Job], user_id: str, job_id: str) -> Job | None:
    """Take an open job over from whoever held it, and return it as it is stored; None: there is nothing to do.

    A job whose time is over, or whose owner's account is not active, is ended instead.
    """
    job = kind.of(user_id, job_id)
    taken: list[Action] = [GalleryJob.holder.set(new_id()), GalleryJob.status.set(JobStatus.RUNNING.value)]
    if not changed(job, taken, GalleryJob.open == WORK):
        return None
    return job if _may_go_on(job) else None


def progress(job: GalleryJob, done: int, missed: int, actions: Sequence[Action] = ()) -> bool:
    """Write how many pictures are done and missed up to now, all told, and `actions` in the same write.

    False: stop. The job has ended, somebody else holds it, its time is over or its owner's account is not active.
    """
    counts: list[Action] = [GalleryJob.done.set(done), GalleryJob.missed.set(missed)]
    is_mine = GalleryJob.holder == job.holder
    if changed(job, [*counts, *actions], is_mine & (GalleryJob.open == WORK)):
        return _may_go_on(job)
    # Its owner may have stopped it meanwhile: what was done until then is counted.
    changed(job, counts, is_mine & (GalleryJob.status == JobStatus.CANCELLED.value))
    return False


def end(
    job: GalleryJob,
    status: JobStatus,
    *,
    reason: Reason | None = None,
    actions: Sequence[Action] = (),
    files_until: int | None = None,
) -> bool:
    """End a claimed job, with `actions` in the same write; say whether it was still the caller's to end.

    `reason` is a stable code and a sentence for its owner; `files_until` is when a download's zips are removed, in
    seconds since 1970: without it as soon as no step can be running any more.
    """
    return _end(job, status, GalleryJob.holder == job.holder, reason, actions, files_until)


def cancel(job: GalleryJob) -> None:
    """Stop a job for its owner; what is done stays done. One that is over stays as it is."""
    if _end(job, JobStatus.CANCELLED, GalleryJob.sk.exists()):
        stop(job)


def fail(job: GalleryJob, reason: Reason = BROKEN) -> bool:
    """End a job as failed, whoever holds it; say whether it was open."""
    ended = _end(job, JobStatus.FAILED, GalleryJob.sk.exists(), reason)
    if ended:
        count("GalleryJobFailed")
    return ended


def stop(job: GalleryJob) -> None:
    """Stop the execution of a job that has ended; what it still writes is refused anyway."""
    try:
        workflow.stop(machine_of(job), execution_name(job))
    except (BotoCoreError, ClientError) as error:
        logger.warning("tidying up failed", extra={"what": "execution", "error": type(error).__name__})
        count("TidyingFailed")


def machine_of(job: GalleryJob) -> str:
    """Return the state machine that runs a job."""
    return settings().delivery_machine if isinstance(job, Download) else settings().change_machine


def execution_name(job: GalleryJob) -> str:
    """Name the execution of a job's current attempt."""
    return f"{job.id}-{int(job.attempt)}"


def _may_go_on(job: GalleryJob) -> bool:
    """Say whether a claimed job may go on; end it if not."""
    if not is_active(job.pk):
        fail(job, NOT_ACTIVE)
        return False
    if now() >= int(job.deadline):
        count("DeadlineExceeded")
        fail(job, LATE)
        return False
    return True


def _end(
    job: GalleryJob,
    status: JobStatus,
    condition: Condition,
    reason: Reason | None = None,
    actions: Sequence[Action] = (),
    files_until: int | None = None,
) -> bool:
    ending: list[Action] = [
        GalleryJob.status.set(status.value),
        GalleryJob.ended_at.set(_moment()),
        *actions,
    ]
    if reason is not None:
        ending += [GalleryJob.error_code.set(reason[0]), GalleryJob.error.set(reason[1])]
    if files_until is None and isinstance(job, Download):
        files_until = now() + STEP_SECONDS
    if files_until is None:
        ending += [GalleryJob.open.remove(), GalleryJob.check_at.remove()]
    else:
        ending += [GalleryJob.open.set(EXPIRING), GalleryJob.check_at.set(files_until)]
    return changed(job, ending, condition & (GalleryJob.open == WORK))


def _moment() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
