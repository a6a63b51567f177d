"""HTTP routes of changes of many pictures."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.gallery.models.changes import ChangeRequest, ChangeResults, ChangeView
from functions.gallery.service import changing as service
from likeness.http import OptionalOperation, UserId, answers, create_router, json_response, no_content

router = create_router()


@router.post("/v1/images/changes", responses={**answers(ChangeResults), **answers(ChangeView, HTTPStatus.ACCEPTED)})
def change_images(user_id: UserId, operation: OptionalOperation, request: ChangeRequest) -> Response[Any]:
    """Change the named pictures at once, or start changing all that match filters."""
    if request.filters is None:
        return json_response(service.change_now(user_id, request))
    return json_response(service.start_change(user_id, request, operation), HTTPStatus.ACCEPTED)


@router.get("/v1/images/changes/<change_id>", responses=answers(ChangeView))
def read_change(user_id: UserId, change_id: str) -> Response[Any]:
    """Show how far a change of all matching pictures has come."""
    return json_response(service.read_change(user_id, change_id))


@router.delete("/v1/images/changes/<change_id>", responses=answers(None, HTTPStatus.NO_CONTENT))
def stop_change(user_id: UserId, change_id: str) -> Response[Any]:
    """Stop a change; what is done stays done."""
    service.stop_change(user_id, change_id)
    return no_content()
