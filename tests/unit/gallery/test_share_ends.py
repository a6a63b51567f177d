"""How links end: revoked, deleted, expired, and picture by picture."""

import pytest

from functions.gallery.service import shares
from likeness import storage
from likeness.items.gallery import Share
from likeness.items.row import EXPIRING
from likeness.items.user import AccountState, Profile
from tests.shares import (
    at,
    copies,
    in_days,
    is_readable,
    marks,
    owner,
    paths,
    picture,
    restore,
    share,
    sweep,
    trash,
    visit,
)
from tests.support import make_person

pytestmark = pytest.mark.usefixtures("aws", "people")


@pytest.fixture
def people(aws):
    make_person("ada", 0)
    make_person("eve", 0)


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


def test_second_sweeper_leaves_a_link_to_the_first_and_takes_over_from_a_dead_one(monkeypatch):
    made = share([picture()], expires_at=in_days(1)).json
    calls = []

    def dying(prefix):
        calls.append(prefix)
        if len(calls) == 1:
            sweep(made["id"])
        raise TimeoutError

    remove = storage.remove_below
    monkeypatch.setattr(storage, "remove_below", dying)
    at(monkeypatch, 2)
    with pytest.raises(TimeoutError):
        sweep(made["id"])
    assert len(calls) == 1
    monkeypatch.setattr(storage, "remove_below", remove)
    sweep(made["id"])
    assert len(copies()) == 3
    at(monkeypatch, 3)
    sweep(made["id"])
    assert copies() == []


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
