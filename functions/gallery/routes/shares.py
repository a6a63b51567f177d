"""HTTP routes of links to pictures, and the one that opens them without an account."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.gallery.models.shares import ShareChange, SharedView, ShareList, ShareRequest, ShareView
from functions.gallery.service import share_making, share_reading, shared, shares
from likeness.http import (
    ClientAddress,
    Cursor,
    OptionalOperation,
    PageSize,
    UserId,
    answers,
    create_router,
    json_response,
    no_content,
)

router = create_router()


@router.post("/v1/shares", responses=answers(ShareView, HTTPStatus.CREATED))
def create_share(user_id: UserId, operation: OptionalOperation, request: ShareRequest) -> Response[Any]:
    """Make a link to up to 100 pictures; whoever has it sees them without an account."""
    return json_response(share_making.create_share(user_id, operation, request), HTTPStatus.CREATED)


@router.get("/v1/shares", responses=answers(ShareList))
def list_shares(
    user_id: UserId,
    limit: PageSize = 24,
    cursor: Cursor = None,
    image_id: Annotated[str | None, Query(max_length=26, description="Those that show this picture.")] = None,
) -> Response[Any]:
    """List links, newest first."""
    return json_response(share_reading.list_shares(user_id, image_id, limit, cursor))


@router.get("/v1/shares/<share_id>", responses=answers(ShareView))
def read_share(user_id: UserId, share_id: str) -> Response[Any]:
    """Show one link."""
    return json_response(share_reading.read_share(user_id, share_id))


@router.patch("/v1/shares/<share_id>", responses=answers(ShareView))
def change_share(user_id: UserId, share_id: str, change: ShareChange) -> Response[Any]:
    """Edit a link; a later end opens an expired one again."""
    return json_response(shares.change_share(user_id, share_id, change))


@router.delete("/v1/shares/<share_id>", responses=answers(None, HTTPStatus.NO_CONTENT))
def delete_share(user_id: UserId, share_id: str) -> Response[Any]:
    """Revoke a link and take it out of the list."""
    shares.delete_share(user_id, share_id)
    return no_content()


@router.post("/v1/shares/<share_id>/revoke", responses=answers(ShareView))
def revoke_share(user_id: UserId, share_id: str) -> Response[Any]:
    """Take a link back, at once and for good: no address it ever gave out opens anything more."""
    return json_response(shares.revoke_share(user_id, share_id))


@router.get("/v1/shared/<token>", responses=answers(SharedView))
def read_shared(token: str, address: ClientAddress) -> Response[Any]:
    """Show what a link opens; counted as a visit."""
    return json_response(shared.read_shared(token, address), headers={"X-Robots-Tag": "noindex"})
