"""Signing in and staying in."""

import pytest

from functions.auth import handler as auth
from functions.auth.session import REFRESH_SECONDS
from likeness.credit import read_balance
from likeness.items.user import AccountState, Profile
from tests.support import call
from tests.unit.auth.conftest import (
    EMAIL,
    MEDIA,
    OTHER,
    PASSWORD,
    REFRESH,
    SITE,
    browser,
    join,
    login,
    post,
    registration,
    signed_in,
    stored,
)
from tests.unit.auth.pool import CONFIRM_CODE, refuse


def test_a_native_client_gets_tokens_and_media_access_in_the_body():
    user = join()
    reply = login()
    assert reply.status == 200
    assert reply.set_cookies == []
    assert set(reply.json) == {"user_id", "access_token", "expires_in", "refresh_token", "media"}
    assert reply.json["user_id"] == user
    assert reply.json["refresh_token"].startswith(f"{user}.")
    assert "Hash-Algorithm=SHA256" in reply.json["media"]["query"]
    assert reply.headers["cache-control"] == "no-store"


def test_a_browser_gets_its_refresh_token_and_media_access_as_cookies_alone():
    join()
    reply = login(client="browser", headers=SITE)
    assert reply.json["refresh_token"] is None
    assert reply.json["media"]["query"] is None
    assert sorted(reply.cookies) == [*MEDIA, REFRESH]
    lines = {line.partition("=")[0]: line for line in reply.set_cookies}
    assert lines[REFRESH].endswith(f"; Path=/v1/auth; Max-Age={REFRESH_SECONDS}; HttpOnly; Secure; SameSite=Strict")
    for name in MEDIA:
        assert "; Path=/media; Max-Age=" in lines[name]
        assert lines[name].endswith("; HttpOnly; Secure; SameSite=Strict")
    assert not any("Domain" in line for line in reply.set_cookies)


def test_a_client_that_does_not_say_what_it_is_is_a_browser():
    join()
    assert post("login", {"email": EMAIL, "password": PASSWORD}).json["refresh_token"] is None


@pytest.mark.parametrize("client", ["desktop", "", None])
def test_an_unknown_kind_of_client_is_refused(client):
    body = {"email": EMAIL, "password": PASSWORD, "client": client}
    assert post("login", body).json["fields"][0]["field"] == "client"


def test_wrong_unknown_unconfirmed_and_disabled_sign_ins_fail_alike_and_take_equally_long(pool, clock):
    join()
    disabled = join("disabled@example.org")
    post("register", registration("new@example.org"))
    pool.admin_disable_user(UserPoolId=pool._pool(), Username=disabled)
    clock.slept.clear()
    replies = [
        login(password=OTHER),
        login("nobody@example.org"),
        login("new@example.org"),
        login("new@example.org", password=OTHER),
        login("disabled@example.org"),
    ]
    assert {(reply.status, reply.code, reply.json["detail"]) for reply in replies} == {
        (401, "sign_in_failed", replies[0].json["detail"])
    }
    assert len(clock.slept) == 5
    assert clock.now % 1 == 0


def test_a_sign_in_that_works_does_not_wait(clock):
    join()
    clock.slept.clear()
    login()
    assert clock.slept == []


def test_signing_in_often_locks_nobody_out():
    join()
    assert {login().status for _ in range(15)} == {200}


def test_wrong_passwords_lock_the_right_one_out_too():
    join()
    for _ in range(10):
        assert login(password=OTHER).status == 401
    assert login().code == "too_many_requests"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("PasswordResetRequiredException", 403, "password_reset_required"),
        ("UserNotFoundException", 401, "sign_in_failed"),
        ("InvalidParameterException", 401, "sign_in_failed"),
        ("TooManyRequestsException", 503, "busy"),
        ("InternalErrorException", 503, "busy"),
        ("ResourceNotFoundException", 500, "internal_error"),
    ],
)
def test_each_refusal_of_the_pool_has_a_stable_code(pool, monkeypatch, error, status, code):
    join()
    monkeypatch.setattr(pool, "admin_initiate_auth", lambda **_: refuse(error))
    reply = login()
    assert (reply.status, reply.code) == (status, code)


