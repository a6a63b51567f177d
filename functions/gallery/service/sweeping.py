"""What nobody looks after any more: jobs without an execution or past their deadline, files past their end."""

from collections.abc import Callable

from functions.gallery.service import downloads, jobs, shares
from likeness import workflow
from likeness.items.gallery import Change, Download, GalleryJob, Share
from likeness.items.row import EXPIRING, WORK, ImageRow, changed, now
from likeness.observability import count, logger
from likeness.query import query
from likeness.table import Raw

LATER_SECONDS = 120
AT_MOST = 100


def sweep() -> int:
    """Look at every unfinished job and every file that is due, at most a hundred of each; return how many.

    One bad row stops no other.
    """
    return _each(WORK, _sweep_job) + _each(EXPIRING, _expire)


def _each(partition: str, act: Callable[[Raw], None]) -> int:
    between = ("check_at", "0", str(now()))
    due = query(ImageRow, ("open", partition), between, index="open", limit=AT_MOST, number_range=True).rows
    for row in due:
        try:
            act(row)
        except Exception:  # noqa: BLE001 (one bad row must not keep the others)
            logger.exception("row not swept", extra={"sk": row["sk"]["S"]})
            count("SweepFailed")
    return len(due)


def _sweep_job(row: Raw) -> None:
    """Bring one job forward, unless another sweep has looked after it since it was found due."""
    kind = Download if row["sk"]["S"].startswith(Download.PREFIX) else Change
    job: GalleryJob = kind(row["pk"]["S"], row["sk"]["S"])
    is_due = (GalleryJob.open == WORK) & (GalleryJob.check_at == int(row["check_at"]["N"]))
    if not changed(job, [GalleryJob.check_at.set(now() + LATER_SECONDS)], is_due):
        return
    if now() >= int(job.deadline):
        count("DeadlineExceeded")
        if jobs.fail(job, jobs.LATE):
            jobs.stop(job)
    elif not workflow.is_running(jobs.machine_of(job), jobs.execution_name(job)):
        is_same = (GalleryJob.open == WORK) & (GalleryJob.attempt == job.attempt)
        if changed(job, [GalleryJob.attempt.add(1)], is_same):
            count("WorkflowStartedAgain")
            jobs.start(job)


def _expire(row: Raw) -> None:
    """Remove the files of one download or link whose time is over."""
    user_id, sk = row["pk"]["S"], row["sk"]["S"]
    if sk.startswith(Download.PREFIX):
        download = jobs.find(Download, user_id, sk.removeprefix(Download.PREFIX))
        if download is not None and _is_due(download):
            downloads.remove_expired(download)
        return
    share = Share(user_id, sk)
    try:
        share.refresh(consistent_read=True)
    except Share.DoesNotExist:
        return
    if _is_due(share):
        shares.withdraw_expired(share)


def _is_due(row: Download | Share) -> bool:
    return row.open == EXPIRING and int(row.check_at) <= now()
