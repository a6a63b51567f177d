"""The table of scenes, and what the weather adds in front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from local.darkroom import scenes_land, scenes_place, scenes_sky
from local.darkroom.grid import Field, axes, blur, fbm, generator, luminance, mix, ramp, rgb, screen
from local.darkroom.light import Scene
from local.darkroom.scenery import lights
from local.darkroom.words import Wish

GOLDEN: Final = 0.6180339887
"""Neighbouring seeds, multiplied by this, land far apart between 0 and 1."""

BACKDROPS: Final = ("3f4a5c", "8d9bab", "c4ac8c", "a0685c", "5c3848", "6c6a98", "4c7a80", "8a9a70", "d8cdb8")

SCENES: Final[dict[str, Callable[[np.random.Generator, int, int, Wish], Scene]]] = {
    "cyber": scenes_place.cyber,
    "space": scenes_sky.space,
    "beach": scenes_land.beach,
    "mountain": scenes_land.mountain,
    "forest": scenes_land.forest,
    "city": scenes_place.city,
    "desert": scenes_land.desert,
    "snow": scenes_land.snow,
    "water": scenes_place.water,
    "garden": scenes_land.garden,
    "cafe": scenes_place.cafe,
    "aurora": scenes_sky.aurora,
    "sunset": scenes_sky.sunset,
    "studio": scenes_place.studio,
    "abstract": scenes_place.abstract,
}


def make_scene(wish: Wish, seed: int, width: int, height: int, *, soft: float) -> Scene:
    """Draw the place a prompt asks for; `soft` blurs it as depth of field, in widths."""
    rng = generator(seed, "scene", wish.scene)
    if wish.scene == "studio" and wish.accent is None:
        turn = (seed * GOLDEN) % 1
        wish = replace(wish, accent=ramp(np.full(1, turn), *BACKDROPS)[0])
    scene = SCENES[wish.scene](rng, width, height, wish)
    picture = _turned(np.clip(scene.picture, 0, 1), wish.hue + float(rng.uniform(-0.03, 0.03)))
    if wish.accent is not None and wish.scene != "studio":
        picture = mix(picture, luminance(picture)[..., None] * 1.3 * wish.accent, 0.20)
    picture = np.clip(blur(picture, width * soft), 0, 1).astype(np.float32)
    return Scene(picture, scene.light_at, scene.light, scene.ambient, scene.rim)


def _turned(picture: Field, turn: float) -> Field:
    """Turn all hues a little around the grey axis."""
    angle = 2 * np.pi * turn
    c, s, k = np.cos(angle), np.sin(angle) / np.sqrt(3), (1 - np.cos(angle)) / 3
    matrix = np.array([[c + k, k - s, k + s], [k + s, c + k, k - s], [k - s, k + s, c + k]])
    return np.asarray(np.clip(picture @ matrix.T.astype(np.float32), 0, 1))


def weather(picture: Field, wish: Wish, seed: int) -> Field:
    """Let rain, snow, fog or lights fall in front of everything."""
    if wish.weather is None:
        return picture
    rng = generator(seed, "weather", wish.weather)
    return _WEATHER[wish.weather](picture, rng)


def _rain(picture: Field, rng: np.random.Generator) -> Field:
    height, width = picture.shape[:2]
    drops = (rng.random((height, width), np.float32) > 0.9965).astype(np.float32)
    streak = sum(np.roll(drops, (k * 3, -k), (0, 1)) for k in range(-6, 7))
    return screen(picture * 0.94, blur(np.asarray(streak), 0.8)[..., None] * 0.42 * rgb("d8e8ff"))


def _snowfall(picture: Field, rng: np.random.Generator) -> Field:
    height, width = picture.shape[:2]
    out = picture
    for size, count in ((0.9, 0.0012), (2.2, 0.0003), (5.0, 0.00006)):
        flakes = (rng.random((height, width), np.float32) < count).astype(np.float32)
        out = screen(out, np.clip(blur(flakes, size) * size * size * 7, 0, 0.92)[..., None])
    return out


def _fog(picture: Field, rng: np.random.Generator) -> Field:
    height, width = picture.shape[:2]
    _, y = axes(width, height)
    cover = np.clip(0.16 + 0.34 * y + 0.15 * fbm(rng, width, height, height * 0.4, 5), 0, 0.62)
    return mix(picture, picture.mean((0, 1)) * 0.5 + 0.42, cover)


def _bokeh(picture: Field, rng: np.random.Generator) -> Field:
    height, width = picture.shape[:2]
    spots = lights(rng, (width, height), 26, ("ffd890", "ffb0c0", "b8e0ff"), radius=(0.02, 0.07))
    return screen(picture, spots * 0.35)


_WEATHER: Final = {"rain": _rain, "snow": _snowfall, "fog": _fog, "bokeh": _bokeh}
