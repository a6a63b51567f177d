"""How often somebody may try, and a user pool that refuses."""

import pytest

from functions.auth import rates
from tests.unit.auth.conftest import EMAIL, OTHER, login, post, registration
from tests.unit.auth.pool import refuse


@pytest.mark.parametrize(
    ("path", "maximum", "body"),
    [
        ("register", 10, registration),
        ("confirm", 10, lambda: {"email": EMAIL, "code": "000000"}),
        ("resend-code", 5, lambda: {"email": EMAIL}),
        ("forgot-password", 5, lambda: {"email": EMAIL}),
        ("reset-password", 10, lambda: {"email": EMAIL, "code": "000000", "password": OTHER}),
        ("login", 10, lambda: {"email": EMAIL, "password": "wrong wrong wrong"}),
    ],
)
def test_tries_about_one_address_are_limited_from_wherever_they_come(path, maximum, body):
    for number in range(maximum):
        assert post(path, body(), headers={"x-forwarded-for": f"203.0.113.{number}, 10.0.0.1"}).status != 429
    reply = post(path, body())
    assert (reply.status, reply.code) == (429, "too_many_requests")
    assert int(reply.headers["retry-after"]) == reply.json["retry_after"] > 0


def test_tries_from_one_network_are_limited_whomever_they_are_about(monkeypatch):
    monkeypatch.setitem(rates.RATES, "login", rates.Rate(network=2, person=10, window_seconds=900))
    ours = [f"2001:db8:1:2::{number}, 10.0.0.1" for number in (1, 2, 3)]
    statuses = [
        login(f"p{number}@example.org", headers={"x-forwarded-for": hops}).status for number, hops in enumerate(ours)
    ]
    assert statuses == [401, 401, 429]
    assert login("p9@example.org", headers={"x-forwarded-for": "2001:db8:1:3::1, 10.0.0.1"}).status == 401


def test_a_pool_that_throttles_is_busy_not_broken(pool, monkeypatch):
    monkeypatch.setattr(pool, "sign_up", lambda **_: refuse("TooManyRequestsException"))
    reply = post("register", registration())
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "busy", "1")


def test_a_refusal_of_the_pool_that_nobody_expected_is_a_bug(pool, monkeypatch):
    monkeypatch.setattr(pool, "sign_up", lambda **_: refuse("UserLambdaValidationException"))
    assert post("register", registration()).status == 500
