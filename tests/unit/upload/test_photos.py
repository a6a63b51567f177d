"""GET and DELETE of photos: pages, one's own only, and deletion that a running training stops."""

import boto3
import pytest

from functions.upload import service
from functions.upload.handler import handler
from likeness.items.model import TrainedModel
from likeness.items.photo import Photo, PhotoCount, PhotoState
from likeness.items.row import new_id
from likeness.wire import decode_cursor
from tests.hostile import saved, scene
from tests.support import Reply, call
from tests.uploads import Send, notify, put_raw, read, stored

PHOTO = saved("JPEG")
GIF = saved("GIF")


def pages(limit: int, user: str = "ada") -> list[list[str]]:
    found, cursor = [], ""
    while True:
        reply = call(handler, "GET", f"/v1/photos?limit={limit}{cursor}", user=user).json
        found.append([photo["id"] for photo in reply["photos"]])
        if reply["cursor"] is None:
            return found
        cursor = f"&cursor={reply['cursor']}"


def delete(photo_id: str, user: str = "ada") -> Reply:
    return call(handler, "DELETE", f"/v1/photos/{photo_id}", user=user)


def make_model(*photo_ids: str, training: str | None) -> None:
    model = TrainedModel.of("ada", new_id())
    model.name, model.subject_kind, model.class_word, model.trigger = "Me", "person", "woman", "ohwx"
    model.photo_ids, model.consent, model.created_at = list(photo_ids), {}, "2026-11-01T00:00:00+00:00"
    model.open_training = training
    model.save()


def counted() -> int:
    return int(PhotoCount.get("ada", "COUNT#PHOTO").photos)


def rows() -> set[str]:
    return {row.sk for row in Photo.query("ada", Photo.sk.startswith("PHOTO#"))} | {
        row["sk"]["S"]
        for row in boto3.client("dynamodb").scan(TableName="images")["Items"]
        if row["sk"]["S"].startswith("UNIQUE#")
    }


def test_list_is_newest_first_and_pages_are_whole(upload: Send):
    ids = [upload(GIF) for _ in range(5)]

    found = pages(2)
    assert [photo_id for page in found for photo_id in page] == sorted(ids, reverse=True)
    assert [len(page) for page in found][:2] == [2, 2]
    assert pages(100) == [sorted(ids, reverse=True)]


def test_list_shows_own_photos_only(upload: Send):
    photo_id = upload(GIF)

    assert pages(10, user="eve") == [[]]
    assert read(photo_id, user="eve").status == 404
    assert delete(photo_id, user="eve").status == 404
    assert read(photo_id).status == 200


def test_cursor_holds_no_user_and_does_not_lead_into_other_lists(upload: Send):
    for _ in range(3):
        upload(GIF)
    cursor = call(handler, "GET", "/v1/photos?limit=1", user="ada").json["cursor"]

    assert "ada" not in decode_cursor(cursor).values()
    assert call(handler, "GET", f"/v1/photos?cursor={cursor}", user="eve").json == {"photos": [], "cursor": None}


@pytest.mark.parametrize("cursor", ["x", "e30", "bnVsbA", "eyJwaG90byI6IjEifQ", "eyJwaG90byI6MX0", "%00", "a" * 900])
def test_malformed_cursor_is_named(aws, cursor: str):
    reply = call(handler, "GET", f"/v1/photos?cursor={cursor}", user="ada")

    assert (reply.status, reply.code) == (400, "cursor_invalid")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many"])
def test_page_size_out_of_range_is_refused(aws, limit: str):
    assert call(handler, "GET", f"/v1/photos?limit={limit}", user="ada").status == 422


@pytest.mark.parametrize("photo_id", ["x", "01JD0000000000000000000000", "..", "PHOTO#1", "%00"])
def test_unknown_photo_is_not_found(aws, photo_id: str):
    for method in ("GET", "DELETE"):
        reply = call(handler, method, f"/v1/photos/{photo_id.replace('#', '%23')}", user="ada")
        assert reply.status == 404


