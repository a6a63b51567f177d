"""The sweeper: no training hangs, and one that goes on is left alone."""

import pytest

from functions.train import events, sweeping
from likeness.items.model import Training
from likeness.items.row import now
from likeness.job import execution_name
from tests.support import Context
from tests.unit.train.fal import WORKING, Fal
from tests.unit.train.studio import Run, executions, make_model, money, order, started


def test_training_past_its_deadline_ends_everywhere(fal: Fal) -> None:
    run = started()
    fal.says = [WORKING]
    run.advance("prepare", "submit", "await", "poll")
    run.sweep(deadline=1)

    assert run.view["error"]["code"] == "deadline_exceeded"
    assert money() == (100, 0)
    assert executions() == []
    assert len(fal.cancelled) == 1
    assert run.row.open is None


def test_training_whose_workflow_runs_is_left_alone(fal: Fal) -> None:
    run = started()
    run.sweep()
    row = run.row
    assert row.attempt == 1
    assert 60 < row.check_at - now() <= 120
    assert executions() == [f"{run.training_id}-1"]


def test_training_whose_workflow_died_goes_on_with_the_next_attempt(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit")
    run.kill()
    run.sweep()

    assert executions() == [f"{run.training_id}-2"]
    assert run.execute() == "done"
    assert len(fal.bought) == 1
    assert money() == (50, 0)


def test_every_step_keeps_the_sweeper_away(fal: Fal) -> None:
    run = started()
    fal.says = [WORKING, WORKING]
    for name in ("prepare", "submit", "await", "poll", "collect"):
        run.set(check_at=0)
        run.advance(name)
        assert run.row.check_at - now() > 60, name


def test_training_that_is_not_due_is_not_looked_at(monkeypatch) -> None:
    run = started()
    monkeypatch.setattr(sweeping, "sweep_training", _fail)
    events.handler({}, Context())
    assert run.row.attempt == 1


def _fail(*_args: object) -> None:
    message = "looked at"
    raise AssertionError(message)


def test_training_that_moved_since_it_was_found_is_left_alone() -> None:
    run = started()
    run.kill()
    sweeping.sweep_training(Training.of("ada", run.model_id, run.training_id), 0)
    assert run.row.attempt == 1


def test_one_bad_training_stops_no_other(fal: Fal, monkeypatch, capsys) -> None:
    run = started(200)
    second = make_model()
    other = order(second, key="k2").json["id"]
    run.kill()
    Run(second, other).kill()
    name = "functions.train.sweeping.execution_name"
    monkeypatch.setattr(name, lambda row: _fail() if row.id == other else execution_name(row))
    for model, training in ((run.model_id, run.training_id), (second, other)):
        row = Training.get("ada", f"TRAINING#{model}#{training}")
        row.update([Training.check_at.set(0)])
    events.handler({}, Context())

    assert executions() == [f"{run.training_id}-2"]
    assert "SweepFailed" in capsys.readouterr().out


def test_training_without_its_model_still_gives_the_credits_back(fal: Fal) -> None:
    run = started()
    run.model.delete()
    run.sweep(deadline=1)
    assert money() == (100, 0)
    with pytest.raises(Training.DoesNotExist):
        _ = run.row
