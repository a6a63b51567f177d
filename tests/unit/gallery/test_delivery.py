"""How the steps of a download pack its zips, whatever happens between them."""

import json
from contextlib import nullcontext

import pytest
from botocore.exceptions import IncompleteReadError

from functions.gallery.handler import handler
from functions.gallery.service import delivery, fetching, selection
from functions.gallery.service.zips import ZipUpload
from functions.gallery.tasks import handler as tasks
from likeness import aws as aws_clients
from likeness import storage
from likeness.items.image import Image
from likeness.items.model import TrainedModel
from likeness.items.row import born, new_id
from tests.support import call, client, step
from tests.unit.gallery.deliveries import (
    content,
    deliver,
    entries,
    explode,
    limits,
    made,
    picture,
    read,
    start,
    uploads,
    zips,
)

pytestmark = pytest.mark.usefixtures("ada")


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
