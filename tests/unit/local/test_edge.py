"""The edge passes requests on as CloudFront does, and media only with a signature."""

import asyncio
import time
from urllib.parse import urlencode

import httpx
import pytest

from local.edge import create_edge, remembered
from tests.unit.local.signing import KEYS, cookies, signed

HERS = "http*://testserver/media/u/ada/*"


@pytest.fixture
def seen():
    return []


@pytest.fixture
def edge(seen):
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        headers = [("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2"), ("x-cache", "Miss")]
        return httpx.Response(202, headers=headers, content=b"body")

    origin = httpx.AsyncClient(base_url="http://emulator:4577", transport=httpx.MockTransport(answer))
    app = create_edge(origin, "d1.cloudfront.localhost:4577", lambda: KEYS)
    transport = httpx.ASGITransport(app, client=("203.0.113.9", 1))

    def send(method, path, **named):
        async def sending() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as viewer:
                return await viewer.request(method, path, **named)

        return asyncio.run(sending())

    return send


def test_request_arrives_at_the_distribution_as_it_was_sent(edge, seen):
    edge(
        "POST",
        "/v1/a%2Fb?x=1&x=%20&y=",
        content=b'{"n": 1}',
        headers={"authorization": "Bearer t", "cookie": "one=1; two=2"},
    )
    (request,) = seen
    assert request.method == "POST"
    assert str(request.url) == "http://emulator:4577/v1/a%2Fb?x=1&x=%20&y="
    assert request.headers["host"] == "d1.cloudfront.localhost:4577"
    assert request.headers["authorization"] == "Bearer t"
    assert request.headers["cookie"] == "one=1; two=2"
    assert request.content == b'{"n": 1}'


def test_viewer_address_is_appended_to_what_the_viewer_claims(edge, seen):
    edge("GET", "/v1/me", headers={"x-forwarded-for": "198.51.100.1"})
    assert seen[0].headers["x-forwarded-for"] == "198.51.100.1, 203.0.113.9"


def test_answer_keeps_status_body_and_every_cookie(edge):
    reply = edge("GET", "/v1/me")
    assert (reply.status_code, reply.content) == (202, b"body")
    assert reply.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]


def test_media_without_signature_is_403_and_never_reaches_the_origin(edge, seen):
    reply = edge("GET", "/media/u/ada/image.webp")
    assert reply.status_code == 403
    assert "<Code>AccessDenied</Code>" in reply.text
    assert not seen


def test_media_with_cookies_is_served(edge, seen):
    cookie = "; ".join(f"{k}={v}" for k, v in cookies(signed(HERS, time.time() + 60)).items())
    headers = {"cookie": cookie}
    assert edge("GET", "/media/u/ada/image.webp", headers=headers).status_code == 202
    assert edge("GET", "/media/u/eve/image.webp", headers=headers).status_code == 403
    assert len(seen) == 1


def test_signature_in_the_query_does_not_reach_the_origin(edge, seen):
    end = int(time.time()) + 60
    query = urlencode(signed(f"{HERS[:-1]}image.webp?size=2", end))
    assert edge("GET", f"/media/u/ada/image.webp?size=2&{query}").status_code == 202
    assert seen[0].url.query == b"size=2"


def test_media_hidden_by_escapes_is_still_media(edge, seen):
    for path in ("/%6dedia/u/ada/image.webp", "/media%2Fu/ada/image.webp"):
        assert edge("GET", path).status_code == 403
    assert not seen


@pytest.mark.parametrize(
    "path",
    [
        "/media/u/ada/%2e%2e/eve/image.webp",
        "/media/u/ada/..%2feve/image.webp",
        "/v1/%2e%2e/media/u/eve/image.webp",
        "/%2e/media/u/eve/image.webp",
    ],
)
def test_path_with_segments_of_dots_never_reaches_the_origin(edge, seen, path):
    cookie = "; ".join(f"{k}={v}" for k, v in cookies(signed(HERS, time.time() + 60)).items())
    assert edge("GET", path, headers={"cookie": cookie}).status_code == 403
    assert not seen


def test_path_with_a_line_break_is_passed_on_too(edge, seen):
    assert edge("GET", "/v1/photos/%0A").status_code == 202
    assert seen[0].url.raw_path == b"/v1/photos/%0A"


def test_keys_are_read_again_after_a_minute():
    stored, now = {"K1": "old"}, [0.0]
    keys = remembered(lambda: stored, lambda: now[0])
    keys()
    stored["K2"] = "new"
    now[0] = 59.9
    assert set(keys()) == {"K1"}
    now[0] = 60.0
    assert set(keys()) == {"K1", "K2"}
