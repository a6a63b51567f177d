"""Routes of whoever has an address and no session: opening an account, and getting back into one."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.auth import rates, registration
from functions.auth.models import ConfirmRequest, EmailRequest, MailedView, RegisterRequest, ResetPasswordRequest
from likeness.http import ClientAddress, answers, create_router, json_response, no_content

router = create_router()


@router.post("/v1/auth/register", responses=answers(MailedView, HTTPStatus.ACCEPTED))
def register(address: ClientAddress, request: RegisterRequest) -> Response[Any]:
    """Register an address: a mail with a code goes there, or one that says that it has an account."""
    rates.take("register", address, request.email)
    registration.register(request)
    return _mailed(request.email)


@router.post("/v1/auth/confirm", responses=answers(None, HTTPStatus.NO_CONTENT))
def confirm(address: ClientAddress, request: ConfirmRequest) -> Response[Any]:
    """Confirm an address by the code that was mailed to it, and open its account."""
    rates.take("confirm", address, request.email)
    registration.confirm(request)
    return no_content()


@router.post("/v1/auth/resend-code", responses=answers(MailedView, HTTPStatus.ACCEPTED))
def resend_code(address: ClientAddress, request: EmailRequest) -> Response[Any]:
    """Mail another code to an address that is not confirmed yet."""
    rates.take("resend", address, request.email)
    registration.resend_code(request.email)
    return _mailed(request.email)


@router.post("/v1/auth/forgot-password", responses=answers(MailedView, HTTPStatus.ACCEPTED))
def forgot_password(address: ClientAddress, request: EmailRequest) -> Response[Any]:
    """Mail a code that sets a new password, if the address has an account."""
    rates.take("forgot", address, request.email)
    registration.forgot_password(request.email)
    return _mailed(request.email)


@router.post("/v1/auth/reset-password", responses=answers(None, HTTPStatus.NO_CONTENT))
def reset_password(address: ClientAddress, request: ResetPasswordRequest) -> Response[Any]:
    """Set a new password by a mailed code. Every session ends."""
    rates.take("reset", address, request.email)
    registration.reset_password(request)
    return no_content()


def _mailed(email: str) -> Response[Any]:
    return json_response(MailedView(email=email), HTTPStatus.ACCEPTED)
