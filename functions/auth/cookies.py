"""The cookies of a browser's session, and the demand that they are sent from our own pages.

Media cookies are sent to `/media` alone, the refresh token to `/v1/auth` alone. `__Host-` would keep siblings of
our host from setting it, but wants `Path=/`, which would show it to every function and log.
"""

import time
from typing import Annotated
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from functions.auth.session import REFRESH_SECONDS, Session
from likeness.errors import OriginRefused
from likeness.gate import demand_json_type
from likeness.settings import settings

REFRESH = "__Secure-refresh"
_MEDIA = ("Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")


def given(session: Session) -> list[Cookie]:
    """Return the cookies of a new session."""
    return [_refresh(session.refresh_value, REFRESH_SECONDS), *renewed(session)]


def renewed(session: Session) -> list[Cookie]:
    """Return the cookies that a refresh renews: those for media."""
    seconds = session.media.expires_at - int(time.time())
    return [_media(name, value, seconds) for name, value in session.media.cookies.items()]


def cleared() -> list[Cookie]:
    """Return what takes every cookie of a session away."""
    return [_refresh("", 0), *(_media(f"CloudFront-{name}", "", 0) for name in _MEDIA)]


def _refresh(value: str, seconds: int) -> Cookie:
    return Cookie(REFRESH, value, path="/v1/auth", http_only=True, same_site=SameSite.STRICT_MODE, max_age=seconds)


def _media(name: str, value: str, seconds: int) -> Cookie:
    return Cookie(name, value, path="/media", http_only=True, same_site=SameSite.STRICT_MODE, max_age=seconds)


class Sender:
    """Who sent a request, as far as a browser says."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def demand_own_site(self) -> None:
        """Refuse what another site could have made a browser send.

        SameSite is the first defence. This is the second: `Origin`, where there is one, is ours, and the body is of
        a type that a browser sends to other sites only after asking them.

        Raises:
            OriginRefused: it comes from another origin.
            UnsupportedMedia: its content type is not JSON.
        """
        origin = self._headers.get("origin")
        ours = urlsplit(settings().site_url)
        if origin is not None and origin != f"{ours.scheme}://{ours.netloc}":
            raise OriginRefused("This works from our own pages only.")
        demand_json_type(self._headers)


def _sender(request: Request) -> Sender:
    return Sender({name.lower(): value for name, value in request.headers.items()})


FromBrowser = Annotated[Sender, Depends(_sender)]
"""The sender of a request that may carry cookies."""
