"""Two people who cannot see each other's anything: every route there is, by every way in that is not one."""

import base64
import hashlib
import hmac
import http.client
import json

import pytest

from likeness.storage import signed_url
from tests.deployed import CLOUD, PASSWORD, absent_id, ended, funds, make_person, start_generation
from tests.integration.operations import OF_A_THING, PRIVATE, PUBLIC, operations
from tests.integration.stack import TABLES, as_function, objects, out, problem, rows, texts, web

by_name = pytest.mark.parametrize("operation", PRIVATE, ids=lambda operation: operation.name)
of_a_thing = pytest.mark.parametrize("operation", OF_A_THING, ids=lambda operation: operation.name)


@pytest.fixture(scope="module")
def owned(trained):
    """Ada, who has one of everything: client and ids."""
    client, model_id = trained
    order = ended(client, start_generation(client, model_id=model_id, prompt="[me] in a private room"))
    return client, {
        "photo_id": client.call("GET", "/v1/photos")["photos"][0]["id"],
        "model_id": model_id,
        "training_id": client.call("GET", f"/v1/models/{model_id}/trainings")["trainings"][0]["id"],
        "generation_id": order["id"],
        "image_id": order["pictures"][0]["image_id"],
        "collection_id": client.call("POST", "/v1/collections", json={"name": "Private"})["id"],
    }


@pytest.fixture(scope="module")
def stranger():
    """Eve, who is signed in and owns nothing."""
    return make_person("stranger")


@pytest.fixture(scope="module")
def tokens():
    """Every token of Eve that is not her access token, by name."""
    eve = make_person("tokens")
    email = eve.call("GET", "/v1/me")["email"]
    cognito, ids = (
        CLOUD.client("cognito-idp"),
        {"UserPoolId": out()["UserPoolId"], "ClientId": out()["UserPoolClientId"]},
    )
    secret = cognito.describe_user_pool_client(**ids)["UserPoolClient"]["ClientSecret"]
    digest = hmac.new(secret.encode(), f"{email}{ids['ClientId']}".encode(), hashlib.sha256).digest()
    signed_in = cognito.admin_initiate_auth(
        **ids,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={
            "USERNAME": email,
            "PASSWORD": PASSWORD,
            "SECRET_HASH": base64.b64encode(digest).decode(),
        },
    )["AuthenticationResult"]
    head, claims, signature = eve.token.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    return {
        "no token": (None, {401}),
        "garbage": ("garbage", {401}),
        "tampered signature": (f"{head}.{claims}.{signature[:-8]}AAAAAAAA", {401}),
        "no algorithm": (f"{none}.{claims}.", {401}),
        "ID token": (signed_in["IdToken"], {401, 403}),
        "refresh token": (signed_in["RefreshToken"], {401, 403}),
    }


def test_exactly_the_routes_that_must_be_are_public():
    assert {operation.name for operation in operations() if operation.is_public} == PUBLIC


@by_name
def test_a_private_route_wants_an_access_token_and_nothing_else_will_do(operation, owned, tokens):
    _, ids = owned
    for name, (token, statuses) in tokens.items():
        request = operation.request
        if token:
            request["headers"]["Authorization"] = f"Bearer {token}"
        answer = web().request(operation.method, CLOUD.site + operation.at(ids), **request)
        assert answer.status_code in statuses, name


@of_a_thing
def test_a_foreign_id_is_answered_like_one_that_does_not_exist(operation, owned, stranger):
    _, ids = owned
    foreign = stranger.send(operation.method, operation.at(ids), **operation.request)
    absent = stranger.send(operation.method, operation.at({name: absent_id() for name in ids}), **operation.request)
    strange = stranger.send(operation.method, operation.at(dict.fromkeys(ids, "x' OR 1=1")), **operation.request)
    assert (foreign.status_code, absent.status_code, strange.status_code) == (404, 404, 404)
    assert problem(foreign) == problem(absent) == problem(strange)
    assert problem(foreign)["code"] == "not_found"


def test_foreign_ids_in_bodies_and_filters_name_nothing(owned, stranger):
    _, ids = owned
    order = {"prompt": "[me]", "model_id": ids["model_id"], "count": 1}
    for path in ("/v1/generations", "/v1/generations/quote"):
        foreign = stranger.send("POST", path, order, headers={"Idempotency-Key": "foreign"})
        absent = stranger.send("POST", path, {**order, "model_id": absent_id()}, headers={"Idempotency-Key": "absent"})
        assert foreign.status_code == 404
        assert problem(foreign) == problem(absent)
    assert stranger.call("GET", "/v1/images", params={"model_id": ids["model_id"]})["images"] == []


def test_lists_of_a_stranger_are_empty_whatever_cursor_is_shown(owned, stranger):
    client, _ = owned
    for name in ("photos", "models", "images", "generations"):
        page = client.call("GET", f"/v1/{name}", params={"limit": 1})
        if page["cursor"]:
            assert client.user_id not in base64.urlsafe_b64decode(page["cursor"] + "==").decode()
            assert stranger.call("GET", f"/v1/{name}", params={"cursor": page["cursor"]})[name] == []
        assert stranger.call("GET", f"/v1/{name}")[name] == []


