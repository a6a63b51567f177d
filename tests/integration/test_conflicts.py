"""Refusals that depend on what there is: money, running jobs, photos, codes, passwords, rates and webhooks."""

import json

import pytest
from likeness_client import Refused
from likeness_client.models import GenerationRequest, ModelChange

from functions.train.hook import token_of
from likeness.items.model import Training
from likeness.items.money import EntryKind
from likeness.ledger import grant
from tests.deployed import (
    CLOUD,
    PASSWORD,
    faults,
    funds,
    make_model,
    make_person,
    new_client,
    new_key,
    photos,
    start_training,
    upload,
    upload_ids,
)
from tests.integration.stack import as_function, assert_exact, rows, web
from tests.integration.test_refusals import ORDER, assert_refused

TRAINER = {"endpoint": "fal-ai/flux-lora-fast-training"}


@pytest.fixture(scope="module")
def owner():
    """A person with photos."""
    return make_person("owner")


@pytest.fixture(scope="module")
def ready(owner):
    """Three photos of hers that are ready."""
    return upload_ids(owner, photos("coffee")[:3])


@pytest.fixture(scope="module")
def rejected(owner):
    """One of hers that is none."""
    (photo,) = upload(owner, [("broken.jpg", "image/jpeg", b"\xff\xd8\xff\xe0 nothing")])
    return photo.id


def start(client, model_id, **more):
    return client.send("POST", f"/v1/models/{model_id}/trainings", more, headers=new_key())


def test_too_few_photos_are_refused_with_both_numbers(owner, ready):
    answer = start(owner, make_model(owner, ready))
    assert_refused(answer, 422, "too_few_photos")
    assert (answer.json()["usable"], answer.json()["minimum"]) == (3, 4)
    assert funds(owner) == (100, 0)


def test_photos_that_are_not_ready_are_refused_by_name(owner, ready, rejected):
    answer = start(owner, make_model(owner, [*ready, rejected]))
    assert_refused(answer, 409, "photos_not_ready")
    assert answer.json()["photo_ids"] == [rejected]
    assert funds(owner) == (100, 0)


def test_photos_of_somebody_else_are_refused_like_absent_ones(owner, ready, eve):
    with pytest.raises(Refused) as refused:
        make_model(eve, ready)
    assert (refused.value.status, refused.value.code) == (422, "invalid_request")
    assert refused.value.body["photo_ids"] == ready
    model_id = make_model(eve, [])
    assert_refused(
        eve.send("PATCH", f"/v1/models/{model_id}", {"photo_ids": ready}), 422, "invalid_request", "photo_ids"
    )


@pytest.mark.parametrize(
    ("wanted", "field"),
    [({"base_model": "sd-9"}, "base_model"), ({"base_model": "flux-1.1-pro"}, "base_model"), ({"steps": 1}, "steps")],
)
def test_a_training_that_the_catalog_does_not_sell_is_refused(owner, ready, wanted, field):
    model_id = make_model(owner, ready)
    assert_refused(start(owner, model_id, **wanted), 422, "invalid_request", field)
    owner.api.delete_model(model_id)
    assert funds(owner) == (100, 0)


def test_pictures_of_a_model_without_weights_are_refused(owner, ready):
    model_id = make_model(owner, ready)
    order = {"prompt": "[me]", "model_id": model_id, "count": 1}
    assert_refused(owner.send("POST", "/v1/generations", order, headers=new_key()), 409, "model_not_ready")


def test_too_few_credits_are_refused_with_both_numbers():
    poor = make_person("poor")
    with as_function():
        grant(poor.user_id, EntryKind.ADJUSTMENT, "poor", -97)
    order = {**ORDER, "count": 4}
    answer = poor.send("POST", "/v1/generations", order, headers=new_key())
    assert_refused(answer, 402, "insufficient_credits")
    assert (answer.json()["available"], answer.json()["required"]) == (3, 4)
    quote = poor.api.quote_generation(GenerationRequest.from_dict(order))
    assert (quote.is_enough, quote.available) == (False, 3)
    model_id = make_model(poor, upload_ids(poor, photos("coffee")[:4]))
    trained = start(poor, model_id)
    assert_refused(trained, 402, "insufficient_credits")
    assert (trained.json()["available"], trained.json()["required"]) == (3, 50)
    assert funds(poor) == (3, 0)
    assert not [row for table in ("images", "models") for row in rows(table, poor.user_id) if "open" in row]
    assert_exact(poor.user_id)


