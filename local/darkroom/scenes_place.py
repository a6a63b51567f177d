"""Scenes made by people, or by nobody: studio, city, cyber, cafe, water, abstract."""

from __future__ import annotations

import numpy as np

from local.darkroom.grid import Field, axes, blur, fbm, mix, ramp, rgb, screen, smoothstep, wander
from local.darkroom.light import Scene
from local.darkroom.scenery import Draw, drawn, glow, lights, pick, side, sky
from local.darkroom.words import Wish


def studio(rng: np.random.Generator, width: int, height: int, wish: Wish) -> Scene:
    """A painted backdrop with one soft lamp."""
    colour = rgb("7d8a99") if wish.accent is None else wish.accent
    at = (side(rng, 0.1, 0.3), 0.15)
    cloth = fbm(rng, width, height, height * 0.5, 5)
    lamp = glow(width, height, (1 - at[0] * 0.8, 0.4), 0.62)
    tone = 0.52 + 0.62 * lamp + 0.07 * cloth
    picture = np.clip(colour * tone[..., None], 0, 1)
    _, y = axes(width, height)
    picture = picture * (1 - 0.35 * smoothstep(0.55, 1.05, y))[..., None]
    return Scene(picture, at, rgb("fff3e4"), colour, 0.35)


def city(rng: np.random.Generator, width: int, height: int, wish: Wish) -> Scene:
    """A street between towers, at day, dusk or night."""
    day, dusk, night = (
        ("5f97d0", "b4d4ea", "f0ece0"),
        ("33407c", "b06a8c", "ffb47c"),
        ("070b20", "151f46", "3a3a68"),
    )
    codes = night if wish.time == "night" else dusk if wish.time else pick(rng, day, dusk, night)
    at = (side(rng, 0.3, 0.42), 0.35)
    picture = sky(width, height, codes, 0.75)
    picture = screen(picture, glow(width, height, (at[0], 0.62), 0.4)[..., None] * rgb(codes[-1]) * 0.6)
    dark = codes != day
    for layer in range(4):
        walls, panes = _towers(rng, width, height, layer)
        tone = mix(rgb(codes[1]), rgb("1c2230") if dark else rgb("6a7078"), (layer + 1.5) / 5)
        _, y = axes(width, height)
        picture = mix(picture, tone * (1.15 - 0.35 * y)[..., None], walls)
        pane = rgb("ffd890") if dark else rgb("dfeaf2")
        picture = mix(picture, pane, panes * walls * (0.85 if dark else 0.4))
    _, y = axes(width, height)
    street = smoothstep(0.84, 0.88, y)
    picture = mix(picture, rgb("20242e") if dark else rgb("84868a"), street)
    if dark:
        glints = lights(rng, (width, height), 46, ("ffce80", "ff7050", "c0e0ff"), area=(0.55, 0.95))
        picture = screen(picture, glints * 0.85)
    return Scene(blur(picture, width * 0.0015), at, rgb("ffe0b4"), picture.mean((0, 1)), 0.6)


def _towers(rng: np.random.Generator, width: int, height: int, layer: int) -> tuple[Field, Field]:
    houses: list[tuple[float, float, float]] = []

    def walls(pen: Draw) -> None:
        x = -rng.random() * 40
        while x < width:
            wide = width * rng.uniform(0.05, 0.11) * (1 + 0.35 * layer)
            middle = abs((x + wide / 2) / width - 0.5)
            top = height * (0.62 - 0.09 * layer - 0.75 * middle * rng.uniform(0.4, 1.0))
            if middle > 0.12 * layer:
                pen.rectangle((x, top, x + wide, height), fill=255)
                houses.append((x, top, wide))
            x += wide * rng.uniform(1.0, 1.25)

    def panes(pen: Draw) -> None:
        step = height * (0.014 + 0.006 * layer)
        for x, top, wide in houses:
            _windows(rng, pen, (x, top, x + wide, height * 0.86), step)

    return drawn(width, height, walls, 0.8), drawn(width, height, panes, 0.9)


