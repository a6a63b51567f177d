"""HTTP routes of orders that are made out of a picture."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.generate.models.orders import RemixRequest, StartedView, VariationRequest
from functions.generate.service import lineage, orders
from likeness.http import ClientAddress, Operation, UserId, answers, create_router, json_response
from likeness.wire import fingerprint

router = create_router()


@router.post("/v1/images/<image_id>/remixes", responses=answers(StartedView, HTTPStatus.ACCEPTED))
def start_remix(
    user_id: UserId, operation: Operation, address: ClientAddress, image_id: str, request: RemixRequest
) -> Response[Any]:
    """Order pictures like one there is, with changes: all of it but the seed, in the catalog of today."""
    orders.admit(user_id, address)
    started = orders.take(user_id, lambda: lineage.remix(user_id, image_id, request), operation, fingerprint(request))
    return json_response(started, HTTPStatus.ACCEPTED)


@router.post("/v1/images/<image_id>/variations", responses=answers(StartedView, HTTPStatus.ACCEPTED))
def start_variations(
    user_id: UserId, operation: Operation, address: ClientAddress, image_id: str, request: VariationRequest
) -> Response[Any]:
    """Order what made a picture once more, by other seeds."""
    orders.admit(user_id, address)
    started = orders.take(user_id, lambda: lineage.vary(user_id, image_id, request), operation, fingerprint(request))
    return json_response(started, HTTPStatus.ACCEPTED)
