"""Scenes that are mostly sky: sunset, aurora, space."""

from __future__ import annotations

import numpy as np

from local.darkroom.grid import Field, axes, fbm, mix, ramp, rgb, screen, smoothstep, wander
from local.darkroom.light import Scene
from local.darkroom.scenery import DUSK, below, clouds, glow, pick, ridge, side, sky, stars
from local.darkroom.words import Wish


def sunset(rng: np.random.Generator, width: int, height: int, _: Wish) -> Scene:
    """A low sun behind hills."""
    codes = pick(rng, DUSK, ("1f3a70", "b05a80", "ff9060", "ffe090"), ("40407a", "c86a70", "ffb070", "fff0b0"))
    horizon = float(rng.uniform(0.62, 0.74))
    at = (side(rng, 0.15, 0.4), horizon - 0.06)
    picture = sky(width, height, codes, horizon)
    picture = clouds(rng, picture, rgb(codes[2]) * 1.05, 0.75, horizon)
    picture = screen(picture, glow(width, height, at, 0.34)[..., None] * rgb("ffd890") * 0.8)
    picture = screen(picture, smoothstep(0.3, 0.6, glow(width, height, at, 0.09))[..., None] * rgb("fff4d0"))
    for number in range(3):
        line = ridge(rng, width, horizon + 0.08 * number, 0.02, width * 0.5)
        picture = mix(picture, rgb(codes[0]) * (0.8 - 0.2 * number), below(line, height))
    return Scene(picture, at, rgb("ffc880"), picture.mean((0, 1)), 0.8)


def aurora(rng: np.random.Generator, width: int, height: int, _: Wish) -> Scene:
    """Curtains of light over a black ridge."""
    codes = pick(rng, ("40f0a0", "30c8c0"), ("60ffb0", "a060f0"), ("50e0ff", "c050e0"))
    picture = sky(width, height, ("04081c", "0a1c3c", "14404c"), 0.9)
    picture = screen(picture, stars(rng, width, height)[..., None] * 0.9)
    y = axes(width, height)[1]
    for code in (*codes, codes[0]):
        foot = ridge(rng, width, float(rng.uniform(0.4, 0.62)), 0.07, width * 0.6)
        fine = wander(rng, width, width * 0.05, 4)
        above = foot[None, :] - y
        veil = np.where(above > 0, np.exp(-above * 5.5), np.exp(above * 38))
        picture = screen(picture, (veil * (0.6 + 0.22 * fine[None, :]))[..., None] * rgb(code) * 0.8)
    line = ridge(rng, width, 0.78, 0.05, width * 0.4)
    picture = mix(picture, rgb("04090f"), below(line, height))
    return Scene(picture, (0.5 + 0.3 * np.sign(rng.random() - 0.5), 0.15), rgb(codes[0]), rgb("10303c"), 0.9)


def space(rng: np.random.Generator, width: int, height: int, _: Wish) -> Scene:
    """Nebula, stars and a planet."""
    codes = pick(
        rng,
        ("06061a", "3a1a6a", "c04a90", "ffb080"),
        ("04101e", "0f4a6a", "3ab0b0", "e0f0c0"),
        ("0a0614", "5a1a3a", "d8603a", "ffe0a0"),
    )
    fog = fbm(rng, width, height, height * 0.5, 6)
    lane = fbm(rng, width, height, height * 0.3, 6)
    picture = ramp(0.30 + 0.20 * fog - 0.08 * np.abs(lane), *codes)
    picture = picture * (0.75 + 0.25 * smoothstep(-0.5, 1, lane))[..., None]
    picture = screen(picture, stars(rng, width, height, 0.0025)[..., None] * rgb("fff8f0"))
    at = (side(rng, 0.08, 0.25), 0.2)
    centre = (1 - at[0], float(rng.uniform(0.2, 0.4)))
    picture = _planet(rng, picture, centre, float(rng.uniform(0.16, 0.26)), codes)
    return Scene(picture, at, rgb(codes[-1]), rgb(codes[1]), 0.9)


def _planet(
    rng: np.random.Generator, picture: Field, at: tuple[float, float], radius: float, codes: tuple[str, ...]
) -> Field:
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    px, py = (x - at[0]) * width / height / radius, (y - at[1]) / radius
    d = np.sqrt(px * px + py * py)
    pz = np.sqrt(np.clip(1 - d * d, 0, 1))
    bands = np.sin(py * 9 + fbm(rng, width, height, height * 0.12, 5) * 0.9)
    toward = -1 if at[0] > 0.5 else 1
    lit = np.clip(0.75 * toward * px - 0.4 * py + 0.55 * pz, 0.02, 1)
    disc = ramp(0.55 + 0.22 * bands, codes[1], codes[2], codes[3]) * lit[..., None]
    air = np.exp(-((np.clip(d - 1, 0, None) / 0.09) ** 2)) * (d >= 1)
    picture = screen(picture, (air * 0.5)[..., None] * rgb(codes[2]))
    return mix(picture, disc, smoothstep(1.006, 0.994, d))
