"""HTTP routes of downloads."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.gallery.models.downloads import DownloadJobView, DownloadList, DownloadRequest, DownloadStarted
from functions.gallery.service import download_reading as reading
from functions.gallery.service import downloads as service
from likeness.http import (
    Cursor,
    OptionalOperation,
    PageSize,
    UserId,
    answers,
    create_router,
    json_response,
    no_content,
)
from likeness.wire import fingerprint

router = create_router()


@router.post("/v1/downloads", responses=answers(DownloadStarted, HTTPStatus.ACCEPTED))
def start_download(user_id: UserId, operation: OptionalOperation, request: DownloadRequest) -> Response[Any]:
    """Pack pictures into zips, which can be fetched for a day."""
    started = service.start_download(user_id, request, operation, fingerprint(request))
    return json_response(started, HTTPStatus.ACCEPTED)


@router.get("/v1/downloads", responses=answers(DownloadList))
def list_downloads(user_id: UserId, limit: PageSize = 24, cursor: Cursor = None) -> Response[Any]:
    """List downloads, newest first."""
    return json_response(reading.list_downloads(user_id, limit, cursor))


@router.get("/v1/downloads/<download_id>", responses=answers(DownloadJobView))
def read_download(user_id: UserId, download_id: str) -> Response[Any]:
    """Show how a download stands and, when it has succeeded, where its zips can be fetched."""
    return json_response(reading.read_download(user_id, download_id))


@router.delete("/v1/downloads/<download_id>", responses=answers(None, HTTPStatus.NO_CONTENT))
def delete_download(user_id: UserId, download_id: str) -> Response[Any]:
    """Stop a download, which then shows as cancelled, or forget one that is over; its zips are gone at once."""
    service.delete_download(user_id, download_id)
    return no_content()
