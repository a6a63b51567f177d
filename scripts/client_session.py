"""The part of the Python client that is written by hand: who asks, and what a refusal looks like.

`scripts.client` copies this file into the package `likeness_client`.
"""

from typing import Any

import httpx
from likeness_client.client import AuthenticatedClient


class Refused(RuntimeError):
    """An error was answered, by the API or by what stands in front of it.

    `status` is that of HTTP, `code` the stable word for what is wrong (empty when the API itself did not answer),
    `body` all that was said: `detail` in it is a sentence for people.
    """

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        try:
            self.body: dict[str, Any] = dict(answer.json())
        except ValueError:
            self.body = {"detail": answer.text[:300]}
        self.code = str(self.body.get("code", ""))
        said = self.body.get("detail") or self.body.get("message") or ""
        request = answer.request
        super().__init__(f"{request.method} {request.url.path}: {self.status} {self.code} {said}")


def refuse(answer: httpx.Response) -> None:
    """Raise `Refused` for an error."""
    if answer.is_error:
        answer.read()
        raise Refused(answer)


class Session:
    """One person's connection to a service at `base_url`, signed in by an access token.

    `http` brings its own way to sign requests, such as one that refreshes the token; without a token and without it
    only the public operations answer.
    """

    def __init__(self, base_url: str, token: str = "", *, http: httpx.Client | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = http or httpx.Client(base_url=base_url, headers=headers, timeout=30)
        self.http.event_hooks["response"].append(refuse)
        self.client = AuthenticatedClient(base_url=base_url, token=token).set_httpx_client(self.http)

    def close(self) -> None:
        """Close its connections."""
        self.http.close()
