"""Trainings that the vendor spoils: each ends once, bought at most once, paid only if its weights are here."""

import pytest

from local.waiting import wait_for
from tests.deployed import ended_training, read_training
from tests.integration.stack import kind, kinds, money, objects, rows
from tests.reliability.faults.conftest import make_sitter
from tests.reliability.faults.evidence import (
    assert_fired,
    assert_ledger,
    assert_no_orphans,
    assert_training_paid,
    jobs_of_training,
    past,
    reservation,
    set_numbers,
)
from tests.reliability.faults.machinery import sweep
from tests.reliability.faults.schedules import TRAININGS, TrainingSchedule


def row_of(sitter, training):
    """The stored row of a training."""
    key = f"TRAINING#{training.model_id}#{training.id}"
    return next(row for row in rows("models", sitter.client.user_id) if row["sk"]["S"] == key)


def expire(sitter, training, submission):
    """Once a purchase stands as it should, let the deadline of the training be over."""
    row = wait_for(lambda: row_of(sitter, training), lambda row: row["submission"]["S"] == submission, seconds=120)
    set_numbers("models", sitter.client.user_id, row["sk"]["S"], deadline=past(), check_at=past())
    sweep()


@pytest.mark.parametrize("name", TRAININGS)
def test_spoilt_training_ends_once_and_costs_only_its_weights(sitter, trainings, name):
    schedule, (aim, training) = TRAININGS[name], trainings[name]
    if schedule.hangs:
        expire(sitter, training, "submitted" if name == "T6 never finishes" else "unknown")
    over = ended_training(sitter.client, training, seconds=240)
    assert (over.error.code if over.error else over.status) == schedule.end
    assert_fired(aim)
    bought = jobs_of_training(training.id)
    assert len(bought) == schedule.bought
    if schedule.answers and bought:
        wanted = len(schedule.answers)
        (job,) = wait_for(
            lambda: jobs_of_training(training.id), lambda jobs: len(jobs[0]["webhook_answers"]) >= wanted, seconds=60
        )
        assert tuple(job["webhook_answers"][:wanted]) == schedule.answers
    assert read_training(sitter.client, training) == over
    assert_training_paid(sitter.client, over)


def test_model_that_is_deleted_during_its_training_ends_the_training_unpaid(sitter):
    aim, training = sitter.train(TrainingSchedule(({"fault": "never_finishes"},)))
    row = wait_for(lambda: row_of(sitter, training), lambda row: "vendor_ref" in row, seconds=60)
    sitter.client.api.delete_model(training.model_id)
    (job,) = jobs_of_training(training.id)
    assert job["state"] == "COMPLETED"
    assert_fired(aim)
    held = reservation(sitter.client.user_id, f"training#{training.model_id}#{training.id}")
    assert (held["state"], held["used"]) == ("RELEASED", 0)
    assert row["zip_key"]["S"] not in objects("MediaBucket", "media/v/")
    assert_ledger(sitter.client.user_id)


def state_of(user_id):
    """The state of an account; an erasure that runs keeps rows of its own beside it."""
    return next(row["state"]["S"] for row in rows("users", user_id) if kind(row) == "PROFILE")


def test_account_that_is_deleted_during_a_training_leaves_the_ledger_alone(outputs):
    leaver = make_sitter()
    user_id = leaver.client.user_id
    aim, training = leaver.train(TrainingSchedule(({"fault": "never_finishes"},)), leaver.model_id)
    row = wait_for(lambda: row_of(leaver, training), lambda row: "vendor_ref" in row, seconds=60)
    leaver.client.api.delete_me()
    wait_for(lambda: state_of(user_id), lambda state: state == "ERASED", seconds=60)
    wait_for(lambda: kinds(rows("users", user_id)), lambda found: found == ["PROFILE"], seconds=60)
    (job,) = jobs_of_training(training.id)
    assert job["state"] == "COMPLETED"
    assert_fired(aim)
    assert rows("models", user_id) == rows("images", user_id) == []
    assert objects("MediaBucket", f"media/u/{user_id}/") == set()
    assert row["zip_key"]["S"] not in objects("MediaBucket", "media/v/")
    sums = money(user_id)
    assert (sums["available"], sums["reserved"], sums["used"], sums["entries"]) == (0, 0, 0, 0)


def test_spoilt_trainings_leave_no_object_without_a_row(sitter, trainings):
    for _, training in trainings.values():
        ended_training(sitter.client, training)
    assert_no_orphans(sitter.client.user_id)
