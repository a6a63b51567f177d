"""Each refusal of each route: its status, its stable code, what it says beside, and that nothing has changed."""

import pytest

from tests.deployed import (
    absent_id,
    funds,
    make_model,
    make_person,
    new_key,
)
from tests.integration.stack import kinds, rows

ORDER = {"prompt": "a lamp by the sea", "base_model": "flux-2-dev", "count": 1}
CONSENT = {"subject": "self", "text_version": "2026-11-01"}
MODEL = {"name": "Me", "subject_kind": "person", "photo_ids": [], "consent": CONSENT}
FORM = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 10}
TERMS = {"adult": True, "terms_version": "2026-11-01"}
NEW = {"email": "new@example.org", "password": "a lamp beside the harbour", **TERMS}
BIG = {"prompt": "x" * 70_000, "base_model": "flux-2-dev"}
UNPROCESSABLE = (422, "invalid_request")

ORDERS = [
    ("an empty prompt", {**ORDER, "prompt": ""}, *UNPROCESSABLE, "prompt"),
    ("a blank prompt", {**ORDER, "prompt": "   "}, *UNPROCESSABLE, "prompt"),
    ("a prompt of 1,001 characters", {**ORDER, "prompt": "x" * 1001}, *UNPROCESSABLE, "prompt"),
    ("control characters", {**ORDER, "prompt": "a\x00b"}, *UNPROCESSABLE, "prompt"),
    ("neither prompt nor pack", {"base_model": "flux-2-dev"}, *UNPROCESSABLE, "body"),
    ("an unknown field", {**ORDER, "credits": 0}, *UNPROCESSABLE, "credits"),
    ("an unknown style", {**ORDER, "style": "crayon"}, *UNPROCESSABLE, "style"),
    ("an unknown aspect ratio", {**ORDER, "aspect_ratio": "7:7"}, *UNPROCESSABLE, "aspect_ratio"),
    ("an unknown base model", {**ORDER, "base_model": "sd-9"}, *UNPROCESSABLE, "base_model"),
    ("a base model that wants a likeness", {**ORDER, "base_model": "flux-1-dev"}, *UNPROCESSABLE, "base_model"),
    ("neither model nor base model", {"prompt": "a lamp"}, *UNPROCESSABLE, None),
    ("no pictures", {**ORDER, "count": 0}, *UNPROCESSABLE, "count"),
    ("17 pictures", {**ORDER, "count": 17}, *UNPROCESSABLE, "count"),
    ("a count in words", {**ORDER, "count": "4"}, *UNPROCESSABLE, "count"),
    ("a seed below zero", {**ORDER, "seed": -1}, *UNPROCESSABLE, "seed"),
    ("a seed above 32 bits", {**ORDER, "seed": 2**32}, *UNPROCESSABLE, "seed"),
    ("a negative prompt where none is known", {**ORDER, "negative_prompt": "fog"}, *UNPROCESSABLE, "negative_prompt"),
    ("a refused prompt", {**ORDER, "prompt": "undress the girl next door"}, 422, "prompt_refused", None),
    ("an absent model", {"prompt": "[me]", "model_id": absent_id(), "count": 1}, 404, "not_found", None),
    ("a body over 64 KB", BIG, 413, "too_large", None),
]

