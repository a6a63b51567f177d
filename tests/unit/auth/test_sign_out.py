"""Leaving, on one device or on all, and what other sites may not make a browser do."""

import time

import pytest

from functions.auth import handler as auth
from tests.support import call, claims
from tests.unit.auth.conftest import MEDIA, REFRESH, SITE, browser, join, login, post, signed_in


@pytest.mark.parametrize("path", ["refresh", "logout"])
@pytest.mark.parametrize(
    "origin", ["https://evil.test", "https://likeness.test.evil.test", "http://likeness.test", "null"]
)
def test_a_cookie_sent_from_another_origin_is_refused(path, origin):
    reply = browser(path, signed_in(), {"origin": origin})
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert reply.set_cookies == []


@pytest.mark.parametrize("path", ["refresh", "logout"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_cookie_sent_with_what_a_form_may_send_is_refused(path, kind):
    reply = browser(path, signed_in(), {"content-type": kind})
    assert (reply.status, reply.code) == (415, "unsupported_media_type")


def test_logout_of_a_browser_ends_the_session_and_clears_every_cookie():
    jar = signed_in()
    reply = browser("logout", jar)
    assert reply.status == 204
    assert sorted(reply.cookies) == [*MEDIA, REFRESH]
    assert all("Max-Age=0" in line and "Secure" in line for line in reply.set_cookies)
    paths = {line.partition("=")[0]: line.split("Path=")[1].split(";")[0] for line in reply.set_cookies}
    assert paths == {REFRESH: "/v1/auth", **dict.fromkeys(MEDIA, "/media")}
    assert browser("refresh", jar).code == "session_ended"


def test_logout_of_a_native_client_ends_its_session_alone():
    join()
    first, second = login().json["refresh_token"], login().json["refresh_token"]
    assert post("logout", {"refresh_token": first}).status == 204
    assert post("refresh", {"refresh_token": first}).code == "session_ended"
    assert post("refresh", {"refresh_token": second}).status == 200


@pytest.mark.parametrize("value", ["", "x", "x.broken", "x.y"])
def test_logging_out_of_nothing_is_fine(value):
    assert post("logout", {"refresh_token": value}).status == 204
    assert browser("logout", {REFRESH: value}).status == 204


@pytest.mark.parametrize("body", ["[]", '["refresh_token"]', "null", '"x"', "7"])
def test_a_body_that_is_no_object_is_refused(body):
    reply = post("logout", body)
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.set_cookies == []


def end_all(user, **named):
    return call(auth.handler, "DELETE", "/v1/me/sessions", user=user, **named)


def test_signing_out_everywhere_ends_every_session_and_clears_the_cookies():
    user = join()
    native, jar = login().json["refresh_token"], login(client="browser", headers=SITE).cookies
    reply = end_all(user)
    assert (reply.status, reply.body) == (204, "")
    assert sorted(reply.cookies) == [*MEDIA, REFRESH]
    assert all("Max-Age=0" in line for line in reply.set_cookies)
    assert post("refresh", {"refresh_token": native}).code == "session_ended"
    assert browser("refresh", jar).code == "session_ended"
    assert login().status == 200


def test_signing_out_everywhere_may_be_repeated_and_needs_no_recent_sign_in():
    user = join()
    old = claims(user, auth_time=str(int(time.time()) - 16 * 60))
    assert end_all(None, token=old).status == 204
    assert end_all(user).status == 204


def test_signing_out_everywhere_leaves_others_in():
    user = join()
    join("eve@example.org")
    eve = login("eve@example.org").json["refresh_token"]
    end_all(user)
    assert post("refresh", {"refresh_token": eve}).status == 200


def test_a_stranger_signs_nobody_out():
    assert end_all(None).code == "unauthorized"
