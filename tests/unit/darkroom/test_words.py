"""What prompts are understood to ask for."""

import json
from pathlib import Path

import pytest

from local.darkroom.render import STYLES
from local.darkroom.scenes import SCENES
from local.darkroom.words import parse, tables

OFFERED = Path(__file__).parents[3] / "layers/shared/python/likeness/catalog/styles.json"
PHOTOGRAPHS = {"none", "photo", "studio", "cinematic"}


def test_every_style_and_scene_of_the_tables_can_be_drawn():
    assert set(tables()["style"]) == set(STYLES)
    assert set(tables()["scene"]) | {"abstract"} == set(SCENES)


def test_every_style_of_the_products_catalog_is_understood():
    styles = json.loads(OFFERED.read_text())["styles"]
    for style in styles:
        wish = parse(style["prompt"].format(prompt="TOK person"))
        assert wish.style == ("photo" if style["id"] in PHOTOGRAPHS else style["id"])
        assert wish.accent is None, style["id"]


@pytest.mark.parametrize(
    ("prompt", "scene"),
    [
        ("portrait of TOK at sunset on a beach", "beach"),
        ("TOK at sunset", "sunset"),
        ("TOK skiing in the snowy mountains", "snow"),
        ("headshot of TOK", "studio"),
        ("TOK", "studio"),
        ("TOK as a beachcomber", "studio"),
    ],
)
def test_a_place_beats_light_and_parts_of_words_do_not_count(prompt, scene):
    assert parse(prompt).scene == scene


def test_grade_framing_weather_time_and_colour_are_read():
    wish = parse("Close-up of TOK in a RED coat, film noir, rainy night")
    assert (wish.grade, wish.framing, wish.weather, wish.time) == ("noir", "close", "rain", "night")
    assert wish.accent is not None
    assert wish.accent[0] > 0.7
    assert wish.accent[1] < 0.3


def test_unknown_words_only_turn_the_hue_a_little():
    one, other = parse("TOK juggling"), parse("TOK dancing")
    assert one.hue != other.hue
    assert abs(one.hue) <= 0.03
    assert (one.style, one.scene) == (other.style, other.scene)
