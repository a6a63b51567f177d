"""Links to pictures, as their owner has them."""

import pytest

from functions.gallery.handler import handler
from functions.gallery.service import share_copies, share_making, shares
from likeness import storage
from likeness.items.gallery import Share, ShareCount
from likeness.items.image import Image, gallery_of, trash_of
from likeness.items.row import EXPIRING, new_id
from likeness.items.user import AccountState, Profile
from tests.pictures import make_image
from tests.shares import at, copies, in_days, is_readable, owner, paths, picture, share, visit
from tests.support import call, make_person

pytestmark = pytest.mark.usefixtures("aws", "people")


@pytest.fixture
def people(aws):
    make_person("ada", 0)
    make_person("eve", 0)


def marks(image_id):
    return Image.get("ada", f"IMAGE#{image_id}").shares or set()


def trash(image_id):
    """Trash a picture as the gallery does."""
    image = Image.of("ada", image_id)
    image.refresh()
    held = sorted(image.shares or ())
    image.update([Image.gallery.set(trash_of("ada")), Image.shares.remove()])
    shares.withdraw_picture("ada", image_id, held)


def restore(image_id):
    Image.of("ada", image_id).update([Image.gallery.set(gallery_of("ada"))])


def sweep(share_id):
    row = Share.get("ada", f"SHARE#{share_id}")
    shares.withdraw_expired(row)


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


@pytest.mark.parametrize("died_at", [1, 3, 4, 6])
def test_creation_that_died_anywhere_shows_no_more_than_it_marked_and_a_repeat_completes_it(
    monkeypatch, media_key, died_at
):
    both = [picture(), picture()]
    copy, calls = storage.copy, []

    def dying(*arguments):
        calls.append(arguments)
        if len(calls) == died_at:
            raise TimeoutError
        return copy(*arguments)

    monkeypatch.setattr(share_copies, "AT_ONCE", 1)
    monkeypatch.setattr(storage, "copy", dying)
    assert share(both, key="k").status == 500
    monkeypatch.setattr(storage, "copy", copy)
    token = call(handler, "GET", "/v1/shares", user="ada").json["shares"][0]["token"]
    shown = visit(token).json
    assert all(is_readable(path, media_key) for path in paths(shown))
    assert len(shown["pictures"]) == sum(bool(marks(image_id)) for image_id in both)
    done = share(both, key="k")
    assert (done.status, done.json["token"]) == (201, token)
    assert len(visit(token).json["pictures"]) == 2
    assert len(copies()) == 6


def test_picture_that_is_trashed_while_it_is_copied_is_not_in_the_link(monkeypatch):
    kept, gone = picture(), picture()
    copy = storage.copy

    def trashed_meanwhile(source, *arguments):
        if gone in source:
            trash(gone)
        return copy(source, *arguments)

    monkeypatch.setattr(storage, "copy", trashed_meanwhile)
    made = share([kept, gone]).json
    assert made["image_ids"] == [kept]
    assert all(kept in key for key in copies())
    restore(gone)
    owner("PATCH", made["id"], body={"allow_download": True})
    assert len(visit(made["token"]).json["pictures"]) == 1


def test_picture_whose_file_is_gone_is_not_in_the_link():
    kept, broken = picture(), make_image()
    made = share([kept, broken]).json
    assert made["image_ids"] == [kept]
    assert len(copies()) == 3


@pytest.mark.parametrize("end", ["revoke", "delete", "erase row", "erase account"])
def test_link_taken_back_while_it_is_made_leaves_nothing(monkeypatch, end):
    one = picture()
    copy = storage.copy
    done: list[bool] = []

    def interrupted(*arguments):
        if not done:
            done.append(True)
            (row,) = Share.query("ada", Share.sk.startswith("SHARE#"))
            if end == "revoke":
                owner("POST", row.id, "/revoke")
            elif end == "delete":
                owner("DELETE", row.id)
            elif end == "erase row":
                row.delete()
            else:
                Profile.of("ada").update([Profile.state.set(AccountState.ERASING.value)])
        return copy(*arguments)

    monkeypatch.setattr(storage, "copy", interrupted)
    reply = share([one])
    assert reply.status == {"revoke": 201, "delete": 410, "erase row": 410, "erase account": 403}[end]
    assert copies() == []
    if end != "erase row":
        assert marks(one) == set()


def test_account_that_is_not_active_makes_no_link():
    one = picture()
    Profile.of("ada").update([Profile.state.set(AccountState.FROZEN.value)])
    assert share([one]).code == "account_not_active"
    assert copies() == []


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


