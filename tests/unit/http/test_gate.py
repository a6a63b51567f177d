"""What every request must be, and what every answer looks like, whatever the route."""

import json
import time
from http import HTTPStatus
from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler import Response
from pydantic import Field

from likeness import aws
from likeness.errors import Busy, NotFound, Unprocessable
from likeness.gate import BODY_BYTES, HOOK_BYTES
from likeness.http import (
    ClientAddress,
    Cookies,
    Operation,
    RawBody,
    RecentUserId,
    UserId,
    create_app,
    create_handler,
    json_response,
)
from likeness.wire import Body, View, fingerprint
from tests.support import EDGE_SECRET, call, claims, client

pytestmark = pytest.mark.usefixtures("aws")


class Thing(Body):
    name: Annotated[str, Field(max_length=5)]
    inner: dict[str, int] = Field(default_factory=dict)


class Seen(View):
    value: str


app = create_app()


def seen(value: object) -> Response[Any]:
    return json_response(Seen(value=str(value)))


@app.post("/v1/things")
def make_thing(thing: Thing) -> Response[Any]:
    return seen(thing.name)


@app.get("/v1/me")
def me(user_id: UserId) -> Response[Any]:
    return seen(user_id)


@app.get("/v1/recent")
def recent(user_id: RecentUserId) -> Response[Any]:
    return seen(user_id)


@app.post("/v1/orders/<order_id>")
def order(operation: Operation, order_id: str) -> Response[Any]:
    return seen(operation)


@app.get("/v1/address")
def address(found: ClientAddress) -> Response[Any]:
    return seen(found)


@app.get("/v1/cookies")
def cookies(found: Cookies) -> Response[Any]:
    return seen(json.dumps(found, sort_keys=True))


@app.post("/v1/hooks/echo")
def echo(body: RawBody) -> Response[Any]:
    return seen(body.hex())


@app.get("/v1/broken")
def broken() -> Response[Any]:
    message = "a secret detail"
    raise KeyError(message)


@app.get("/v1/busy")
def busy() -> Response[Any]:
    raise Busy("Later.", retry_after=7)


@app.get("/v1/missing")
def missing() -> Response[Any]:
    raise NotFound("No such thing.")


@app.get("/v1/wrong")
def wrong() -> Response[Any]:
    raise Unprocessable("Not valid: style.", fields=[{"field": "style", "message": "No such style."}])


handler = create_handler(app)


def send(method, path, body=None, **named):
    return call(handler, method, path, body, **named)


def test_a_request_that_passed_the_cdn_is_served():
    assert send("POST", "/v1/things", {"name": "x"}).json == {"value": "x"}


@pytest.mark.parametrize("shown", [{"x-likeness-edge": ""}, {"x-likeness-edge": "5e" * 31}, {"x-likeness-edge": "no"}])
def test_a_request_that_did_not_pass_the_cdn_is_refused_by_every_route(shown):
    for method, path in (("GET", "/v1/me"), ("POST", "/v1/things"), ("POST", "/v1/hooks/echo"), ("GET", "/v1/nothing")):
        reply = send(method, path, user="ada", headers=shown)
        assert (reply.status, reply.code) == (403, "forbidden")


def test_a_rotated_edge_secret_is_read_again_and_the_old_one_still_serves():
    assert send("GET", "/v1/address").status == 200
    stored = aws.secret("likeness/test/signing")
    renewed = json.dumps({**stored, "edge_secret": f"{EDGE_SECRET} newsecret"})
    client("secretsmanager").put_secret_value(SecretId="likeness/test/signing", SecretString=renewed)
    assert send("GET", "/v1/address", headers={"x-likeness-edge": "newsecret"}).status == 200
    assert send("GET", "/v1/address").status == 200


def test_a_gate_that_breaks_answers_a_plain_500(monkeypatch):
    monkeypatch.setenv("SIGNING_SECRET", "likeness/test/absent")
    reply = send("GET", "/v1/address")
    assert (reply.status, reply.code) == (500, "internal_error")
    assert "absent" not in reply.body


