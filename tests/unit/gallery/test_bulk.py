"""Changes of all pictures that match: a job that is killed, resumed, stopped and swept."""

import boto3
import pytest

from functions.gallery import events, tasks
from functions.gallery.handler import handler
from functions.gallery.service import bulk, changes, jobs, sweeping
from likeness import storage
from likeness.items import row as rows
from likeness.items.gallery import Change
from likeness.items.image import Image
from likeness.items.row import new_id
from likeness.items.user import AccountState, Profile
from tests.conftest import ENVIRONMENT
from tests.pictures import make_image
from tests.support import call, make_person, step

pytestmark = pytest.mark.usefixtures("aws")


class Killed(Exception):
    """The step dies here."""


@pytest.fixture(autouse=True)
def ada(aws, monkeypatch):
    make_person("ada", 0)
    monkeypatch.setattr(bulk, "CHUNK", 10)


def start(change, filters=None, key=None, user="ada"):
    body = {"filters": filters or {}, "change": change}
    return call(handler, "POST", "/v1/images/changes", body, user=user, key=key)


def started(change, filters=None):
    reply = start(change, filters)
    assert reply.status == 202, reply.body
    return reply.json["id"]


def read(job_id, user="ada"):
    return call(handler, "GET", f"/v1/images/changes/{job_id}", user=user)


def run_step(job_id, cursor=None):
    job = {"user_id": "ada", "kind": "change", "job_id": job_id}
    return step(tasks.handler, "change", job=job, cursor=cursor)["cursor"]


def run(job_id, cursor=None):
    """Call the step as the machine does; return how the job stands then."""
    while (cursor := run_step(job_id, cursor)) is not None:
        pass
    return read(job_id).json


def stands(view):
    return view["status"], view["total"], view["done"], view["missed"]


def pictures():
    return list(Image.query("ada", Image.sk.startswith("IMAGE#")))


def executions(job_id):
    states = boto3.client("stepfunctions")
    found = states.list_executions(stateMachineArn=ENVIRONMENT["CHANGE_MACHINE"])["executions"]
    return {one["name"]: one["status"] for one in found if one["name"].startswith(job_id)}


def kill_at(monkeypatch, number, when):
    """Die before or after the write of this number, of all that a job makes; count the writes on pictures."""
    written = {"all": 0, "pictures": 0}
    real = rows.changed

    def dying(row, actions, condition):
        written["all"] += 1
        is_last = written["all"] == number
        if is_last and when == "before":
            raise Killed
        done = real(row, actions, condition)
        written["pictures"] += isinstance(row, Image)
        if is_last:
            raise Killed
        return done

    for module in (jobs, changes):
        monkeypatch.setattr(module, "changed", dying)
    return written


def test_all_that_match_are_changed_and_no_other():
    wanted = [make_image(style="ink") for _ in range(90)]
    other = make_image()
    make_image("eve", style="ink")
    job_id = started({"add_tags": ["best"], "rating": 4}, {"style": "ink"})
    assert stands(read(job_id).json) == ("queued", 90, 0, 0)
    late = make_image(style="ink", id="7ZZZZZZZZZZZZZZZZZZZZZZZZZ")

    view = run(job_id)

    assert stands(view) == ("succeeded", 90, 90, 0)
    assert view["ended_at"] is not None
    assert view["failures"] == []
    tagged = {picture.id for picture in pictures() if picture.tags == {"best"} and picture.rating == 4}
    assert tagged == set(wanted)
    assert not tagged & {other, late}
    assert Change.get("ada", f"CHANGE#{job_id}").open is None


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 5, 9, 12, 16])
def test_killed_anywhere_it_is_finished_and_counts_each_picture_once(monkeypatch, number, when):
    """What changes them takes them out of the filter, so a second look at the index would miss some."""
    monkeypatch.setattr(bulk, "CHUNK", 6)
    for _ in range(12):
        make_image(favourite=True)
    job_id = started({"favourite": False, "trashed": True}, {"favourite": True})
    written = kill_at(monkeypatch, number, when)

    with pytest.raises(Killed):
        run(job_id)
    assert stands(run(job_id)) == ("succeeded", 12, 12, 0)
    assert written["pictures"] == 12
    assert all(picture.open == "TRASH" and not picture.favourite for picture in pictures())