def test_while_a_training_runs_nothing_may_disturb_it(ada):
    ids = upload_ids(ada, photos("coffee")[:4])
    model_id = make_model(ada, ids)
    with faults({"fault": "never_finishes", "match": TRAINER}):
        training = start_training(ada, model_id)
        assert_refused(start(ada, model_id), 409, "training_running")
        assert_refused(ada.send("PATCH", f"/v1/models/{model_id}", {"photo_ids": ids[:1]}), 409, "training_running")
        assert_refused(ada.send("DELETE", f"/v1/photos/{ids[0]}"), 409, "photo_in_use")
        assert ada.api.change_model(model_id, ModelChange(name="Renamed")).name == "Renamed"
        assert funds(ada) == (50, 50)
        hook_of_an_unready_job_wakes_nobody(ada)
        ada.api.cancel_training(model_id, training.id)
    assert funds(ada) == (100, 0)
    assert_exact(ada.user_id)


def hook_of_an_unready_job_wakes_nobody(client):
    """A webhook with a proper token and a forged signature is refused."""
    (training,) = [row for row in rows("models", client.user_id) if row["sk"]["S"].startswith("TRAINING#")]
    with as_function():
        token = token_of(Training.from_raw_data(training))
    forged = {
        "X-Fal-Webhook-Request-Id": "r",
        "X-Fal-Webhook-User-Id": "darkroom",
        "X-Fal-Webhook-Timestamp": "1",
        "X-Fal-Webhook-Signature": "00" * 64,
    }
    for headers in ({}, forged):
        answer = web().post(f"{CLOUD.site}/v1/hooks/fal/{token}", json={"status": "OK"}, headers=headers)
        assert_refused(answer, 401, "webhook_refused")
    tampered = f"{token[:-1]}{'0' if token[-1] != '0' else '1'}"
    assert_refused(web().post(f"{CLOUD.site}/v1/hooks/fal/{tampered}", content=b"{}"), 401, "webhook_refused")


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [("nothing", 404, "not_found"), ("a." + "0" * 64, 401, "webhook_refused"), (".x", 404, "not_found")],
)
def test_a_webhook_that_names_no_job_of_ours_is_refused(token, status, code):
    answer = web().post(f"{CLOUD.site}/v1/hooks/fal/{token}", content=json.dumps({"status": "OK"}))
    assert_refused(answer, status, code)


def test_a_webhook_over_256_kb_is_refused():
    answer = web().post(f"{CLOUD.site}/v1/hooks/fal/a.{'0' * 64}", content=bytes(256 * 1024 + 1))
    assert_refused(answer, 413, "too_large")


def test_signing_in_and_codes_never_say_which_part_was_wrong(ada):
    email = ada.api.read_me().email
    stranger = new_client()
    wrong = stranger.send("POST", "/v1/auth/login", {"email": email, "password": "not this one at all"})
    unknown = stranger.send("POST", "/v1/auth/login", {"email": f"un{email}", "password": PASSWORD})
    assert_refused(wrong, 401, "sign_in_failed")
    assert wrong.json()["detail"] == unknown.json()["detail"]
    for path, more in (("confirm", {}), ("reset-password", {"password": "one more lamp there"})):
        known = stranger.send("POST", f"/v1/auth/{path}", {"email": email, "code": "000000", **more})
        nobody = stranger.send("POST", f"/v1/auth/{path}", {"email": f"un{email}", "code": "000000", **more})
        assert_refused(known, 422, "code_invalid")
        assert (nobody.status_code, nobody.json()["detail"]) == (422, known.json()["detail"])
    for path in ("forgot-password", "resend-code"):
        known = stranger.send("POST", f"/v1/auth/{path}", {"email": email})
        nobody = stranger.send("POST", f"/v1/auth/{path}", {"email": f"un{email}"})
        assert known.status_code == nobody.status_code == 202


def test_a_code_works_once(ada):
    email = ada.api.read_me().email
    stranger = new_client()
    again = stranger.send("POST", "/v1/auth/confirm", {"email": email, "code": "123456"})
    assert_refused(again, 422, "code_invalid")
    assert funds(ada) == (100, 0)


def test_too_many_tries_about_one_person_are_refused_until_a_moment_that_is_named():
    stranger, address = new_client(), make_person("limited").api.read_me().email
    asked = [stranger.send("POST", "/v1/auth/forgot-password", {"email": address}) for _ in range(6)]
    assert [answer.status_code for answer in asked[:5]] == [202] * 5
    assert_refused(asked[5], 429, "too_many_requests")
    assert 1 <= int(asked[5].headers["retry-after"]) <= 15 * 60
    elsewhere = {"X-Forwarded-For": "203.0.113.77"}
    spoofed = stranger.send("POST", "/v1/auth/forgot-password", {"email": address.upper()}, headers=elsewhere)
    assert spoofed.status_code == 429


def test_a_refresh_value_ends_with_its_session(ada):
    value = ada._refresh_token
    assert new_client().send("POST", "/v1/auth/logout", {"refresh_token": value}).status_code == 204
    answer = new_client().send("POST", "/v1/auth/refresh", {"refresh_token": value})
    assert_refused(answer, 401, "session_ended")
    foreign = new_client().send("POST", "/v1/auth/refresh", {"refresh_token": f"{'0' * 8}.{value.partition('.')[2]}"})
    assert_refused(foreign, 401, "session_ended")
