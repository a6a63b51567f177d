"""HTTP route of replays."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.generate.models.orders import StartedView
from functions.generate.models.replay import ReplayRequest
from functions.generate.service import orders, replay
from likeness.http import ClientAddress, Operation, UserId, answers, create_router, json_response
from likeness.wire import fingerprint

router = create_router()


@router.post("/v1/images/<image_id>/replay", responses=answers(StartedView, HTTPStatus.ACCEPTED))
def replay_image(
    user_id: UserId, operation: Operation, address: ClientAddress, image_id: str, request: ReplayRequest
) -> Response[Any]:
    """Make a picture again exactly as it was ordered, at today's price; its order then says how alike the two are."""
    orders.admit(user_id, address)
    started = replay.start_replay(user_id, image_id, operation, fingerprint(request))
    return json_response(started, HTTPStatus.ACCEPTED)
