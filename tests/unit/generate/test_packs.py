"""Packs: one order of many different pictures, priced before it starts."""

import pytest

from functions.generate import handler
from likeness.catalog.ideas import packs
from likeness.items.model import TrainedModel
from tests.support import call, make_person
from tests.unit.generate.studio import (
    balance,
    close,
    executions,
    generations,
    images,
    job_of,
    make_model,
    make_version,
    order,
    read,
    render,
    row_of,
)

PACK, PAINTERS = (next(one for one in packs() if one.id == name) for name in ("film-stills", "painters"))

pytestmark = pytest.mark.usefixtures("studio")


def send(path="", key="k", **body):
    sent = {"pack": {"id": "film-stills"}, "seed": 7, **body}
    return call(handler.handler, "POST", f"/v1/generations{path}", sent, user="ada", key=key)


@pytest.fixture
def model_id(studio):
    make_person("ada", 100)
    return make_model()


def test_pack_is_priced_before_and_held_as_priced(model_id):
    quoted = send("/quote", model_id=model_id).json
    assert (quoted["units"], quoted["credits"]) == (len(PACK.shots), len(PACK.shots))
    assert (balance(), generations()) == ((100, 0), [])
    assert send(model_id=model_id).json["credits"] == quoted["credits"]
    assert balance() == (100 - len(PACK.shots), len(PACK.shots))


def test_pack_orders_each_of_its_pictures_in_its_own_words(studio, model_id):
    reply = send(model_id=model_id)
    for number in range(1, len(PACK.shots) + 1):
        render(job_of(reply), number)
    close(job_of(reply))
    sent = [(job["prompt"], job["seed"]) for job in studio.jobs]
    styled = [f"{shot.prompt.replace('[me]', 'ohwx woman')}, cinematic film still" for shot in PACK.shots]
    assert [prompt.startswith(wanted) for (prompt, _), wanted in zip(sent, styled, strict=True)] == [True] * 8
    assert [seed for _, seed in sent] == list(range(7, 15))
    shown = read(reply).json
    assert shown["pack"] == {"id": "film-stills", "version": PACK.version}
    assert [one["prompt"] or shown["prompt"] for one in shown["pictures"]] == [shot.prompt for shot in PACK.shots]
    assert {(one["aspect_ratio"], one["width"], one["height"]) for one in shown["pictures"]} == {("16:9", 1360, 768)}
    made = {image.number: image for image in images()}
    assert made[3].prompt_head == PACK.shots[2].prompt
    assert (made[3].manifest["prompt"], made[3].manifest["pack"]) == (
        PACK.shots[2].prompt,
        f"film-stills@{PACK.version}",
    )
    assert (made[3].manifest["style"], made[3].manifest["style_version"]) == ("cinematic", 1)
    assert balance() == (92, 0)


def test_pack_of_many_styles_and_shapes_shows_each(model_id):
    reply = send(model_id=model_id, pack={"id": "painters", "version": 1})
    shown = [(one["style"], one["aspect_ratio"]) for one in read(reply).json["pictures"]]
    assert shown == [(shot.style, shot.aspect_ratio) for shot in PAINTERS.shots]


def test_pack_of_another_version_is_refused_with_the_current_one(model_id):
    for path in ("", "/quote"):
        reply = send(path, model_id=model_id, pack={"id": "film-stills", "version": PACK.version + 1})
        assert (reply.status, reply.code, reply.json["version"]) == (409, "pack_changed", PACK.version)
    assert (balance(), executions()) == ((100, 0), [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"pack": {"id": "nonesuch"}}, "pack.id"),
        ({"pack": {"id": "film-stills", "version": 0}}, "pack.version"),
        ({"pack": {}}, "pack.id"),
        ({"prompt": "on the moon"}, "body"),
        ({"pack": None}, "body"),
        ({"style": "oil"}, "body"),
        ({"aspect_ratio": "4:5"}, "body"),
        ({"count": 8}, "body"),
        ({"negative_prompt": "hats"}, "body"),
        ({"model_id": None, "base_model": "flux-2-dev"}, "body"),
    ],
)
def test_pack_that_makes_no_sense_is_named_and_holds_nothing(model_id, body, field):
    reply = send(**{"model_id": model_id, **body})
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert [one["field"] for one in reply.json["fields"]] == [field]
    assert balance() == (100, 0)


def test_pack_beside_the_defaults_that_typed_clients_write_out_is_ordered(model_id):
    spelled_out = {"style": "none", "aspect_ratio": "1:1", "count": 4, "negative_prompt": None, "prompt": None}
    assert send(model_id=model_id, **spelled_out).json["credits"] == len(PACK.shots)


def test_pack_that_does_not_suit_the_subject_is_refused(model_id):
    TrainedModel.of("ada", model_id).update([TrainedModel.subject_kind.set("pet")])
    reply = send(model_id=model_id)
    assert (reply.status, reply.json["fields"][0]["field"]) == (422, "pack.id")
    assert send(model_id=model_id, pack={"id": "seasons"}).status == 202


def test_same_key_for_a_pack_and_a_prompt_is_refused(model_id):
    assert send(model_id=model_id).status == 202
    assert order(key="k", model_id=model_id).code == "idempotency_key_reused"


def test_order_names_a_version_of_the_model(model_id):
    old = make_version("ada", model_id, key="media/v/older/w.safetensors", sha256="cd" * 32, base_model="flux-2-dev")
    reply = order(model_id=model_id, model_version=old)
    ordered = row_of(reply).ordered
    assert (ordered.training_id, ordered.weights_key) == (old, "media/v/older/w.safetensors")
    assert (ordered.weights_sha256, ordered.base_model) == ("cd" * 32, "flux-2-dev")
    assert ordered.endpoint["endpoint"] == "fal-ai/flux-2/lora"
    assert read(reply).json["model_version"] == old
    assert order(model_id=model_id, model_version="01J00000000000000000000000").code == "not_found"
    assert order(model_id=make_model("ada"), model_version=old).code == "not_found"
