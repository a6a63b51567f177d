"""Moving an account to another e-mail address."""

import re
import time

import pytest

from functions.auth import moving
from likeness.items.user import AccountState, Profile
from tests.support import claims
from tests.unit.auth.conftest import EMAIL, MEDIA, REFRESH, join, letters, login, mails, post, registration, stored
from tests.unit.auth.moves import NEW, ask, code, confirm, moved, pending, wrong
from tests.unit.auth.pool import CONFIRM_CODE, refuse, sub


def test_an_account_moves_to_the_address_that_shows_its_code():
    user = join()
    reply = ask(user, " Countess@Example.NET ")
    assert (reply.status, reply.json) == (202, {"email": NEW})
    assert mails() == [([NEW], "Your new address")]
    assert stored(user).email == EMAIL
    reply = confirm(user, code())
    assert (reply.status, reply.json["email"], reply.json["id"]) == (200, NEW, user)
    assert login(NEW).json["user_id"] == user
    assert login(EMAIL).code == "sign_in_failed"
    assert mails()[1:] == [([EMAIL], "Your address was changed")]
    assert NEW not in letters()[-1].body
    assert pending(user) is None


def test_a_move_ends_every_session_and_clears_the_cookies():
    user = join()
    held = login().json["refresh_token"]
    ask(user)
    reply = confirm(user, code())
    assert sorted(reply.cookies) == [*MEDIA, REFRESH]
    assert all("Max-Age=0" in line for line in reply.set_cookies)
    assert post("refresh", {"refresh_token": held}).code == "session_ended"


def test_the_pool_knows_the_new_address_as_verified(pool):
    user = moved()
    attributes = {entry["Name"]: entry["Value"] for entry in pool._find(user)["UserAttributes"]}
    assert (attributes["email"], attributes["email_verified"]) == (NEW, "true")


def test_asking_answers_alike_for_known_unconfirmed_and_unknown_addresses(clock, pool):
    join("known@example.org")
    gone = join("gone@example.org")
    pool.admin_disable_user(UserPoolId=pool._pool(), Username=gone)
    post("register", registration("new@example.org"))
    user = join()
    clock.slept.clear()
    everybody = [f"{who}@example.org" for who in ("known", "new", "nobody", "gone")]
    replies = [ask(user, email) for email in everybody]
    assert [(reply.status, reply.json) for reply in replies] == [(202, {"email": email}) for email in everybody]
    assert len(clock.slept) == 4
    assert clock.now % 1 == 0
    assert mails() == [
        (["known@example.org"], "You have an account already"),
        (["new@example.org"], "Your new address"),
        (["nobody@example.org"], "Your new address"),
    ]
    assert not re.search(r"\d{6}", letters()[0].body)


def test_a_sign_up_that_was_never_confirmed_gives_way(pool):
    post("register", registration(NEW, password="a stranger was here before"))
    user = moved()
    assert login(NEW).json["user_id"] == user
    assert post("confirm", {"email": NEW, "code": CONFIRM_CODE}).code == "code_invalid"
    assert login(NEW, password="a stranger was here before").code == "sign_in_failed"
    assert sub(pool._find(NEW)) == user


def test_an_address_that_got_an_account_meanwhile_is_refused_and_nothing_changes():
    user = join()
    ask(user)
    held, shown = login().json["refresh_token"], code()
    eve = join(NEW)
    reply = confirm(user, shown)
    assert (reply.status, reply.code) == (409, "email_taken")
    assert stored(user).email == EMAIL
    assert login(EMAIL).json["user_id"] == user
    assert login(NEW).json["user_id"] == eve
    assert post("refresh", {"refresh_token": held}).status == 200
    assert confirm(user, shown).code == "code_invalid"


def test_an_address_taken_in_the_last_moment_is_refused_by_the_pool(pool, monkeypatch):
    user = join()
    ask(user)
    monkeypatch.setattr(pool, "admin_update_user_attributes", lambda **_: refuse("AliasExistsException"), raising=False)
    assert confirm(user, code()).code == "email_taken"
    assert stored(user).email == EMAIL


def test_a_wrong_code_changes_nothing_and_five_end_the_right_one():
    user = join()
    ask(user)
    for _ in range(5):
        reply = confirm(user, wrong())
        assert (reply.status, reply.code) == (422, "code_invalid")
    assert confirm(user, code()).code == "code_invalid"
    assert stored(user).email == EMAIL
    ask(user)
    assert confirm(user, code()).status == 200


def test_a_right_code_works_after_four_wrong_ones():
    user = join()
    ask(user)
    for _ in range(4):
        confirm(user, wrong())
    assert confirm(user, code()).status == 200


def test_a_code_ends_after_15_minutes(monkeypatch):
    user = join()
    ask(user)
    later = int(time.time()) + 15 * 60
    monkeypatch.setattr(moving, "now", lambda: later)
    assert confirm(user, code()).code == "code_invalid"


def test_a_code_is_used_once_and_by_whom_it_was_made_for():
    user, eve = join(), join("eve@example.org")
    ask(eve, "other@example.net")
    ask(user)
    shown = code()
    assert confirm(eve, shown).code == "code_invalid"
    assert confirm(user, shown).status == 200
    assert confirm(user, shown).code == "code_invalid"


def test_nobody_confirms_what_nobody_asked_for():
    assert confirm(join(), "123456").code == "code_invalid"


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "12345\u0666", "", None, 123456])
def test_what_is_no_code_is_refused(code):
    reply = confirm(join(), code)
    assert (reply.status, reply.code) == (422, "invalid_request")


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@example", "Ada <ada@example.org>", "a" * 300 + "@x.org", None, EMAIL]
)
def test_what_is_no_other_address_is_refused(email):
    user = join()
    reply = ask(user, email)
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.json["fields"][0]["field"] == "email"
    assert mails() == []


def test_where_no_mail_is_sent_an_address_stays(monkeypatch):
    user = join()
    monkeypatch.setenv("MAIL_FROM", "")
    reply = ask(user)
    assert (reply.status, reply.code) == (409, "mail_unavailable")
    assert pending(user) is None


def test_mail_that_cannot_be_sent_does_not_show(monkeypatch):
    user = join()
    monkeypatch.setenv("MAIL_FROM", "nobody@unverified.test")
    assert ask(user).status == 202


def test_asking_wants_a_sign_in_of_the_last_15_minutes_and_the_code_may_come_later():
    user = join()
    old = claims(user, auth_time=str(int(time.time()) - 16 * 60))
    assert ask(None, token=old).code == "sign_in_again"
    ask(user)
    assert confirm(None, code(), token=old).status == 200


def test_strangers_move_nobody():
    assert ask(None).code == confirm(None, "123456").code == "unauthorized"


@pytest.mark.parametrize("state", [AccountState.ERASING, AccountState.ERASED])
def test_an_account_being_erased_does_not_move(state):
    user = join()
    ask(user)
    Profile.of(user).update([Profile.state.set(state.value)])
    assert confirm(user, code()).code == "account_not_active"
    assert ask(user, "third@example.net").code == "account_not_active"
    assert stored(user).email == EMAIL
