"""Vendors on a MockTransport: `net` answers what a test tells it to, and keeps what was sent."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from likeness.vendors import webhook, wire
from tests.conftest import SECRETS

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Net:
    """The network: answers in order, the last one for ever; `requests` is what arrived."""

    answers: list[Answer] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    secrets: dict[str, dict[str, Any]] = field(default_factory=lambda: deepcopy(SECRETS))
    rotated: dict[str, dict[str, Any]] = field(default_factory=dict)

    def will(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def secret(self, name: str, *, fresh: bool = False) -> dict[str, Any]:
        if fresh:
            self.secrets.update(self.rotated)
        return self.secrets[name]


@pytest.fixture
def production_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """The client of production itself; ask for it before `net`."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    client = wire.client.__wrapped__()
    yield client
    client.close()


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    net = Net()
    client = httpx.Client(transport=httpx.MockTransport(net), follow_redirects=False)
    monkeypatch.setattr(wire, "client", lambda: client)
    monkeypatch.setattr(wire, "secret", net.secret)
    webhook.key_set.cache_clear()
    yield net
    webhook.key_set.cache_clear()
    client.close()
