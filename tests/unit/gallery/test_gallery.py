"""The gallery through its front door."""

import boto3
import pytest

from functions.gallery import events
from functions.gallery.handler import handler
from likeness import storage
from likeness.items import row as row_module
from likeness.items.image import Image
from likeness.items.row import new_id
from likeness.items.user import AccountState, Profile
from likeness.wire import decode_cursor
from tests.pictures import make_image
from tests.support import Context, call, make_person

pytestmark = pytest.mark.usefixtures("aws")


def ids(reply):
    return [image["id"] for image in reply.json["images"]]


def listed(query="", user="ada"):
    return call(handler, "GET", f"/v1/images{query}", user=user)


def test_list_is_newest_first_and_pages_to_the_end_without_gap_or_double():
    made = [make_image() for _ in range(5)]
    seen, cursor = [], ""
    while True:
        page = listed(f"?limit=2{cursor}")
        assert page.status == 200
        seen += ids(page)
        if page.json["cursor"] is None:
            break
        cursor = f"&cursor={page.json['cursor']}"
    assert seen == sorted(made, reverse=True)


def test_cursor_holds_no_user_id():
    for _ in range(3):
        make_image("3f1c2d7e-user")
    cursor = listed("?limit=1", "3f1c2d7e-user").json["cursor"]

    assert "3f1c2d7e" not in str(decode_cursor(cursor))


@pytest.mark.parametrize("cursor", ["x", "%00", "e30", "bnVsbA", "eyJhZnRlciI6IjEifQ", "W10"])
def test_cursor_that_is_not_ours_is_refused(cursor):
    reply = listed(f"?cursor={cursor}")
    assert (reply.status, reply.code) == (400, "cursor_invalid")


@pytest.mark.parametrize(
    "query", ["?limit=0", "?limit=101", "?limit=x", "?favourite=perhaps", "?created_from=soon", "?created_to=0.5"]
)
def test_invalid_filter_is_named(query):
    reply = listed(query)
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.json["fields"][0]["field"] in query


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("model_id=01JD0000000000000000000009", {"model_id": "01JD0000000000000000000009"}),
        ("aspect_ratio=16%3A9", {"aspect_ratio": "16:9"}),
        ("style=ink", {"style": "ink"}),
        ("favourite=true", {"favourite": True}),
        ("text=CAFE%20red", {"prompt": "Red lamp in a Café"}),
    ],
)
def test_filter_finds_just_what_it_names(query, wanted):
    make_image()
    match = make_image(**wanted)
    make_image()
    assert ids(listed(f"?{query}")) == [match]


def test_dates_are_a_range():
    old = make_image(id="01HV0000000000000000000000")  # April 2024
    new = make_image()
    assert ids(listed("?created_to=2025-01-01T00:00:00Z")) == [old]
    assert ids(listed("?created_from=2025-01-01")) == [new]
    assert ids(listed("?created_from=2025-01-01&created_to=2024-01-01")) == []


def test_rare_match_far_back_is_found_by_following_cursors():
    rare = make_image(style="ink")
    for _ in range(30):
        make_image()
    found, cursor = [], ""
    for _ in range(10):
        page = listed(f"?style=ink&limit=1{cursor}")
        found += ids(page)
        if page.json["cursor"] is None:
            break
        cursor = f"&cursor={page.json['cursor']}"
    assert found == [rare]


def test_filtered_page_cut_short_goes_on_behind_its_last_picture():
    made = sorted((make_image(style="ink") for _ in range(7)), reverse=True)
    first = listed("?style=ink&limit=3")
    second = listed(f"?style=ink&limit=3&cursor={first.json['cursor']}")
    third = listed(f"?style=ink&limit=3&cursor={second.json['cursor']}")
    assert ids(first) + ids(second) + ids(third) == made


def test_one_picture_shows_its_whole_manifest_and_stable_paths():
    image_id = make_image()
    body = call(handler, "GET", f"/v1/images/{image_id}", user="ada").json
    assert body["manifest"] == {"prompt": "a castle", "seed": 4294967295}
    assert body["media"]["view"] == f"/media/u/ada/images/{image_id}/view.webp"
    assert "pk" not in body


