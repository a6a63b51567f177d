"""`fal`: the vendor at the other end of every request."""

from collections.abc import Iterator

import httpx
import pytest

from likeness.vendors import webhook, wire
from tests.unit.train.studio import Fal


@pytest.fixture(autouse=True)
def fal(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fal]:
    fal = Fal()
    client = httpx.Client(transport=httpx.MockTransport(fal), follow_redirects=False)
    monkeypatch.setattr(wire, "client", lambda: client)
    webhook.key_set.cache_clear()
    yield fal
    webhook.key_set.cache_clear()
    client.close()
