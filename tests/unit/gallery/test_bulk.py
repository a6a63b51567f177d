"""Changes of all pictures that match: a job that is killed, resumed and stopped."""

from threading import Lock
from unittest.mock import Mock

import boto3
import pytest

from functions.gallery import tasks
from functions.gallery.handler import handler
from functions.gallery.service import bulk, changes, jobs, selection
from likeness import storage
from likeness.items import row as rows
from likeness.items.gallery import Change
from likeness.items.image import Image
from likeness.items.row import new_id
from tests.pictures import make_image
from tests.support import call, make_person
from tests.unit.gallery.changing import Killed, executions, read, run, run_step, stands, start, started

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def ada(aws, monkeypatch):
    make_person("ada", 0)
    monkeypatch.setattr(bulk, "CHUNK", 10)
    monkeypatch.setattr(bulk, "READ", 20)


def pictures():
    return list(Image.query("ada", Image.sk.startswith("IMAGE#")))


def kill_at(monkeypatch, number, when):
    """Die before or after the write of this number, of all that a job makes; count the writes on pictures."""
    written = {"all": 0, "pictures": 0}
    real, lock = rows.changed, Lock()

    def count(name):
        with lock:
            written[name] += 1
            return written[name]

    def dying(row, actions, condition):
        is_last = count("all") == number
        if is_last and when == "before":
            raise Killed
        done = real(row, actions, condition)
        if isinstance(row, Image):
            count("pictures")
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


@pytest.mark.parametrize("pictures_made", [39, 40, 41])
def test_index_is_read_for_many_chunks_at_once_and_to_its_end(monkeypatch, pictures_made):
    reading = Mock(wraps=selection.page)
    monkeypatch.setattr(selection, "page", reading)
    for _ in range(pictures_made):
        make_image()
    assert stands(run(started({"trashed": True}))) == ("succeeded", pictures_made, pictures_made, 0)
    assert reading.call_count == pictures_made // 20 + 1


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