@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/download")])
def test_picture_of_somebody_else_is_not_there(method, tail):
    image_id = make_image("ada")
    make_person("eve", 0)
    body = {"favourite": True} if method == "PATCH" else None
    foreign = call(handler, method, f"/v1/images/{image_id}{tail}", body, user="eve")
    absent = call(handler, method, f"/v1/images/{new_id()}{tail}", body, user="eve")
    assert foreign.status == absent.status == 404
    assert foreign.body == absent.body
    assert ids(listed()) == [image_id]


def test_favourite_is_set_and_cleared():
    image_id = make_image()
    assert call(handler, "PATCH", f"/v1/images/{image_id}", {"favourite": True}, user="ada").json["favourite"]
    assert not call(handler, "PATCH", f"/v1/images/{image_id}", {"favourite": False}, user="ada").json["favourite"]


def test_unknown_field_is_refused_by_name():
    reply = call(handler, "PATCH", f"/v1/images/{make_image()}", {"owner": "eve"}, user="ada")
    assert reply.status == 422
    assert reply.json["fields"][0]["field"] == "owner"


def test_trashed_picture_leaves_the_gallery_and_comes_back():
    make_person()
    image_id = make_image()
    assert call(handler, "DELETE", f"/v1/images/{image_id}", user="ada").status == 204
    assert call(handler, "DELETE", f"/v1/images/{image_id}", user="ada").status == 204
    assert ids(listed()) == []
    assert ids(listed("?trashed=true")) == [image_id]
    restored = call(handler, "PATCH", f"/v1/images/{image_id}", {"trashed": False}, user="ada")
    assert restored.json["trashed_at"] is None
    assert ids(listed()) == [image_id]


def test_account_that_is_being_erased_deletes_nothing_more():
    make_person()
    profile = Profile.of("ada")
    profile.state = AccountState.ERASING.value
    profile.save()
    reply = call(handler, "DELETE", f"/v1/images/{make_image()}", user="ada")
    assert (reply.status, reply.code) == (403, "account_not_active")


def store(image_id):
    for variant in ("original.webp", "view.webp", "640.webp", "256.webp"):
        storage.put(storage.image_key("ada", image_id, variant), b"x", "image/webp")


def objects():
    return boto3.client("s3").list_objects_v2(Bucket="media-bucket").get("KeyCount", 0)


def purge(monkeypatch, days):
    later = row_module.now() + days * 86_400
    monkeypatch.setattr("functions.gallery.service.trash.now", lambda: later)
    events.handler({"step": "purge"}, Context())


def test_purge_removes_objects_and_row_after_thirty_days_and_not_before(monkeypatch):
    make_person()
    gone, kept = make_image(), make_image()
    store(gone)
    store(kept)
    call(handler, "DELETE", f"/v1/images/{gone}", user="ada")
    purge(monkeypatch, 29)
    assert objects() == 8
    purge(monkeypatch, 31)
    assert objects() == 4
    assert ids(listed()) == [kept]
    assert ids(listed("?trashed=true")) == []


def test_purge_killed_between_objects_and_row_is_finished_and_cannot_be_restored_meanwhile(monkeypatch):
    make_person()
    gone = make_image()
    store(gone)
    call(handler, "DELETE", f"/v1/images/{gone}", user="ada")
    remove = storage.remove_below

    def killed(prefix):
        remove(prefix)
        raise TimeoutError

    monkeypatch.setattr(storage, "remove_below", killed)
    purge(monkeypatch, 31)
    assert call(handler, "PATCH", f"/v1/images/{gone}", {"trashed": False}, user="ada").status == 404
    monkeypatch.setattr(storage, "remove_below", remove)
    purge(monkeypatch, 31)
    with pytest.raises(Image.DoesNotExist):
        Image.get("ada", f"IMAGE#{gone}")


def test_download_is_a_short_lived_url_with_an_honest_name():
    image_id = make_image()
    store(image_id)
    body = call(handler, "GET", f"/v1/images/{image_id}/download", user="ada").json
    assert body["filename"] == f"likeness-ai-{image_id.lower()}.webp"
    assert "X-Amz-Expires=300" in body["url"]
    assert f"/media/u/ada/images/{image_id}/original.webp" in body["url"]
