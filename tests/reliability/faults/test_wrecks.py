"""Functions killed and the emulator restarted in the middle: every job still ends once, and nothing is bought twice."""

from typing import Any

from likeness_client.models import TrainingStarted

from local.waiting import wait_for
from tests.deployed import CLOUD, ended_generation, ended_training, read_training
from tests.integration.stack import rows
from tests.reliability.faults.conftest import Sitter
from tests.reliability.faults.evidence import (
    assert_bought_once,
    assert_fired,
    assert_no_orphans,
    assert_order_paid,
    assert_training_paid,
    jobs_of_order,
    jobs_of_training,
    past,
    set_numbers,
)
from tests.reliability.faults.machinery import errors_of, kill_steps, status_of, sweep
from tests.reliability.faults.schedules import OrderSchedule, TrainingSchedule, one

KILLED = "Runtime.ExitError"


def render_of(sitter: Sitter, order_id: str) -> dict[str, Any]:
    """The stored purchase of the first picture of an order; empty before there is one."""
    key = f"RENDER#{order_id}#01"
    return next((row for row in rows("images", sitter.client.user_id) if row["sk"]["S"] == key), {})


def training_of(sitter: Sitter, training: TrainingStarted) -> dict[str, Any]:
    """The stored row of a training."""
    key = f"TRAINING#{training.model_id}#{training.id}"
    return next(row for row in rows("models", sitter.client.user_id) if row["sk"]["S"] == key)


def has(name: str, text: str = "") -> Any:
    """Whether a row holds an attribute, or a text in it."""
    return lambda row: name in row and text in row[name].get("S", "")


def are_completed(count: int) -> Any:
    """Whether so many vendor jobs are over."""
    return lambda jobs: [job["state"] for job in jobs] == ["COMPLETED"] * count


def test_render_that_is_killed_while_the_vendor_works_goes_on_with_the_same_job(sitter):
    aim, order_id = sitter.order(one("slow", seconds=10))
    wait_for(lambda: render_of(sitter, order_id), has("vendor_ref"), seconds=60)
    assert kill_steps("generate")
    over = ended_generation(sitter.client, order_id)
    assert [picture.state for picture in over.pictures] == ["done"]
    assert KILLED in errors_of("generate", over.id)
    assert_fired(aim)
    assert_bought_once(aim, 1)
    assert_order_paid(sitter.client, over)


def test_render_that_is_killed_while_it_buys_never_buys_again(sitter):
    aim, order_id = sitter.order(one("timeout_after_accept", seconds=20))
    wait_for(lambda: render_of(sitter, order_id), has("submission", "submitting"), seconds=60)
    wait_for(lambda: jobs_of_order(aim), bool, seconds=60)
    assert kill_steps("generate")
    over = ended_generation(sitter.client, order_id)
    assert [picture.error_code for picture in over.pictures] == ["vendor_unknown"]
    assert KILLED in errors_of("generate", over.id)
    assert_bought_once(aim, 1)
    assert_order_paid(sitter.client, over)


def test_training_that_is_killed_while_it_buys_finds_its_job_by_the_webhook(sitter):
    aim, training = sitter.train(TrainingSchedule(({"fault": "timeout_after_accept", "seconds": 20},)), sitter.model_id)
    wait_for(lambda: jobs_of_training(training.id), bool, seconds=60)
    assert kill_steps("train")
    over = ended_training(sitter.client, training)
    assert over.status == "succeeded", over
    assert KILLED in errors_of("train", training.id)
    assert len(jobs_of_training(training.id)) == 1
    assert_fired(aim)
    assert_training_paid(sitter.client, over)


def test_training_that_is_killed_while_it_collects_delivers_its_weights_once(sitter):
    aim, training = sitter.train(TrainingSchedule(({"fault": "slow_file", "seconds": 6},)), sitter.model_id)
    wait_for(lambda: training_of(sitter, training), has("weights_key"), seconds=60)
    assert kill_steps("train")
    over = ended_training(sitter.client, training)
    assert over.status == "succeeded", over
    assert KILLED in errors_of("train", training.id)
    assert len(jobs_of_training(training.id)) == 1
    assert_fired(aim)
    assert_training_paid(sitter.client, over)
    assert_no_orphans(sitter.client.user_id)


def test_jobs_go_on_after_the_emulator_was_restarted_in_their_middle(sitter):
    user_id = sitter.client.user_id
    silent = TrainingSchedule(({"fault": "poll_500", "times": 7}, {"fault": "webhook_lost"}))
    training_aim, training = sitter.train(silent, sitter.model_id)
    wait_for(lambda: jobs_of_training(training.id), are_completed(1), seconds=60)
    slow = OrderSchedule(({"fault": "slow_file", "seconds": 9, "times": 2},), {"done": 2})
    order_aim, order_id = sitter.order(slow)
    wait_for(lambda: jobs_of_order(order_aim), are_completed(2), seconds=60)

    CLOUD.emulator.stop()
    CLOUD.emulator.start()

    wait_for(lambda: status_of("generate", order_id, 1), lambda status: status != "RUNNING", seconds=60)
    wait_for(lambda: status_of("train", training.id, 1), lambda status: status != "RUNNING", seconds=60)
    assert sitter.client.api.read_generation(order_id).status == "running"
    set_numbers("images", user_id, f"GENERATION#{order_id}", check_at=past())
    set_numbers("models", user_id, training_of(sitter, training)["sk"]["S"], check_at=past())
    sweep()
    order = ended_generation(sitter.client, order_id)
    trained = ended_training(sitter.client, training)
    assert (order.status, trained.status) == ("succeeded", "succeeded"), (order, trained)
    for feature, job_id in (("generate", order_id), ("train", training.id)):
        assert status_of(feature, job_id, 2) in {"RUNNING", "SUCCEEDED"}
    assert_bought_once(order_aim, 2)
    assert len(jobs_of_training(training.id)) == 1
    assert_fired(order_aim)
    assert_fired(training_aim)
    assert_order_paid(sitter.client, sitter.client.api.read_generation(order_id))
    assert_training_paid(sitter.client, read_training(sitter.client, training))
    assert_no_orphans(user_id)
