"""HTTP routes of pictures."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BeforeValidator

from functions.gallery.models.images import DownloadView, ImageChange, ImageList, ImageView
from functions.gallery.service import images as service
from functions.gallery.service.images import Filters
from likeness.http import Cursor, PageSize, UserId, answers, create_router, json_response, no_content

router = create_router()


def _iso_only(value: object) -> object:
    """Refuse numbers, which pydantic would read as seconds since 1970."""
    if isinstance(value, str) and value.replace(".", "", 1).lstrip("+-").isdigit():
        message = "write a date or a moment as ISO 8601"
        raise ValueError(message)
    return value


IsoOnly = BeforeValidator(_iso_only)


@router.get("/v1/images", responses=answers(ImageList))
def list_images(  # noqa: PLR0913, PLR0917 (one parameter a filter)
    user_id: UserId,
    limit: PageSize = 24,
    cursor: Cursor = None,
    model_id: Annotated[str | None, Query(max_length=26)] = None,
    aspect_ratio: Annotated[str | None, Query(max_length=10)] = None,
    style: Annotated[str | None, Query(max_length=40)] = None,
    favourite: Annotated[bool | None, Query()] = None,
    created_from: Annotated[datetime | None, IsoOnly, Query(description="Not older than this.")] = None,
    created_to: Annotated[datetime | None, IsoOnly, Query(description="Not newer than this.")] = None,
    text: Annotated[str | None, Query(max_length=100, description="All words, in the head of the prompt.")] = None,
    trashed: Annotated[bool, Query(description="The trash instead of the gallery.")] = False,  # noqa: FBT002
) -> Response[Any]:
    """List pictures, newest first."""
    filters = Filters(model_id, aspect_ratio, style, favourite, created_from, created_to, text, trashed)
    return json_response(service.list_images(user_id, filters, limit, cursor))


@router.get("/v1/images/<image_id>", responses=answers(ImageView))
def read_image(user_id: UserId, image_id: str) -> Response[Any]:
    """Show one picture with its whole manifest."""
    return json_response(service.read_image(user_id, image_id))


@router.patch("/v1/images/<image_id>", responses=answers(ImageView))
def change_image(user_id: UserId, image_id: str, change: ImageChange) -> Response[Any]:
    """Mark a picture as favourite, move it to the trash or restore it."""
    return json_response(service.change_image(user_id, image_id, change))


@router.delete("/v1/images/<image_id>", responses=answers(None, HTTPStatus.NO_CONTENT))
def trash_image(user_id: UserId, image_id: str) -> Response[Any]:
    """Move a picture to the trash; it is purged after 30 days."""
    service.trash_image(user_id, image_id)
    return no_content()


@router.get("/v1/images/<image_id>/download", responses=answers(DownloadView))
def make_download(user_id: UserId, image_id: str) -> Response[Any]:
    """Say where the original can be downloaded for the next five minutes."""
    return json_response(service.make_download(user_id, image_id))