def test_purge_that_is_killed_counts_what_is_gone_and_leaves_nothing(monkeypatch):
    for _ in range(25):
        image_id = make_image()
        storage.put(storage.image_key("ada", image_id, "view.webp"), b"x", "image/webp")
    kept = make_image()
    storage.put(storage.image_key("ada", kept, "view.webp"), b"x", "image/webp")
    assert run(started({"trashed": True}, {"created_to": "2099-01-01"}))["done"] == 26
    call(handler, "PATCH", f"/v1/images/{kept}", {"trashed": False}, user="ada")
    job_id = started({"purge": True}, {"trashed": True})
    removed = iter(range(17))
    remove = storage.remove_below

    def killed(prefix):
        if next(removed, None) is None:
            raise Killed
        remove(prefix)

    with monkeypatch.context() as context:
        context.setattr(storage, "remove_below", killed)
        with pytest.raises(Killed):
            run(job_id)

    assert stands(run(job_id)) == ("succeeded", 25, 25, 0)
    assert [picture.id for picture in pictures()] == [kept]
    left = boto3.client("s3").list_objects_v2(Bucket="media-bucket")["Contents"]
    assert [one["Key"] for one in left] == [storage.image_key("ada", kept, "view.webp")]


def test_pictures_that_cannot_be_changed_are_named_and_counted():
    full = make_image(tags={f"tag{number}" for number in range(20)})
    gone = make_image()
    for _ in range(12):
        make_image()
    job_id = started({"add_tags": ["more"]})
    Image.of("ada", gone).delete()
    view = run(job_id)
    assert stands(view) == ("succeeded", 14, 12, 2)
    assert [(one["image_id"], one["code"]) for one in view["failures"]] == [(full, "refused")]


def test_step_hands_on_when_it_is_late_and_goes_on_from_the_row_whatever_the_cursor_says(monkeypatch):
    for _ in range(35):
        make_image()
    job_id = started({"rating": 5})
    monkeypatch.setattr(tasks, "WORK_SECONDS", -1)
    assert run_step(job_id) is not None
    assert stands(read(job_id).json) == ("running", 35, 0, 0)
    assert run_step(job_id, "nonsense") is not None
    assert stands(read(job_id).json) == ("running", 35, 10, 0)
    assert stands(run(job_id)) == ("succeeded", 35, 35, 0)


def test_cancelled_in_the_middle_what_is_done_stays_done_and_is_counted(monkeypatch):
    for _ in range(40):
        make_image()
    job_id = started({"favourite": True})
    apply_all, calls = changes.apply_all, []

    def cancelled(user_id, image_ids, change):
        found = apply_all(user_id, image_ids, change)
        calls.append(image_ids)
        if len(calls) == 2:
            assert call(handler, "DELETE", f"/v1/images/changes/{job_id}", user="ada").status == 204
        return found

    monkeypatch.setattr(changes, "apply_all", cancelled)
    view = run(job_id)

    assert stands(view) == ("cancelled", 40, 20, 0)
    assert sum(picture.favourite for picture in pictures()) == 20
    assert executions(job_id) == {f"{job_id}-1": "ABORTED"}
    assert call(handler, "DELETE", f"/v1/images/changes/{job_id}", user="ada").status == 204
    assert read(job_id).json == view


def test_repeat_of_the_request_is_the_same_job_which_is_started_again_only_while_open():
    make_image()
    first = start({"favourite": True}, key="k1")
    job_id = first.json["id"]
    assert start({"favourite": True}, key="k1").json == first.json
    assert executions(job_id) == {f"{job_id}-1": "RUNNING"}
    other = start({"favourite": False}, key="k1")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert run(job_id)["status"] == "succeeded"
    assert start({"favourite": True}, key="k1").json["status"] == "succeeded"
    assert start({"favourite": True}).json["id"] != job_id


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_change_of_somebody_else_is_not_there(method):
    job_id = started({"favourite": True})
    make_person("eve", 0)
    for wanted in (job_id, new_id()):
        reply = call(handler, method, f"/v1/images/changes/{wanted}", user="eve")
        assert (reply.status, reply.code) == (404, "not_found")
    assert read(job_id).json["status"] == "queued"


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
