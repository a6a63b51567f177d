"""Replays: the order of then at the price of today, and how alike the two pictures are."""

from io import BytesIO
from itertools import count

import boto3
import pytest
from PIL import Image

from functions.generate import handler
from functions.generate.service import replay as service
from functions.generate.service.verdict import NEAR_BITS
from likeness.catalog.reader import catalog
from likeness.errors import PromptRefused
from likeness.items.generation import Generation
from likeness.items.image import Image as ImageItem
from likeness.items.model import TrainedModel, Weights
from likeness.items.money import Balance
from likeness.items.row import new_id
from likeness.pictures import dhash_of
from likeness.storage import image_key
from tests.support import call, make_person
from tests.unit.generate.studio import (
    balance,
    close,
    executions,
    generations,
    job_of,
    make_model,
    order,
    read,
    render,
    row_of,
)

_keys = count(1)


@pytest.fixture(autouse=True)
def ada(studio):
    studio.picture = scene
    make_person("ada", 100)


def scene(seed: int, change: int = 0) -> bytes:
    """A picture with something to see, of which `change` moves the levels a little or (256) turns all around."""
    out = BytesIO()
    picture = Image.radial_gradient("L").resize((320, 256), box=(0, 0, 100 + seed % 100, 200))
    picture = picture.point(lambda level: level // 2 + change % 3)
    picture = picture.rotate(180) if change >= 256 else picture
    picture.convert("RGB").save(out, "PNG")
    return out.getvalue()


def made(**body) -> str:
    """A delivered picture: number 2 of an order, so that its seed is not the order's."""
    reply = order(count=2, **body)
    render(job_of(reply), 2)
    close(job_of(reply))
    return str(read(reply).json["pictures"][1]["image_id"])


def again(image_id: str, body=None, user: str = "ada", key: str | None = None):
    sent = {} if body is None else body
    return call(
        handler.handler, "POST", f"/v1/images/{image_id}/replay", sent, user=user, key=key or f"replay-{next(_keys)}"
    )


def row(image_id: str) -> ImageItem:
    return ImageItem.get("ada", ImageItem.of("ada", image_id).sk)


def finish(reply):
    """Deliver a replay; return its row and its place in the order."""
    render(job_of(reply))
    close(job_of(reply))
    picture = read(reply).json["pictures"][0]
    return row(picture["image_id"]), picture


@pytest.mark.parametrize("with_model", [True, False])
def test_replay_orders_exactly_what_was_ordered_and_comes_out_identical(studio, with_model):
    body = {"model_id": make_model(), "style": "oil", "aspect_ratio": "4:5"} if with_model else {}
    parent = row(made(seed=2**32 - 1, **body))
    reply = again(parent.id)
    assert (reply.status, reply.json["credits"]) == (202, 1)
    assert balance() == (98, 1)
    image, picture = finish(reply)
    first, second = studio.jobs
    assert second == first
    assert second["seed"] == 0
    verdict = {"of": parent.id, "verdict": "identical", "distance": 0, "files_identical": True}
    assert picture["replay"] == image.manifest["replay"] == verdict
    assert (image.relation, image.parent_id, image.sha256) == ("replay", parent.id, parent.sha256)
    s3 = boto3.client("s3")
    files = [
        s3.get_object(Bucket="media-bucket", Key=image_key("ada", one.id, "original.webp")) for one in (parent, image)
    ]
    assert files[0]["Body"].read() == files[1]["Body"].read()
    same = parent.manifest.keys() - {
        *("generation_id", "number", "relation", "parent_id", "replay"),
        *("ordered_at", "created_at"),
    }
    assert {name: image.manifest[name] for name in same} == {name: parent.manifest[name] for name in same}
    assert balance() == (98, 0)


def test_picture_that_looks_the_same_is_near(studio):
    parent = made()
    studio.picture = lambda seed: scene(seed, 1)
    image, picture = finish(again(parent))
    assert picture["replay"] == image.manifest["replay"]
    assert (picture["replay"]["verdict"], picture["replay"]["files_identical"]) == ("near", False)
    assert 0 <= picture["replay"]["distance"] <= NEAR_BITS
    assert image.manifest["pixels_sha256"] != row(parent).manifest["pixels_sha256"]


def test_another_picture_says_that_the_vendor_has_changed_and_is_paid_all_the_same(studio):
    parent = made()
    studio.picture = lambda seed: scene(seed, 256)
    _, picture = finish(again(parent))
    assert picture["replay"]["verdict"] == "vendor_changed"
    assert picture["replay"]["distance"] > NEAR_BITS
    assert balance() == (98, 0)


def test_plain_order_has_no_verdict():
    image_id = made()
    assert row(image_id).manifest["replay"] is None
    (generation,) = generations()
    shown = call(handler.handler, "GET", f"/v1/generations/{generation.id}", user="ada").json
    assert [picture["replay"] for picture in shown["pictures"]] == [None, None]


@pytest.mark.parametrize("stored", [True, False])
def test_parent_of_before_it_was_measured_is_measured_from_its_file(studio, stored):
    parent = row(made())
    del parent.manifest["dhash"]
    parent.save()
    key = image_key("ada", parent.id, "original.webp")
    if not stored:
        boto3.client("s3").delete_object(Bucket="media-bucket", Key=key)
    studio.picture = lambda seed: scene(seed, 1)
    image, picture = finish(again(parent.id))
    if stored:
        content = boto3.client("s3").get_object(Bucket="media-bucket", Key=key)["Body"].read()
        assert len(dhash_of(content)) == 16
        assert (picture["replay"]["verdict"], picture["replay"]["distance"] <= NEAR_BITS) == ("near", True)
    else:
        assert (picture["replay"]["verdict"], picture["replay"]["distance"]) == ("vendor_changed", None)
    assert image.manifest["dhash"]


def test_parent_that_is_purged_meanwhile_is_compared_by_what_the_order_knows():
    parent = row(made())
    reply = again(parent.id)
    parent.delete()
    _, picture = finish(reply)
    assert picture["replay"] == {"of": parent.id, "verdict": "identical", "distance": 0, "files_identical": True}


def test_replay_uses_the_stored_input_and_the_price_of_today(studio, monkeypatch):
    parent = made(model_id=make_model())
    offered = catalog()
    base = offered.base_model("flux-1-dev")
    assert base is not None
    assert base.render_lora is not None
    later = base.render_lora | {"steps": 50, "input": {**base.render_lora["input"], "guidance_scale": 9.0}}
    dearer = base.model_copy(update={"render_lora": later, "credits": base.credits.model_copy(update={"image": 3})})
    monkeypatch.setattr(service, "catalog", lambda: offered.model_copy(update={"base_models": (dearer,)}))
    reply = again(parent)
    assert reply.json["credits"] == 3
    render(job_of(reply))
    assert studio.jobs[1] == studio.jobs[0]
    assert studio.jobs[1]["guidance_scale"] == 3.5


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
