"""Pictures: repeatable, clearly different where the order differs, always marked."""

import io
from itertools import combinations, pairwise

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from local.darkroom.adapter import unpack
from local.darkroom.render import STYLES, encode, render
from local.darkroom.scenes import SCENES
from local.darkroom.train import train
from local.darkroom.words import tables
from tests.unit.darkroom.conftest import small_photos

CLEAR = 8.0
SIDE = 256


@pytest.fixture(scope="module")
def adapter():
    return unpack(train(small_photos(), steps=10, trigger="TOK", long_edge=320))


def picture(adapter, prompt="photo of TOK person", size=(SIDE, SIDE), seed=1, strength=1.0):
    return render(prompt, size[0], size[1], seed, adapter, strength)


def distance(one, other):
    """Mean CIE76 colour difference of two pictures brought to one size."""
    a, b = (rgb2lab(np.asarray(p.resize((128, 128))) / 255) for p in (one, other))
    return float(np.sqrt(((a - b) ** 2).sum(-1)).mean())


@pytest.mark.parametrize("style", sorted(STYLES))
def test_the_same_order_gives_the_same_bytes(adapter, style):
    prompt = f"{tables()['style'][style][0]} of TOK person in a forest"
    one, other = (encode(picture(adapter, prompt)) for _ in range(2))
    assert one == other


def test_any_two_styles_are_clearly_different(adapter):
    drawn = {s: picture(adapter, f"{tables()['style'][s][0]} of TOK person") for s in STYLES}
    apart = {(a, b): distance(drawn[a], drawn[b]) for a, b in combinations(drawn, 2)}
    assert {pair: d for pair, d in apart.items() if d < CLEAR} == {}


@pytest.mark.parametrize("prompt", ["photo of TOK", "pencil drawing of TOK", "cyanotype of TOK in a forest"])
def test_another_seed_is_clearly_another_picture(adapter, prompt):
    drawn = [picture(adapter, prompt, seed=seed) for seed in range(1, 6)]
    assert min(distance(a, b) for a, b in pairwise(drawn)) >= CLEAR


@pytest.mark.parametrize("size", [(208, 312), (320, 180)])
def test_another_aspect_ratio_is_another_composition(adapter, size):
    wide = picture(adapter, "oil painting of TOK on a beach", size=size)
    assert wide.size == size
    assert distance(picture(adapter, "oil painting of TOK on a beach"), wide) >= CLEAR


@pytest.mark.parametrize("scene", sorted(set(SCENES) - {"abstract"}))
def test_every_scene_can_be_drawn_with_and_without_a_subject(adapter, scene):
    prompt = f"photo, {tables()['scene'][scene][0]}"
    assert distance(picture(adapter, prompt), picture(None, prompt)) >= CLEAR


def test_strength_nought_shows_nobody(adapter):
    prompt = "photo of TOK on a beach"
    assert picture(adapter, prompt, strength=0.0).tobytes() == picture(None, prompt).tobytes()


@pytest.mark.parametrize("word", ["rain", "snow", "fog", "bokeh"])
def test_weather_falls_in_front(adapter, word):
    plain = np.asarray(picture(adapter, "photo of TOK in a city"), np.int16)
    wet = np.asarray(picture(adapter, f"photo of TOK in a city, {word}"), np.int16)
    assert (np.abs(plain - wet).max(-1) > 12).mean() > 0.01


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_picture_carries_the_pill(adapter, style):
    drawn = np.asarray(picture(adapter, f"{tables()['style'][style][0]} of TOK", size=(512, 512)), np.int16)
    corner = drawn[470:505, 400:505]
    assert (corner.min(-1) > 190).any()
    assert (corner.max(-1) < 120).mean() > 0.2


def test_a_png_names_its_maker():
    raw = encode(picture(None, "photo of a beach"))
    assert "offline preview" in Image.open(io.BytesIO(raw)).info["Software"]


@pytest.mark.parametrize(("kind", "name"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_a_picture_is_written_in_the_kind_asked_for(kind, name):
    assert Image.open(io.BytesIO(encode(Image.new("RGB", (8, 8)), kind))).format == name