def test_all_these_attempts_have_changed_and_charged_nothing(owned, stranger):
    client, ids = owned
    assert client.call("GET", f"/v1/models/{ids['model_id']}")["name"] == "Me"
    assert not client.call("GET", f"/v1/images/{ids['image_id']}")["favourite"]
    assert client.call("GET", f"/v1/photos/{ids['photo_id']}")["state"] == "ready"
    assert funds(stranger) == (100, 0)
    found = [row for table in TABLES for row in rows(table, stranger.user_id)]
    assert not [row for row in found if client.user_id in texts(row)]


def raw_get(target: str) -> int:
    """Fetch a path exactly as written, dots and escapes included."""
    connection = http.client.HTTPConnection("localhost", CLOUD.ports.edge, timeout=60)
    connection.request("GET", target)
    status = connection.getresponse().status
    connection.close()
    return status


def test_media_open_only_to_their_owners_own_unchanged_signature(owned, stranger):
    client, ids = owned
    media = client.call("GET", f"/v1/images/{ids['image_id']}")["media"]
    for path in media.values():
        assert web().get(f"{CLOUD.site}{path}?{client.media_query}").status_code == 200
        signature = client.media_query.partition("Signature=")[2].partition("&")[0]
        refused = {
            "none": "",
            "a stranger's": stranger.media_query,
            "tampered": client.media_query.replace(signature, signature[:-6] + "AAAAAA"),
            "another policy": client.media_query.replace("Policy=ey", "Policy=eX"),
            "another key": client.media_query.replace(client.media_query.partition("Key-Pair-Id=")[2][:5], "KXXXX"),
        }
        for name, query in refused.items():
            assert web().get(f"{CLOUD.site}{path}?{query}").status_code == 403, name


def test_a_signature_that_is_over_opens_nothing(owned):
    client, ids = owned
    key = client.call("GET", f"/v1/images/{ids['image_id']}")["media"]["view"].lstrip("/")
    with as_function():
        fresh, over = signed_url(key, 60), signed_url(key, -60)
    assert web().get(fresh).status_code == 200
    assert web().get(over).status_code == 403
    assert web().get(fresh.replace("view.webp", "original.webp")).status_code == 403


@pytest.mark.parametrize("up", ["..", "%2e%2e", "%2E%2E", ".%2e", "..%2f..%2fu", "..\\", "%252e%252e"])
def test_no_detour_leads_from_ones_own_folder_into_another(owned, stranger, up):
    client, ids = owned
    path = client.call("GET", f"/v1/images/{ids['image_id']}")["media"]["view"]
    below = path.removeprefix("/media/u/")
    detour = f"/media/u/{stranger.user_id}/{up}/{below}?{stranger.media_query}"
    assert raw_get(detour) in {400, 403, 404}


def test_weights_and_zips_are_outside_of_every_signature_that_people_get(owned):
    client, _ = owned
    private = sorted(objects("MediaBucket", "media/v/"))
    assert private
    for key in private:
        assert web().get(f"{CLOUD.site}/{key}?{client.media_query}").status_code == 403
        assert web().get(f"{CLOUD.site}/{key}").status_code == 403


def test_what_was_uploaded_can_be_read_by_nobody(stranger):
    key = f"raw/{stranger.user_id}/kept-for-a-moment"
    s3, bucket = CLOUD.client("s3"), out()["RawBucket"]
    s3.put_object(Bucket=bucket, Key=key, Body=b"raw bytes")
    try:
        assert web().get(f"{CLOUD.endpoint}/{bucket}/{key}").status_code == 403
        assert web().get(f"{CLOUD.endpoint}/{bucket}").status_code == 403
        for path in (f"/{key}", f"/media/{key}", f"/media/u/{stranger.user_id}/../../../{key}"):
            assert raw_get(f"{path}?{stranger.media_query}") in {400, 403, 404}, path
    finally:
        s3.delete_object(Bucket=bucket, Key=key)


def test_the_media_bucket_itself_answers_nobody(owned):
    client, ids = owned
    path = client.call("GET", f"/v1/images/{ids['image_id']}")["media"]["view"]
    assert web().get(f"{CLOUD.endpoint}/{out()['MediaBucket']}{path}").status_code == 403


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_the_api_answers_nobody_who_has_not_come_through_the_cdn(operation, owned):
    client, ids = owned
    direct = f"{CLOUD.endpoint}/_aws/execute-api/{out()['ApiId']}/$default{operation.at({**ids, 'token': 'a.b'})}"
    for secret in ({}, {"x-likeness-edge": "guessed"}):
        headers = {"Authorization": f"Bearer {client.token}", **secret}
        answer = web().request(operation.method, direct, headers=headers, json={} if operation.has_body else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
