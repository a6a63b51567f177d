"""A client of the public API, as a native app would be one: HTTP only, no AWS, no database.

Only the mailed code comes from the emulator, which is where mail ends on one machine.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import httpx

from local.cloud import Cloud

Answer = dict[str, Any]
POLL_SECONDS = 0.5
Seen = TypeVar("Seen")


class Refused(RuntimeError):
    """The API answered an error; `code` is the stable one, `body` all it said."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        try:
            self.body: Answer = dict(answer.json())
        except ValueError:
            self.body = {"detail": answer.text[:300]}
        self.code = str(self.body.get("code", ""))
        said = self.body.get("detail") or self.body.get("message") or ""
        request = answer.request
        super().__init__(f"{request.method} {request.url.path}: {self.status} {self.code} {said}")


class MediaRefused(RuntimeError):
    """The CDN answered 403: the signature does not open this file."""


class TookTooLong(RuntimeError):
    """What was waited for did not happen in time."""


@dataclass
class Client:
    """One person's session; made by `Client(cloud)`, used after `login`."""

    cloud: Cloud
    user_id: str = ""
    token: str = ""
    media_query: str = ""
    _refresh_token: str = field(default="", repr=False)
    _fresh_until: float = field(default=0.0, repr=False)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    def __enter__(self) -> Self:
        """Return itself; leaving closes its connections."""
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def send(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int | bool] | None = None,
    ) -> httpx.Response:
        """Send one request, signed in when there is a token; every status is an answer."""
        self._refresh_if_due()
        signed = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.http.request(
            method,
            self.cloud.site + path,
            json=json,
            headers={**signed, **(headers or {})},
            params=params,
        )

    def call(self, method: str, path: str, json: object = None, **more: Any) -> Answer:  # noqa: ANN401 - as `send`
        """Send one request and return its JSON.

        Raises:
            Refused: the API answered an error.
        """
        answer = self.send(method, path, json, **more)
        if not answer.is_success:
            raise Refused(answer)
        return dict(answer.json()) if answer.content else {}

    def register(self, email: str, password: str) -> None:
        """Sign up and confirm the address with the code that was mailed to it."""
        sent = len(self.mails(email))
        terms = self.call("GET", "/v1/catalog")["terms_version"]
        self.call(
            "POST",
            "/v1/auth/register",
            {"email": email, "password": password, "adult": True, "terms_version": terms},
        )
        code = wait_for(lambda: codes(self.mails(email)[sent:]), bool, seconds=10)[-1]
        self.call("POST", "/v1/auth/confirm", {"email": email, "code": code})

    def login(self, email: str, password: str) -> None:
        """Sign in as a native app; a token that runs out later is refreshed by itself."""
        credentials = {"email": email, "password": password, "client": "native"}
        self._keep(self.call("POST", "/v1/auth/login", credentials))

    def _keep(self, session: Answer) -> None:
        self.user_id, self.token = session["user_id"], session["access_token"]
        self.media_query = session["media"]["query"]
        self._refresh_token = session["refresh_token"] or self._refresh_token
        self._fresh_until = time.monotonic() + session["expires_in"] - 60

    def _refresh_if_due(self) -> None:
        if self._refresh_token and time.monotonic() > self._fresh_until:
            token, self._refresh_token, self.token = self._refresh_token, "", ""
            self._keep(self.call("POST", "/v1/auth/refresh", {"refresh_token": token}))
            self._refresh_token = self._refresh_token or token

    def sign_in(self, email: str, password: str) -> None:
        """Sign in; register and confirm first when nobody has."""
        try:
            self.login(email, password)
        except Refused:
            self.register(email, password)
            self.login(email, password)

    def mails(self, address: str) -> list[str]:
        """Return the texts of the mails that were sent to an address, oldest first."""
        answer = self.http.get(f"{self.cloud.endpoint}/_ministack/ses/messages").json()
        every = [mail for account in answer["messages"].values() for mail in account]
        return [str(mail["BodyText"]) for mail in every if address in mail["To"]]

    def upload(self, photos: Iterable[tuple[str, str, bytes]]) -> list[str]:
        """Upload photos (name, content type, bytes) straight to the bucket; return their ids."""
        files = list(photos)
        described = [{"filename": name, "content_type": kind, "size": len(content)} for name, kind, content in files]
        forms = self.call("POST", "/v1/photos", {"photos": described})["uploads"]
        for form, (name, kind, content) in zip(forms, files, strict=True):
            file = {"file": (name, content, kind)}
            answer = self.http.post(form["url"], data=form["fields"], files=file)
            if not answer.is_success:
                raise Refused(answer)
        return [str(form["photo_id"]) for form in forms]

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


def codes(mails: Iterable[str]) -> list[str]:
    """Return the six-digit codes in some mails."""
    return [found for mail in mails for found in re.findall(r"\b\d{6}\b", mail)]


def wait_for(
    read: Callable[[], Seen],
    is_over: Callable[[Seen], bool],
    *,
    seconds: float,
    show: Callable[[Seen], None] = lambda _: None,
) -> Seen:
    """Read until it is over and return what was read last.

    Raises:
        TookTooLong: it was not over in time; the text holds what was read last.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen = read()
        show(seen)
        if is_over(seen):
            return seen
        if time.monotonic() > deadline:
            message = f"not over after {seconds:.0f} s: {seen!r:.500}"
            raise TookTooLong(message)
        time.sleep(POLL_SECONDS)