@pytest.mark.parametrize(("path", "limit"), [("/v1/things", BODY_BYTES), ("/v1/hooks/echo", HOOK_BYTES)])
def test_a_body_over_the_limit_of_its_route_is_refused(path, limit):
    fits, over = "1" * 4 + " " * (limit - 4), "1" * 4 + " " * (limit - 3)
    assert send("POST", path, fits).status != 413
    reply = send("POST", path, over)
    assert (reply.status, reply.code) == (413, "too_large")
    assert str(limit) in reply.json["detail"]


def test_an_encoded_body_is_measured_as_it_is_meant():
    assert send("POST", "/v1/hooks/echo", raw=b"x" * HOOK_BYTES).status == 200
    assert send("POST", "/v1/hooks/echo", raw=b"x" * (HOOK_BYTES + 8)).status == 413


@pytest.mark.parametrize(
    "body", ["{", "a=1", "[1", "\x00", "[" * 50_000, "1" * 5_000], ids=["open", "form", "list", "nul", "deep", "digits"]
)
def test_a_body_that_is_not_json_is_refused(body):
    reply = send("POST", "/v1/things", body)
    assert (reply.status, reply.code) == (422, "invalid_request")


def test_a_body_that_is_not_text_is_refused():
    assert send("POST", "/v1/things", raw=b"\xff\xfe").code == "invalid_request"


def test_an_encoded_body_of_json_is_read():
    assert send("POST", "/v1/things", raw=b'{"name": "x"}').json == {"value": "x"}


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""]
)
def test_a_body_of_another_type_is_refused_even_if_it_is_json(kind):
    reply = send("POST", "/v1/things", '{"name": "x"}', headers={"content-type": kind})
    assert (reply.status, reply.code) == (415, "unsupported_media_type")


def test_an_empty_body_of_another_type_is_refused_too():
    assert send("POST", "/v1/things", headers={"content-type": "text/plain"}).status == 415


def test_a_content_type_with_a_charset_is_json():
    assert (
        send("POST", "/v1/things", {"name": "x"}, headers={"content-type": "Application/JSON; charset=utf-8"}).status
        == 200
    )


def test_a_webhook_is_read_byte_for_byte_whatever_its_type():
    body = b'{"a":  1}\r\n\xff'
    reply = send("POST", "/v1/hooks/echo", raw=body, headers={"content-type": "text/plain"})
    assert bytes.fromhex(reply.json["value"]) == body
    plain = send("POST", "/v1/hooks/echo", '{"a":  1} ')
    assert bytes.fromhex(plain.json["value"]) == b'{"a":  1} '


def test_invalid_fields_are_named_each_with_its_reason():
    reply = send("POST", "/v1/things", {"name": "too long", "owner": "eve", "inner": {"a": "x"}})
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert {field["field"] for field in reply.json["fields"]} == {"name", "owner", "inner.a"}
    assert all(field["message"] for field in reply.json["fields"])
    assert "too long" not in reply.body


@pytest.mark.parametrize(("body", "field"), [({}, "name"), (None, "body"), ("[]", "body"), ("null", "body")])
def test_a_missing_field_is_named(body, field):
    reply = send("POST", "/v1/things", body)
    assert [found["field"] for found in reply.json["fields"]] == [field]


def test_a_problem_has_the_shape_of_rfc_9457():
    reply = send("GET", "/v1/missing")
    assert reply.status == HTTPStatus.NOT_FOUND
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json == {
        "type": "urn:likeness:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "No such thing.",
        "code": "not_found",
        "request_id": "00000000-0000-4000-8000-000000000000",
    }


def test_what_an_error_carries_stands_beside_its_detail():
    assert send("GET", "/v1/wrong").json["fields"] == [{"field": "style", "message": "No such style."}]


def test_a_refusal_that_can_be_repeated_says_when():
    reply = send("GET", "/v1/busy")
    assert (reply.status, reply.headers["retry-after"], reply.json["retry_after"]) == (503, "7", 7)


def test_a_refusal_of_the_gate_is_a_problem_too():
    reply = send("GET", "/v1/me", headers={"x-likeness-edge": ""})
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert set(reply.json) == {"type", "title", "status", "detail", "code", "request_id"}


