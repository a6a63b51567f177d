"""`fal`: the vendor at the other end of every request; `woken`: who was woken."""

from collections.abc import Iterator

import httpx
import pytest

from likeness import workflow
from likeness.vendors import webhook, wire
from tests.unit.train.fal import Fal


@pytest.fixture(autouse=True)
def fal(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fal]:
    fal = Fal()
    client = httpx.Client(transport=httpx.MockTransport(fal), follow_redirects=False)
    monkeypatch.setattr(wire, "client", lambda: client)
    webhook.key_set.cache_clear()
    yield fal
    webhook.key_set.cache_clear()
    client.close()


@pytest.fixture
def woken(monkeypatch) -> list[str]:
    """The tokens that were completed; "gone" is one that nobody waits with."""
    tokens: list[str] = []

    def wake(token: str) -> bool:
        tokens.append(token)
        return token != "gone"

    monkeypatch.setattr(workflow, "wake", wake)
    return tokens
