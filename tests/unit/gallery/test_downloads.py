"""Downloads through the front door, packed by the steps of their workflow."""

import hashlib
import io
import json
import struct
import zipfile
from contextlib import nullcontext
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import IncompleteReadError

from functions.gallery import events
from functions.gallery.handler import handler
from functions.gallery.models.downloads import PATTERN
from functions.gallery.service import delivery, fetching, jobs, selection
from functions.gallery.service.entries import Entries
from functions.gallery.service.zips import ZipUpload
from functions.gallery.tasks import handler as tasks
from likeness import aws as aws_clients
from likeness import storage
from likeness.catalog import reader
from likeness.items import row as row_module
from likeness.items.gallery import Download
from likeness.items.image import Image
from likeness.items.model import TrainedModel
from likeness.items.row import born, new_id
from likeness.items.user import AccountState, Profile
from tests.support import Context, call, client, make_person, step
from tests.unit.gallery.test_gallery import make_image

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def ada(aws):
    make_person()


def picture(user="ada", **more):
    """A picture with its files."""
    image_id = make_image(user, **more)
    for variant in ("original.webp", "view.webp"):
        storage.put(storage.image_key(user, image_id, variant), content(image_id, variant), "image/webp")
    return image_id


def content(image_id, variant="original.webp"):
    return f"{variant} of {image_id}".encode() * 9


def limits(monkeypatch, **more):
    """Sell under other limits."""
    sold = reader.catalog()
    changed = sold.model_copy(update={"limits": sold.limits.model_copy(update=more)})
    for place in ("delivery", "downloads"):
        monkeypatch.setattr(f"functions.gallery.service.{place}.catalog", lambda: changed)


def start(body=None, user="ada", key=None):
    return call(handler, "POST", "/v1/downloads", body or {"filters": {}}, user=user, key=key)


def read(download_id, user="ada"):
    return call(handler, "GET", f"/v1/downloads/{download_id}", user=user)


def deliver(download_id, user="ada"):
    """Run the steps as the machine does; return how many it took."""
    cursor, steps = None, 0
    while cursor is not None or steps == 0:
        job = {"user_id": user, "kind": "download", "job_id": download_id}
        cursor = step(tasks, "deliver", job=job, cursor=cursor)["cursor"]
        steps += 1
    return steps


def made(body=None):
    """Order and deliver; return what the owner then reads."""
    download_id = start(body).json["id"]
    deliver(download_id)
    return read(download_id).json


def stored(url):
    """The object that a signed URL opens."""
    parts = urlsplit(url)
    assert parts.hostname == "likeness.test"
    return client("s3").get_object(Bucket="media-bucket", Key=parts.path[1:])["Body"].read()


def entries(file):
    whole = stored(file["url"])
    assert (file["bytes"], file["sha256"]) == (len(whole), hashlib.sha256(whole).hexdigest())
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        found = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        assert len(found) == len(archive.infolist())
        for entry in archive.infolist():
            flags, method = struct.unpack_from("<HH", whole, entry.header_offset + 6)
            assert (flags & 0x08, method) == (0, zipfile.ZIP_STORED)
    return found


def zips():
    """The names of every object that is no picture."""
    listed = client("s3").list_objects_v2(Bucket="media-bucket", Prefix="media/v/").get("Contents", [])
    return [found["Key"].rsplit("/", 1)[1] for found in listed]


def uploads():
    return client("s3").list_multipart_uploads(Bucket="media-bucket").get("Uploads", [])


def sweep(monkeypatch, seconds):
    """Let time pass for the sweeper."""
    later = row_module.now() + seconds
    for place in ("sweeping", "download_reading"):
        monkeypatch.setattr(f"functions.gallery.service.{place}.now", lambda: later)
    events.handler({"step": "sweep"}, Context())


