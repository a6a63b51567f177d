"""`upload`: a file sent and inspected."""

import faulthandler
from collections.abc import Iterator

import pytest

from likeness.items.row import new_id
from tests.support import make_person
from tests.uploads import Send, notify, put_raw


@pytest.fixture
def upload(aws) -> Send:
    """Upload a file and have it inspected; returns the photo's id."""
    make_person("ada", 0)

    def send(content: bytes, *, user: str = "ada", photo_id: str | None = None, filename: str = "me.jpg") -> str:
        photo_id = photo_id or new_id()
        put_raw(photo_id, content, user=user, filename=filename)
        notify(photo_id, user=user)
        return photo_id

    return send


@pytest.fixture(autouse=True)
def quiet_crashes() -> Iterator[None]:
    """Decoders that crash on purpose print no stacks."""
    faulthandler.disable()
    yield
    faulthandler.enable(2)