def test_deleted_photo_leaves_no_file_no_row_and_no_place_taken(upload: Send):
    photo_id, kept = upload(PHOTO), upload(saved("JPEG", scene(400, 300)))
    put_raw(photo_id, PHOTO)

    assert (delete(photo_id).status, read(photo_id).status) == (204, 404)
    assert all(photo_id not in key for key in stored("media-bucket") + stored("raw-bucket"))
    assert len(stored("media-bucket")) == 3
    assert [sk for sk in rows() if sk.startswith("PHOTO#")] == [f"PHOTO#{kept}"]
    assert counted() == len([sk for sk in rows() if sk.startswith("UNIQUE#")]) == 1
    assert delete(photo_id).status == 404


def test_deleted_picture_may_be_uploaded_again(upload: Send):
    delete(upload(PHOTO))

    assert read(upload(PHOTO)).json["state"] == "ready"


@pytest.mark.parametrize("content", [GIF, PHOTO], ids=["rejected", "duplicate"])
def test_deleting_what_never_counted_frees_nothing(upload: Send, content: bytes):
    first = upload(PHOTO)
    photo_id = upload(content)

    assert delete(photo_id).status == 204
    assert counted() == 1
    assert read(first).json["state"] == "ready"
    assert len(stored("media-bucket")) == 3


def test_photo_of_a_running_training_stays(upload: Send):
    photo_id = upload(PHOTO)
    make_model(photo_id, training=new_id())
    reply = delete(photo_id)

    assert (reply.status, reply.code) == (409, "photo_in_use")
    assert read(photo_id).json["state"] == "ready"
    assert len(stored("media-bucket")) == 3
    assert counted() == 1


def test_photo_of_a_model_that_does_not_train_may_go(upload: Send):
    photo_id, other = upload(PHOTO), new_id()
    make_model(photo_id, training=None)
    make_model(other, training=new_id())

    assert delete(photo_id).status == 204


def test_training_that_starts_meanwhile_stops_the_deletion(upload: Send, monkeypatch: pytest.MonkeyPatch):
    photo_id = upload(PHOTO)
    make_model(photo_id, training=None)
    real = service._models_with

    def start_meanwhile(user_id: str, photo: str) -> list[TrainedModel]:
        (model,) = real(user_id, photo)
        model.update([TrainedModel.open_training.set(new_id())])
        return [model]

    monkeypatch.setattr(service, "_models_with", start_meanwhile)

    assert delete(photo_id).code == "photo_in_use"
    assert len(stored("media-bucket")) == 3


def test_photo_that_moved_on_meanwhile_is_not_half_deleted(upload: Send, monkeypatch: pytest.MonkeyPatch):
    photo = Photo.of("ada", new_id())
    photo.state = PhotoState.PENDING.value
    photo.save()
    real = service._models_with

    def finish_meanwhile(user_id: str, photo_id: str) -> list[TrainedModel]:
        photo.update([Photo.state.set(PhotoState.READY.value), Photo.sha256.set("ab")])
        return real(user_id, photo_id)

    monkeypatch.setattr(service, "_models_with", finish_meanwhile)

    assert (delete(photo.id).status, read(photo.id).json["state"]) == (409, "ready")


def test_deletion_cut_short_hides_the_photo_and_is_finished_by_a_repeat(upload: Send, monkeypatch: pytest.MonkeyPatch):
    photo_id = upload(PHOTO)

    def fail(*_args: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(service, "remove", fail)
        assert delete(photo_id).status == 500
    assert read(photo_id).status == 404
    assert pages(10) == [[]]
    assert delete(photo_id).status == 204
    assert (stored("media-bucket"), rows(), counted()) == ([], set(), 0)


def test_upload_inspected_after_its_deletion_began_leaves_nothing(upload: Send):
    photo = Photo.of("ada", new_id())
    photo.state = PhotoState.DELETING.value
    photo.save()
    put_raw(photo.id, PHOTO)
    notify(photo.id)

    assert read(photo.id).status == 404
    assert stored("raw-bucket") == stored("media-bucket") == []
