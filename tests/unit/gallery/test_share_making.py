"""Links that something happens to while they are made, and pictures that go meanwhile."""

import pytest

from functions.gallery.handler import handler
from functions.gallery.service import share_copies, shares
from likeness import storage
from likeness.items.gallery import Share
from likeness.items.user import AccountState, Profile
from tests.pictures import make_image
from tests.shares import (
    copies,
    is_readable,
    marks,
    owner,
    paths,
    picture,
    restore,
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


def test_picture_whose_trashing_died_half_way_stays_out_when_it_is_restored(monkeypatch):
    kept, gone = picture(), picture()
    made = share([kept, gone]).json

    def dying(*_):
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(shares, "withdraw_picture", dying)
        assert call(handler, "DELETE", f"/v1/images/{gone}", user="ada").status == 500
    restore(gone)
    owner("PATCH", made["id"], body={"allow_download": True})
    assert len(visit(made["token"]).json["pictures"]) == 1
    assert all(kept in key for key in copies())
