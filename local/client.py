"""A person's session with the public API, as a native app would have one: HTTP only, no AWS, no database.

Requests of the API go through `likeness_client`, which is generated from its OpenAPI document. Only the mailed code
comes from the emulator, which is where mail ends on one machine.
"""

import re
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import httpx
from likeness_client import Likeness, Refused
from likeness_client.models import Client as ClientKind
from likeness_client.models import (
    ConfirmRequest,
    LoginRequest,
    PhotoRequest,
    PhotoRequestContentType,
    RefreshRequest,
    RegisterRequest,
    SessionView,
    UploadsRequest,
)
from likeness_client.session import refuse

from local.cloud import Cloud
from local.waiting import wait_for


class MediaRefused(RuntimeError):
    """The CDN answered 403: the signature does not open this file."""


@dataclass
class Client:
    """One person's session; made by `Client(cloud)`, used after `login`."""

    cloud: Cloud
    user_id: str = ""
    token: str = ""
    media_query: str = ""
    transport: httpx.BaseTransport | None = None
    _refresh_token: str = field(default="", repr=False)
    _fresh_until: float = field(default=0.0, repr=False)

    def __enter__(self) -> Self:
        """Return itself; leaving closes its connections."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self.http.close()
        self.api.close()

    @cached_property
    def http(self) -> httpx.Client:
        """A plain client, for files and for requests that no typed client would send."""
        return httpx.Client(timeout=60, trust_env=False, transport=self.transport)

    @cached_property
    def api(self) -> Likeness:
        """The API, typed; the token is added to each request, and refreshed when it is about to run out."""
        http = httpx.Client(
            base_url=self.cloud.site, timeout=60, trust_env=False, transport=self.transport, auth=_Bearer(self)
        )
        return Likeness(self.cloud.site, http=http)

    def send(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int | bool] | None = None,
    ) -> httpx.Response:
        """Send a request as it is, signed in when there is a token; every status is an answer.

        For what the typed client cannot say: malformed requests, and looking at an answer's bytes.
        """
        return self.http.request(
            method,
            self.cloud.site + path,
            json=json,
            headers={**self.bearer(), **(headers or {})},
            params=params,
        )

    def bearer(self) -> dict[str, str]:
        """Return the header that says who asks, with a token that is valid for a while; nothing before `login`."""
        if self._refresh_token and time.monotonic() > self._fresh_until:
            token, self._refresh_token, self.token = self._refresh_token, "", ""
            self._keep(self.api.refresh(RefreshRequest(refresh_token=token)))
            self._refresh_token = self._refresh_token or token
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def register(self, email: str, password: str) -> None:
        """Sign up and confirm the address with the code that was mailed to it."""
        sent = len(self.mails(email))
        terms = self.api.read_catalog().terms_version
        wanted = RegisterRequest(email=email, password=password, adult=True, terms_version=terms)
        self.api.register(wanted)
        code = wait_for(lambda: codes(self.mails(email)[sent:]), bool, seconds=10)[-1]
        self.api.confirm(ConfirmRequest(email=email, code=code))

    def login(self, email: str, password: str) -> None:
        """Sign in as a native app; a token that runs out later is refreshed by itself."""
        credentials = LoginRequest(email=email, password=password, client=ClientKind.NATIVE)
        self._keep(self.api.login(credentials))

    def sign_in(self, email: str, password: str) -> None:
        """Sign in; register and confirm first when nobody has."""
        try:
            self.login(email, password)
        except Refused:
            self.register(email, password)
            self.login(email, password)

    def _keep(self, session: SessionView) -> None:
        self.user_id, self.token = session.user_id, session.access_token
        self.media_query = str(session.media.query or "")
        self._refresh_token = str(session.refresh_token or self._refresh_token)
        self._fresh_until = time.monotonic() + session.expires_in - 60

    def mails(self, address: str) -> list[str]:
        """Return the texts of the mails that were sent to an address, oldest first."""
        answer = self.http.get(f"{self.cloud.endpoint}/_ministack/ses/messages").json()
        every = [mail for account in answer["messages"].values() for mail in account]
        return [str(mail["BodyText"]) for mail in every if address in mail["To"]]

    def upload(self, photos: Iterable[tuple[str, str, bytes]]) -> list[str]:
        """Upload photos (name, content type, bytes) straight to the bucket; return their ids."""
        files = list(photos)
        described = [
            PhotoRequest(filename=name, content_type=PhotoRequestContentType(kind), size=len(content))
            for name, kind, content in files
        ]
        forms = self.api.start_uploads(UploadsRequest(photos=described)).uploads
        for form, (name, kind, content) in zip(forms, files, strict=True):
            file = {"file": (name, content, kind)}
            refuse(self.http.post(form.url, data=form.fields.additional_properties, files=file))
        return [form.photo_id for form in forms]

    def media(self, path: str) -> bytes:
        """Fetch a file that belongs to the signed-in person.

        Raises:
            MediaRefused: the signature does not open it.
        """
        answer = self.http.get(f"{self.cloud.site}{path}?{self.media_query}")
        if answer.status_code == httpx.codes.FORBIDDEN:
            message = f"{path}: {answer.headers.get('x-refused', 'refused')}"
            raise MediaRefused(message)
        return answer.raise_for_status().content


class _Bearer(httpx.Auth):
    """Adds a session's token to each request; the request that refreshes it goes without."""

    def __init__(self, session: Client) -> None:
        self._session = session

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign one request."""
        request.headers.update(self._session.bearer())
        yield request


def codes(mails: Iterable[str]) -> list[str]:
    """Return the six-digit codes in some mails."""
    return [found for mail in mails for found in re.findall(r"\b\d{6}\b", mail)]
