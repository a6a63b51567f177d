"""Replays: the order of then at the price of today, and how alike the two pictures are."""

import boto3
import pytest

from functions.generate import handler
from functions.generate.service import replay as service
from functions.generate.service.verdict import NEAR_BITS
from likeness.catalog.reader import catalog
from likeness.pictures import dhash_of
from likeness.storage import image_key
from tests.support import call, make_person
from tests.unit.generate.replays import again, finish, made, row, scene
from tests.unit.generate.studio import balance, generations, job_of, make_model, render


@pytest.fixture(autouse=True)
def ada(studio):
    studio.picture = scene
    make_person("ada", 100)


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
