"""Scenes out of doors: beach, mountain, forest, desert, snow, garden."""

from __future__ import annotations

import numpy as np

from local.darkroom.grid import Field, axes, blur, fbm, mix, ramp, rgb, screen, smoothstep
from local.darkroom.light import Scene
from local.darkroom.scenery import (
    DUSK,
    Draw,
    below,
    clouds,
    drawn,
    glow,
    lights,
    mirror_below,
    pick,
    ridge,
    side,
    sky,
)
from local.darkroom.words import Wish


def beach(rng: np.random.Generator, width: int, height: int, wish: Wish) -> Scene:
    """Sea, sky and wet sand, with palms on one side."""
    day = (("2f8fd8", "8fd0f0", "eaf6f4"), ("3aa0c8", "a8dcd8", "fff0d8"))
    codes = DUSK if wish.time else pick(rng, *day, DUSK)
    horizon = float(rng.uniform(0.46, 0.60))
    at = (side(rng), horizon - float(rng.uniform(0.08, 0.3)))
    picture = clouds(rng, sky(width, height, codes, horizon), rgb("fff6ee"), 0.7, horizon)
    sun = rgb("fff0c8")
    picture = screen(picture, glow(width, height, at, 0.30)[..., None] * sun * 0.7)
    picture = screen(picture, glow(width, height, at, 0.045)[..., None] * sun)
    water = mirror_below(picture, horizon, rng, 0.72)
    _, y = axes(width, height)
    deep = mix(rgb("0f6f8f"), rgb("5fc4c0"), smoothstep(horizon, 0.85, y))
    water = mix(water, deep, 0.45)
    picture = np.where((y > horizon)[..., None], water, picture)
    shore = ridge(rng, width, float(rng.uniform(0.76, 0.84)), 0.012, width * 0.6)
    foam = below(shore - 0.018, height, 6) * 0.8
    grain = fbm(rng, width, height, 6, 2)[..., None] * 0.03
    picture = mix(picture, rgb("fbfaf4"), foam)
    picture = mix(picture, rgb("d9b98a") + grain, below(shore, height, 10))
    picture = mix(picture, rgb("16302c"), _palms(rng, width, height, at[0] < 0.5))
    return Scene(picture, at, sun, picture.mean((0, 1)), 0.6)


