"""The work of a change of all pictures that match, chunk by chunk.

The job's row names the pictures that are being changed, and they are counted in the write that names the next ones.
A step that was killed is repeated with the same pictures, so that even those which match no longer, because they
are changed already, are counted, once.
"""

from collections.abc import Callable, Iterator

from pynamodb.expressions.update import Action

from functions.gallery.models.changes import ChangeCode, PictureChange, PictureResult
from functions.gallery.service import changes, jobs, selection
from functions.gallery.service.filters import id_of
from functions.gallery.service.selection import Selection
from likeness.items.gallery import Change, GalleryJob, JobStatus

CHUNK = 100
READ = 1000
"""Pictures that are read from the index at once: a thousand cost one call as a hundred do."""
MOST_FAILURES = 100


def change_some(user_id: str, job_id: str, is_late: Callable[[], bool]) -> str | None:
    """Change pictures of a job until it is late; return the last one, or None when there is nothing left to do."""
    job = jobs.claim(Change, user_id, job_id)
    if job is None:
        return None
    chosen, change = Selection.of(job.selection), PictureChange.model_validate(job.change)
    chunks = _chunks(user_id, chosen, job.pending[-1] if job.pending else None)
    while True:
        pending = list(job.pending or [])
        results = changes.apply_all(user_id, pending, change) if pending else []
        tally = _Tally(job, results, change)
        following = next(chunks, None)
        if not following:
            jobs.end(job, JobStatus.SUCCEEDED, actions=[*tally.actions, *tally.final, Change.pending.remove()])
            return None
        if not jobs.progress(job, tally.done, tally.missed, [*tally.actions, Change.pending.set(following)]):
            return None
        if is_late():
            return following[-1]


def _chunks(user_id: str, chosen: Selection, after: str | None) -> Iterator[list[str]]:
    """Return the ids of all that is selected behind a picture, chunk by chunk."""
    while True:
        found = [id_of(row) for row in selection.page(user_id, chosen, after, READ)]
        for start in range(0, len(found), CHUNK):
            yield found[start : start + CHUNK]
        if len(found) < READ:
            return
        after = found[-1]


class _Tally:
    """What a job has done when these results are added to what its row says."""

    def __init__(self, job: Change, results: list[PictureResult], change: PictureChange) -> None:
        failed = [result for result in results if not _is_done(result, change)]
        self.done = int(job.done) + len(results) - len(failed)
        self.missed = int(job.missed) + len(failed)
        self._total = int(job.total)
        before = list(job.failures or [])
        new = [result.model_dump(mode="json", exclude_none=True) for result in failed[: MOST_FAILURES - len(before)]]
        self.actions: list[Action] = [Change.failures.set([*before, *new])] if new else []

    @property
    def final(self) -> list[Action]:
        """What the last write says: pictures that were selected and not met any more are missed too."""
        total = max(self._total, self.done + self.missed)
        counts = (GalleryJob.done.set(self.done), GalleryJob.missed.set(total - self.done))
        return [GalleryJob.total.set(total), *counts]


def _is_done(result: PictureResult, change: PictureChange) -> bool:
    """Say whether a picture is as it was wanted; of a purge that is one that is gone."""
    is_gone = result.code is ChangeCode.NOT_FOUND
    return result.code in {ChangeCode.CHANGED, ChangeCode.UNCHANGED} or (is_gone and bool(change.purge))