def test_a_challenge_of_the_pool_is_no_sign_in(pool, monkeypatch):
    join()
    monkeypatch.setattr(pool, "admin_initiate_auth", lambda **_: {"ChallengeName": "NEW_PASSWORD_REQUIRED"})
    assert login().code == "sign_in_failed"


def test_sign_in_opens_the_account_of_a_confirmed_person_who_has_none():
    user = join()
    Profile.of(user).delete()
    assert login().status == 200
    assert stored(user).email == EMAIL


def test_an_account_being_erased_cannot_sign_in_or_refresh():
    user = join()
    held = login().json["refresh_token"]
    Profile.of(user).update([Profile.state.set(AccountState.ERASING.value)])
    assert login().code == "account_not_active"
    assert post("refresh", {"refresh_token": held}).code == "session_ended"


def test_a_frozen_account_may_look_but_stays_frozen():
    user = join()
    Profile.of(user).update([Profile.state.set(AccountState.FROZEN.value)])
    assert login().status == 200
    assert call(auth.handler, "GET", "/v1/me", user=user).json["state"] == "FROZEN"


def test_a_native_client_refreshes_by_its_token_and_keeps_it():
    user = join()
    held = login().json["refresh_token"]
    reply = post("refresh", {"refresh_token": held})
    assert reply.status == 200
    assert reply.json["user_id"] == user
    assert reply.json["refresh_token"] == held
    assert reply.json["media"]["query"]
    assert reply.set_cookies == []


def test_a_browser_refreshes_by_its_cookie_and_gets_new_media_cookies():
    jar = signed_in()
    reply = browser("refresh", jar)
    assert reply.status == 200
    assert reply.json["refresh_token"] is None
    assert sorted(reply.cookies) == MEDIA


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}])
def test_a_browser_needs_no_body_to_refresh(body):
    assert browser("refresh", signed_in(), body=body).status == 200


def test_nobody_is_signed_in_as_somebody_else_by_another_site():
    join()
    assert login(client="browser", headers={"origin": "https://evil.test"}).code == "origin_refused"


@pytest.mark.parametrize("value", ["", "x", "x.", ".x", "nobody.token", "a.b.c.d", "x" * 8192])
def test_a_refresh_token_that_is_none_ends_the_session(value):
    assert post("refresh", {"refresh_token": value}).code == "session_ended"


def test_a_refused_cookie_is_taken_away():
    reply = browser("refresh", {REFRESH: "nobody.token"})
    assert (reply.status, reply.code) == (401, "session_ended")
    assert sorted(reply.cookies) == [*MEDIA, REFRESH]
    assert all("Max-Age=0" in line for line in reply.set_cookies)


def test_a_browser_without_cookies_is_not_signed_in():
    assert browser("refresh").code == "session_ended"


def test_a_token_under_the_name_of_somebody_else_is_refused():
    join()
    eve = join("eve@example.org")
    ours = login().json["refresh_token"]
    assert post("refresh", {"refresh_token": f"{eve}.{ours.partition('.')[2]}"}).code == "session_ended"


def test_the_pools_word_on_whose_token_it_is_decides(pool, monkeypatch):
    user = join()
    held = login().json["refresh_token"]
    eve = join("eve@example.org")
    monkeypatch.setattr(pool, "_check_hash", lambda *_: None)
    assert post("refresh", {"refresh_token": f"{eve}.{held.partition('.')[2]}"}).code == "session_ended"
    assert post("refresh", {"refresh_token": held}).json["user_id"] == user


def test_a_disabled_person_cannot_refresh(pool):
    user = join()
    held = login().json["refresh_token"]
    pool.admin_disable_user(UserPoolId=pool._pool(), Username=user)
    assert post("refresh", {"refresh_token": held}).code == "session_ended"


def test_no_token_or_password_is_written_to_the_log(capsys, monkeypatch):
    monkeypatch.setattr(auth.app, "_debug", False)
    join()
    held = login().json["refresh_token"]
    login(password=OTHER)
    post("refresh", {"refresh_token": "nobody.token"})
    written = "".join(capsys.readouterr())
    for secret in (PASSWORD, OTHER, held, EMAIL, CONFIRM_CODE):
        assert secret not in written


def test_welcome_credits_are_not_given_again_by_sessions():
    user = join()
    login()
    post("refresh", {"refresh_token": login().json["refresh_token"]})
    assert int(read_balance(user).available) == 100
