"""Weights are fetched, proved, delivered and charged once, or not at all."""

import json
from typing import Any

import pytest

from functions.train import archive
from likeness.items.model import Weights
from tests.unit.train.fal import FAILED, FINISHED, WORKING, Fal
from tests.unit.train.studio import ask, money, objects, order, started

LOG = {**WORKING, "logs": [{"message": "step 250/1000"}]}


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 a pickle", json.dumps({"a": 1}).encode() * 10], ids=["empty", "zip", "json"]
)
def test_weights_that_are_not_safetensors_are_refused(fal: Fal, content) -> None:
    run = started()
    fal.weights = content
    assert run.execute() == "done"

    assert run.view["status"] == "failed"
    assert money() == (100, 0)
    assert objects() == []


def test_weights_from_another_host_are_refused(fal: Fal) -> None:
    run = started()
    fal.result = {"diffusers_lora_file": {"url": "http://169.254.169.254/latest"}}
    run.execute()
    assert run.view["status"] == "failed"
    assert money() == (100, 0)


def test_weights_that_come_after_the_end_are_deleted_and_not_charged(fal: Fal, monkeypatch) -> None:
    run = started()
    run.advance("prepare", "submit", "await", "poll")

    def upload_then_cancel(*args: Any) -> None:
        archive.upload(*args)
        ask("POST", f"/{run.model_id}/trainings/{run.training_id}/cancel")

    monkeypatch.setattr("functions.train.weights.upload", upload_then_cancel)
    run.advance("collect", "close")

    assert run.view["status"] == "cancelled"
    assert objects() == []
    assert money() == (100, 0)


def test_collect_and_close_repeated_change_nothing(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit", "await", "poll", "collect", "collect", "close", "collect", "close", "poll")

    assert money() == (50, 0)
    assert objects() == ["weights.safetensors"]
    assert len(list(Weights.query("ada", Weights.sk.startswith("WEIGHTS#")))) == 1


def test_delivered_training_that_is_cancelled_before_its_close_stays_delivered(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit", "await", "poll", "collect")
    reply = ask("POST", f"/{run.model_id}/trainings/{run.training_id}/cancel")

    assert reply.json["status"] == "succeeded"
    assert money() == (50, 0)


def test_second_training_replaces_the_weights_only_when_it_succeeds(fal: Fal) -> None:
    run = started(150)
    run.execute()
    first = run.model.weights_key
    run.training_id = order(run.model_id, key="k2").json["id"]
    fal.says = [FAILED]
    run.execute()
    assert (run.model.weights_key, run.model.status) == (first, "ready")

    run.training_id = order(run.model_id, key="k3").json["id"]
    fal.says = [FINISHED]
    run.execute()
    assert run.model.weights_key != first
    assert run.model.training_id == run.training_id
    assert money() == (50, 0)
