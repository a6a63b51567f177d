"""What is refused before anything is held."""

import pytest

from functions.generate import handler
from functions.generate.models.orders import PICTURES, PROMPT_CHARACTERS
from functions.generate.service import orders, requests
from likeness.catalog.reader import catalog
from likeness.errors import Unprocessable
from likeness.items.model import TrainedModel, Weights
from likeness.items.user import AccountState, Profile
from tests.support import call, make_person
from tests.unit.generate.studio import balance, executions, generations, make_model, order

pytestmark = pytest.mark.usefixtures("studio")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"base_model": "nonesuch"}, {"base_model"}),
        ({"base_model": "flux-1-dev"}, {"base_model"}),  # renders models only
        ({"base_model": "flux-2-dev", "style": "nonesuch"}, {"style"}),
        ({"base_model": "flux-2-dev", "style": "x", "aspect_ratio": "7:1"}, {"style", "aspect_ratio"}),
        ({"base_model": "flux-2-dev", "negative_prompt": "hats"}, {"negative_prompt"}),
        ({"base_model": "flux-2-dev", "prompt": "   "}, {"prompt"}),
        ({"base_model": "flux-2-dev", "prompt": "a\x00b"}, {"prompt"}),
        ({"base_model": "flux-2-dev", "prompt": "a\ud800b"}, {"prompt"}),
        ({"base_model": "flux-2-dev", "prompt": "x" * 1001}, {"prompt"}),
        ({"base_model": "flux-2-dev", "count": 0}, {"count"}),
        ({"base_model": "flux-2-dev", "count": 17}, {"count"}),
        ({"base_model": "flux-2-dev", "count": "4"}, {"count"}),
        ({"base_model": "flux-2-dev", "count": True}, {"count"}),
        ({"base_model": "flux-2-dev", "seed": -1}, {"seed"}),
        ({"base_model": "flux-2-dev", "seed": 2**32}, {"seed"}),
        ({"base_model": "flux-2-dev", "owner": "eve"}, {"owner"}),
        ({"base_model": "flux-2-dev", "price": 0}, {"price"}),
        ({}, {"body"}),
        ({"base_model": "flux-2-dev", "model_version": "01J00000000000000000000000"}, {"body"}),
        ({"base_model": "flux-2-dev", "model_id": "01J00000000000000000000000"}, {"body"}),
    ],
)
def test_value_that_makes_no_sense_is_named_and_holds_nothing(body, fields):
    make_person("ada", 100)
    for route in ("/v1/generations", "/v1/generations/quote"):
        reply = call(handler.handler, "POST", route, {"prompt": "x", **body}, user="ada", key="k")
        assert (reply.status, reply.code) == (422, "invalid_request")
        assert {field["field"] for field in reply.json["fields"]} == fields
    assert balance() == (100, 0)


def test_limits_of_the_wire_are_those_of_the_catalog():
    limits = catalog().limits
    assert (limits.prompt_characters, limits.pictures_per_generation) == (PROMPT_CHARACTERS, PICTURES)


@pytest.mark.parametrize("model_id", ["01J00000000000000000000000", "nonesuch", "x#y"])
def test_model_that_is_not_there_is_not_found(model_id):
    make_person("ada", 100)
    assert order(model_id=model_id).status == 404


def test_model_of_somebody_else_is_not_found():
    make_person("ada", 100)
    reply = order(model_id=make_model("eve"))
    assert (reply.status, reply.code) == (404, "not_found")
    assert balance() == (100, 0)


def test_model_without_weights_is_not_ready():
    make_person("ada", 100)
    reply = order(model_id=make_model(weights_key=None, status="draft"))
    assert (reply.status, reply.code) == (409, "model_not_ready")


def delete_model(model_id):
    TrainedModel.of("ada", model_id).update([TrainedModel.deleted_at.set("2026-11-23T00:00:00+00:00")])


def delete_version(model_id):
    for weights in Weights.query("ada", Weights.sk.startswith(f"WEIGHTS#{model_id}")):
        weights.delete()


@pytest.mark.parametrize("meanwhile", [delete_model, delete_version])
def test_version_that_goes_in_between_refuses_the_order(monkeypatch, meanwhile):
    make_person("ada", 100)
    model_id = make_model()
    resolve = requests.resolve

    def and_delete(user_id, request):
        resolved = resolve(user_id, request)
        meanwhile(model_id)
        return resolved

    monkeypatch.setattr(orders, "resolve", and_delete)
    reply = order(model_id=model_id)
    assert (reply.status, reply.code) == (409, "model_not_ready")
    assert (balance(), generations()) == ((100, 0), [])


def test_refused_prompt_names_the_rule_and_holds_nothing():
    make_person("ada", 100)
    reply = order(prompt="nude teenage girl")
    assert (reply.status, reply.code) == (422, "prompt_refused")
    assert reply.json["rule"]
    assert (balance(), generations(), executions()) == ((100, 0), [], [])


def test_order_without_credits_answers_both_numbers_and_writes_nothing():
    make_person("ada", 3)
    reply = order(count=4)
    assert (reply.status, reply.code) == (402, "insufficient_credits")
    assert (reply.json["available"], reply.json["required"]) == (3, 4)
    assert (balance(), generations(), executions()) == ((3, 0), [], [])


def test_frozen_account_may_not_order():
    make_person("ada", 100)
    Profile.of("ada").update([Profile.state.set(AccountState.FROZEN.value)])
    assert order().code == "account_not_active"


def test_order_wants_a_key():
    make_person("ada", 100)
    body = {"prompt": "x", "base_model": "flux-2-dev"}
    reply = call(handler.handler, "POST", "/v1/generations", body, user="ada")
    assert (reply.status, reply.code) == (400, "idempotency_key_invalid")


def test_too_many_orders_are_told_to_wait(monkeypatch):
    make_person("ada", 100)
    monkeypatch.setattr(orders, "ORDERS_PER_MINUTE", 1)
    monkeypatch.setattr("likeness.limit.now", lambda: 1_000_000_000)
    assert order().status == 202
    reply = order()
    assert (reply.status, reply.code) == (429, "too_many_requests")
    assert int(reply.headers["retry-after"]) >= 1
    assert balance() == (99, 1)


def test_too_many_orders_of_one_address_are_told_to_wait(monkeypatch):
    make_person("ada", 100)
    make_person("eve", 100)
    monkeypatch.setattr(orders, "ORDERS_PER_MINUTE_OF_AN_ADDRESS", 1)
    monkeypatch.setattr("likeness.limit.now", lambda: 1_000_000_000)
    assert order("ada").status == 202
    assert order("eve").status == 429


def test_error_names_what_is_wrong_for_a_base_model_that_was_retired():
    make_person("ada", 100)
    reply = order(model_id=make_model(base_model="flux-0"))
    assert (reply.status, reply.json["fields"][0]["field"]) == (422, "model_id")
    assert Unprocessable.code == reply.code
