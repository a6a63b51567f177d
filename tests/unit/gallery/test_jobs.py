"""How jobs over many pictures end, and what happens to those that nobody looks after."""

import boto3
import pytest

from functions.gallery import events, tasks
from functions.gallery.service import bulk, changes, jobs, sweeping
from likeness.items import row as rows
from likeness.items.image import Image
from likeness.items.user import AccountState, Profile
from tests.conftest import ENVIRONMENT
from tests.pictures import make_image
from tests.support import make_person, step
from tests.unit.gallery.changing import Killed, executions, read, run, run_step, stands, started

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def ada(aws, monkeypatch):
    make_person("ada", 0)
    monkeypatch.setattr(bulk, "CHUNK", 10)


def pictures():
    return list(Image.query("ada", Image.sk.startswith("IMAGE#")))


def later(monkeypatch, seconds):
    moment = rows.now() + seconds
    for module in (jobs, sweeping):
        monkeypatch.setattr(module, "now", lambda: moment)


def sweep():
    step(events.handler, "sweep")


def test_job_whose_execution_died_is_started_again_and_one_that_runs_is_left_alone(monkeypatch):
    job_id = started({"favourite": True})
    sweep()
    later(monkeypatch, 90)
    sweep()
    assert executions(job_id) == {f"{job_id}-1": "RUNNING"}
    arn = ENVIRONMENT["CHANGE_MACHINE"].replace(":stateMachine:", ":execution:")
    boto3.client("stepfunctions").stop_execution(executionArn=f"{arn}:{job_id}-1")
    later(monkeypatch, 240)
    sweep()
    assert executions(job_id) == {f"{job_id}-1": "ABORTED", f"{job_id}-2": "RUNNING"}


def test_job_that_could_not_be_started_is_started_by_the_sweeper(monkeypatch):
    with monkeypatch.context() as broken:
        broken.setenv("CHANGE_MACHINE", ENVIRONMENT["CHANGE_MACHINE"] + "-gone")
        job_id = started({"favourite": True})
    assert executions(job_id) == {}
    later(monkeypatch, 61)
    sweep()
    assert executions(job_id) == {f"{job_id}-2": "RUNNING"}


def test_past_its_deadline_a_job_ends_by_itself_and_what_still_runs_stops(monkeypatch):
    for _ in range(30):
        make_image()
    job_id = started({"favourite": True})
    monkeypatch.setattr(tasks, "WORK_SECONDS", -1)
    run_step(job_id)
    later(monkeypatch, 2 * 3600 + 1)
    sweep()
    view = read(job_id).json
    assert (view["status"], view["error_code"]) == ("failed", "deadline_exceeded")
    assert executions(job_id) == {f"{job_id}-1": "ABORTED"}
    assert run_step(job_id) is None
    assert not any(picture.favourite for picture in pictures())


def test_step_past_the_deadline_ends_the_job_itself(monkeypatch):
    job_id = started({"favourite": True})
    later(monkeypatch, 2 * 3600 + 1)
    assert run_step(job_id) is None
    assert read(job_id).json["error_code"] == "deadline_exceeded"


def test_job_of_an_account_that_is_not_active_any_more_ends(monkeypatch):
    for _ in range(20):
        make_image()
    job_id = started({"favourite": True})
    monkeypatch.setattr(tasks, "WORK_SECONDS", -1)
    run_step(job_id)
    profile = Profile.get("ada", "PROFILE")
    profile.state = AccountState.ERASING.value
    profile.save()
    assert run_step(job_id) is None
    assert read(job_id).json["error_code"] == "account_not_active"
    assert not any(picture.favourite for picture in pictures())


def test_step_that_was_overtaken_writes_nothing_more(monkeypatch):
    for _ in range(25):
        make_image()
    job_id = started({"favourite": True})
    monkeypatch.setattr(tasks, "WORK_SECONDS", -1)
    apply_all = changes.apply_all

    def overtaken(user_id, image_ids, change):
        monkeypatch.setattr(changes, "apply_all", apply_all)
        run_step(job_id)
        run_step(job_id)
        return apply_all(user_id, image_ids, change)

    assert run_step(job_id) is not None
    monkeypatch.setattr(changes, "apply_all", overtaken)
    assert run_step(job_id) is None
    assert stands(read(job_id).json) == ("running", 25, 20, 0)
    assert stands(run(job_id)) == ("succeeded", 25, 25, 0)


def test_step_that_failed_too_often_ends_the_job_with_a_sentence():
    job_id = started({"favourite": True})
    job = {"user_id": "ada", "kind": "change", "job_id": job_id}
    for _ in range(2):
        step(tasks.handler, "fail", job=job, error={"Error": "ValueError", "Cause": "{}"})
    view = read(job_id).json
    assert (view["status"], view["error_code"]) == ("failed", "internal_error")
    assert view["error"].endswith("What is done stays done.")
    assert run_step(job_id) is None


def test_one_bad_row_keeps_no_other_from_being_swept(monkeypatch):
    bad, good = started({"favourite": True}), started({"rating": 1})
    start_job = jobs.start

    def failing(job):
        if job.id == bad:
            raise Killed
        start_job(job)

    monkeypatch.setattr(jobs, "start", failing)
    arn = ENVIRONMENT["CHANGE_MACHINE"].replace(":stateMachine:", ":execution:")
    for job_id in (bad, good):
        boto3.client("stepfunctions").stop_execution(executionArn=f"{arn}:{job_id}-1")
    later(monkeypatch, 61)
    sweep()
    assert executions(good)[f"{good}-2"] == "RUNNING"
    assert f"{bad}-2" not in executions(bad)
