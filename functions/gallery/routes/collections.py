"""HTTP routes of collections."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.gallery.models.collections import CollectionChange, CollectionList, CollectionRequest, CollectionView
from functions.gallery.service import collections as service
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

router = create_router()


@router.post("/v1/collections", responses=answers(CollectionView, HTTPStatus.CREATED))
def create_collection(user_id: UserId, operation: OptionalOperation, request: CollectionRequest) -> Response[Any]:
    """Make a collection that pictures are put into, or a smart one of all that match filters."""
    return json_response(service.create_collection(user_id, request, operation), HTTPStatus.CREATED)


@router.get("/v1/collections", responses=answers(CollectionList))
def list_collections(user_id: UserId, limit: PageSize = 24, cursor: Cursor = None) -> Response[Any]:
    """List collections, newest first."""
    return json_response(service.list_collections(user_id, limit, cursor))


@router.get("/v1/collections/<collection_id>", responses=answers(CollectionView))
def read_collection(user_id: UserId, collection_id: str) -> Response[Any]:
    """Show one collection."""
    return json_response(service.read_collection(user_id, collection_id))


@router.patch("/v1/collections/<collection_id>", responses=answers(CollectionView))
def change_collection(user_id: UserId, collection_id: str, change: CollectionChange) -> Response[Any]:
    """Rename a collection, or give a smart one other filters."""
    return json_response(service.change_collection(user_id, collection_id, change))


@router.delete("/v1/collections/<collection_id>", responses=answers(None, HTTPStatus.NO_CONTENT))
def delete_collection(user_id: UserId, collection_id: str) -> Response[Any]:
    """Delete a collection; its pictures stay, and are taken out of it in the minutes that follow."""
    service.delete_collection(user_id, collection_id)
    return no_content()
