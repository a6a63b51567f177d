"""Changing the password."""

import time

from functions.auth import handler as auth
from likeness.items.user import AccountState, Profile
from tests.support import call, claims
from tests.unit.auth.conftest import MEDIA, OTHER, PASSWORD, REFRESH, SITE, browser, join, login, post


def change(user, old=PASSWORD, new=OTHER, **named):
    body = {"old": old, "new": new, "client": "native"}
    return call(auth.handler, "POST", "/v1/me/password", body, user=user, **named)


def test_a_password_is_changed_and_every_other_session_ends():
    user = join()
    held = login().json["refresh_token"]
    reply = change(user)
    assert reply.status == 200
    assert post("refresh", {"refresh_token": reply.json["refresh_token"]}).status == 200
    assert post("refresh", {"refresh_token": held}).code == "session_ended"
    assert login().code == "sign_in_failed"
    assert login(password=OTHER).status == 200


def test_a_browser_that_changes_its_password_gets_new_cookies():
    user = join()
    reply = call(auth.handler, "POST", "/v1/me/password", {"old": PASSWORD, "new": OTHER}, user=user, headers=SITE)
    assert sorted(reply.cookies) == [*MEDIA, REFRESH]
    assert browser("refresh", reply.cookies).status == 200


def test_a_wrong_old_password_changes_nothing():
    user = join()
    reply = change(user, old="this is not mine")
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.json["fields"][0]["field"] == "old"
    assert login().status == 200


def test_an_easily_guessed_new_password_changes_nothing():
    assert change(join(), new="qwertyuiop12").code == "password_refused"
    assert login().status == 200


def test_a_password_is_not_changed_with_an_old_sign_in():
    user = join()
    old = claims(user, auth_time=str(int(time.time()) - 16 * 60))
    body = {"old": PASSWORD, "new": OTHER}
    assert call(auth.handler, "POST", "/v1/me/password", body, token=old).code == "sign_in_again"
    assert login().status == 200


def test_guesses_of_the_old_password_are_limited():
    user = join()
    for _ in range(10):
        change(user, old="this is not mine")
    assert change(user).code == "too_many_requests"


def test_an_account_being_erased_keeps_its_password():
    user = join()
    Profile.of(user).update([Profile.state.set(AccountState.ERASING.value)])
    assert change(user).code == "account_not_active"


def test_nobody_changes_the_password_of_somebody_who_is_gone():
    assert change("00000000-0000-4000-8000-000000000000").code == "account_not_active"