def _windows(rng: np.random.Generator, pen: Draw, box: tuple[float, float, float, float], step: float) -> None:
    for y in np.arange(box[1] + step, box[3], step * 1.7):
        for x in np.arange(box[0] + step * 0.5, box[2] - step * 0.7, step * 1.2):
            if rng.random() < 0.42:
                pen.rectangle((x, y, x + step * 0.6, y + step * 0.8), fill=int(rng.uniform(90, 255)))


def cyber(rng: np.random.Generator, width: int, height: int, _: Wish) -> Scene:
    """A neon street in the rain, mirrored in the wet ground."""
    left, right = pick(rng, ("ff2f92", "22d8ff"), ("b040ff", "30ffc8"), ("ff6a2f", "3a8cff"))
    picture = sky(width, height, ("080618", "1a0f3a", "43205e"), 0.8)
    x, y = axes(width, height)
    for layer in range(4):
        walls, panes = _towers(rng, width, height, layer)
        picture = mix(picture, mix(rgb("33225a"), rgb("0a0a18"), layer / 3), walls)
        tint = mix(rgb(left), rgb(right), smoothstep(0.2, 0.8, x))
        picture = mix(picture, tint, panes * walls * 0.75)
        haze = np.exp(-(((y - 0.72) / 0.2) ** 2)) * 0.18
        picture = screen(picture, haze[..., None] * tint)
    for code in (left, right, left, right, "ffe060"):
        sign = _sign(rng, width, height)
        halo = sign + 2.2 * blur(sign, width * 0.012) + 2.5 * blur(sign, width * 0.05)
        picture = screen(picture, halo[..., None] * rgb(code))
    picture = _wet(picture, 0.80)
    picture = screen(picture, lights(rng, (width, height), 30, (left, right), area=(0.5, 0.95)) * 0.7)
    first = rng.random() < 0.5
    at = (0.1, 0.3) if first else (0.9, 0.3)
    return Scene(picture, at, rgb(left if first else right), picture.mean((0, 1)), 1.1)


