"""Changes of named pictures, at once."""

import boto3
import pytest

from functions.gallery.handler import handler
from functions.gallery.models.changes import MOST_TAGS, PictureChange
from functions.gallery.service import changes
from likeness import storage
from likeness.items.gallery import Collection, Share
from likeness.items.image import Image
from likeness.items.row import new_id
from likeness.items.user import AccountState, Profile
from tests.pictures import make_image
from tests.support import call, make_person

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def people(aws):
    make_person("ada", 0)
    make_person("eve", 0)


def change(image_ids, user="ada", **what):
    return call(handler, "POST", "/v1/images/changes", {"image_ids": image_ids, "change": what}, user=user)


def codes(reply):
    assert reply.status == 200, reply.body
    return [result["code"] for result in reply.json["results"]]


def row(image_id, user="ada"):
    return Image.get(user, f"IMAGE#{image_id}")


def make_collection(user="ada", **more):
    collection = Collection.of(user, new_id())
    collection.name, collection.created_at = "Best", "2026-11-23T12:00:00+00:00"
    collection.filters = more.get("filters")
    collection.save()
    return collection.id


def store(image_id, user="ada"):
    for variant in ("original.webp", "view.webp"):
        storage.put(storage.image_key(user, image_id, variant), b"x", "image/webp")


def objects(prefix=""):
    found = boto3.client("s3").list_objects_v2(Bucket="media-bucket", Prefix=prefix)
    return [one["Key"] for one in found.get("Contents", [])]


def test_each_picture_is_answered_in_order_and_strangers_pictures_are_not_there():
    mine, marked, foreign = make_image(), make_image(favourite=True), make_image("eve")
    reply = change([mine, foreign, marked, new_id(), mine], favourite=True)
    assert codes(reply) == ["changed", "not_found", "unchanged", "not_found", "changed"]
    assert [result["image_id"] for result in reply.json["results"]][:3] == [mine, foreign, marked]
    assert row(mine).favourite
    assert not row(foreign, "eve").favourite


def test_everything_that_can_be_said_of_a_picture_is_written_at_once():
    collection, old = make_collection(), make_collection()
    image_id = make_image(tags={"sea", "old"}, collections={old}, rating=2)
    what = {"rating": 5, "add_tags": ["Castle"], "remove_tags": ["old"], "favourite": True}
    assert codes(change([image_id], **what, add_collections=[collection], remove_collections=[old])) == ["changed"]
    found = row(image_id)
    assert (found.rating, found.tags, found.collections, found.favourite) == (5, {"sea", "castle"}, {collection}, True)
    assert codes(change([image_id], rating=0, remove_tags=["sea", "castle"])) == ["changed"]
    assert (row(image_id).rating, row(image_id).tags) == (None, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"change": {"favourite": True}}, "body"),
        ({"image_ids": [new_id()], "filters": {}, "change": {"favourite": True}}, "body"),
        ({"image_ids": [], "change": {"favourite": True}}, "image_ids"),
        ({"image_ids": [new_id()] * 101, "change": {"favourite": True}}, "image_ids"),
        ({"image_ids": [new_id()], "change": {}}, "change"),
        ({"image_ids": [new_id()], "change": {"rating": 6}}, "change.rating"),
        ({"image_ids": [new_id()], "change": {"purge": True, "trashed": True}}, "change"),
        ({"image_ids": [new_id()], "change": {"purge": False}}, "change.purge"),
        ({"image_ids": [new_id()], "change": {"add_tags": ["a"], "remove_tags": ["A"]}}, "change"),
        ({"image_ids": [new_id()], "change": {"add_tags": ["a,b"]}}, "change.add_tags.0"),
        ({"image_ids": [new_id()], "change": {"owner": "eve"}}, "change.owner"),
        ({"image_ids": [new_id()], "change": {"add_collections": ["nowhere"]}}, "change.add_collections"),
        ({"filters": {"colour": "red"}, "change": {"favourite": True}}, "filters.colour"),
    ],
)
def test_request_that_makes_no_sense_is_refused_by_name(body, field):
    reply = call(handler, "POST", "/v1/images/changes", body, user="ada")
    assert (reply.status, reply.code) == (422, "invalid_request"), reply.body
    assert field in {found["field"] for found in reply.json["fields"]}


@pytest.mark.parametrize("collection", [lambda: make_collection("eve"), lambda: make_collection(filters={"tag": "a"})])
def test_pictures_go_into_own_collections_made_by_hand_only(collection):
    reply = change([make_image()], add_collections=[collection()])
    assert (reply.status, reply.code) == (422, "invalid_request")


def test_collection_that_is_deleted_meanwhile_holds_no_picture_afterwards(monkeypatch):
    collection, image_id = make_collection(), make_image(collections={"other"})
    read = changes._read

    def read_when_it_is_gone(user_id, image_ids):
        Collection.of("ada", collection).delete()
        return read(user_id, image_ids)

    monkeypatch.setattr(changes, "_read", read_when_it_is_gone)
    reply = change([image_id], add_collections=[collection])
    assert codes(reply) == ["refused"]
    assert row(image_id).collections == {"other"}


