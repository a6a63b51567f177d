"""Downloads: ordered, stopped, and removed when their day is over."""

from datetime import datetime

from pynamodb.expressions.update import Action

from functions.gallery.models.downloads import (
    DownloadRequest,
    DownloadStarted,
    DownloadVariant,
)
from functions.gallery.service import jobs, selection
from functions.gallery.service.download_reading import find_download, moment
from functions.gallery.service.naming import check_pattern
from likeness import limit, storage
from likeness.catalog.reader import catalog
from likeness.credit import check_active
from likeness.errors import AppError, Conflict, TooManyPictures, Unprocessable
from likeness.items.gallery import Download, JobStatus
from likeness.items.row import EXPIRING, changed, new_id
from likeness.once import find_made, once
from likeness.table import Transaction

PER_DAY = 50
DAY_SECONDS = 24 * 3600
VIEWS_PER_ORIGINAL = 5
"""About how many views take as much as one original."""


def start_download(user_id: str, request: DownloadRequest, operation: str | None, fingerprint: str) -> DownloadStarted:
    """Record a download and start its workflow; a repeat answers as the first request did, even if refused by now.

    Raises:
        Unprocessable: the pattern cannot be filled in, or nothing is selected.
        TooManyPictures: more is selected than one download may hold; the numbers are named.
        TooManyRequests: too many downloads within a day.
        AccountNotActive: the account may not do that.
    In every case nothing was written.
    """
    check_pattern(request.pattern)
    row: Download | None = None
    try:
        row = _row(user_id, request)
        limit.take("download", user_id, PER_DAY, DAY_SECONDS)
    except AppError:
        made = find_made(user_id, operation, fingerprint)
        if made is None:
            raise
    else:
        made = once(user_id, operation, fingerprint, row.id, lambda transaction: _put(transaction, user_id, row))
    download = row if row is not None and row.id == made else find_download(user_id, made)
    jobs.start(download)
    return DownloadStarted(
        id=download.id,
        total=int(download.total),
        bytes=int(download.bytes),
        created_at=datetime.fromisoformat(download.created_at),
        deadline=moment(download.deadline),
    )


def delete_download(user_id: str, download_id: str) -> None:
    """Stop a download that is not over, or forget one that is; its zips go at once.

    Raises:
        NotFound: no such download, or not the caller's.
    """
    download = find_download(user_id, download_id)
    if not download.is_over:
        jobs.cancel(download)
        download = find_download(user_id, download_id)
        if download.status == JobStatus.CANCELLED.value:
            # What a step that still runs writes goes when the sweeper looks at it.
            storage.remove_below(download.below)
            return
    storage.remove_below(download.below)
    download.delete()


def remove_expired(row: Download) -> None:
    """Remove the zips of a download whose time is over; repeatable."""
    storage.remove_below(row.below)
    settled: list[Action] = [Download.open.remove(), Download.check_at.remove()]
    changed(row, settled, (Download.open == EXPIRING) & (Download.check_at == row.check_at))


def _row(user_id: str, request: DownloadRequest) -> Download:
    chosen = selection.from_body(user_id, request)
    counted = selection.count(user_id, chosen)
    if not counted.total:
        field = "filters" if chosen.image_ids is None else "image_ids"
        raise Unprocessable("There are no such pictures.", fields=[{"field": field, "message": "selects no picture"}])
    size = counted.bytes if request.variant is DownloadVariant.ORIGINAL else counted.bytes // VIEWS_PER_ORIGINAL
    limits = catalog().limits
    if counted.total > limits.download_pictures or size > limits.download_bytes:
        raise TooManyPictures(
            f"This is {counted.total} pictures of {size} bytes; one download may hold {limits.download_pictures} "
            f"pictures of {limits.download_bytes} bytes. Select fewer, or views instead of originals.",
            pictures=counted.total,
            bytes=size,
            max_pictures=limits.download_pictures,
            max_bytes=limits.download_bytes,
        )
    row = jobs.prepare(Download.of(user_id, new_id()))
    row.selection = chosen.stored()
    row.total = counted.total if chosen.image_ids is None else len(chosen.image_ids)
    row.bytes = size
    row.variant, row.manifests, row.pattern = request.variant.value, request.manifests, request.pattern
    row.below, row.files = storage.private_key(""), []
    return row


def _put(transaction: Transaction, user_id: str, row: Download) -> None:
    check_active(transaction, user_id)
    transaction.put(row, Download.sk.does_not_exist(), Conflict("Send the same request again."))
