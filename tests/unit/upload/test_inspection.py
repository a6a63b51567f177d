"""What becomes of uploaded files: ready, rejected or duplicate, decided once, the file itself gone."""

from io import BytesIO

import boto3
import pytest
from PIL import Image

from functions.upload import inspection
from likeness.catalog.reader import catalog
from likeness.items.photo import Photo, PhotoCount, PhotoState
from likeness.items.row import new_id
from likeness.items.user import AccountState, Profile
from likeness.pictures import prepare_photo
from tests.hostile import CRASHING, REFUSED, SECRET, STORED, saved, scene
from tests.uploads import Send, notify, put_raw, read, stored, tell

PHOTO = saved("JPEG")
OTHER = saved("JPEG", scene(400, 300))


def media(photo_id: str, user: str = "ada") -> set[str]:
    return {f"media/u/{user}/photos/{photo_id}/{name}" for name in ("photo.jpg", "640.webp", "256.webp")}


def counted(user: str = "ada") -> int:
    return int(PhotoCount.get(user, "COUNT#PHOTO").photos)


def body(key: str) -> bytes:
    return bytes(boto3.client("s3").get_object(Bucket="media-bucket", Key=key)["Body"].read())


def test_good_photo_becomes_ready_with_our_files_and_the_upload_is_gone(upload: Send):
    photo_id = upload(PHOTO, filename="ich & du.jpg")
    shown = read(photo_id).json

    assert (shown["state"], shown["filename"]) == ("ready", "ich & du.jpg")
    assert (shown["width"], shown["height"]) == (320, 256)
    assert shown["media"]["photo"] == f"/media/u/ada/photos/{photo_id}/photo.jpg"
    assert {path.removeprefix("/") for path in shown["media"].values()} == media(photo_id)
    assert shown["checks"]["sharpness"] > 0
    assert set(stored("media-bucket")) == media(photo_id)
    assert stored("raw-bucket") == []
    assert counted() == 1


def test_stored_files_are_private_and_immutable(upload: Send):
    photo_id = upload(PHOTO)
    kinds = {"photo.jpg": "image/jpeg", "640.webp": "image/webp", "256.webp": "image/webp"}

    for name, kind in kinds.items():
        head = boto3.client("s3").head_object(Bucket="media-bucket", Key=f"media/u/ada/photos/{photo_id}/{name}")
        assert head["ContentType"] == kind
        assert head["CacheControl"] == "private, max-age=31536000, immutable"


def test_hostile_uploads_are_rejected_with_their_codes_and_leave_nothing(upload: Send):
    files = [*REFUSED, CRASHING]
    shown = {hostile.name: read(upload(hostile.make())).json for hostile in files}

    assert {name: photo["code"] for name, photo in shown.items()} == {one.name: one.refused for one in files}
    assert {photo["state"] for photo in shown.values()} == {"rejected"}
    assert all(photo["detail"] and photo["media"] is None for photo in shown.values())
    assert stored("raw-bucket") == stored("media-bucket") == []


def test_odd_uploads_are_kept_without_their_bytes(upload: Send):
    """Each of another person, since many show the same picture."""
    photos = {odd.name: upload(odd.make(), user=odd.name) for odd in STORED}
    states = {user: read(photo_id, user=user).json["state"] for user, photo_id in photos.items()}

    assert states == dict.fromkeys(photos, "ready")
    assert set(stored("media-bucket")) == set().union(*(media(photo, user) for user, photo in photos.items()))
    assert stored("raw-bucket") == []
    for key in stored("media-bucket"):
        kept = body(key)
        assert SECRET not in kept
        assert not Image.open(BytesIO(kept)).getexif()


def test_file_over_the_limit_is_rejected_unread(upload: Send, monkeypatch: pytest.MonkeyPatch):
    limits = catalog().limits.model_copy(update={"photo_bytes": len(PHOTO) - 1})
    small = catalog().model_copy(update={"limits": limits})
    monkeypatch.setattr(inspection, "catalog", lambda: small)

    assert read(upload(PHOTO)).json["code"] == "too_large"
    assert stored("raw-bucket") == stored("media-bucket") == []


def test_same_picture_again_is_a_duplicate_of_the_first(upload: Send):
    first = upload(saved("PNG"))
    second = upload(saved("PNG", optimize=True, comment="other bytes"))
    shown = read(second).json

    assert (shown["state"], shown["duplicate_of"], shown["media"]) == ("duplicate", first, None)
    assert set(stored("media-bucket")) == media(first)
    assert counted() == 1


def test_same_picture_of_another_person_is_no_duplicate(upload: Send):
    upload(PHOTO)

    assert read(upload(PHOTO, user="eve"), user="eve").json["state"] == "ready"


def few(monkeypatch: pytest.MonkeyPatch, photos: int) -> None:
    limits = catalog().limits.model_copy(update={"photos_per_user": photos})
    smaller = catalog().model_copy(update={"limits": limits})
    monkeypatch.setattr(inspection, "catalog", lambda: smaller)


def test_photo_over_the_quota_is_rejected_and_leaves_nothing(upload: Send, monkeypatch: pytest.MonkeyPatch):
    few(monkeypatch, 1)
    first, second = upload(PHOTO), upload(OTHER)
    shown = read(second).json

    assert (shown["state"], shown["code"]) == ("rejected", "quota_exceeded")
    assert "1 photos" in shown["detail"]
    assert set(stored("media-bucket")) == media(first)
    assert counted() == 1


