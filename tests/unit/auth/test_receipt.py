"""The receipt of an erasure: what it says, to whom, and that it names nobody."""

import json

import pytest

from functions.auth import handler as auth
from functions.auth import mail, rates, receipts
from likeness.items.user import Profile
from likeness.seal import opaque_token
from tests.support import call
from tests.unit.auth.conftest import EMAIL, join, letters, mails
from tests.unit.auth.erasure_world import (
    FURNISHED,
    NOTHING,
    TIME,
    begin,
    enlist,
    furnish,
    is_in_pool,
    put,
    receipt_of,
    rows_of,
    run,
    store,
)


def read(path, **named):
    return call(auth.handler, "GET", path, **named)


def erased() -> str:
    """Ada, of whom nothing is left."""
    user = join(name="Ada Lovelace")
    furnish(user)
    begin(user)
    run(user)
    return user


def test_asking_for_erasure_names_the_receipt_and_it_says_that_it_is_not_over():
    user = join()
    asked = call(auth.handler, "DELETE", "/v1/me", user=user)
    assert set(asked.json) == {"state", "receipt"}
    assert asked.json["receipt"] == receipts.path_of(user)
    reply = read(asked.json["receipt"])
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json == {
        "state": "erasing",
        "requested_at": reply.json["requested_at"],
        "finished_at": None,
        "removed": None,
        "kept": [],
    }
    assert call(auth.handler, "DELETE", "/v1/me", user=user).json == asked.json


def test_a_receipt_says_what_went_and_what_stays_and_why():
    user = erased()
    reply = read(receipts.path_of(user))
    assert reply.json["state"] == "erased"
    assert reply.json["removed"] == FURNISHED
    assert reply.json["requested_at"] == TIME.replace("+00:00", "Z")
    assert reply.json["finished_at"] > reply.json["requested_at"]
    kept = {one["what"]: (one["rows"], one["days"]) for one in reply.json["kept"]}
    assert kept == {"ledger": (5, None), "account": (1, None), "welcome": (1, 365), "backups": (None, 35)}
    assert len(rows_of(user, "credits")) == 5
    assert all(one["why"] for one in reply.json["kept"])


def test_a_receipt_names_nobody():
    user = erased()
    shown = read(receipts.path_of(user)).body + json.dumps(rows_of(user, "users"))
    for text in (EMAIL, "Ada", "lamp"):
        assert text not in shown
    assert user not in read(receipts.path_of(user)).body


def test_a_person_who_had_nothing_gets_a_receipt_too():
    user = enlist()
    begin(user)
    run(user)
    reply = read(receipts.path_of(user))
    assert (reply.json["state"], reply.json["removed"]) == ("erased", NOTHING)
    assert [one["what"] for one in reply.json["kept"]] == ["ledger", "account", "backups"]


def test_what_a_second_erasure_removes_is_added_and_the_end_stays():
    user = erased()
    Profile.of(user).update([Profile.receipt.set(receipt_of(user) | {"finished_at": TIME})])
    first = read(receipts.path_of(user)).json
    put(user, "images", "PHOTO")
    store(f"raw/{user}/late", "raw-bucket")
    run(user)
    again = read(receipts.path_of(user)).json
    assert again["removed"] == FURNISHED | {"photos": 2, "objects": 8, "bytes": 8}
    assert (again["finished_at"], again["kept"]) == (first["finished_at"], first["kept"])
    run(user)
    assert read(receipts.path_of(user)).json == again


@pytest.mark.parametrize("shown", ["x", "x.y", ".", "W10.0", "%2e%2e", "a" * 2000])
def test_a_token_that_is_none_of_ours_opens_nothing(shown):
    assert read(f"/v1/erasures/{shown}").code in {"not_found", "no_such_route"}


def test_a_token_of_another_purpose_or_person_or_of_nobody_opens_nothing():
    user = erased()
    eve = join("eve@example.org")
    assert read(f"/v1/erasures/{opaque_token('share', user)}").code == "not_found"
    assert read(receipts.path_of(eve)).code == "not_found"
    assert read(receipts.path_of("nobody")).code == "not_found"
    named = receipts.path_of(user)
    assert read(named[:-1] + ("0" if named[-1] != "0" else "1")).code == "not_found"


def test_receipts_are_read_so_often_from_one_network(monkeypatch):
    monkeypatch.setitem(rates.RATES, "receipt", rates.Rate(network=2, person=2, window_seconds=900))
    user = erased()
    assert [read(receipts.path_of(user)).status for _ in range(3)] == [200, 200, 429]


def test_the_receipt_is_mailed_once_before_the_address_leaves_the_pool(monkeypatch):
    user, sent = join(), mail.send_receipt
    there: list[bool] = []

    def send(*told):
        there.append(is_in_pool(user))
        sent(*told)

    monkeypatch.setattr(mail, "send_receipt", send)
    begin(user)
    run(user)
    run(user)
    assert there == [True]
    assert mails() == [([EMAIL], "Your account is erased")]
    assert f"https://likeness.test{receipts.path_of(user)}" in letters()[0].body


def test_the_mailed_receipt_has_the_numbers_of_what_was_there(monkeypatch):
    erased()
    body = letters()[-1].body
    assert "1 photos" in body
    assert "7 objects" in body
    assert "collections" not in body


@pytest.mark.parametrize("sender", ["", "nobody@unverified.test"])
def test_no_mail_stops_an_erasure(monkeypatch, sender):
    monkeypatch.setenv("MAIL_FROM", sender)
    user = erased()
    assert mails() == []
    assert not is_in_pool(user)
    assert read(receipts.path_of(user)).json["state"] == "erased"


def test_a_receipt_is_not_over_before_the_person_has_left_the_pool(pool, monkeypatch):
    user = join()
    begin(user)
    with monkeypatch.context() as broken:
        broken.setattr(pool, "admin_delete_user", lambda **_: 1 / 0, raising=False)
        with pytest.raises(ZeroDivisionError):
            run(user)
    assert Profile.get(user, "PROFILE").state == "ERASED"
    assert receipt_of(user)["finished_at"] is None
    assert read(receipts.path_of(user)).json["state"] == "erasing"
    run(user)
    assert read(receipts.path_of(user)).json["state"] == "erased"
    assert mails() == [([EMAIL], "Your account is erased")]
