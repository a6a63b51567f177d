"""The client registers by mail, keeps its session fresh, and reports what was refused."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from likeness_client import Refused

from functions.generate.service.offers import read_catalog
from local.client import Client, MediaRefused
from local.cloud import Cloud
from local.waiting import TookTooLong, wait_for

SESSION = {
    "user_id": "ada",
    "access_token": "t1",
    "expires_in": 900,
    "refresh_token": "r1",
    "media": {"query": "Policy=p&Signature=s", "expires_at": "2030-01-01T00:00:00Z"},
}


@pytest.fixture
def seen():
    return []


@pytest.fixture
def client(seen):
    mails = [{"To": ["ada@x.example"], "BodyText": "Your code is 111111"}]

    def register() -> tuple[int, dict[str, Any]]:
        mails.append({"To": ["eve@x.example"], "BodyText": "333333"})
        mails.append({"To": ["ada@x.example"], "BodyText": "Your code is 222222."})
        return 202, {"email": "ada@x.example"}

    answers: dict[str, Callable[[], tuple[int, dict[str, Any]]]] = {
        "/_ministack/ses/messages": lambda: (200, {"messages": {"0": mails}}),
        "/v1/auth/register": register,
        "/v1/auth/login": lambda: (200, SESSION),
        "/v1/auth/refresh": lambda: (200, {**SESSION, "access_token": "t2", "refresh_token": None}),
        "/v1/catalog": lambda: (200, json.loads(read_catalog().body)),
        "/v1/models": lambda: (402, {"code": "insufficient_credits", "detail": "No."}),
        "/v1/photos/p1": lambda: (204, {}),
        "/media/u/eve/x.webp": lambda: (403, {}),
    }

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        status, body = answers.get(request.url.path, lambda: (200, {}))()
        return httpx.Response(status, json=body) if body or status != 204 else httpx.Response(204)

    with Client(Cloud(), transport=httpx.MockTransport(answer)) as made:
        yield made


def test_register_confirms_with_the_newest_code_of_that_address(client, seen):
    client.register("ada@x.example", "a long password")
    body = json.loads(seen[-1].content)
    assert seen[-1].url.path == "/v1/auth/confirm"
    assert body == {"email": "ada@x.example", "code": "222222"}


def test_calls_after_login_carry_the_token(client, seen):
    client.login("ada@x.example", "a long password")
    client.api.read_catalog()
    assert seen[-1].headers["authorization"] == "Bearer t1"


def test_token_that_runs_out_is_refreshed_before_it_is_used(client, seen, monkeypatch):
    client.login("ada@x.example", "a long password")
    monkeypatch.setattr("local.client.time.monotonic", lambda: client._fresh_until + 1)
    client.api.read_catalog()
    assert json.loads(seen[-2].content) == {"refresh_token": "r1"}
    assert seen[-1].headers["authorization"] == "Bearer t2"
    assert client._refresh_token == "r1"


def test_refusal_has_status_and_code(client):
    with pytest.raises(Refused, match="insufficient_credits") as caught:
        client.api.list_models()
    assert (caught.value.status, caught.value.code) == (402, "insufficient_credits")


def test_answer_without_content_is_nothing(client, seen):
    client.api.delete_photo("p1")
    assert (seen[-1].method, seen[-1].url.path) == ("DELETE", "/v1/photos/p1")


def test_media_goes_out_with_the_signed_query(client, seen):
    client.login("ada@x.example", "a long password")
    client.media("/media/u/ada/x.webp")
    assert seen[-1].url.query == b"Policy=p&Signature=s"
    with pytest.raises(MediaRefused):
        client.media("/media/u/eve/x.webp")


def test_waiting_ends_with_what_was_read_last():
    with pytest.raises(TookTooLong, match="still here"):
        wait_for(lambda: "still here", lambda seen: False, seconds=-1)
    assert wait_for(lambda: 7, lambda seen: seen == 7, seconds=0) == 7