def _palms(rng: np.random.Generator, width: int, height: int, right: bool) -> Field:  # noqa: FBT001 - one private caller
    def paint(pen: Draw) -> None:
        for _ in range(int(rng.integers(1, 4))):
            x = rng.uniform(0.02, 0.2) * width
            foot = (width - x if right else x, height * 0.86)
            lean = rng.uniform(0.03, 0.12) * width * (-1 if right else 1)
            top = (foot[0] + lean, height * rng.uniform(0.06, 0.3))
            trunk = [(_bow(foot[0], top[0], t), foot[1] + (top[1] - foot[1]) * t) for t in _T]
            pen.line(trunk, fill=255, width=max(3, width // 90), joint="curve")
            for angle in np.linspace(-3.4, 0.3, 11):
                pen.polygon(_frond(top, angle + rng.normal() * 0.1, height * 0.17), fill=255)

    return drawn(width, height, paint, 0.9)


_T = np.linspace(0, 1, 14)


def _bow(a: float, b: float, t: float) -> float:
    return a + (b - a) * t * t


def _frond(top: tuple[float, float], angle: float, reach: float) -> list[tuple[float, float]]:
    way = [(np.cos(angle) * t, np.sin(angle) * t + 0.75 * t * t) for t in _T]
    upper = [(top[0] + reach * x, top[1] + reach * y) for x, y in way]
    lower = [
        (x + reach * 0.02, y + reach * 0.13 * float(np.sin(np.pi * t)) * (1 + (i % 2) * 0.8))
        for i, ((x, y), t) in enumerate(zip(upper, _T, strict=True))
    ]
    return upper + lower[::-1]


def mountain(rng: np.random.Generator, width: int, height: int, wish: Wish) -> Scene:
    """Ranges fading into the air, the near ones dark."""
    day = (("2a62b0", "86b8e8", "f4efe2"), ("40557f", "b58fa6", "ffdcb0"))
    codes = DUSK if wish.time else pick(rng, *day)
    at = (side(rng), 0.16)
    picture = clouds(rng, sky(width, height, codes, 0.7), rgb("ffffff"), 0.55, 0.6)
    picture = screen(picture, glow(width, height, at, 0.35)[..., None] * rgb("ffe6b8") * 0.6)
    near, far = rgb("1d2f33"), ramp(np.ones(1), codes[-2], codes[-2])[0]
    for number in range(6):
        t = number / 5
        line = ridge(rng, width, 0.30 + 0.12 * number, 0.075 - 0.006 * number, width * (0.6 - 0.06 * number))
        colour = mix(far * 0.9, near, t**0.8)
        relief = fbm(rng, width, height, width * 0.09, 5)
        tone = mix(colour, colour * 1.4 + 0.05, smoothstep(0, 1.6, relief) * 0.5)
        if number < 3:
            y = axes(width, height)[1]
            cap = smoothstep(0.10, 0.0, y - line[None, :] + 0.03 * relief)
            tone = mix(tone, rgb("f2f5fa"), cap * 0.85)
        picture = mix(picture, tone, below(line, height))
        mist = below(line + 0.07, height, height * 0.09) * 0.25
        picture = mix(picture, ramp(np.ones(1), codes[-1], codes[-1])[0], mist)
    return Scene(picture, at, rgb("ffe6c0"), picture.mean((0, 1)), 0.5)


def forest(rng: np.random.Generator, width: int, height: int, wish: Wish) -> Scene:
    """Trunks in layers with light between them."""
    codes = ("e3dca0", "a4b970", "4c7a48") if wish.time != "autumn" else ("ffe0a0", "e09a48", "8a4a22")
    if wish.time == "night":
        codes = ("3a5c6c", "24424c", "122630")
    x, y = axes(width, height)
    at = (side(rng, 0.2, 0.4), 0.12)
    leafy = fbm(rng, width, height, height * 0.12, 6)
    picture = ramp(0.25 + 0.6 * y + 0.16 * leafy, *codes)
    picture = screen(picture, glow(width, height, at, 0.45)[..., None] * rgb("fff3c0") * 0.75)
    dark = rgb(codes[-1]) * 0.28
    for layer in range(4):
        shade = mix(rgb(codes[1]) * 0.85, dark, (layer + 1) / 4)
        picture = mix(picture, shade, _trunks(rng, width, height, layer))
        crown = smoothstep(0.5, 1.5, fbm(rng, width, height, height * 0.10, 6) + 2.2 * (0.30 - y))
        picture = mix(picture, shade * 1.1, crown * 0.8)
    ground = ridge(rng, width, 0.86, 0.02, width * 0.3)
    picture = mix(picture, dark * 1.6, below(ground, height, 14))
    rays = np.clip(np.sin((np.arctan2(y - at[1] + 0.1, x - at[0]) * 17) + leafy * 0.4), 0, 1) ** 2
    picture = screen(picture, (rays * glow(width, height, at, 0.8) * 0.22)[..., None] * rgb("fff0b8"))
    return Scene(picture, at, rgb("fff2c4"), picture.mean((0, 1)), 0.6)


def _trunks(rng: np.random.Generator, width: int, height: int, layer: int) -> Field:
    def paint(pen: Draw) -> None:
        for _ in range(12 - 2 * layer):
            x, thick = rng.random() * width, width * (0.005 + 0.008 * layer) * rng.uniform(0.7, 1.4)
            lean = rng.normal() * 0.03 * width
            pen.polygon(
                [(x - thick, height), (x + lean - thick * 0.7, 0), (x + lean + thick * 0.7, 0), (x + thick, height)],
                fill=255,
            )

    return drawn(width, height, paint, 1.6)


def desert(rng: np.random.Generator, width: int, height: int, wish: Wish) -> Scene:
    """Dunes, each lit on one side of its crest."""
    day = (("2f7fc4", "9ccbe6", "ffe9c4"), ("c8583c", "f0a060", "ffe0a8"))
    codes = DUSK if wish.time else pick(rng, *day)
    at = (side(rng), 0.22)
    picture = sky(width, height, codes, 0.6)
    picture = screen(picture, glow(width, height, at, 0.4)[..., None] * rgb("fff0c8") * 0.6)
    picture = screen(picture, smoothstep(0.2, 0.8, glow(width, height, at, 0.06))[..., None] * 0.9)
    _, y = axes(width, height)
    drift = fbm(rng, width, height, width * 0.35, 3)
    for number in range(5):
        line = ridge(rng, width, 0.50 + 0.11 * number, 0.035 + 0.01 * number, width * 0.9, 2)
        sand = mix(rgb("f0bc7c"), rgb("b0622f"), number / 5)
        depth = np.clip((y - line[None, :]) / 0.22, 0, 1)
        crest = ridge(rng, width, 0.5, 0.5, width * 0.9, 2)[None, :]
        lit = 0.72 + 0.40 * smoothstep(-0.3, 0.3, crest - 0.5 + 0.5 * depth + 0.1 * drift)
        waves = np.sin((y * 1.3 + 0.02 * drift + depth * 0.1) * height * 0.5) * 0.025 * (1 + number)
        tone = sand * (lit + waves * 0.5 * (1 - depth))[..., None]
        picture = mix(picture, tone, below(line, height))
    return Scene(picture, at, rgb("ffe2b0"), picture.mean((0, 1)), 0.5)


def snow(rng: np.random.Generator, width: int, height: int, wish: Wish) -> Scene:
    """Firs in snow under a pale or a blue sky."""
    day = (("6f9fd0", "bcd6ee", "f4f4f8"), ("54668f", "a0a8cc", "f0dce0"))
    codes = ("101a3c", "2c3f70", "7088b4") if wish.time == "night" else pick(rng, *day)
    at = (side(rng), 0.2)
    picture = sky(width, height, codes, 0.75)
    picture = screen(picture, glow(width, height, at, 0.4)[..., None] * rgb("fff2e0") * 0.5)
    for number in range(4):
        line = ridge(rng, width, 0.42 + 0.12 * number, 0.05, width * 0.5)
        ground = mix(rgb("b8c8e0"), rgb("eef2f8"), number / 3)
        shade = 1 - 0.06 * np.clip(fbm(rng, width, height, width * 0.2, 4), 0, 2)[..., None]
        firs = _firs(rng, line, height, number)
        picture = mix(picture, mix(rgb("8098b0"), rgb("21382f"), number / 3), firs)
        picture = mix(picture, ground * shade * rgb(codes[-1]) ** 0.5, below(line, height, 3))
    return Scene(picture, at, rgb("fff4e8"), picture.mean((0, 1)), 0.45)


def _firs(rng: np.random.Generator, line: Field, height: int, number: int) -> Field:
    width = len(line)

    def paint(pen: Draw) -> None:
        for _ in range(26 - 5 * number):
            x = int(rng.integers(width))
            foot = line[x] * height + 6
            tall = height * (0.07 + 0.05 * number) * rng.uniform(0.6, 1.3)
            for level in np.linspace(0, 0.75, 6):
                top, base = foot - tall * (level + 0.35), foot - tall * level
                half = tall * 0.22 * (1 - level)
                pen.polygon([(x - half, base), (x, top), (x + half, base)], fill=255)

    return drawn(width, height, paint, 0.9)


def garden(rng: np.random.Generator, width: int, height: int, wish: Wish) -> Scene:
    """Leaves and flowers out of focus."""
    blooms = pick(rng, ("f06fa0", "ffb8d0", "fff0f4"), ("e8c02f", "fff0a0", "f08030"), ("8f6fe0", "d0b0ff", "f4e8ff"))
    leaves = ("a05020", "d89040", "f0d080") if wish.time == "autumn" else ("1c4a2a", "4f8f42", "c4dc8c")
    y = axes(width, height)[1]
    at = (side(rng), 0.12)
    picture = ramp(0.62 - 0.35 * y + 0.17 * fbm(rng, width, height, height * 0.25, 5), *leaves)
    picture = screen(picture, glow(width, height, at, 0.5)[..., None] * rgb("fff6c8") * 0.55)
    picture = screen(picture, lights(rng, (width, height), 40, ("fff8d0", "e0f0a0"), radius=(0.01, 0.05)) * 0.35)
    for depth in range(3):
        r = (0.012 + 0.010 * depth, 0.022 + 0.018 * depth)
        for code in blooms:
            spots = _petals(rng, width, height, 12 - 3 * depth, r)
            soft = blur(spots, (3 - depth) * 1.4 + 0.5)
            picture = mix(picture, rgb(code) * (0.82 + 0.09 * depth), soft * 0.92)
    return Scene(picture, at, rgb("fff4d0"), picture.mean((0, 1)), 0.5)


def _petals(rng: np.random.Generator, width: int, height: int, count: int, radius: tuple[float, float]) -> Field:
    def paint(pen: Draw) -> None:
        for _ in range(count):
            x, y = rng.random() * width, (0.30 + 0.72 * rng.random() ** 0.7) * height
            r = rng.uniform(*radius) * height
            for angle in np.arange(5) * 1.257 + rng.random():
                px, py = x + np.cos(angle) * r, y + np.sin(angle) * r * 0.8
                pen.ellipse((px - r, py - r * 0.8, px + r, py + r * 0.8), fill=255)

    return drawn(width, height, paint, 0.6)