def test_revoked_link_has_no_files_and_no_marks_and_stays_revoked():
    one = picture()
    made = share([one], expires_at=in_days(1)).json
    first = owner("POST", made["id"], "/revoke")
    assert (first.status, first.json["is_open"]) == (200, False)
    assert owner("POST", made["id"], "/revoke").body == first.body
    assert (copies(), marks(one)) == ([], set())
    for body in ({"expires_at": in_days(2)}, {"title": "x"}, {}):
        assert owner("PATCH", made["id"], body=body).code == "conflict"
    assert copies() == []
    assert owner("GET", made["id"]).json["revoked_at"] is not None


def test_frozen_account_can_still_take_a_link_back():
    made = [share([picture()]).json["id"] for _ in range(2)]
    Profile.of("ada").update([Profile.state.set(AccountState.FROZEN.value)])
    assert owner("POST", made[0], "/revoke").status == 200
    assert owner("DELETE", made[1]).status == 204
    assert copies() == []


@pytest.mark.parametrize("end", ["revoke", "delete"])
def test_withdrawal_that_died_after_the_row_is_finished_by_the_sweeper(monkeypatch, end):
    one = picture()
    made = share([one]).json
    remove = storage.remove_below

    def dying(prefix):
        raise TimeoutError

    monkeypatch.setattr(storage, "remove_below", dying)
    died = owner("POST", made["id"], "/revoke") if end == "revoke" else owner("DELETE", made["id"])
    assert died.status == 500
    assert visit(made["token"]).status == 410
    monkeypatch.setattr(storage, "remove_below", remove)
    sweep(made["id"])
    assert len(copies()) == 3  # a request may still be writing
    at(monkeypatch, 1)
    sweep(made["id"])
    assert (copies(), marks(one)) == ([], set())
    if end == "revoke":
        assert Share.get("ada", f"SHARE#{made['id']}").open is None
    else:
        assert list(Share.query("ada", Share.sk.startswith("SHARE#"))) == []


def test_expired_link_loses_files_and_marks_and_a_later_end_opens_it_again(monkeypatch, media_key):
    one, gone = picture(), picture()
    made = share([one, gone], expires_at=in_days(1)).json
    sweep(made["id"])
    assert len(copies()) == 6
    at(monkeypatch, 2)
    assert owner("GET", made["id"]).json["is_open"] is False
    sweep(made["id"])
    assert (copies(), marks(one)) == ([], set())
    assert Share.get("ada", f"SHARE#{made['id']}").open is None
    owner("PATCH", made["id"], body={"allow_download": True})
    assert copies() == []
    trash(gone)
    again = owner("PATCH", made["id"], body={"expires_at": in_days(5)}).json
    assert (again["is_open"], again["image_ids"]) == (True, [one])
    assert Share.get("ada", f"SHARE#{made['id']}").open == EXPIRING
    shown = visit(made["token"]).json
    assert len(paths(shown)) == 4
    assert all(is_readable(path, media_key) for path in paths(shown))


def test_end_cannot_move_while_the_sweeper_removes_the_files(monkeypatch):
    made = share([picture()], expires_at=in_days(1)).json
    remove, replies = storage.remove_below, []

    def overtaken(prefix):
        replies.append(owner("PATCH", made["id"], body={"expires_at": in_days(5)}))
        remove(prefix)

    at(monkeypatch, 2)
    monkeypatch.setattr(storage, "remove_below", overtaken)
    sweep(made["id"])
    assert [reply.code for reply in replies] == ["busy"]
    assert copies() == []
    monkeypatch.setattr(storage, "remove_below", remove)
    assert owner("PATCH", made["id"], body={"expires_at": in_days(5)}).status == 200
    assert len(copies()) == 3


def test_sweeper_leaves_an_extended_link_alone(monkeypatch):
    made = share([picture()], expires_at=in_days(1)).json
    stale = Share.get("ada", f"SHARE#{made['id']}")
    owner("PATCH", made["id"], body={"expires_at": in_days(5)})
    at(monkeypatch, 2)
    shares.withdraw_expired(stale)
    assert len(copies()) == 3


def test_trashed_picture_leaves_its_links_for_good():
    kept, gone = picture(), picture()
    made = share([kept, gone]).json
    trash(gone)
    trash(gone)
    assert all(kept in key for key in copies())
    restore(gone)
    assert owner("GET", made["id"]).json["image_ids"] == [kept]
    owner("PATCH", made["id"], body={"expires_at": in_days(3)})
    assert len(visit(made["token"]).json["pictures"]) == 1
    assert marks(gone) == set()


def test_two_links_of_a_picture_are_apart(media_key):
    one = picture()
    first, second = share([one]).json, share([one]).json
    shown = paths(visit(second["token"]).json)
    owner("DELETE", first["id"])
    assert all(is_readable(path, media_key) for path in shown)
    assert marks(one) == {second["id"]}
