"""Routes of sessions: signing in, staying in and leaving, on one device or on all."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.auth import cookies, rates, session
from functions.auth.cookies import FromBrowser
from functions.auth.models import (
    ChangePasswordRequest,
    Client,
    LoginRequest,
    MediaView,
    RefreshRequest,
    SessionView,
)
from functions.auth.session import Session
from likeness.errors import SessionEnded
from likeness.http import (
    ClientAddress,
    Cookies,
    RecentUserId,
    UserId,
    answers,
    create_router,
    json_response,
    no_content,
    problem,
)
from likeness.limit import give_back

router = create_router()


@router.post("/v1/auth/login", responses=answers(SessionView))
def login(address: ClientAddress, sender: FromBrowser, request: LoginRequest) -> Response[Any]:
    """Sign in. Browsers get their refresh token and access to media as cookies, native clients in the body."""
    if request.client is Client.BROWSER:
        sender.demand_own_site()
    tried = rates.take("login", address, request.email)
    opened = session.login(request)
    give_back(tried)
    return _opened(opened, request.client)


@router.post("/v1/auth/refresh", responses=answers(SessionView))
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


@router.post("/v1/auth/logout", responses=answers(None, HTTPStatus.NO_CONTENT))
def logout(jar: Cookies, sender: FromBrowser, request: RefreshRequest | None = None) -> Response[Any]:
    """Sign out: the refresh token is revoked and the cookies are gone."""
    if request is not None and request.refresh_token is not None:
        session.logout(request.refresh_token)
    else:
        sender.demand_own_site()
        session.logout(jar.get(cookies.REFRESH, ""))
    return no_content(cookies=cookies.cleared())


@router.post("/v1/me/password", responses=answers(SessionView))
def change_password(
    user_id: RecentUserId, address: ClientAddress, sender: FromBrowser, request: ChangePasswordRequest
) -> Response[Any]:
    """Change one's password. Every session ends; the answer is a new one. Wants a sign-in of the last 15 minutes."""
    if request.client is Client.BROWSER:
        sender.demand_own_site()
    rates.take("password", address, user_id)
    return _opened(session.change_password(user_id, request), request.client)


@router.delete("/v1/me/sessions", responses=answers(None, HTTPStatus.NO_CONTENT))
def end_sessions(user_id: UserId) -> Response[Any]:
    """Sign out everywhere. What was handed out lives on: access tokens up to 15 minutes, media access up to 13 h."""
    session.end_all(user_id)
    return no_content(cookies=cookies.cleared())


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