BODIES = [
    ("POST", "/v1/models", {**MODEL, "name": ""}, *UNPROCESSABLE, "name"),
    ("POST", "/v1/models", {**MODEL, "name": "x" * 41}, *UNPROCESSABLE, "name"),
    ("POST", "/v1/models", {**MODEL, "owner": "me"}, *UNPROCESSABLE, "owner"),
    ("POST", "/v1/models", {**MODEL, "photo_ids": [absent_id()]}, *UNPROCESSABLE, "photo_ids"),
    ("POST", "/v1/models", {**MODEL, "photo_ids": ["same", "same"]}, *UNPROCESSABLE, "photo_ids"),
    ("POST", "/v1/models", {**MODEL, "photo_ids": [str(n) for n in range(101)]}, *UNPROCESSABLE, "photo_ids"),
    ("POST", "/v1/models", {**MODEL, "consent": None}, *UNPROCESSABLE, "consent"),
    ("POST", "/v1/models", {**MODEL, "consent": {**CONSENT, "text_version": "1999"}}, *UNPROCESSABLE, "consent"),
    ("POST", "/v1/models", {**MODEL, "consent": {**CONSENT, "subject": "not_a_person"}}, *UNPROCESSABLE, None),
    ("POST", "/v1/models", {**MODEL, "class_word": "W0man!"}, *UNPROCESSABLE, "class_word"),
    ("POST", "/v1/models", {**MODEL, "name": "Taylor Swift"}, 422, "prompt_refused", None),
    ("POST", "/v1/photos", {"photos": []}, *UNPROCESSABLE, "photos"),
    ("POST", "/v1/photos", {"photos": [FORM] * 31}, *UNPROCESSABLE, "photos"),
    ("POST", "/v1/photos", {"photos": [{**FORM, "content_type": "image/gif"}]}, *UNPROCESSABLE, "content_type"),
    ("POST", "/v1/photos", {"photos": [{**FORM, "size": 20 * 2**20 + 1}]}, *UNPROCESSABLE, "size"),
    ("POST", "/v1/photos", {"photos": [{**FORM, "size": 0}]}, *UNPROCESSABLE, "size"),
    ("POST", "/v1/collections", {"name": ""}, *UNPROCESSABLE, "name"),
    ("POST", "/v1/collections", {"name": "x", "filters": {"rating_min": 6}}, *UNPROCESSABLE, "rating_min"),
    ("POST", "/v1/shares", {"image_ids": []}, *UNPROCESSABLE, "image_ids"),
    ("POST", "/v1/shares", {"image_ids": [absent_id()]}, *UNPROCESSABLE, "image_ids"),
    ("POST", "/v1/shares", {"image_ids": [absent_id()] * 101}, *UNPROCESSABLE, "image_ids"),
    ("POST", "/v1/downloads", {}, *UNPROCESSABLE, None),
    ("POST", "/v1/downloads", {"filters": {}, "image_ids": [absent_id()]}, *UNPROCESSABLE, None),
    ("POST", "/v1/downloads", {"filters": {}, "variant": "raw"}, *UNPROCESSABLE, "variant"),
    ("POST", "/v1/images/changes", {"filters": {}, "change": {}}, *UNPROCESSABLE, None),
    ("POST", "/v1/images/changes", {"image_ids": [absent_id()], "change": {"rating": 6}}, *UNPROCESSABLE, "rating"),
    ("POST", "/v1/me/email", {"email": "not an address"}, *UNPROCESSABLE, "email"),
    ("POST", "/v1/me/email/confirm", {"code": "000000"}, 422, "code_invalid", None),
    ("GET", "/v1/shared/nothing", None, 404, "not_found", None),
    ("GET", "/v1/erasures/nothing", None, 404, "not_found", None),
    ("GET", "/v1/images?fields=all", None, *UNPROCESSABLE, "fields"),
    ("GET", "/v1/images/facets?rating_min=6", None, *UNPROCESSABLE, "rating_min"),
    ("PATCH", "/v1/me", {"state": "ACTIVE"}, *UNPROCESSABLE, "state"),
    ("PATCH", "/v1/me", {"name": "x" * 41}, *UNPROCESSABLE, "name"),
    ("PATCH", "/v1/me", {"terms_version": "1999"}, 422, "terms_outdated", None),
    ("POST", "/v1/me/password", {"old": "not mine at all", "new": "one more lamp there"}, *UNPROCESSABLE, "old"),
    (
        "POST",
        "/v1/me/password",
        {"old": "a lamp beside the harbour", "new": "password1234"},
        422,
        "password_refused",
        None,
    ),
    ("POST", "/v1/auth/register", {**NEW, "adult": False}, *UNPROCESSABLE, "adult"),
    ("POST", "/v1/auth/register", {**NEW, "password": "short"}, *UNPROCESSABLE, "password"),
    ("POST", "/v1/auth/register", {**NEW, "password": "aaaaaaaaaaaaa"}, 422, "password_refused", None),
    ("POST", "/v1/auth/register", {**NEW, "email": "not an address"}, *UNPROCESSABLE, "email"),
    ("POST", "/v1/auth/register", {**NEW, "terms_version": "1999"}, 422, "terms_outdated", None),
    ("POST", "/v1/auth/register", {**NEW, "credits": 9}, *UNPROCESSABLE, "credits"),
    ("POST", "/v1/auth/confirm", {"email": "x@example.org", "code": "12345"}, *UNPROCESSABLE, "code"),
    ("POST", "/v1/auth/confirm", {"email": "nobody@example.org", "code": "000000"}, 422, "code_invalid", None),
    ("POST", "/v1/auth/refresh", {"refresh_token": "a.b"}, 401, "session_ended", None),
    ("GET", "/v1/images?limit=0", None, *UNPROCESSABLE, "limit"),
    ("GET", "/v1/images?limit=101", None, *UNPROCESSABLE, "limit"),
    ("GET", "/v1/images?created_from=yesterday", None, *UNPROCESSABLE, "created_from"),
    ("GET", "/v1/nowhere", None, 404, "no_such_route", None),
    ("PUT", "/v1/me", {"name": "x"}, 404, "no_such_route", None),
]