def test_download_of_everything_holds_each_picture_as_it_is_stored():
    made_ids = {style: picture(style=style) for style in ("oil", "ink", "none")}
    picture("eve")
    accepted = start()
    assert accepted.status == 202
    download_id = accepted.json["id"]
    assert accepted.json["total"] == 3
    assert accepted.json["bytes"] == 27
    assert read(download_id).json["status"] == "queued"
    assert deliver(download_id) == 1

    view = read(download_id).json
    assert (view["status"], view["total"], view["done"], view["missed"]) == ("succeeded", 3, 3, 0)
    (file,) = view["files"]
    assert file["name"] == f"likeness-ai-{download_id.lower()}-1.zip"
    assert entries(file) == {
        f"{born(image_id):%Y-%m-%d}-{style}-{image_id}.webp": content(image_id) for style, image_id in made_ids.items()
    }
    assert deliver(download_id) == 1
    assert read(download_id).json["files"][0]["sha256"] == file["sha256"]


def test_views_and_manifests_and_names_are_as_ordered():
    model = TrainedModel.of("ada", new_id())
    model.name, model.subject_kind, model.class_word, model.trigger = "Me: 1", "person", "woman", "TOK"
    model.created_at, model.photo_ids, model.consent = "2026-11-01T00:00:00+00:00", [], {}
    model.save()
    first, second = picture(model_id=model.id), picture()
    ids = {"image_ids": [first, second, first]}
    view = made({**ids, "variant": "view", "manifests": True, "pattern": "{model} {seed}"})

    found = entries(view["files"][0])
    assert set(found) == {
        f"{name}.{kind}" for name in ("Me- 1 4294967295", "flux-1-dev 4294967295") for kind in ("webp", "json")
    }
    assert found["Me- 1 4294967295.webp"] == content(first, "view.webp")
    beside = json.loads(found["Me- 1 4294967295.json"])
    assert beside == call(handler, "GET", f"/v1/images/{first}/manifest", user="ada").json
    assert (view["total"], view["done"]) == (2, 2)


def test_equal_names_are_told_apart():
    for _ in range(3):
        picture()
    assert set(entries(made({"filters": {}, "pattern": "x"})["files"][0])) == {"x.webp", "x-2.webp", "x-3.webp"}


@pytest.mark.parametrize("more", [{"zip_pictures": 2}, {"zip_bytes": 900}])
def test_many_pictures_are_several_zips_without_gap_or_double(monkeypatch, more):
    limits(monkeypatch, **more)
    ids = [picture() for _ in range(5)]
    download_id = start({"filters": {}, "pattern": "{id}"}).json["id"]
    assert deliver(download_id) == 3
    view = read(download_id).json
    assert [file["pictures"] for file in view["files"]] == [2, 2, 1]
    found = [entries(file) for file in view["files"]]
    assert {name: content for one in found for name, content in one.items()} == {f"{i}.webp": content(i) for i in ids}
    assert view["done"] == sum(len(one) for one in found) == 5
    assert not uploads()


def test_zip_that_takes_too_long_ends_with_what_it_has(monkeypatch):
    monkeypatch.setattr(delivery, "ZIP_SECONDS", -1)
    picture(), picture()
    assert [file["pictures"] for file in made()["files"]] == [1, 1]


def test_more_pictures_than_one_page_are_all_there(monkeypatch):
    monkeypatch.setattr("functions.gallery.service.selection.AT_ONCE", 2)
    ids = [picture() for _ in range(5)]
    bodies: tuple[dict[str, object], ...] = ({"filters": {}}, {"image_ids": ids})
    for body in bodies:
        assert set(entries(made(body | {"pattern": "{id}"})["files"][0])) == {f"{one}.webp" for one in ids}


