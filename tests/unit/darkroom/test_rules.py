"""Inputs that fal would refuse: in its shape, with its types."""

import pytest

from tests.unit.darkroom.conftest import FAST, order, small_photos, training, zipped

FLUX2 = "fal-ai/flux-2-trainer"


def refusal_of(darkroom, endpoint, body):
    """The type and place of the one error a job ended with."""
    reply = darkroom.run(endpoint, body)
    assert reply.status_code == 422
    (error,) = reply.json()["detail"]
    return error["type"], error["loc"]


@pytest.mark.parametrize(
    ("endpoint", "change", "kind", "loc"),
    [
        ("fal-ai/flux-lora", {"prompt": None}, "missing", ["body", "prompt"]),
        ("fal-ai/flux-lora", {"prompt": 3}, "string_type", ["body", "prompt"]),
        ("fal-ai/flux-lora", {"num_images": 5}, "less_than_equal", ["body", "num_images"]),
        ("fal-ai/flux-lora", {"seed": "x"}, "int_type", ["body", "seed"]),
        ("fal-ai/flux-lora", {"image_size": "huge"}, "enum", ["body", "image_size"]),
        ("fal-ai/flux-lora", {"output_format": "webp"}, "literal_error", ["body", "output_format"]),
        ("fal-ai/flux-lora", {"loras": [{"scale": 1}]}, "missing", ["body", "loras", 0, "path"]),
        (
            "fal-ai/flux-2/lora",
            {"image_size": {"width": 256, "height": 512}},
            "greater_than_equal",
            ["body", "image_size", "width"],
        ),
        ("fal-ai/flux-2/lora", {"loras": [{"path": "x"}] * 4}, "too_long", ["body", "loras"]),
        (
            "fal-ai/flux-2/lora",
            {"loras": [{"path": "x", "scale": 5}]},
            "less_than_equal",
            ["body", "loras", 0, "scale"],
        ),
    ],
)
def test_an_input_that_is_wrong_ends_the_job_with_fals_error(darkroom, endpoint, change, kind, loc):
    body = {"prompt": "TOK", "image_size": "square"} | change
    assert refusal_of(darkroom, endpoint, body) == (kind, loc)


def test_weights_that_cannot_be_fetched_are_a_download_error(darkroom, trained, listener):
    body = order(trained, loras=[{"path": f"{listener.url}/gone", "scale": 1}])
    assert refusal_of(darkroom, "fal-ai/flux-lora", body) == ("file_download_error", ["body", "loras", 0, "path"])


def test_weights_that_are_none_and_weights_of_another_model_are_refused(darkroom, trained, listener):
    path = listener.serve("junk", b"<html>")
    place = ["body", "loras", 0, "path"]
    body = order(trained, loras=[{"path": path}])
    assert refusal_of(darkroom, "fal-ai/flux-lora", body) == ("value_error", place)
    other = order(trained, image_size="square")
    assert refusal_of(darkroom, "fal-ai/flux-2/lora", other) == ("value_error", place)


@pytest.mark.parametrize(
    "raw",
    [
        b"not a zip",
        zipped(small_photos()[:3]),
        zipped(small_photos(), [f"photos/{n}.jpg" for n in range(4)]),
    ],
    ids=["no zip", "three photos", "a folder"],
)
def test_a_zip_that_breaks_the_rules_is_refused(darkroom, raw):
    assert refusal_of(darkroom, FAST, training(raw)) == ("value_error", ["body", "images_data_url"])


def test_a_zip_with_a_broken_photo_is_refused(darkroom):
    raw = zipped([*small_photos()[:3], b"junk"])
    assert refusal_of(darkroom, FAST, training(raw)) == ("image_load_error", ["body", "images_data_url"])


def test_a_zip_that_cannot_be_fetched_is_a_download_error(darkroom, listener):
    body = {"images_data_url": f"{listener.url}/gone.zip"}
    assert refusal_of(darkroom, FAST, body) == ("file_download_error", ["body", "images_data_url"])


def test_flux_2_wants_captions_or_a_default_caption(darkroom, listener):
    broken = [*small_photos()[:3], b"junk"]
    captions = {f"{n:02d}": "photo of TOK" for n in range(4)}
    bare = {"image_data_url": listener.serve("bare.zip", zipped(broken)), "steps": 1}
    told = {"image_data_url": listener.serve("told.zip", zipped(broken, **captions)), "steps": 1}
    past_the_captions = ("image_load_error", ["body", "image_data_url"])
    assert refusal_of(darkroom, FLUX2, bare) == ("value_error", ["body", "default_caption"])
    assert refusal_of(darkroom, FLUX2, told) == past_the_captions
    assert refusal_of(darkroom, FLUX2, bare | {"default_caption": "photo of TOK"}) == past_the_captions