def test_a_bug_is_a_plain_500_that_tells_nothing():
    reply = send("GET", "/v1/broken")
    assert (reply.status, reply.code) == (500, "internal_error")
    assert "secret" not in reply.body
    assert "KeyError" not in reply.body


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nothing"), ("DELETE", "/v1/things"), ("GET", "/")])
def test_an_unknown_route_is_a_problem(method, path):
    assert send(method, path).code == "no_such_route"


def test_the_subject_of_an_access_token_is_the_caller():
    assert send("GET", "/v1/me", user="ada").json == {"value": "ada"}


@pytest.mark.parametrize(
    "token",
    [
        claims("ada", token_use="id"),
        claims("ada", token_use="refresh"),
        claims(""),
        {"sub": "ada"},
        {"token_use": "access"},
        None,
    ],
)
def test_any_other_token_is_refused(token):
    reply = send("GET", "/v1/me", token=token)
    assert (reply.status, reply.code) == (401, "unauthorized")


@pytest.mark.parametrize(("age", "status"), [(0, 200), (14 * 60, 200), (16 * 60, 403), (10**9, 403)])
def test_a_sensitive_route_wants_a_sign_in_of_the_last_15_minutes(age, status):
    reply = send("GET", "/v1/recent", token=claims("ada", auth_time=str(int(time.time()) - age)))
    assert reply.status == status
    if status == 403:
        assert reply.code == "sign_in_again"


def test_a_sensitive_route_wants_to_know_when_the_sign_in_was():
    token = claims("ada")
    del token["auth_time"]
    assert send("GET", "/v1/recent", token=token).code == "sign_in_again"


def key_of(**named):
    return send("POST", named.pop("path", "/v1/orders/1"), **{"user": "ada", "key": "k", **named}).json["value"]


def test_an_operation_is_a_hash_of_user_path_and_key():
    same = key_of()
    assert len(same) == 64
    assert key_of() == same
    assert len({same, key_of(user="eve"), key_of(key="other"), key_of(path="/v1/orders/2")}) == 4


@pytest.mark.parametrize("key", [None, "", "x" * 129, "käse", "a\tb", "a\n", "\x7f"])
def test_an_order_without_a_proper_key_is_refused(key):
    reply = send("POST", "/v1/orders/1", user="ada", key=key)
    assert (reply.status, reply.code) == (400, "idempotency_key_invalid")


@pytest.mark.parametrize("key", ["x", "x" * 128, "order 1/2 ~!"])
def test_a_key_has_1_to_128_printable_ascii_characters(key):
    assert send("POST", "/v1/orders/1", user="ada", key=key).status == 200


def test_an_order_without_a_caller_is_refused():
    assert send("POST", "/v1/orders/1", key="k").code == "unauthorized"


@pytest.mark.parametrize(
    ("hops", "expected"),
    [
        ("203.0.113.7, 198.51.100.9", "203.0.113.7"),
        ("9.9.9.9, 203.0.113.7, 198.51.100.9", "203.0.113.7"),
        ("203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("2001:db8::1,198.51.100.9", "2001:db8::1"),
    ],
)
def test_the_last_address_but_one_is_the_callers_whatever_is_put_before_it(hops, expected):
    assert send("GET", "/v1/address", headers={"x-forwarded-for": hops}).json["value"] == expected


def test_cookies_are_read_by_name_and_keep_what_looks_like_a_separator():
    found = send("GET", "/v1/cookies", cookies={"a": "1", "b": "x=y=="}).json["value"]
    assert json.loads(found) == {"a": "1", "b": "x=y=="}
    assert json.loads(send("GET", "/v1/cookies").json["value"]) == {}


def test_two_spellings_of_one_request_have_one_fingerprint():
    first = Thing.model_validate_json('{"name": "x", "inner": {"a": 1, "b": 2}}')
    second = Thing.model_validate_json('{"inner": {"b": 2, "a": 1}, "name": " x "}')
    assert fingerprint(first) == fingerprint(second)
    assert fingerprint(first) != fingerprint(Thing(name="y", inner={"a": 1, "b": 2}))


def test_an_answer_is_not_kept_by_any_cache():
    assert send("GET", "/v1/me", user="ada").headers["cache-control"] == "no-store"
