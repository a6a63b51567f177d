"""HTTP routes of orders of pictures."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.generate.models.generations import GenerationList, GenerationView
from functions.generate.models.orders import GenerationRequest, QuoteView, StartedView
from functions.generate.routes.etags import Known, is_known, unchanged
from functions.generate.service import orders, reading, retrying
from likeness.http import (
    ClientAddress,
    Cursor,
    Operation,
    PageSize,
    UserId,
    answers,
    create_router,
    json_response,
)
from likeness.wire import fingerprint

router = create_router()

RETRY = "retry"
"""A retry has no body: its path says it all."""


@router.post("/v1/generations/quote", responses=answers(QuoteView))
def quote_generation(user_id: UserId, request: GenerationRequest) -> Response[Any]:
    """Say what an order of pictures would cost."""
    return json_response(orders.quote_generation(user_id, request))


@router.post("/v1/generations", responses=answers(StartedView, HTTPStatus.ACCEPTED))
def start_generation(
    user_id: UserId, operation: Operation, address: ClientAddress, request: GenerationRequest
) -> Response[Any]:
    """Order pictures: the price is held now, and what is not delivered comes back."""
    orders.admit(user_id, address)
    started = orders.start_generation(user_id, request, operation, fingerprint(request))
    return json_response(started, HTTPStatus.ACCEPTED)


@router.get("/v1/generations", responses=answers(GenerationList))
def list_generations(user_id: UserId, limit: PageSize = 24, cursor: Cursor = None) -> Response[Any]:
    """List orders, newest first."""
    return json_response(reading.list_generations(user_id, limit, cursor))


@router.get("/v1/generations/<generation_id>", responses=answers(GenerationView))
def read_generation(user_id: UserId, generation_id: str, known: Known = None) -> Response[Any]:
    """Show one order and its pictures; made to be polled with If-None-Match."""
    generation = reading.read_generation(user_id, generation_id)
    headers = {"ETag": f'"{int(generation.version)}"', "Cache-Control": "no-store"}
    if is_known(headers["ETag"], known):
        return unchanged(headers)
    return json_response(reading.view(generation), headers=headers)


@router.post("/v1/generations/<generation_id>/cancel", responses=answers(GenerationView))
def cancel_generation(user_id: UserId, generation_id: str) -> Response[Any]:
    """End an order now; pictures that are done stay and are paid, the other credits are back."""
    return json_response(reading.view(reading.cancel_generation(user_id, generation_id)))


@router.post("/v1/generations/<generation_id>/retry", responses=answers(StartedView, HTTPStatus.ACCEPTED))
def retry_generation(
    user_id: UserId, operation: Operation, address: ClientAddress, generation_id: str
) -> Response[Any]:
    """Order the missing pictures of an ended order again, once; they are held and paid as a new order."""
    orders.admit(user_id, address)
    started = orders.take(user_id, lambda: retrying.order_again(user_id, generation_id), operation, RETRY)
    return json_response(started, HTTPStatus.ACCEPTED)
