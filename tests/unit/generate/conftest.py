"""Vendors that answer as theirs do, and a clock that does not wait."""

from collections.abc import Iterator

import httpx
import pytest

from functions.generate.service import rendering
from likeness.vendors import wire
from tests.unit.generate.studio import Studio


@pytest.fixture
def studio(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    studio = Studio()
    client = httpx.Client(transport=httpx.MockTransport(studio), follow_redirects=False)
    monkeypatch.setattr(wire, "client", lambda: client)
    monkeypatch.setattr(rendering, "sleep", studio.sleep)
    monkeypatch.setattr(rendering, "monotonic", lambda: studio.elapsed)
    yield studio
    client.close()