def _sign(rng: np.random.Generator, width: int, height: int) -> Field:
    def paint(pen: Draw) -> None:
        x = side(rng, 0.03, 0.30) * width
        y, tall = rng.uniform(0.08, 0.5) * height, rng.uniform(0.08, 0.22) * height
        wide = width * 0.022
        pen.rectangle((x, y, x + wide, y + tall), outline=255, width=max(2, width // 260))
        for row in np.arange(y + wide * 0.3, y + tall - wide * 0.6, wide * 0.9):
            if rng.random() < 0.7:
                pen.line((x + wide * 0.3, row, x + wide * 0.8, row + wide * 0.4), fill=255, width=3)

    return drawn(width, height, paint, 1.0)


def _wet(picture: Field, horizon: float) -> Field:
    """Smear the upper part downwards as a wet street does."""
    height = len(picture)
    line = int(horizon * height)
    rows = np.clip(line - (np.arange(height - line) * 2.2).astype(int), 0, line)
    out = picture.copy()
    out[line:] = blur(picture[rows], 3.0) * 0.6
    return out


def cafe(rng: np.random.Generator, width: int, height: int, _: Wish) -> Scene:
    """A warm room: shelves, a window and lamps, all out of focus."""
    wood, wall = pick(rng, ("5a3820", "8a6440"), ("3c2a22", "6f5546"), ("4a4034", "8a7a5c"))
    x, y = axes(width, height)
    picture = rgb(wall) * (0.95 - 0.4 * y + 0.05 * fbm(rng, width, height, height * 0.3, 4))[..., None]
    at = (side(rng, 0.1, 0.22), 0.32)
    window = smoothstep(0.16, 0.13, np.abs(x - at[0])) * smoothstep(0.36, 0.33, np.abs(y - 0.34))
    bars = np.minimum(np.abs(np.abs(x - at[0]) - 0.0), np.abs(y - 0.34)) < 0.007
    outside = ramp(y * 1.6, "e8f2f8", "c8dcc0")
    picture = mix(picture, outside, window * np.where(bars, 0.1, 0.95))
    shelf = blur(_shelves(rng, width, height, at[0] > 0.5), 2.2)
    picture = mix(picture, shelf[..., :3], shelf[..., 3])
    picture = mix(picture, rgb(wood) * 0.7, smoothstep(0.80, 0.83, y))
    picture = screen(picture, glow(width, height, at, 0.5)[..., None] * rgb("fff0d8") * 0.4)
    lamps = lights(rng, (width, height), 16, ("ffc878", "ffe0a8"), area=(0.03, 0.4), radius=(0.02, 0.05))
    picture = screen(picture, lamps * 0.8 + blur(lamps, width * 0.04) * 0.6)
    return Scene(blur(picture, width * 0.003), at, rgb("ffe8c4"), picture.mean((0, 1)), 0.45)


def _shelves(rng: np.random.Generator, width: int, height: int, left: bool) -> Field:  # noqa: FBT001 - one private caller
    out: Field = np.zeros((height, width, 4), np.float32)
    x0, x1 = (0, int(width * 0.58)) if left else (int(width * 0.42), width)
    spines = ("8a3030", "2f5a6a", "c8a050", "3f5a3a", "d8d0c0", "6a4a7a", "a86a3a", "24303c")
    step = height // 7
    for top in range(height // 14, int(height * 0.76), step):
        out[top : top + step, x0:x1] = (0.16, 0.10, 0.07, 1)
        x = x0 + 4
        while x < x1 - 12:
            wide = int(width * rng.uniform(0.008, 0.022))
            tall = int(step * rng.uniform(0.55, 0.85))
            if rng.random() < 0.88:
                colour = rgb(spines[int(rng.integers(len(spines)))]) * rng.uniform(0.6, 1.0)
                out[top + step - tall - 6 : top + step - 6, x : x + wide, :3] = colour
            x += wide + 2
    return out


def water(rng: np.random.Generator, width: int, height: int, _: Wish) -> Scene:
    """Under water: rays from above, bubbles and a reef below."""
    codes = pick(rng, ("9ff0f0", "2a9cc4", "0b3f78", "041c40"), ("b8f8d8", "2fa894", "0c5460", "04242e"))
    x, y = axes(width, height)
    at = (side(rng, 0.25, 0.42), -0.05)
    picture = ramp(y * 0.95 + 0.03 * fbm(rng, width, height, height * 0.4, 4), *codes)
    angle = np.arctan2(x - at[0], y + 0.25)
    beam = np.interp(angle, np.linspace(-2, 2, 400), wander(rng, 400, 26, 4))
    picture = screen(picture, (np.clip(beam, 0, 2) * np.exp(-2.0 * y) * 0.30)[..., None] * rgb("e8fff8"))
    caustic = 1 - np.abs(fbm(rng, width, height, height * 0.07, 3))
    picture = screen(picture, (np.clip(caustic, 0, 1) ** 3 * np.exp(-6 * y) * 0.4)[..., None])
    for number, code in enumerate(("0c4858", "083040", "04202c")):
        line = 0.78 + 0.08 * number - 0.05 * wander(rng, width, width * 0.16, 6)
        picture = mix(picture, rgb(code), smoothstep(-0.004, 0.004, y - line[None, :]))
    bubbles = lights(rng, (width, height), 60, ("c8f8ff",), radius=(0.003, 0.014))
    picture = screen(picture, bubbles * 0.6)
    return Scene(picture, at, rgb("d0fff4"), rgb(codes[1]), 0.7)


def abstract(rng: np.random.Generator, width: int, height: int, _: Wish) -> Scene:
    """Folded colour, for a prompt without a place and without a person."""
    codes = pick(
        rng,
        ("1b2a49", "c84b5a", "f4b860", "f7f0dc"),
        ("0f3d3e", "3aa17e", "e2dcc8", "d97b4a"),
        ("2d1e4f", "7d4fb0", "f08fb0", "ffe6c8"),
    )
    warp = fbm(rng, width, height, height * 0.6, 4)
    x, y = axes(width, height)
    t = x + 0.22 * warp + 0.12 * np.sin(7 * y + 1.5 * warp) + 0.35 * y
    folds = 0.5 + 0.5 * np.sin(9 * t + fbm(rng, width, height, height * 0.3, 4) * 0.5)
    picture = ramp(np.clip(0.5 * t + 0.25 * folds, 0, 1), *codes) * (0.8 + 0.25 * folds)[..., None]
    return Scene(np.clip(picture, 0, 1), (side(rng), 0.2), rgb(codes[-1]), rgb(codes[1]), 0.4)
