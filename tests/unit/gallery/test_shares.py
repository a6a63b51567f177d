"""Links to pictures, as their owner has them."""

import pytest

from functions.gallery.handler import handler
from functions.gallery.service import share_making
from likeness.items.gallery import Share, ShareCount
from likeness.items.row import new_id
from likeness.items.user import AccountState, Profile
from tests.shares import (
    copies,
    in_days,
    is_readable,
    marks,
    owner,
    picture,
    share,
    trash,
    visit,
)
from tests.support import call, make_person

pytestmark = pytest.mark.usefixtures("aws", "people")


@pytest.fixture
def people(aws):
    make_person("ada", 0)
    make_person("eve", 0)


def test_new_link_copies_views_alone_and_says_what_it_is():
    first, second = picture(), picture()
    reply = share([second, first, second], title=" Two of me ", expires_at=in_days(7))
    assert reply.status == 201
    body = reply.json
    assert body["url"] == f"https://likeness.test/shared/{body['token']}"
    assert (body["title"], body["image_ids"], body["views"]) == ("Two of me", [second, first], 0)
    assert (body["is_open"], body["show_prompt"], body["allow_download"]) == (True, False, False)
    assert sorted({key.rpartition("/")[2] for key in copies()}) == ["256.webp", "640.webp", "view.webp"]
    assert len(copies()) == 6
    assert owner("GET", body["id"]).json == body
    assert marks(first) == marks(second) == {body["id"]}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"image_ids": []}, "image_ids"),
        ({"image_ids": ["x"] * 101}, "image_ids"),
        ({"image_ids": ["x" * 27]}, "image_ids.0"),
        ({"title": "x" * 81}, "title"),
        ({"title": " "}, "title"),
        ({"expires_at": 1_900_000_000}, "expires_at"),
        ({"expires_at": "1900000000"}, "expires_at"),
        ({"expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": in_days(-1)}, "expires_at"),
        ({"expires_at": in_days(400)}, "expires_at"),
        ({"password": "x"}, "password"),
    ],
)
def test_what_a_link_cannot_be_is_named_and_nothing_made(wrong, field):
    reply = call(handler, "POST", "/v1/shares", {"image_ids": [picture()], **wrong}, user="ada")
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert [one["field"] for one in reply.json["fields"]] == [field]
    assert copies() == []
    assert call(handler, "GET", "/v1/shares", user="ada").json["shares"] == []


def test_pictures_that_are_not_in_ones_gallery_are_named_and_nothing_made():
    mine, foreign, trashed, absent = picture(), picture("eve"), picture(), new_id()
    trash(trashed)
    reply = share([mine, foreign, trashed, absent, "nonsense"])
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.json["image_ids"] == [foreign, trashed, absent, "nonsense"]
    assert copies() == []


def test_repeat_answers_alike_and_makes_nothing_even_when_its_picture_has_gone():
    one = picture()
    body = {"title": "Mine", "expires_at": in_days(1)}
    first = share([one], key="k", **body)
    assert share([one], key="k", **body).body == first.body
    assert share([one], key="k", title="Other").code == "idempotency_key_reused"
    assert len(copies()) == 3
    trash(one)
    again = share([one], key="k", **body)
    assert (again.status, again.json["id"], again.json["image_ids"]) == (201, first.json["id"], [])
    owner("DELETE", first.json["id"])
    assert share([one], key="k", **body).code == "share_deleted"


def test_account_that_is_not_active_makes_no_link():
    one = picture()
    Profile.of("ada").update([Profile.state.set(AccountState.FROZEN.value)])
    assert share([one]).code == "account_not_active"
    assert copies() == []
    assert call(handler, "GET", "/v1/shares", user="ada").json["shares"] == []


def test_more_links_than_allowed_are_refused_with_the_number_and_deleted_ones_make_room(monkeypatch):
    monkeypatch.setattr(share_making, "SHARES", 2)
    one = picture()
    made = [share([one]).json["id"] for _ in range(2)]
    full = share([one])
    assert (full.status, full.code, full.json["maximum"]) == (409, "conflict", 2)
    assert owner("DELETE", made[0]).status == 204
    assert owner("DELETE", made[0]).status == 404
    assert share([one]).status == 201
    assert ShareCount.get("ada", "COUNT#SHARE").shares == 2


def test_links_are_listed_newest_first_in_pages_and_by_picture():
    one, other = picture(), picture()
    made = [share([one]).json["id"], share([other]).json["id"], share([one, other]).json["id"]]
    seen, cursor = [], ""
    while True:
        page = call(handler, "GET", f"/v1/shares?limit=2{cursor}", user="ada").json
        seen += [found["id"] for found in page["shares"]]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert seen == made[::-1]
    first = call(handler, "GET", f"/v1/shares?image_id={one}&limit=1", user="ada").json
    rest = call(handler, "GET", f"/v1/shares?image_id={one}&limit=1&cursor={first['cursor']}", user="ada").json
    assert [page["shares"][0]["id"] for page in (first, rest)] == [made[2], made[0]]
    assert rest["cursor"] is None
    for nobody in (new_id(), "x"):
        assert call(handler, "GET", f"/v1/shares?image_id={nobody}", user="ada").json["shares"] == []
    assert call(handler, "GET", "/v1/shares?cursor=x", user="ada").code == "cursor_invalid"
    assert call(handler, "GET", "/v1/shares", user="eve").json == {"shares": [], "cursor": None}


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [("GET", "", None), ("PATCH", "", {"title": "Mine"}), ("DELETE", "", None), ("POST", "/revoke", None)],
)
def test_link_of_somebody_else_is_not_there(method, tail, body):
    made = share([picture()]).json
    foreign = owner(method, made["id"], tail, body, user="eve")
    assert foreign.status == owner(method, "x", tail, body, user="eve").status == 404
    assert foreign.body == owner(method, new_id(), tail, body, user="eve").body
    assert owner("GET", made["id"]).json == made


def test_edit_sets_what_it_names_and_null_takes_away():
    made = share([picture()], title="Old", expires_at=in_days(2)).json
    changed = owner("PATCH", made["id"], body={"title": None, "expires_at": None, "show_prompt": True}).json
    assert changed == {**made, "title": None, "expires_at": None, "show_prompt": True}
    assert Share.get("ada", f"SHARE#{made['id']}").open is None
    assert owner("PATCH", made["id"], body={"title": "New"}).json == {**changed, "title": "New"}
    assert owner("PATCH", made["id"], body={}).json["title"] == "New"
    assert owner("PATCH", made["id"], body={"expires_at": in_days(-1)}).status == 422
    assert owner("PATCH", made["id"], body={"views": 3}).status == 422


def test_download_allowed_later_copies_originals_and_forbidden_again_removes_them(media_key):
    made = share([picture()]).json
    assert owner("PATCH", made["id"], body={"allow_download": True}).json["allow_download"]
    (shown,) = visit(made["token"]).json["pictures"]
    assert is_readable(shown["download"], media_key)
    owner("PATCH", made["id"], body={"allow_download": False})
    assert visit(made["token"]).json["pictures"][0]["download"] is None
    assert not is_readable(shown["download"], media_key)
    assert is_readable(shown["view"], media_key)
