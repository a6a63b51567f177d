"""A step killed at any call to the outside, then repeated: bought once, paid once, delivered whole or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient

from likeness.credit import read_reservation
from likeness.errors import VendorBusy, VendorTransient
from likeness.items.image import Image
from likeness.vendors import wire
from tests.support import Reply, make_person
from tests.unit.generate.studio import (
    Studio,
    balance,
    close,
    images,
    job_of,
    make_model,
    order,
    render,
    row_of,
    stored_keys,
)


class Killed(BaseException):
    """The process is gone."""


class Calls:
    """Counts calls to AWS and to vendors, and kills the process before or after the n-th."""

    def __init__(self, fatal: int = -1, *, after: bool = False) -> None:
        self.fatal, self.after, self.count = fatal, after, 0

    def do(self, act: Callable[[], Any]) -> Any:
        self.count += 1
        if self.count == self.fatal and not self.after:
            raise Killed
        answer = act()
        if self.count == self.fatal:
            raise Killed
        return answer


@contextmanager
def counted(calls: Calls, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made = vars(BaseClient)["_make_api_call"]

    def over_the_wire(self, name, arguments):
        return calls.do(lambda: made(self, name, arguments))

    transport = httpx.MockTransport(lambda request: calls.do(lambda: studio(request)))
    with monkeypatch.context() as patch, httpx.Client(transport=transport) as client:
        patch.setattr(BaseClient, "_make_api_call", over_the_wire)
        patch.setattr(wire, "client", lambda: client)
        yield


def finish(reply: Reply) -> None:
    """Do what the state machine does: repeat the step, then close."""
    for _ in range(3):
        try:
            render(job_of(reply))
            break
        except (VendorBusy, VendorTransient):
            continue
    close(job_of(reply))


def assert_exact(studio: Studio, reply: Reply, bought_before: int) -> bool:
    """Money, rows and objects agree; say whether the picture was delivered."""
    assert len(studio.jobs) - bought_before <= 1
    row = row_of(reply)
    reservation = read_reservation("ada", row.operation)
    delivered = [image for image in images() if image.generation_id == row.id]
    assert row.is_over
    assert len(delivered) == reservation.used == sum(one["state"] == "done" for one in row.pictures)
    files = [key for image in delivered for key in stored_keys() if image.id in key]
    assert len(files) == 4 * len(delivered)
    assert row.credits_back == 1 - reservation.used
    return bool(delivered)


@pytest.mark.parametrize("vendor", ["fal", "together"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_step_killed_at_any_call_buys_once_pays_once_and_keeps_only_what_is_whole(studio, monkeypatch, vendor, after):
    make_person("ada", 100)
    model_id = make_model()

    def fresh() -> Reply:
        return order(model_id=model_id) if vendor == "fal" else order()

    finish(fresh())  # reads the secrets, which are kept
    whole = Calls()
    bought, reply = len(studio.jobs), fresh()
    with counted(whole, studio, monkeypatch):
        render(job_of(reply))
    close(job_of(reply))
    assert assert_exact(studio, reply, bought)
    delivered = 2
    for fatal in range(1, whole.count + 1):
        bought, reply = len(studio.jobs), fresh()
        with counted(Calls(fatal, after=after), studio, monkeypatch), pytest.raises(Killed):
            render(job_of(reply))
        finish(reply)
        delivered += assert_exact(studio, reply, bought)
    assert balance() == (100 - delivered, 0)
    # only a kill between the claim and the stored answer of the vendor loses the picture
    lost = whole.count + 2 - delivered
    assert 0 < lost <= (3 if vendor == "fal" else 7)
    owned = {image.id for image in Image.query("ada", Image.sk.startswith(Image.PREFIX))}
    assert {key.split("/")[4] for key in stored_keys()} == owned


def test_close_killed_at_any_call_is_finished_by_a_repeat(studio, monkeypatch):
    make_person("ada", 100)
    whole = Calls()
    reply = order()
    with counted(whole, studio, monkeypatch):
        close(job_of(reply))
    for fatal in range(1, whole.count + 1):
        for after in (False, True):
            reply = order()
            with counted(Calls(fatal, after=after), studio, monkeypatch), pytest.raises(Killed):
                close(job_of(reply))
            close(job_of(reply))
            assert not assert_exact(studio, reply, 0)
    assert balance() == (100, 0)


def test_order_killed_at_any_call_is_finished_by_the_same_request(studio, monkeypatch):
    make_person("ada", 100)
    order()  # reads the secrets, which are kept
    whole = Calls()
    with counted(whole, studio, monkeypatch):
        order(key="whole")
    held = 2
    for fatal in range(1, whole.count + 1):
        for after in (False, True):
            key = f"{fatal}-{after}"
            with counted(Calls(fatal, after=after), studio, monkeypatch), pytest.raises(Killed):
                order(key=key)
            reply = order(key=key)
            assert reply.status == 202
            assert order(key=key).body == reply.body
            held += 1
            assert balance() == (100 - held, held)
    assert studio.jobs == []