def test_picture_refused_for_quota_may_come_back_later(upload: Send, monkeypatch: pytest.MonkeyPatch):
    few(monkeypatch, 1)
    upload(PHOTO)
    upload(OTHER)
    few(monkeypatch, 2)

    assert read(upload(OTHER)).json["state"] == "ready"


def test_event_told_twice_changes_nothing(upload: Send):
    photo_id = upload(PHOTO)
    before = read(photo_id).body
    notify(photo_id)

    assert read(photo_id).body == before
    assert counted() == 1


@pytest.mark.parametrize("first", [PHOTO, b"GIF89a"])
def test_form_used_again_cannot_change_a_decided_photo(upload: Send, first: bytes):
    photo_id = upload(first)
    before, files = read(photo_id).body, {key: body(key) for key in stored("media-bucket")}
    upload(OTHER, photo_id=photo_id)

    assert read(photo_id).body == before
    assert {key: body(key) for key in stored("media-bucket")} == files
    assert stored("raw-bucket") == []


def crash(*_args: object) -> None:
    raise MemoryError


def test_inspection_cut_short_is_finished_by_the_retry(upload: Send, monkeypatch: pytest.MonkeyPatch):
    photo_id = new_id()
    with monkeypatch.context() as broken:
        broken.setattr(inspection, "prepare_photo_apart", crash)
        with pytest.raises(MemoryError):
            upload(PHOTO, photo_id=photo_id)
    assert read(photo_id).json["state"] == "pending"
    assert stored("raw-bucket") == [f"raw/ada/{photo_id}"]
    notify(photo_id)

    assert read(photo_id).json["state"] == "ready"
    assert stored("raw-bucket") == []


def test_crash_after_the_decision_leaves_the_decision(upload: Send, monkeypatch: pytest.MonkeyPatch):
    photo_id = upload(PHOTO)
    put_raw(photo_id, PHOTO)
    notify(photo_id)

    assert read(photo_id).json["state"] == "ready"
    assert set(stored("media-bucket")) == media(photo_id)
    assert stored("raw-bucket") == []


def test_other_file_with_the_form_of_a_pending_photo_is_ignored(upload: Send, monkeypatch: pytest.MonkeyPatch):
    photo_id = new_id()
    with monkeypatch.context() as broken:
        broken.setattr(inspection, "prepare_photo_apart", crash)
        with pytest.raises(MemoryError):
            upload(PHOTO, photo_id=photo_id)
    boto3.client("s3").put_object(Bucket="media-bucket", Key=f"media/u/ada/photos/{photo_id}/photo.jpg", Body=b"first")
    upload(OTHER, photo_id=photo_id)

    assert read(photo_id).json["state"] == "pending"
    assert body(f"media/u/ada/photos/{photo_id}/photo.jpg") == b"first"
    assert stored("raw-bucket") == []


def test_photo_pending_for_ten_minutes_is_shown_as_failed(upload: Send):
    photo = Photo.of("ada", new_id())
    photo.state, photo.since = PhotoState.PENDING.value, 1_700_000_000
    photo.save()
    shown = read(photo.id).json

    assert (shown["state"], shown["code"]) == ("rejected", "processing_failed")
    assert shown["detail"]


def set_account(state: AccountState) -> None:
    Profile.of("ada").update([Profile.state.set(state.value)])


@pytest.mark.parametrize("state", [AccountState.ERASING, AccountState.ERASED])
def test_upload_of_an_erased_account_leaves_nothing(upload: Send, state: AccountState):
    set_account(state)
    photo_id = upload(PHOTO)

    assert read(photo_id).status == 404
    assert stored("raw-bucket") == stored("media-bucket") == []


def test_account_erased_during_the_inspection_keeps_no_file(upload: Send, monkeypatch: pytest.MonkeyPatch):

    def erase_meanwhile(content: bytes):
        set_account(AccountState.ERASING)
        return prepare_photo(content)

    monkeypatch.setattr(inspection, "prepare_photo_apart", erase_meanwhile)
    photo_id = upload(PHOTO)

    assert read(photo_id).json["state"] == "pending"
    assert stored("raw-bucket") == stored("media-bucket") == []


def test_frozen_account_may_still_upload(upload: Send):
    set_account(AccountState.FROZEN)

    assert read(upload(PHOTO)).json["state"] == "ready"


def test_photo_deleted_during_the_inspection_stays_deleted(upload: Send, monkeypatch: pytest.MonkeyPatch):
    photo_id = new_id()

    def delete_meanwhile(content: bytes):
        Photo.of("ada", photo_id).delete()
        return prepare_photo(content)

    monkeypatch.setattr(inspection, "prepare_photo_apart", delete_meanwhile)
    upload(PHOTO, photo_id=photo_id)

    assert read(photo_id).status == 404
    assert stored("raw-bucket") == stored("media-bucket") == []


@pytest.mark.parametrize("key", ["raw/ada/short", "raw/a/b/01JD0000000000000000000000", "other/ada/x", "raw/ada/"])
def test_file_under_a_strange_name_is_left_alone(aws, key: str):
    tell({"Records": [{"s3": {"object": {"key": key}}}]})

    assert stored("media-bucket") == []


def test_notice_without_records_is_fine(aws):
    tell({"Event": "s3:TestEvent"})
