"""Downloads as their owner orders, lists, stops and forgets them."""

from datetime import datetime

import pytest

from functions.gallery.handler import handler
from functions.gallery.models.downloads import PATTERN
from functions.gallery.service import delivery, jobs
from functions.gallery.service.entries import Entries
from functions.gallery.service.zips import ZipUpload
from functions.gallery.tasks import handler as tasks
from likeness import storage
from likeness.catalog import reader
from likeness.items.gallery import Download
from likeness.items.image import Image
from likeness.items.row import new_id
from likeness.items.user import AccountState, Profile
from tests.support import call, make_person, step
from tests.unit.gallery.deliveries import (
    DAY,
    deliver,
    entries,
    explode,
    limits,
    made,
    picture,
    read,
    start,
    sweep,
    uploads,
    zips,
)

pytestmark = pytest.mark.usefixtures("ada")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filters": {}, "image_ids": ["x"]},
        {"image_ids": []},
        {"image_ids": ["x"] * 1001},
        {"filters": {"owner": "eve"}},
        {"filters": {}, "variant": "thumbnail"},
        {"filters": {}, "pattern": ""},
        {"filters": {}, "pattern": "{date}-{owner}"},
        {"filters": {}, "pattern": "x" * 201},
        {"filters": {"style": "ink"}},
        {"image_ids": ["01JD0000000000000000000000"]},
    ],
)
def test_request_that_cannot_be_is_refused_and_starts_nothing(body):
    picture(style="oil")
    reply = call(handler, "POST", "/v1/downloads", body, user="ada")
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert call(handler, "GET", "/v1/downloads", user="ada").json == {"downloads": [], "cursor": None}


def test_pictures_of_somebody_else_are_not_there():
    foreign = picture()
    make_person("eve", 0)
    assert start({"image_ids": [foreign]}, user="eve").status == 422


@pytest.mark.parametrize(("more", "fits"), [({"download_pictures": 2}, 2), ({"download_bytes": 26}, 2)])
def test_more_than_one_download_may_hold_is_refused_with_the_numbers(monkeypatch, more, fits):
    ids = [picture() for _ in range(3)]
    limits(monkeypatch, **more)
    reply = start()
    assert (reply.status, reply.code) == (422, "too_many_pictures")
    sold = reader.catalog().limits.model_copy(update=more)
    assert (reply.json["pictures"], reply.json["bytes"]) == (3, 27)
    assert (reply.json["max_pictures"], reply.json["max_bytes"]) == (sold.download_pictures, sold.download_bytes)
    assert start({"image_ids": ids[:fits]}).status == 202


def test_repeated_key_is_one_download_with_one_answer():
    image_id = picture()
    first = start(key="k1")
    picture()
    assert start(key="k1").body == first.body
    Image.of("ada", image_id).delete()
    assert start(key="k1").body == first.body
    other = start({"filters": {}, "manifests": True}, key="k1")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert start().json["id"] != first.json["id"]
    assert len(call(handler, "GET", "/v1/downloads", user="ada").json["downloads"]) == 2


def test_repeat_is_answered_even_when_it_would_be_refused_now(monkeypatch):
    picture()
    first = start(key="k1")
    limits(monkeypatch, download_pictures=0)
    assert start(key="k1").body == first.body


def test_fifty_downloads_a_day_are_enough(monkeypatch):
    monkeypatch.setattr("functions.gallery.service.downloads.PER_DAY", 1)
    picture()
    assert start(key="k1").status == 202
    assert start(key="k1").status == 202
    assert start(key="k2").status == 429


def test_list_is_newest_first_and_pages_to_the_end():
    picture()
    ids = [start().json["id"] for _ in range(3)]
    first = call(handler, "GET", "/v1/downloads?limit=2", user="ada").json
    rest = call(handler, "GET", f"/v1/downloads?limit=2&cursor={first['cursor']}", user="ada").json
    assert [one["id"] for one in first["downloads"] + rest["downloads"]] == ids[::-1]
    assert rest["cursor"] is None
    assert first["downloads"][0] == read(ids[2]).json
    assert call(handler, "GET", "/v1/downloads?cursor=e30", user="ada").code == "cursor_invalid"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_download_of_somebody_else_is_not_there(method):
    picture()
    download_id = start().json["id"]
    foreign = call(handler, method, f"/v1/downloads/{download_id}", user="eve")
    absent = call(handler, method, f"/v1/downloads/{new_id()}", user="eve")
    assert foreign.status == absent.status == 404
    assert foreign.body == absent.body
    assert read(download_id).status == 200