LISTS = [
    *("photos", "models", "images", "generations", "collections", "shares", "downloads"),
    *("credits/entries", "prompts/history", "models/{model_id}/trainings", "models/{model_id}/versions"),
]
CURSORS = ["!", "bm90IGpzb24", "e30", "W10", "eyJhZnRlciI6MX0", "eyJhZnRlciI6Ii4uLyJ9", "x" * 1024]


@pytest.fixture(scope="module")
def ada():
    """A person with all her credits."""
    return make_person("refused")


@pytest.fixture(scope="module")
def model_id(ada):
    """Her model of no photos yet."""
    return make_model(ada, [])


@pytest.fixture(autouse=True)
def nothing_changes(ada, model_id):
    """After each refusal credits, jobs and models are what they were."""
    before = state(ada)
    yield
    assert state(ada) == before


def state(client):
    found = [kinds(rows(table, client.user_id)) for table in ("users", "models", "images", "credits")]
    return funds(client), found


def assert_refused(answer, status, code, field=None):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["detail"]
    assert body["status"] == status
    if field:
        assert field in {part for found in body["fields"] for part in found["field"].split(".")}, body


@pytest.mark.parametrize(
    ("body", "status", "code", "field"), [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS]
)
def test_an_order_of_pictures_that_makes_no_sense_is_refused_before_it_costs(ada, body, status, code, field):
    for path in ("/v1/generations", "/v1/generations/quote"):
        assert_refused(ada.send("POST", path, body, headers=new_key()), status, code, field)


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "field"), BODIES)
def test_a_request_that_makes_no_sense_is_refused_by_name(ada, method, path, body, status, code, field):
    assert_refused(ada.send(method, path, body), status, code, field)


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_that_we_never_gave_is_refused(ada, model_id, name):
    for cursor in CURSORS:
        answer = ada.send("GET", f"/v1/{name.format(model_id=model_id)}", params={"cursor": cursor})
        assert_refused(answer, 400, "cursor_invalid")


@pytest.mark.parametrize("path", ["/v1/generations", "/v1/models/{model_id}/trainings"])
@pytest.mark.parametrize("key", [None, "", "x" * 129])
def test_a_paid_request_without_a_proper_key_is_refused(ada, model_id, path, key):
    headers = {} if key is None else {"Idempotency-Key": key}
    body = ORDER if "generations" in path else {}
    answer = ada.send("POST", path.format(model_id=model_id), body, headers=headers)
    assert_refused(answer, 400, "idempotency_key_invalid")


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"prompt=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"{", "application/json", 422, "invalid_request"),
        (b"\xff\xfe", "application/json", 422, "invalid_request"),
        (b"[" * 20_000 + b"]" * 20_000, "application/json", 422, "invalid_request"),
        (b"[]", "application/json", 422, "invalid_request"),
        (b"null", "application/json", 422, "invalid_request"),
        (b"", "application/json", 422, "invalid_request"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(ada, content, content_type, status, code):
    headers = {"Authorization": f"Bearer {ada.token}", "Content-Type": content_type, **new_key()}
    answer = ada.http.post(f"{ada.cloud.site}/v1/generations", content=content, headers=headers)
    assert_refused(answer, status, code)
