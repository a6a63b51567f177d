"""Routes of one's own account: what it says, where its mail goes, and its end."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.auth import cookies, moving, rates, receipts, service
from functions.auth.models import (
    ChangeMeRequest,
    ConfirmEmailRequest,
    EmailRequest,
    ErasureReceiptView,
    ErasureView,
    MailedView,
    MeView,
)
from likeness.http import ClientAddress, RecentUserId, UserId, answers, create_router, json_response
from likeness.items.user import AccountState

router = create_router()


@router.get("/v1/me", responses=answers(MeView))
def read_me(user_id: UserId) -> Response[Any]:
    """Show one's own account."""
    return json_response(service.read_me(user_id))


@router.patch("/v1/me", responses=answers(MeView))
def change_me(user_id: UserId, request: ChangeMeRequest) -> Response[Any]:
    """Change one's name, or accept the present terms."""
    return json_response(service.change_me(user_id, request))


@router.post("/v1/me/email", responses=answers(MailedView, HTTPStatus.ACCEPTED))
def move(user_id: RecentUserId, address: ClientAddress, request: EmailRequest) -> Response[Any]:
    """Mail a code to the address to move to; an address in use is told so. Wants a sign-in of the last 15 minutes."""
    rates.take("move", address, user_id)
    rates.take("move-to", address, request.email)
    moving.ask(user_id, request.email)
    return json_response(MailedView(email=request.email), HTTPStatus.ACCEPTED)


@router.post("/v1/me/email/confirm", responses=answers(MeView))
def confirm_move(user_id: UserId, address: ClientAddress, request: ConfirmEmailRequest) -> Response[Any]:
    """Move to the address by the code that was mailed there. Every session ends: sign in with the new address."""
    rates.take("confirm-move", address, user_id)
    moving.confirm(user_id, request.code)
    return json_response(service.read_me(user_id), cookies=cookies.cleared())


@router.delete("/v1/me", responses=answers(ErasureView, HTTPStatus.ACCEPTED))
def delete_me(user_id: RecentUserId) -> Response[Any]:
    """Erase one's account and everything in it, for good. Wants a sign-in of the last 15 minutes."""
    service.start_erasure(user_id)
    view = ErasureView(state=AccountState.ERASING, receipt=receipts.path_of(user_id))
    return json_response(view, HTTPStatus.ACCEPTED, cookies=cookies.cleared())


@router.get("/v1/erasures/<token>", responses=answers(ErasureReceiptView))
def read_erasure(token: str, address: ClientAddress) -> Response[Any]:
    """Show what an erasure has removed and what is kept, and why. The token says which: nobody needs an account."""
    rates.take_network("receipt", address)
    return json_response(receipts.read(token))
