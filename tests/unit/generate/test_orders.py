"""Ordering: what is held and stored, and that a repeat is the same."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from functions.generate import handler
from likeness.catalog import reader
from likeness.catalog.reader import catalog
from likeness.credit import read_reservation
from likeness.items.model import TrainedModel
from tests.support import call, make_person
from tests.unit.generate.studio import (
    balance,
    close,
    executions,
    generations,
    job_of,
    make_model,
    order,
    quote,
    render,
    row_of,
)

pytestmark = pytest.mark.usefixtures("studio")


def test_order_holds_the_price_and_starts_the_workflow():
    make_person("ada", 100)
    reply = order(count=4)
    assert reply.status == 202
    assert set(reply.json) == {"id", "credits", "deadline", "created_at"}
    assert reply.json["credits"] == 4
    assert balance() == (96, 4)
    held = datetime.fromisoformat(reply.json["deadline"]) - datetime.now(UTC)
    assert abs(held.total_seconds() - catalog().generation_deadline_seconds) < 5
    started = executions()
    assert [one["name"] for one in started] == [f"{reply.json['id']}-1"]
    states = boto3.client("stepfunctions")
    sent = json.loads(states.describe_execution(executionArn=started[0]["executionArn"])["input"])
    generation_id = reply.json["id"]
    assert sent == {"job": {"user_id": "ada", "generation_id": generation_id, "attempt": 1, "numbers": [1, 2, 3, 4]}}


def test_order_is_stored_with_every_default_filled_in():
    make_person("ada", 100)
    model_id = make_model()
    body = {"prompt": "  a portrait  ", "model_id": model_id}
    reply = call(handler.handler, "POST", "/v1/generations", body, user="ada", key="k")
    ordered = row_of(reply).ordered
    assert (ordered.prompt, ordered.prompt_sent) == ("a portrait", "ohwx woman, a portrait")
    assert (ordered.style, ordered.aspect_ratio, ordered.width, ordered.height) == ("none", "1:1", 1024, 1024)
    assert 0 <= ordered.seed < 2**32
    assert (ordered.base_model, ordered.model_id) == ("flux-1-dev", model_id)
    assert ordered.weights_sha256 == "ab" * 32
    assert ordered.endpoint["endpoint"] == "fal-ai/flux-lora"
    assert len(row_of(reply).pictures) == 4


@pytest.mark.parametrize(
    ("prompt", "style", "sent"),
    [
        ("on the moon", "none", "ohwx woman, on the moon"),
        ("[me] and [ME] on the moon", "none", "ohwx woman and ohwx woman on the moon"),
        ("photo of OHWX, smiling", "none", "photo of OHWX, smiling"),
        ("xohwxy", "none", "ohwx woman, xohwxy"),
        ("[me] by the sea {prompt}", "oil", "oil painting of ohwx woman by the sea {prompt}, rich brushwork on canvas"),
    ],
)
def test_prompt_of_a_model_always_names_its_person(prompt, style, sent):
    make_person("ada", 100)
    reply = order(model_id=make_model(), prompt=prompt, style=style)
    assert row_of(reply).ordered.prompt_sent == sent


def test_prompt_without_a_model_is_sent_as_written():
    make_person("ada", 100)
    assert row_of(order(prompt="[me] at sea")).ordered.prompt_sent == "[me] at sea"


def test_quote_answers_the_price_and_writes_nothing():
    make_person("ada", 3)
    reply = quote(base_model="flux-2-dev", count=4)
    assert reply.status == 200
    price = {"unit_price": 1, "units": 4, "credits": 4, "available": 3, "is_enough": False}
    assert reply.json == {**price, "seconds": None}
    assert balance() == (3, 0)
    assert generations() == []


def test_negative_prompt_is_kept_where_the_base_model_knows_it():
    make_person("ada", 100)
    assert row_of(order(base_model="flux-1.1-pro", negative_prompt="hats")).ordered.negative_prompt == "hats"


def test_repeat_is_byte_for_byte_the_same_and_holds_once(studio):
    make_person("ada", 100)
    first = order(key="k", count=2)
    second = order(key="k", count=2)
    job = job_of(first)
    render(job, 1)
    render(job, 2)
    close(job)
    third = order(key="k", count=2)
    assert first.body == second.body == third.body
    assert first.status == second.status == third.status == 202
    assert balance() == (98, 0)
    assert (len(studio.jobs), len(generations()), len(executions())) == (2, 1, 1)


def test_repeat_is_answered_when_it_could_not_be_ordered_any_more():
    make_person("ada", 4)
    model_id = make_model()
    first = order(key="k", count=4, model_id=model_id)
    TrainedModel.of("ada", model_id).delete()
    assert order(key="k", count=4, model_id=model_id).body == first.body
    other = order(key="k", count=3, model_id=model_id)
    assert (other.status, other.code) == (422, "idempotency_key_reused")


def test_same_key_for_another_order_is_refused():
    make_person("ada", 100)
    order(key="k", count=2)
    reply = order(key="k", count=3)
    assert (reply.status, reply.code) == (422, "idempotency_key_reused")
    assert balance() == (98, 2)


def test_price_is_that_of_the_order_whatever_the_catalog_says_later(monkeypatch):
    make_person("ada", 100)
    first = order(key="k", count=2)
    dearer = catalog().model_copy(
        update={
            "base_models": tuple(
                entry.model_copy(update={"credits": entry.credits.model_copy(update={"image": 9}), "render": None})
                for entry in catalog().base_models
            )
        }
    )
    monkeypatch.setattr("functions.generate.service.requests.catalog", lambda: dearer)
    assert order(key="k", count=2).body == first.body
    job = job_of(first)
    render(job, 1)
    close(job)
    assert balance() == (99, 0)
    assert reader.catalog().base_models[0].credits.image == 1


def test_failure_to_start_leaves_the_order_to_the_sweeper(monkeypatch):
    make_person("ada", 100)
    monkeypatch.setenv("GENERATION_MACHINE", "arn:aws:states:us-east-1:123456789012:stateMachine:gone")
    reply = order()
    assert reply.status == 202
    assert row_of(reply).open == "OPEN"
    assert read_reservation("ada", row_of(reply).operation).state == "HELD"
