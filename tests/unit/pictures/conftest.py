"""Crashes that are meant."""

import faulthandler
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def quiet_crashes() -> Iterator[None]:
    """Decoders that crash on purpose print no stacks."""
    faulthandler.disable()
    yield
    faulthandler.enable(2)
