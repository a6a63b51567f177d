"""Two people who cannot see each other's anything: every route there is, by every way in that is not one."""

import base64
import hashlib
import hmac
import json

import pytest
from likeness_client.models import (
    ChangeRequest,
    CollectionRequest,
    DownloadRequest,
    FiltersBody,
    PictureChange,
    ShareRequest,
)

from local.waiting import wait_for
from tests.deployed import CLOUD, PASSWORD, absent_id, ended_generation, funds, make_person, start_generation
from tests.integration.operations import OF_A_THING, PRIVATE, PUBLIC, operations
from tests.integration.stack import TABLES, out, problem, rows, texts, web

by_name = pytest.mark.parametrize("operation", PRIVATE, ids=lambda operation: operation.name)
CHANGE = {"change": {"favourite": True}}
LISTS = ("photos", "models", "images", "generations", "collections", "shares", "downloads")
of_a_thing = pytest.mark.parametrize("operation", OF_A_THING, ids=lambda operation: operation.name)


@pytest.fixture(scope="module")
def owned(trained):
    """Ada, who has one of everything: client and ids."""
    client, model_id = trained
    order = ended_generation(client, start_generation(client, model_id=model_id, prompt="[me] in a private room"))
    image_id = str(order.pictures[0].image_id)
    every = FiltersBody(generation_id=order.id)
    tagged = ChangeRequest(change=PictureChange(add_tags=["private"]), filters=every)
    return client, {
        "photo_id": client.api.list_photos().photos[0].id,
        "model_id": model_id,
        "training_id": client.api.list_trainings(model_id).trainings[0].id,
        "generation_id": order.id,
        "image_id": image_id,
        "collection_id": client.api.create_collection(CollectionRequest(name="Private")).id,
        "share_id": client.api.create_share(ShareRequest(image_ids=[image_id], title="Private")).id,
        "download_id": over(client.api.read_download, client.api.start_download(DownloadRequest(filters=every)).id),
        "change_id": over(client.api.read_change, client.api.change_images(tagged).id),
    }


def over(read, job_id):
    """The id of a job over pictures that has succeeded."""
    wait_for(lambda: read(job_id), lambda job: job.status == "succeeded", seconds=60)
    return job_id


@pytest.fixture(scope="module")
def stranger():
    """Eve, who is signed in and owns nothing."""
    return make_person("stranger")


@pytest.fixture(scope="module")
def tokens():
    """Every token of Eve that is not her access token, by name."""
    eve = make_person("tokens")
    email = eve.api.read_me().email
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


@pytest.mark.parametrize(("path", "more"), [("shares", {}), ("downloads", {}), ("images/changes", CHANGE)])
def test_pictures_of_somebody_else_are_chosen_like_absent_ones(owned, stranger, path, more):
    _, ids = owned
    absent = absent_id()
    foreign, other = (
        stranger.send("POST", f"/v1/{path}", {"image_ids": [image_id], **more})
        for image_id in (ids["image_id"], absent)
    )
    assert foreign.status_code == other.status_code
    assert str(problem(foreign)).replace(ids["image_id"], absent) == str(problem(other))
    named = "not_found" if path == "images/changes" else "invalid_request"
    assert named in other.text


def test_filters_that_name_foreign_things_find_nothing(owned, stranger):
    _, ids = owned
    for filters in ({"model_id": ids["model_id"]}, {"generation_id": ids["generation_id"]}):
        assert stranger.api.list_images(**filters).images == []
        assert stranger.api.read_facets(**filters).total == 0
    assert stranger.api.list_images(parent_id=ids["image_id"]).images == []
    assert stranger.api.list_images(ids=[ids["image_id"]]).images == []
    assert stranger.api.list_shares(image_id=ids["image_id"]).shares == []
    foreign, absent = (
        stranger.send("GET", "/v1/images", params={"collection_id": one}) for one in (ids["collection_id"], absent_id())
    )
    assert problem(foreign) == problem(absent)


def test_lists_of_a_stranger_are_empty_whatever_cursor_is_shown(owned, stranger):
    client, _ = owned
    for name in LISTS:
        mine, theirs = (getattr(person.api, f"list_{name}") for person in (client, stranger))
        cursor = mine(limit=1).cursor
        if cursor:
            assert client.user_id not in base64.urlsafe_b64decode(cursor + "==").decode()
            assert getattr(theirs(cursor=cursor), name) == []
        assert getattr(theirs(), name) == []
    assert stranger.api.list_prompts().prompts == []


def test_all_these_attempts_have_changed_and_charged_nothing(owned, stranger):
    client, ids = owned
    assert client.api.read_model(ids["model_id"]).name == "Me"
    image = client.api.read_image(ids["image_id"])
    assert (image.favourite, image.rating, image.tags, image.is_shared) == (False, 0, ["private"], True)
    share = client.api.read_share(ids["share_id"])
    assert (share.title, share.revoked_at) == ("Private", None)
    assert client.api.read_collection(ids["collection_id"]).name == "Private"
    assert client.api.read_download(ids["download_id"]).status == "succeeded"
    assert client.api.read_photo(ids["photo_id"]).state == "ready"
    assert funds(stranger) == (100, 0)
    found = [row for table in TABLES for row in rows(table, stranger.user_id)]
    assert not [row for row in found if client.user_id in texts(row)]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_the_api_answers_nobody_who_has_not_come_through_the_cdn(operation, owned):
    client, ids = owned
    direct = f"{CLOUD.endpoint}/_aws/execute-api/{out()['ApiId']}/$default{operation.at({**ids, 'token': 'a.b'})}"
    for secret in ({}, {"x-likeness-edge": "guessed"}):
        headers = {"Authorization": f"Bearer {client.token}", **secret}
        answer = web().request(operation.method, direct, headers=headers, json={} if operation.has_body else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
