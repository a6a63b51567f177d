"""Replays that are refused, repeated or somebody else's: nothing is held, and a reason is named."""

import pytest

from functions.generate import handler
from functions.generate.service import replay as service
from likeness.catalog.reader import catalog
from likeness.errors import PromptRefused
from likeness.items.generation import Generation
from likeness.items.model import TrainedModel, Weights
from likeness.items.money import Balance
from likeness.items.row import new_id
from tests.support import call, make_person
from tests.unit.generate.replays import again, made, row, scene
from tests.unit.generate.studio import balance, executions, generations, make_model, row_of


@pytest.fixture(autouse=True)
def ada(studio):
    studio.picture = scene
    make_person("ada", 100)


def gone_order(_monkeypatch, image):
    Generation.of("ada", image.generation_id).delete()


def gone_weights(_monkeypatch, image):
    for weights in Weights.query("ada", Weights.sk.startswith(Weights.PREFIX)):
        weights.update([Weights.sha256.set("ee" * 32)])


def gone_model(_monkeypatch, image):
    model = TrainedModel.of("ada", image.model_id)
    model.update([TrainedModel.deleted_at.set("2026-11-23T00:00:00+00:00")])


def gone_base(monkeypatch, _image):
    monkeypatch.setattr(service, "catalog", lambda: catalog().model_copy(update={"base_models": ()}))


def gone_endpoint(monkeypatch, _image):
    bases = [base.model_copy(update={"render_lora": None}) for base in catalog().base_models]
    monkeypatch.setattr(service, "catalog", lambda: catalog().model_copy(update={"base_models": tuple(bases)}))


def moved_endpoint(monkeypatch, _image):
    bases = [
        base.model_copy(update={"render_lora": (base.render_lora or {}) | {"endpoint": "fal-ai/flux-lora-2"}})
        for base in catalog().base_models
    ]
    monkeypatch.setattr(service, "catalog", lambda: catalog().model_copy(update={"base_models": tuple(bases)}))


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        (gone_order, "order_gone"),
        (gone_weights, "weights_gone"),
        (gone_model, "weights_gone"),
        (gone_base, "base_model_gone"),
        (gone_endpoint, "vendor_changed"),
        (moved_endpoint, "vendor_changed"),
    ],
)
def test_what_cannot_be_made_again_is_refused_with_a_reason_before_anything_is_held(monkeypatch, loss, reason):
    image_id = made(model_id=make_model())
    loss(monkeypatch, row(image_id))
    known, started = len(generations()), len(executions())
    reply = again(image_id)
    assert (reply.status, reply.code, reply.json["reason"]) == (409, "not_reproducible", reason)
    assert (balance(), len(generations()), len(executions())) == ((99, 0), known, started)


def test_words_that_may_not_be_asked_for_any_more_are_not_asked_for_again(monkeypatch):
    image_id = made()

    def refuse(_prompt):
        raise PromptRefused("Not these words.", rule="new")

    monkeypatch.setattr("likeness.catalog.policy.check_prompt", refuse)
    reply = again(image_id)
    assert (reply.status, reply.code) == (422, "prompt_refused")
    assert (balance(), len(generations())) == ((99, 0), 1)


def test_order_of_before_versions_had_ids_finds_its_weights_by_their_hash():
    image_id = made(model_id=make_model())
    (generation,) = generations()
    training_id = generation.request.pop("training_id")
    generation.save()
    replayed = row_of(again(image_id)).ordered
    assert (replayed.training_id, replayed.weights_sha256) == (training_id, "ab" * 32)


def test_repeated_key_is_one_replay_even_when_it_could_not_be_made_any_more(monkeypatch):
    image_id = made()
    first = again(image_id, key="same")
    gone_base(monkeypatch, None)
    assert again(image_id, key="same").json == first.json
    assert again(image_id, key="other").code == "not_reproducible"
    assert balance() == (98, 1)


def test_same_key_for_another_picture_is_another_replay():
    first = again(made(), key="same")
    second = again(made(), key="same")
    assert first.json["id"] != second.json["id"]


@pytest.mark.parametrize("body", [{"seed": 1}, [], "x"])
def test_replay_takes_no_changes(body):
    reply = again(made(), body)
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert balance() == (99, 0)


def test_replay_wants_a_key():
    reply = call(handler.handler, "POST", f"/v1/images/{made()}/replay", {}, user="ada")
    assert (reply.status, reply.code) == (400, "idempotency_key_invalid")


def test_picture_of_somebody_else_or_of_nobody_is_not_there():
    make_person("eve", 100)
    image_id = made()
    foreign, absent = again(image_id, user="eve"), again(new_id(), user="eve")
    assert foreign.status == absent.status == again("x", user="eve").status == 404
    assert foreign.body == absent.body
    assert balance("eve") == (100, 0)


def test_replay_without_credits_holds_nothing():
    make_person("ada", 0)
    image_id = made()
    Balance.of("ada").update([Balance.available.set(0)])
    reply = again(image_id)
    assert (reply.status, reply.code, reply.json["required"]) == (402, "insufficient_credits", 1)
    assert len(generations()) == 1
