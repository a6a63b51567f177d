"""Downloads as their owner sees them."""

from datetime import UTC, datetime
from typing import Any

from functions.gallery.models.downloads import (
    DownloadJobView,
    DownloadList,
    DownloadStatus,
    DownloadVariant,
    ZipView,
)
from functions.gallery.service import jobs
from likeness import storage
from likeness.errors import NotFound
from likeness.items.gallery import Download
from likeness.items.row import now
from likeness.listing import list_own


def list_downloads(user_id: str, page_size: int, cursor: str | None) -> DownloadList:
    """Return a page of downloads, newest first."""
    lean = [name for name in Download.get_attributes() if name != "selection"]
    page = list_own(Download, user_id, Download.PREFIX, page_size, cursor, lean)
    return DownloadList(downloads=[_view(Download.from_raw_data(row)) for row in page.rows], cursor=page.cursor)


def read_download(user_id: str, download_id: str) -> DownloadJobView:
    """Return one of the caller's downloads.

    Raises:
        NotFound: no such download, or not the caller's.
    """
    return _view(find_download(user_id, download_id))


def find_download(user_id: str, download_id: str) -> Download:
    """Return one of the caller's downloads as it is stored.

    Raises:
        NotFound: no such download, or not the caller's.
    """
    download = jobs.find(Download, user_id, download_id)
    if download is None:
        raise NotFound("No such download.")
    return download


def _view(download: Download) -> DownloadJobView:
    status = _status(download)
    return DownloadJobView(
        id=download.id,
        status=status,
        variant=DownloadVariant(download.variant),
        manifests=download.manifests,
        pattern=download.pattern,
        total=int(download.total),
        done=int(download.done),
        missed=int(download.missed),
        bytes=int(download.bytes),
        files=[_zip(file, download, status) for file in download.files],
        created_at=datetime.fromisoformat(download.created_at),
        deadline=moment(download.deadline),
        ended_at=datetime.fromisoformat(download.ended_at) if download.ended_at else None,
        expires_at=moment(download.expires_at) if download.expires_at else None,
        error_code=download.error_code,
        error=download.error,
    )


def _status(download: Download) -> DownloadStatus:
    if download.expires_at and int(download.expires_at) <= now():
        return DownloadStatus.EXPIRED
    return DownloadStatus(download.status)


def _zip(file: dict[str, Any], download: Download, status: DownloadStatus) -> ZipView:
    is_there = status is DownloadStatus.SUCCEEDED
    return ZipView(
        name=file["name"],
        bytes=file["bytes"],
        pictures=file["pictures"],
        sha256=file["sha256"],
        url=storage.signed_url(file["key"], int(download.expires_at) - now()) if is_there else None,
    )


def moment(seconds: float) -> datetime:
    """Return a moment out of seconds since 1970."""
    return datetime.fromtimestamp(int(seconds), UTC)