def test_link_ends_after_a_day_and_the_zips_with_it(monkeypatch):
    picture()
    view = made()
    expires_at = datetime.fromisoformat(view["expires_at"])
    assert abs((expires_at - datetime.fromisoformat(view["ended_at"])).total_seconds() - DAY) <= 1
    sweep(monkeypatch, DAY - 60)
    assert len(zips()) == 1
    assert read(view["id"]).json["files"][0]["url"] is not None
    sweep(monkeypatch, DAY + 1)
    assert zips() == []
    gone = read(view["id"]).json
    assert (gone["status"], gone["files"][0]["url"]) == ("expired", None)
    sweep(monkeypatch, 2 * DAY)
    assert call(handler, "DELETE", f"/v1/downloads/{view['id']}", user="ada").status == 204
    assert read(view["id"]).status == 404


def test_finished_download_is_forgotten_at_once():
    picture()
    view = made()
    assert call(handler, "DELETE", f"/v1/downloads/{view['id']}", user="ada").status == 204
    assert zips() == []
    assert read(view["id"]).status == 404


def test_stopped_download_keeps_nothing_of_what_a_running_step_still_writes(monkeypatch):
    limits(monkeypatch, zip_pictures=1)
    picture(), picture(), picture()
    download_id = start().json["id"]
    job = {"user_id": "ada", "kind": "download", "job_id": download_id}
    step(tasks, "deliver", job=job, cursor=None)
    assert len(zips()) == 1
    add = Entries.add

    def stop(*args):
        assert call(handler, "DELETE", f"/v1/downloads/{download_id}", user="ada").status == 204
        add(*args)

    monkeypatch.setattr(Entries, "add", stop)
    monkeypatch.setattr(ZipUpload, "complete", explode)
    assert step(tasks, "deliver", job=job, cursor=None) == {"cursor": None}
    view = read(download_id).json
    assert (view["status"], view["files"][0]["url"]) == ("cancelled", None)
    assert (zips(), uploads()) == ([], [])


@pytest.mark.parametrize("ending", ["stopped", "erased", "taken over"])
def test_zip_that_its_job_does_not_take_any_more_is_removed(monkeypatch, ending):
    kept, moved = picture(), picture()
    download_id = start({"filters": {}, "pattern": "{id}"}).json["id"]
    complete = ZipUpload.complete
    row = Download.of("ada", download_id)

    def late(upload):
        monkeypatch.setattr(ZipUpload, "complete", complete)
        if ending == "taken over":
            call(handler, "DELETE", f"/v1/images/{moved}", user="ada")
            deliver(download_id)
        zipped = complete(upload)
        if ending == "stopped":
            call(handler, "DELETE", f"/v1/downloads/{download_id}", user="ada")
        elif ending == "erased":
            row.delete()
        return zipped

    monkeypatch.setattr(ZipUpload, "complete", late)
    deliver(download_id)
    assert len(zips()) == (1 if ending == "taken over" else 0)
    if ending == "taken over":
        assert set(entries(read(download_id).json["files"][0])) == {f"{kept}.webp"}


def test_zip_stays_when_only_the_answer_of_its_row_is_lost(monkeypatch):
    picture()
    end = jobs.end
    monkeypatch.setattr(jobs, "end", lambda *args, **more: end(*args, **more) and False)
    view = made()
    assert view["status"] == "succeeded"
    entries(view["files"][0])


def test_what_a_stopped_download_leaves_behind_goes_when_no_step_can_run_any_more(monkeypatch):
    picture()
    download_id = start().json["id"]
    call(handler, "DELETE", f"/v1/downloads/{download_id}", user="ada")
    row = Download.get("ada", f"DOWNLOAD#{download_id}")
    storage.put(f"{row.below}left.zip", b"x", "application/zip")
    sweep(monkeypatch, jobs.STEP_SECONDS + 1)
    assert zips() == []


def test_account_that_is_not_active_gets_no_download():
    picture()
    download_id = start().json["id"]
    profile = Profile.of("ada")
    profile.state = AccountState.ERASING.value
    profile.save()
    assert start().code == "account_not_active"
    deliver(download_id)
    assert read(download_id).json["error_code"] == "account_not_active"
    assert (zips(), uploads()) == ([], [])


def test_progress_is_written_while_a_zip_is_made(monkeypatch):
    monkeypatch.setattr(delivery, "PROGRESS_PICTURES", 2)
    for _ in range(3):
        picture()
    download_id = start().json["id"]
    seen = []
    add = Entries.add

    def look(*args):
        seen.append(read(download_id).json["done"])
        add(*args)

    monkeypatch.setattr(Entries, "add", look)
    deliver(download_id)
    assert seen == [0, 0, 2]


def test_default_pattern_is_what_the_description_says():
    picture()
    assert read(start().json["id"]).json["pattern"] == PATTERN == "{date}-{style}-{id}"
