"""HTTP routes of pictures."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.gallery.models.facets import FacetsView
from functions.gallery.models.images import DownloadView, ImageChange, ImageFields, ImageIndex, ImageList, ImageView
from functions.gallery.models.selection import FiltersBody, Id
from functions.gallery.service import facets, listing
from functions.gallery.service import images as service
from likeness.http import Cursor, UserId, answers, create_router, json_response, no_content

router = create_router()

Filters = Annotated[FiltersBody, Query()]
Ids = Annotated[
    list[Id] | None,
    Query(
        min_length=1, max_length=50, description="Just these, in this order, as they are now; absent ones are left out."
    ),
]
Fields = Annotated[ImageFields, Query(description="`index` answers with light rows.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most; over 100 only with `fields=index`.")]


@router.get("/v1/images", responses=answers(ImageList | ImageIndex))
def list_images(
    user_id: UserId,
    filters: Filters,
    limit: Limit = 24,
    cursor: Cursor = None,
    fields: Fields = ImageFields.SUMMARY,
    ids: Ids = None,
) -> Response[Any]:
    """List pictures, newest first, or those of some ids."""
    if ids is not None:
        return json_response(listing.find_images(user_id, ids, filters, fields, cursor))
    return json_response(listing.list_images(user_id, filters, fields, limit, cursor))


@router.get("/v1/images/facets", responses=answers(FacetsView))
def read_facets(user_id: UserId, filters: Filters) -> Response[Any]:
    """Count what the pictures of a filter have in common."""
    return json_response(facets.read_facets(user_id, filters))


@router.get("/v1/images/<image_id>", responses=answers(ImageView))
def read_image(user_id: UserId, image_id: str) -> Response[Any]:
    """Show one picture with its whole manifest."""
    return json_response(service.read_image(user_id, image_id))


@router.patch("/v1/images/<image_id>", responses=answers(ImageView))
def change_image(user_id: UserId, image_id: str, change: ImageChange) -> Response[Any]:
    """Mark, rate or tag a picture, put it into collections, move it to the trash or restore it."""
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