def test_picture_never_has_more_tags_than_it_may():
    full = {f"tag{number:02}" for number in range(MOST_TAGS)}
    image_id = make_image(tags=full)
    reply = change([image_id], add_tags=["one more"])
    assert codes(reply) == ["refused"]
    assert "20 tags" in reply.json["results"][0]["detail"]
    assert codes(change([image_id], add_tags=["tag00"])) == ["unchanged"]
    assert codes(change([image_id], add_tags=["one more"], remove_tags=["tag00"])) == ["changed"]
    assert row(image_id).tags == full - {"tag00"} | {"one more"}


def test_changes_at_the_same_time_lose_nothing_of_each_other(monkeypatch):
    image_id = make_image(tags={"first"})
    read, others = changes._read, iter(["second", "third"])

    def read_and_be_overtaken(user_id, image_ids):
        found = read(user_id, image_ids)
        if (tag := next(others, None)) is not None:
            monkeypatch.setattr(changes, "_read", read)
            changes.apply("ada", image_id, PictureChange(add_tags=[tag]))
            monkeypatch.setattr(changes, "_read", read_and_be_overtaken)
        return found

    monkeypatch.setattr(changes, "_read", read_and_be_overtaken)
    assert codes(change([image_id], add_tags=["mine"], favourite=True)) == ["changed"]
    assert row(image_id).tags == {"first", "second", "third", "mine"}


def test_trash_and_restore_are_as_of_one_picture():
    image_id = make_image()
    assert codes(change([image_id], trashed=True)) == ["changed"]
    trashed = row(image_id)
    assert (trashed.open, trashed.gallery) == ("TRASH", "ada#trash")
    assert trashed.check_at == trashed.deleted_at + 30 * 86_400
    assert codes(change([image_id], trashed=True)) == ["unchanged"]
    assert codes(change([image_id], trashed=False)) == ["changed"]
    restored = row(image_id)
    assert (restored.open, restored.check_at, restored.deleted_at, restored.gallery) == (None, None, None, "ada")


def make_share(image_ids, user="ada"):
    share = Share.of(user, new_id())
    share.image_ids, share.below, share.created_at = image_ids, f"media/v/{new_id()}/", "2026-11-23T12:00:00+00:00"
    share.save()
    for image_id in image_ids:
        storage.put(f"{share.below}{image_id}/view.webp", b"x", "image/webp")
        Image.of(user, image_id).update([Image.shares.add({share.id})])
    return share


def test_trashed_picture_is_in_no_link_any_more_and_its_copies_are_gone():
    gone, kept = make_image(), make_image()
    share = make_share([gone, kept])
    assert codes(change([gone], trashed=True)) == ["changed"]
    assert (row(gone).shares, row(gone).withdrawn) == (None, None)
    assert objects() == [f"{share.below}{kept}/view.webp"]
    change([gone], trashed=False)
    assert row(gone).shares is None


@pytest.mark.parametrize(("trashed", "code"), [(True, "unchanged"), (False, "changed")])
def test_withdrawal_that_was_killed_is_finished_by_whatever_comes_next(monkeypatch, trashed, code):
    image_id = make_image()
    make_share([image_id])
    with monkeypatch.context() as killed:
        killed.setattr(storage, "remove", lambda _: 1 / 0)
        assert change([image_id], trashed=True).status == 500
    assert row(image_id).shares is None
    assert objects()
    assert codes(change([image_id], trashed=trashed)) == [code]
    assert objects() == []
    assert (row(image_id).shares, row(image_id).withdrawn) == (None, None)


def test_purge_takes_trashed_pictures_only_and_leaves_neither_object_nor_row():
    gone, kept = make_image(), make_image()
    store(gone)
    store(kept)
    change([gone], trashed=True)
    reply = change([gone, kept, new_id()], purge=True)
    assert codes(reply) == ["changed", "refused", "not_found"]
    assert objects() == [storage.image_key("ada", kept, variant) for variant in ("original.webp", "view.webp")]
    assert [found.id for found in Image.query("ada", Image.sk.startswith("IMAGE#"))] == [kept]


def test_purge_that_was_killed_cannot_be_undone_and_is_finished_by_a_repeat(monkeypatch):
    image_id = make_image()
    store(image_id)
    change([image_id], trashed=True)
    with monkeypatch.context() as killed:
        killed.setattr(storage, "remove_below", lambda _: 1 / 0)
        assert change([image_id], purge=True).status == 500
    assert codes(change([image_id], trashed=False)) == ["not_found"]
    assert codes(change([image_id], purge=True)) == ["changed"]
    assert objects() == []


def test_purge_finishes_a_withdrawal_that_was_killed(monkeypatch):
    image_id = make_image()
    make_share([image_id])
    with monkeypatch.context() as killed:
        killed.setattr(storage, "remove", lambda _: 1 / 0)
        assert change([image_id], trashed=True).status == 500
    assert codes(change([image_id], purge=True)) == ["changed"]
    assert objects() == []


@pytest.mark.parametrize("body", [{"image_ids": [new_id()]}, {"filters": {}}])
@pytest.mark.parametrize("state", [AccountState.FROZEN, AccountState.ERASING, None])
def test_account_that_is_not_active_changes_nothing(state, body):
    profile = Profile.of("ada")
    if state is None:
        profile.delete()
    else:
        profile.state = state.value
        profile.save()
    reply = call(handler, "POST", "/v1/images/changes", {**body, "change": {"favourite": True}}, user="ada")
    assert (reply.status, reply.code) == (403, "account_not_active")
