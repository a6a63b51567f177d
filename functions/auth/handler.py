"""HTTP routes of the auth feature."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.auth import cookies, rates, registration, service, session
from functions.auth.cookies import FromBrowser
from functions.auth.models import (
    ChangeMeRequest,
    ChangePasswordRequest,
    Client,
    ConfirmRequest,
    EmailRequest,
    ErasureView,
    LoginRequest,
    MailedView,
    MediaView,
    MeView,
    RefreshRequest,
    RegisterRequest,
    ResetPasswordRequest,
    SessionView,
)
from functions.auth.session import Session
from likeness import aws
from likeness.errors import SessionEnded
from likeness.http import (
    ClientAddress,
    Cookies,
    RecentUserId,
    UserId,
    answers,
    create_app,
    create_handler,
    json_response,
    no_content,
    problem,
)
from likeness.items.user import AccountState
from likeness.limit import give_back

app = create_app()


@app.post("/v1/auth/register", responses=answers(MailedView, HTTPStatus.ACCEPTED))
def register(address: ClientAddress, request: RegisterRequest) -> Response[Any]:
    """Register an address: a mail with a code goes there, or one that says that it has an account."""
    rates.take("register", address, request.email)
    registration.register(request)
    return _mailed(request.email)


@app.post("/v1/auth/confirm", responses=answers(None, HTTPStatus.NO_CONTENT))
def confirm(address: ClientAddress, request: ConfirmRequest) -> Response[Any]:
    """Confirm an address by the code that was mailed to it, and open its account."""
    rates.take("confirm", address, request.email)
    registration.confirm(request)
    return no_content()


@app.post("/v1/auth/resend-code", responses=answers(MailedView, HTTPStatus.ACCEPTED))
def resend_code(address: ClientAddress, request: EmailRequest) -> Response[Any]:
    """Mail another code to an address that is not confirmed yet."""
    rates.take("resend", address, request.email)
    registration.resend_code(request.email)
    return _mailed(request.email)


@app.post("/v1/auth/login", responses=answers(SessionView))
def login(address: ClientAddress, sender: FromBrowser, request: LoginRequest) -> Response[Any]:
    """Sign in. Browsers get their refresh token and access to media as cookies, native clients in the body."""
    if request.client is Client.BROWSER:
        sender.demand_own_site()
    tried = rates.take("login", address, request.email)
    opened = session.login(request)
    give_back(tried)
    return _opened(opened, request.client)


@app.post("/v1/auth/refresh", responses=answers(SessionView))
def refresh(jar: Cookies, sender: FromBrowser, request: RefreshRequest | None = None) -> Response[Any]:
    """Get a new access token: browsers by their cookie, native clients by the token in the body."""
    if request is not None and request.refresh_token is not None:
        return _opened(session.refresh(request.refresh_token), Client.NATIVE)
    sender.demand_own_site()
    try:
        renewed = session.refresh(jar.get(cookies.REFRESH, ""))
    except SessionEnded as error:
        refused = problem(error.status, error.code, error.detail)
        refused.cookies = cookies.cleared()
        return refused
    return json_response(_view(renewed, Client.BROWSER), cookies=cookies.renewed(renewed))


@app.post("/v1/auth/logout", responses=answers(None, HTTPStatus.NO_CONTENT))
def logout(jar: Cookies, sender: FromBrowser, request: RefreshRequest | None = None) -> Response[Any]:
    """Sign out: the refresh token is revoked and the cookies are gone."""
    if request is not None and request.refresh_token is not None:
        session.logout(request.refresh_token)
    else:
        sender.demand_own_site()
        session.logout(jar.get(cookies.REFRESH, ""))
    return no_content(cookies=cookies.cleared())


@app.post("/v1/auth/forgot-password", responses=answers(MailedView, HTTPStatus.ACCEPTED))
def forgot_password(address: ClientAddress, request: EmailRequest) -> Response[Any]:
    """Mail a code that sets a new password, if the address has an account."""
    rates.take("forgot", address, request.email)
    registration.forgot_password(request.email)
    return _mailed(request.email)


@app.post("/v1/auth/reset-password", responses=answers(None, HTTPStatus.NO_CONTENT))
def reset_password(address: ClientAddress, request: ResetPasswordRequest) -> Response[Any]:
    """Set a new password by a mailed code. Every session ends."""
    rates.take("reset", address, request.email)
    registration.reset_password(request)
    return no_content()


@app.get("/v1/me", responses=answers(MeView))
def read_me(user_id: UserId) -> Response[Any]:
    """Show one's own account."""
    return json_response(service.read_me(user_id))


@app.patch("/v1/me", responses=answers(MeView))
def change_me(user_id: UserId, request: ChangeMeRequest) -> Response[Any]:
    """Change one's name, or accept the present terms."""
    return json_response(service.change_me(user_id, request))


@app.post("/v1/me/password", responses=answers(SessionView))
def change_password(
    user_id: RecentUserId, address: ClientAddress, sender: FromBrowser, request: ChangePasswordRequest
) -> Response[Any]:
    """Change one's password. Every session ends; the answer is a new one. Wants a sign-in of the last 15 minutes."""
    if request.client is Client.BROWSER:
        sender.demand_own_site()
    rates.take("password", address, user_id)
    return _opened(session.change_password(user_id, request), request.client)


@app.delete("/v1/me", responses=answers(ErasureView, HTTPStatus.ACCEPTED))
def delete_me(user_id: RecentUserId) -> Response[Any]:
    """Erase one's account and everything in it, for good. Wants a sign-in of the last 15 minutes."""
    service.start_erasure(user_id)
    return json_response(ErasureView(state=AccountState.ERASING), HTTPStatus.ACCEPTED, cookies=cookies.cleared())


def _mailed(email: str) -> Response[Any]:
    return json_response(MailedView(email=email), HTTPStatus.ACCEPTED)


def _opened(opened: Session, client: Client) -> Response[Any]:
    return json_response(_view(opened, client), cookies=cookies.given(opened) if client is Client.BROWSER else None)


def _view(opened: Session, client: Client) -> SessionView:
    is_native = client is Client.NATIVE
    return SessionView(
        user_id=opened.user_id,
        access_token=opened.access_token,
        expires_in=opened.expires_in,
        refresh_token=opened.refresh_value if is_native else None,
        media=MediaView(
            query=opened.media.query if is_native else None,
            expires_at=datetime.fromtimestamp(opened.media.expires_at, UTC),
        ),
    )


handler = create_handler(app, aws.cognito)
