"""Rendering a picture: stored, marked, hashed, then paid; a repeat resumes."""

import hashlib
import json
import time
from io import BytesIO

import boto3
import httpx
import pytest
from PIL import Image

import likeness
from functions.generate.service import rendering
from likeness.catalog.reader import catalog
from likeness.credit import read_reservation
from likeness.errors import VendorBusy, VendorTransient
from likeness.items.model import Submission, TrainedModel
from likeness.items.row import numbered_id
from likeness.pictures import digital_source_type
from tests.support import make_person
from tests.unit.generate.studio import (
    WEIGHTS,
    assert_missed,
    balance,
    images,
    job_of,
    make_model,
    order,
    png,
    read,
    render,
    row_of,
    submission,
)


@pytest.fixture(autouse=True)
def ada(studio):
    make_person("ada", 100)


def content(key: str):
    return boto3.client("s3").get_object(Bucket="media-bucket", Key=key)["Body"].read()


def test_picture_is_in_our_bucket_marked_and_hashed_before_it_is_done(studio):
    reply = order(model_id=make_model(), count=2, seed=2**32 - 1)
    render(job_of(reply), 1)
    shown = read(reply).json
    assert (shown["status"], shown["pictures"][1]["state"]) == ("running", "waiting")
    picture = shown["pictures"][0]
    assert picture["image_id"] == numbered_id(reply.json["id"], 1)
    stored = {name: content(path.removeprefix("/")) for name, path in picture["media"].items()}
    assert set(stored) == {"original", "view", "thumbnail_640", "thumbnail_256"}
    for data in stored.values():
        assert str(digital_source_type(data)).endswith("/trainedAlgorithmicMedia")
    (image,) = images()
    assert image.sha256 == hashlib.sha256(stored["original"]).hexdigest()
    assert image.bytes == len(stored["original"])
    assert Image.open(BytesIO(stored["original"])).tobytes() == Image.open(BytesIO(png(2**32 - 1))).tobytes()
    head = boto3.client("s3").head_object(Bucket="media-bucket", Key=picture["media"]["view"][1:])
    assert (head["ContentType"], head["CacheControl"]) == ("image/webp", "private, max-age=31536000, immutable")
    assert balance() == (98, 2)


def test_each_picture_has_its_own_seed_and_the_last_one_wraps(studio):
    reply = order(count=3, seed=2**32 - 2)
    for number in (1, 2, 3):
        render(job_of(reply), number)
    assert [job["seed"] for job in studio.jobs] == [2**32 - 2, 2**32 - 1, 0]
    assert [image.manifest["seed"] for image in images()] == [2**32 - 2, 2**32 - 1, 0]


def test_manifest_tells_how_it_was_made_and_nothing_of_keys_or_vendor_ids():
    model_id = make_model()
    reply = order(model_id=model_id, prompt="[me] at sea", style="oil", aspect_ratio="4:5")
    render(job_of(reply))
    (image,) = images()
    manifest = image.manifest
    expected = {
        "prompt": "[me] at sea",
        "prompt_sent": "oil painting of ohwx woman at sea, rich brushwork on canvas",
        "negative_prompt": None,
        "style": "oil",
        "catalog_version": catalog().version,
        "base_model": "flux-1-dev",
        "model_id": model_id,
        "weights_sha256": "ab" * 32,
        "seed": 7,
        "aspect_ratio": "4:5",
        "width": 320,
        "height": 256,
        "vendor": "fal",
        "endpoint": "fal-ai/flux-lora",
        "steps": 28,
        "weights_scale": 1.0,
        "credits": 1,
        "original_sha256": image.sha256,
        "software": f"likeness {likeness.__version__}",
    }
    assert {name: manifest[name] for name in expected} == expected
    text = json.dumps(manifest)
    assert "job1" not in text
    assert "media/" not in text
    assert (image.prompt_head, image.style, image.gallery) == ("[me] at sea", "oil", "ada")


def test_weights_url_is_signed_and_the_same_string_for_a_week(studio, monkeypatch):
    model_id = make_model()
    for moment in (1_800_000_000, 1_800_000_900):
        monkeypatch.setattr("likeness.storage.time.time", lambda moment=moment: moment)
        render(job_of(order(model_id=model_id)))
    first, second = (job["loras"][0]["path"] for job in studio.jobs)
    assert first == second
    assert first.startswith(f"https://likeness.test/{WEIGHTS}?Policy=")


def test_retry_resumes_the_vendors_job(studio):
    reply = order(model_id=make_model())
    studio.once("result", httpx.Response(503, json={}))
    with pytest.raises(VendorBusy):
        render(job_of(reply))
    assert submission(reply) == Submission.SUBMITTED
    render(job_of(reply))
    assert (len(studio.jobs), len(images())) == (1, 1)


def test_wait_grows_from_a_quarter_of_a_second_to_two(studio):
    studio.polls_until_done = 12
    render(job_of(order(model_id=make_model())))
    assert studio.naps[:3] == [0.25, 0.375, 0.5625]
    assert max(studio.naps) == 2.0
    assert len(images()) == 1


def test_job_that_takes_too_long_for_one_step_is_waited_for_by_the_next(studio):
    studio.polls_until_done = 10_000
    reply = order(model_id=make_model())
    with pytest.raises(VendorTransient):
        render(job_of(reply))
    assert rendering.WAIT_SECONDS <= studio.elapsed <= rendering.WAIT_SECONDS + 2
    studio.polls_until_done = 1
    render(job_of(reply))
    assert (len(studio.jobs), len(images())) == (1, 1)


def test_job_is_stopped_at_the_deadline(studio, monkeypatch):
    studio.polls_until_done = 10_000
    reply = order(model_id=make_model())
    started = time.time()
    monkeypatch.setattr(rendering, "now", lambda: int(started + studio.elapsed + 600))
    render(job_of(reply))
    assert studio.cancelled == ["job1"]
    assert_missed(reply, "deadline_exceeded")


def test_rendered_picture_is_not_rendered_again(studio):
    reply = order()
    render(job_of(reply))
    render(job_of(reply))
    assert (len(studio.jobs), len(images())) == (1, 1)
    assert read_reservation("ada", row_of(reply).operation).used == 1


def test_order_lives_on_when_its_model_is_deleted(studio):
    model_id = make_model()
    reply = order(model_id=model_id)
    TrainedModel.of("ada", model_id).delete()
    render(job_of(reply))
    assert len(images()) == 1
