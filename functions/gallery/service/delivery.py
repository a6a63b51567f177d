"""The packing of a download: one zip an invocation, pictures fetched ahead, resumed from the row.

What is complete is written on the row together with the picture behind which the next zip begins. A step killed in the
middle leaves an upload that nobody sees, and the next one makes the same zip again.
"""

import time
from contextlib import closing
from dataclasses import dataclass, field

from pynamodb.expressions.update import Action

from functions.gallery.service import jobs
from functions.gallery.service.entries import Entries
from functions.gallery.service.fetching import fetched
from functions.gallery.service.zips import Zipped, ZipUpload
from likeness import storage
from likeness.catalog.reader import catalog
from likeness.items.gallery import Download, JobStatus
from likeness.items.row import born, now
from likeness.observability import count
from likeness.table import Raw

KEPT_SECONDS = 24 * 3600
ZIP_SECONDS = 600
"""After that a zip ends with what it has: a step may take fifteen minutes."""
PROGRESS_PICTURES = 25
MISSING = "missing.txt"
GONE = ("pictures_gone", "None of these pictures is there any more.")


class _Stopped(Exception):
    """The job is over or somebody else's: nothing of it is to be kept."""


@dataclass
class _Packed:
    """What is in a zip."""

    name: str
    key: str
    pictures: int = 0
    missing: list[str] = field(default_factory=list)
    last: str | None = None
    """The last picture it is about."""
    has_more: bool = False
    """Whether there are pictures for another zip."""
    zipped: Zipped | None = None


def deliver(user_id: str, job_id: str) -> str | None:
    """Make the next zip of a download; return behind which picture another begins, or None when all is done."""
    download = jobs.claim(Download, user_id, job_id)
    if download is None:
        return None
    try:
        packed = _pack(download)
    except _Stopped:
        return None
    if _settle(download, packed):
        return packed.last if packed.has_more else None
    _withdraw(download, packed.key)
    return None


def _pack(download: Download) -> _Packed:
    name = f"likeness-ai-{download.id.lower()}-{len(download.files) + 1}.zip"
    packed = _Packed(name, f"{download.below}{download.holder}/{name}")
    entries, limits, end = Entries(download), catalog().limits, time.monotonic() + ZIP_SECONDS
    with closing(fetched(download)) as contents, ZipUpload(packed.key, name) as upload:
        for image_id, image, content in contents:
            if image is None or content is None:
                packed.missing.append(image_id)
            elif packed.pictures and (
                packed.pictures >= limits.zip_pictures
                or upload.size + len(content) > limits.zip_bytes
                or time.monotonic() > end
            ):
                packed.has_more = True
                break
            else:
                entries.add(upload, image, content)
                packed.pictures += 1
                if packed.pictures % PROGRESS_PICTURES == 0:
                    _report(download, packed)
            packed.last = image_id
        if packed.missing:
            upload.add(MISSING, "".join(f"{image_id}\n" for image_id in packed.missing).encode(), born(download.id))
        if packed.pictures:
            _report(download, packed)
            packed.zipped = upload.complete()
    return packed


def _report(download: Download, packed: _Packed) -> None:
    if not jobs.progress(download, *_counts(download, packed)):
        raise _Stopped


def _counts(download: Download, packed: _Packed) -> tuple[int, int]:
    done = sum(int(file["pictures"]) for file in download.files) + packed.pictures
    missed = sum(int(file["missed"]) for file in download.files) + len(packed.missing)
    return done, missed


def _settle(download: Download, packed: _Packed) -> bool:
    """Write what was made on the row, and the end if it was the last; say whether the job was still ours."""
    done, missed = _counts(download, packed)
    made = [] if packed.zipped is None else [_file(packed, packed.zipped)]
    actions: list[Action] = [Download.files.set([*download.files, *made])]
    if packed.has_more:
        actions.append(Download.after.set(str(packed.last)))
        return jobs.progress(download, done, missed, actions)
    actions += [Download.done.set(done), Download.missed.set(max(missed, int(download.total) - done))]
    if done == 0:
        return jobs.end(download, JobStatus.FAILED, reason=GONE, actions=actions)
    count("DownloadFinished")
    expires_at = now() + KEPT_SECONDS
    actions.append(Download.expires_at.set(expires_at))
    return jobs.end(download, JobStatus.SUCCEEDED, actions=actions, files_until=expires_at)


def _file(packed: _Packed, zipped: Zipped) -> Raw:
    return {
        "name": packed.name,
        "key": packed.key,
        "bytes": zipped.bytes,
        "pictures": packed.pictures,
        "missed": len(packed.missing),
        "sha256": zipped.sha256,
    }


def _withdraw(download: Download, key: str) -> None:
    """Remove a zip that its job did not take; one that the row names after all, its answer having got lost, stays."""
    stored = jobs.find(Download, download.pk, download.id)
    if stored is None or key not in {file["key"] for file in stored.files}:
        storage.remove([key])
