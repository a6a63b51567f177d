"""How long a job will take: exact percentiles of what was kept, and nothing that can break the job."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from likeness import pace
from likeness.errors import Busy
from likeness.items.pace import RenderPace
from likeness.query import fetch
from likeness.table import Item, Raw
from tests.support import client

ENDPOINT = {"endpoint": "fal-ai/flux-lora"}
BEGAN = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
NEVER = 2**40


@pytest.fixture(autouse=True)
def _unread(aws: None, monkeypatch):
    monkeypatch.setattr(pace, "_cache", {})


def keep(seconds: list[float], monkeypatch, pictures: int = 1) -> None:
    slots = iter(range(len(seconds)))
    with monkeypatch.context() as patch:
        patch.setattr("likeness.pace.random.randrange", lambda _: next(slots))
        for one in seconds:
            pace.of_pictures(ENDPOINT, pictures).keep(one)


def rows() -> list[Raw]:
    return fetch(RenderPace, "PACE", ["PACE#generation#fal-ai/flux-lora"])


@pytest.mark.parametrize(
    ("kept", "pictures", "expected"),
    [
        ([7.0] * 5, 1, (7, 7)),
        ([10.0, 20.0, 30.0, 40.0, 50.0], 4, (30, 46)),
        ([50.0, 10.0, 40.0, 20.0, 30.0], 5, (60, 92)),
        ([float(n) for n in range(1, 12)], 16, (24, 40)),
    ],
)
def test_band_is_the_median_and_the_slowest_tenth_of_rounds(kept, pictures, expected, monkeypatch) -> None:
    keep(kept, monkeypatch)
    found = pace.of_pictures(ENDPOINT, pictures).seconds()
    assert found is not None
    assert (found.p50, found.p90) == expected


def test_order_of_many_rounds_is_kept_by_the_round(monkeypatch) -> None:
    keep([40.0] * 5, monkeypatch, pictures=16)
    found = pace.of_pictures(ENDPOINT, 1).seconds()
    assert found is not None
    assert found.p50 == 10


def test_training_is_kept_by_hundred_steps(monkeypatch) -> None:
    for slot in range(5):
        monkeypatch.setattr("likeness.pace.random.randrange", lambda _, slot=slot: slot)
        pace.of_training(ENDPOINT, 1000).keep(1200.0)
    found = pace.of_training(ENDPOINT, 500).seconds()
    assert found is not None
    assert found.p50 == 600
    assert pace.of_pictures(ENDPOINT, 1).seconds() is None


def test_too_few_samples_and_an_absent_row_say_nothing(monkeypatch) -> None:
    assert pace.of_pictures(ENDPOINT, 1).seconds() is None
    monkeypatch.setattr(pace, "_cache", {})
    keep([1.0] * 4, monkeypatch)
    assert pace.of_pictures(ENDPOINT, 1).seconds() is None
    assert pace.of_pictures(ENDPOINT, 1).eta(BEGAN, NEVER) is None


def test_row_never_grows_beyond_its_slots_and_is_nobodys() -> None:
    for number in range(300):
        pace.of_pictures(ENDPOINT, 1).keep(float(number))
    (row,) = rows()
    slots = [name for name in row if name[1:].isdigit()]
    assert 60 < len(slots) <= pace.SLOTS
    assert {name: row[name] for name in row if name not in slots} == {
        "pk": {"S": "PACE"},
        "sk": {"S": "PACE#generation#fal-ai/flux-lora"},
        "kind": {"S": "RENDER_PACE"},
    }


def test_end_is_counted_from_the_beginning_and_never_after_the_deadline(monkeypatch) -> None:
    keep([10.0, 20.0, 30.0, 40.0, 50.0], monkeypatch)
    began = int(BEGAN.timestamp())
    found = pace.of_pictures(ENDPOINT, 4).eta(BEGAN, began + 40)
    assert found is not None
    assert (found.p50_at.timestamp() - began, found.p90_at.timestamp() - began) == (30, 40)


def test_row_is_read_once_a_minute(monkeypatch) -> None:
    clock, reads = [0.0], []

    def read(*key: object) -> list[object]:
        reads.append(key)
        return []

    monkeypatch.setattr("likeness.pace.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(pace, "fetch", read)
    for moment in (0, 1, 59.9, 60.1, 61):
        clock[0] = moment
        pace.of_pictures(ENDPOINT, 1).seconds()
    assert len(reads) == 2


@pytest.mark.parametrize("error", [ClientError({"Error": {"Code": "ThrottlingException"}}, "x"), Busy("later")])
def test_row_that_cannot_be_read_is_unknown(error, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise error

    keep([1.0] * 5, monkeypatch)
    monkeypatch.setattr(pace, "fetch", refuse)
    assert pace.of_pictures(ENDPOINT, 1).seconds() is None


def test_what_cannot_be_written_is_dropped() -> None:
    client("dynamodb").delete_table(TableName="images")
    pace.of_pictures(ENDPOINT, 1).keep(1.0)
    assert pace.of_pictures(ENDPOINT, 1).seconds() is None


def test_what_the_table_refuses_is_dropped(monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "UpdateItem")

    monkeypatch.setattr(Item, "update", refuse)
    pace.of_pictures(ENDPOINT, 1).keep(1.0)
    monkeypatch.undo()
    assert rows() == []
