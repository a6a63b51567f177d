"""When an order will be over, by how long those before it took."""

from datetime import datetime, timedelta

import pytest
from pynamodb.exceptions import UpdateError

from functions.generate.service import sweeping
from likeness import pace
from likeness.catalog.reader import catalog
from likeness.items.generation import Generation
from likeness.items.pace import RenderPace
from likeness.items.row import born
from likeness.query import fetch
from tests.support import make_person
from tests.unit.generate.studio import Studio, cancel, close, job_of, order, quote, read, render, row_of

BASE = catalog().base_model("flux-2-dev")
assert BASE is not None
assert BASE.render is not None
ENDPOINT = BASE.render


@pytest.fixture(autouse=True)
def _unread(studio: Studio, monkeypatch) -> None:
    monkeypatch.setattr(pace, "_cache", {})


def keep(seconds: float) -> None:
    for _ in range(40):
        pace.of_pictures(ENDPOINT, 4).keep(seconds)


def kept() -> list[float]:
    rows = fetch(RenderPace, "PACE", [RenderPace.of(ENDPOINT["endpoint"]).sk])
    return [float(one["N"]) for row in rows for name, one in row.items() if name[1:].isdigit()]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_running_order_shows_when_it_will_be_over_and_an_ended_one_does_not() -> None:
    make_person()
    keep(30.0)
    reply = order(count=5)
    shown = read(reply).json
    assert moment(shown["eta"]["p50_at"]) - moment(shown["created_at"]) == timedelta(seconds=60)
    assert shown["eta"]["p90_at"] == shown["eta"]["p50_at"]
    cancel(reply)
    assert read(reply).json["eta"] is None


def test_quote_says_how_long_it_would_take() -> None:
    make_person()
    assert quote(base_model="flux-2-dev", count=1).json["seconds"] is None
    pace._cache.clear()
    keep(30.0)
    assert quote(base_model="flux-2-dev", count=9).json["seconds"] == {"p50": 90, "p90": 90}


def test_order_that_succeeded_is_kept_by_the_round_once(monkeypatch) -> None:
    make_person()
    reply = order(count=5)
    for number in range(1, 6):
        render(job_of(reply), number)
    began = born(reply.json["id"]).timestamp()
    monkeypatch.setattr("likeness.generation.time", lambda: began + 50)
    close(job_of(reply))
    close(job_of(reply))
    assert kept() == [25.0]


def test_order_that_failed_or_was_cancelled_is_not_kept() -> None:
    make_person()
    close(job_of(order(count=1)))
    reply = order(count=2)
    render(job_of(reply), 1)
    cancel(reply)
    assert kept() == []


def test_order_that_was_overdue_is_not_kept() -> None:
    make_person()
    reply = order(count=2)
    render(job_of(reply), 1)
    row_of(reply).update([Generation.deadline.set(0), Generation.check_at.set(0)])
    assert sweeping.sweep() == 1
    assert read(reply).json["status"] == "succeeded"
    assert kept() == []


def test_samples_are_not_kept_for_their_id_is_older_than_they_are() -> None:
    make_person()
    reply = order(count=1)
    render(job_of(reply), 1)
    row = row_of(reply)
    row.update([Generation.request.set({**row.request, "relation": "sample"})])
    close(job_of(reply))
    assert kept() == []


def test_order_ends_though_its_pace_cannot_be_kept(monkeypatch) -> None:
    make_person()
    reply = order(count=1)
    render(job_of(reply))
    monkeypatch.setattr(RenderPace, "update", _refuse)
    close(job_of(reply))
    assert read(reply).json["status"] == "succeeded"


def _refuse(*_: object) -> None:

    raise UpdateError("the table is away")