@pytest.mark.parametrize("at", ["fetch", "part", "row"])
def test_step_killed_in_the_middle_and_tried_again_makes_it_complete_without_doubles(monkeypatch, at):
    limits(monkeypatch, zip_pictures=2)
    ids = [picture() for _ in range(5)]
    download_id = start({"filters": {}, "pattern": "{id}"}).json["id"]
    job = {"user_id": "ada", "kind": "download", "job_id": download_id}
    assert step(tasks, "deliver", job=job, cursor=None)["cursor"] is not None
    place, name = {
        "fetch": (fetching, "_content"),
        "part": (ZipUpload, "complete"),
        "row": (delivery, "_settle"),
    }[at]
    with monkeypatch.context() as broken:
        broken.setattr(place, name, explode)
        with pytest.raises(TimeoutError):
            step(tasks, "deliver", job=job, cursor="stale")
    assert not uploads()
    deliver(download_id)

    view = read(download_id).json
    assert (view["status"], view["done"], view["missed"]) == ("succeeded", 5, 0)
    found = [name for file in view["files"] for name in entries(file)]
    assert sorted(found) == sorted(f"{one}.webp" for one in ids)


@pytest.mark.parametrize(("broken", "status"), [(2, "succeeded"), (3, None)])
def test_stream_that_breaks_off_is_read_again_before_the_step_gives_up(monkeypatch, broken, status):
    picture()
    download_id = start().json["id"]
    s3 = aws_clients.s3()
    get, left = s3.get_object, [IncompleteReadError(actual_bytes=1, expected_bytes=2)] * broken

    def flaky(**request):
        if left:
            raise left.pop()
        return get(**request)

    monkeypatch.setattr(s3, "get_object", flaky)
    with nullcontext() if status else pytest.raises(IncompleteReadError):
        deliver(download_id)
    assert read(download_id).json["status"] == (status or "running")


def explode(*_args, **_more):
    raise TimeoutError


def test_pictures_that_are_gone_are_counted_and_named(monkeypatch):
    limits(monkeypatch, zip_pictures=2)
    gone, kept, trashed, lost, last = (picture() for _ in range(5))
    body = {"image_ids": [gone, kept, trashed, lost, last, "nonsense"], "pattern": "{id}"}
    started = start(body).json
    Image.of("ada", gone).delete()
    assert call(handler, "DELETE", f"/v1/images/{trashed}", user="ada").status == 204
    client("s3").delete_object(Bucket="media-bucket", Key=storage.image_key("ada", lost, "original.webp"))
    deliver(started["id"])

    view = read(started["id"]).json
    assert (view["status"], view["total"], view["done"], view["missed"]) == ("succeeded", 6, 2, 4)
    (file,) = view["files"]
    found = entries(file)
    assert set(found) == {f"{kept}.webp", f"{last}.webp", "missing.txt"}
    assert set(found["missing.txt"].decode().split()) == {gone, trashed, lost, "nonsense"}


def test_pictures_that_leave_the_filter_meanwhile_are_counted():
    trashed = picture()
    picture()
    download_id = start().json["id"]
    call(handler, "DELETE", f"/v1/images/{trashed}", user="ada")
    deliver(download_id)
    view = read(download_id).json
    assert (view["status"], view["total"], view["done"], view["missed"]) == ("succeeded", 2, 1, 1)


def test_picture_that_the_index_still_has_in_its_old_place_is_not_packed(monkeypatch):
    trashed, _ = picture(), picture()
    download_id = start({"filters": {}, "pattern": "{id}"}).json["id"]
    page = selection.page

    def stale(*args):
        rows = page(*args)
        call(handler, "DELETE", f"/v1/images/{trashed}", user="ada")
        return rows

    monkeypatch.setattr(selection, "page", stale)
    deliver(download_id)
    (file,) = read(download_id).json["files"]
    assert entries(file)["missing.txt"].decode().split() == [trashed]


def test_download_of_nothing_that_is_left_fails_and_says_so():
    image_id = picture()
    download_id = start().json["id"]
    Image.of("ada", image_id).delete()
    deliver(download_id)
    view = read(download_id).json
    assert (view["status"], view["error_code"], view["files"]) == ("failed", "pictures_gone", [])
    assert (zips(), uploads()) == ([], [])


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
