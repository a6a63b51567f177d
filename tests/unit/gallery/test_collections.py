"""Collections through their front door."""

import pytest

from functions.gallery import tasks
from functions.gallery.handler import handler
from functions.gallery.service import jobs
from likeness.items.gallery import Change, Collection, CollectionCount
from likeness.items.row import new_id
from likeness.items.user import AccountState, Profile
from tests.pictures import make_image
from tests.support import call, make_person, step


@pytest.fixture(autouse=True)
def started(aws, monkeypatch):
    """Jobs that were started, which nobody runs here."""
    make_person()
    found: list[Change] = []
    monkeypatch.setattr(jobs, "start", found.append)
    return found


def create(user="ada", key=None, **body):
    return call(handler, "POST", "/v1/collections", {"name": "Best", **body}, user=user, key=key)


def at(collection_id, method="GET", body=None, user="ada"):
    return call(handler, method, f"/v1/collections/{collection_id}", body, user=user)


def listed(query=""):
    return call(handler, "GET", f"/v1/collections{query}", user="ada")


def test_collections_are_made_shown_listed_and_changed():
    manual = create(name="  Best of ").json
    smart = create(name="Ink", filters={"style": "ink", "tag": "SEA", "created_from": "2026-01-01"}).json
    assert (manual["name"], manual["kind"], manual["filters"]) == ("Best of", "manual", None)
    assert (smart["kind"], smart["filters"]["tag"], smart["filters"]["shared"]) == ("smart", "sea", None)
    assert at(smart["id"]).json == smart
    first = listed("?limit=1").json
    assert first["collections"] == [smart]
    assert listed(f"?limit=1&cursor={first['cursor']}").json["collections"] == [manual]
    renamed = at(smart["id"], "PATCH", {"name": "Oil", "filters": {"style": "oil"}}).json
    assert (renamed["name"], renamed["filters"]["style"], renamed["filters"]["tag"]) == ("Oil", "oil", None)
    assert at(smart["id"]).json == renamed
    assert at(manual["id"], "PATCH", {"name": "Better"}).json == {**manual, "name": "Better"}


def test_repeat_answers_alike_and_another_request_under_its_key_is_refused():
    first = create(key="k")
    again = create(key="k")
    assert (again.status, again.json) == (201, first.json)
    assert len(listed().json["collections"]) == 1
    other = create(key="k", name="Other")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert create().json["id"] != create().json["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"filters": {"trashed": True}}, "filters.trashed"),
        ({"filters": {"rating_min": 0}}, "filters.rating_min"),
        ({"filters": {"collection_id": "absent"}}, "filters.collection_id"),
        ({"kind": "manual"}, "kind"),
    ],
)
def test_bad_collection_is_refused_by_name(body, field):
    reply = create(**body)
    assert (reply.status, reply.json["fields"][0]["field"]) == (422, field)
    assert listed().json["collections"] == []
    if field != "kind":
        assert at(create(filters={}).json["id"], "PATCH", body).json["fields"][0]["field"] == field


def test_smart_collection_builds_on_one_made_by_hand_and_not_on_a_smart_one():
    manual = create().json["id"]
    inside = make_image(collections={manual}, style="ink")
    make_image(collections={manual})
    smart = create(filters={"collection_id": manual, "style": "ink"})
    found = call(handler, "GET", f"/v1/images?collection_id={smart.json['id']}", user="ada").json
    assert [image["id"] for image in found["images"]] == [inside]
    assert create(filters={"collection_id": smart.json["id"]}).status == 422


def test_collection_made_by_hand_takes_no_filters():
    reply = at(create().json["id"], "PATCH", {"filters": {"style": "ink"}})
    assert (reply.status, reply.json["fields"][0]["field"]) == (422, "filters")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_collection_of_somebody_else_is_not_there(method):
    make_person("eve")
    collection_id = create().json["id"]
    body = {"name": "Mine"} if method == "PATCH" else None
    foreign, absent = at(collection_id, method, body, "eve"), at(new_id(), method, body, "eve")
    assert foreign.status == absent.status == 404
    assert foreign.body == absent.body
    assert at(collection_id).json["name"] == "Best"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_no_id_names_no_collection(method):
    row = Collection.of("ada", "no-ulid")
    row.name, row.created_at = "Best", "2026-11-01T00:00:00Z"
    row.save()
    assert at("no-ulid", method, {"name": "Mine"} if method == "PATCH" else None).status == 404


def test_two_hundred_are_enough_until_one_is_deleted():
    kept = create().json["id"]
    CollectionCount.of("ada").update([CollectionCount.collections.set(200)])
    refused = create()
    assert (refused.status, refused.code) == (409, "conflict")
    assert "200" in refused.json["detail"]
    assert at(kept, "DELETE").status == 204
    assert at(kept, "DELETE").status == 404
    assert create().status == 201
    assert create().status == 409


def test_account_that_is_being_erased_makes_and_deletes_nothing():
    kept = create().json["id"]
    profile = Profile.of("ada")
    profile.state = AccountState.ERASING.value
    profile.save()
    assert create().code == "account_not_active"
    assert at(kept, "DELETE").code == "account_not_active"


def test_deleted_collection_is_claimed_by_no_picture_live_or_trashed(started):
    gone, kept = create().json["id"], create().json["id"]
    images = [make_image(collections={gone, kept}), make_image(collections={gone}), make_image(collections={kept})]
    call(handler, "DELETE", f"/v1/images/{images[1]}", user="ada")

    assert at(gone, "DELETE").status == 204
    for job in started:
        assert Change.get("ada", job.sk).total == 1
        step(tasks.handler, "change", job={"user_id": "ada", "kind": "change", "job_id": job.id}, cursor=None)

    assert len(started) == 2
    shown = [call(handler, "GET", f"/v1/images/{one}", user="ada").json["collection_ids"] for one in images]
    assert shown == [[kept], [], [kept]]


def test_smart_collection_goes_without_a_job(started):
    assert at(create(filters={}).json["id"], "DELETE").status == 204
    assert started == []
