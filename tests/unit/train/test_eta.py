"""When a training will be over, by how long those before it took."""

from datetime import datetime, timedelta

import pytest

from likeness import pace
from likeness.catalog.reader import catalog
from likeness.items.pace import TrainingPace
from likeness.items.row import born
from likeness.query import fetch
from tests.unit.train.fal import FAILED, Fal
from tests.unit.train.studio import started

BASE = catalog().base_model("flux-1-dev")
assert BASE is not None
assert BASE.train is not None
ENDPOINT = BASE.train


@pytest.fixture(autouse=True)
def _unread(monkeypatch) -> None:
    monkeypatch.setattr(pace, "_cache", {})


def kept() -> list[float]:
    rows = fetch(TrainingPace, "PACE", [TrainingPace.of(ENDPOINT["endpoint"]).sk])
    return [float(one["N"]) for row in rows for name, one in row.items() if name[1:].isdigit()]


def test_running_training_shows_when_it_will_be_over_and_an_ended_one_does_not(fal: Fal) -> None:
    for _ in range(40):
        pace.of_training(ENDPOINT, 100).keep(60.0)
    run = started()
    shown = run.view
    began = datetime.fromisoformat(shown["created_at"])
    assert datetime.fromisoformat(shown["eta"]["p50_at"]) - began == timedelta(seconds=600)
    run.execute()
    assert run.view["eta"] is None


def test_training_that_succeeded_is_kept_by_hundred_steps_once(fal: Fal, monkeypatch) -> None:
    run = started()
    assert run.view["eta"] is None
    run.advance("prepare", "submit", "await", "poll", "collect")
    began = born(run.training_id).timestamp()
    monkeypatch.setattr("likeness.job.time", lambda: began + 900)
    run.advance("close", "close")
    assert kept() == [90.0]


def test_training_that_failed_is_not_kept(fal: Fal) -> None:
    run = started()
    fal.says = [FAILED]
    run.execute()
    assert kept() == []
