"""Printed styles: pop art, risograph, cyanotype, duotone, poster."""

from __future__ import annotations

import numpy as np

from local.darkroom.brush import dots, edge_band, lines, painted, posterise
from local.darkroom.canvas import Canvas
from local.darkroom.grid import (
    Field,
    axes,
    blur,
    equalise,
    fbm,
    luminance,
    mix,
    ramp,
    rgb,
    saturate,
    shift,
    smoothstep,
)

POP = (
    ("ffd23f", "ef3e5b", "3bc6f2"),
    ("3ddbd9", "ff5fa2", "ffe14d"),
    ("ff8a3d", "5b4bff", "9cf26b"),
    ("ff5d8f", "ffd93d", "2f9bff"),
    ("7ae582", "ff4f79", "fff07c"),
)
DUO = (
    ("1b1464", "ff4d6d", "ffe66d"),
    ("0b3954", "1fc8a9", "f4f1bb"),
    ("3c1361", "f72585", "ffd6e0"),
    ("10221b", "3ea34a", "e9f7c4"),
    ("2b0f3a", "ff7b2f", "ffe9c9"),
)
POSTER = (
    ("14213d", "c1272d", "f4a259", "fdf0d5"),
    ("10312b", "2a7f62", "e0a458", "fff8e7"),
    ("2d1e4f", "b5446e", "f0a868", "fff1d6"),
    ("1d2d44", "3e7cb1", "f2bb05", "fbf5e6"),
)
RISO = (("ff4c5e", "0078bf", "ffb511"), ("f15060", "00838a", "ffe800"), ("ff6c2f", "3255a4", "ffb3d1"))


def _subject_tones(canvas: Canvas, amount: float = 0.7) -> Field:
    """Return luminance with the subject's tones spread, and some local contrast."""
    light = luminance(canvas.picture)
    crisp = light + 0.5 * (light - blur(light, canvas.width * 0.04))
    return equalise(np.clip(crisp, 0, 1), canvas.alpha + 0.12, amount)


def popart(canvas: Canvas) -> Field:
    """Print flat colours and ben-day dots over a sunburst, with a thick outline."""
    ground, skin, accent = (rgb(c) for c in POP[int(canvas.rng.integers(len(POP)))])
    if canvas.wish.accent is not None:
        ground = canvas.wish.accent
    x, y = axes(canvas.width, canvas.height)
    light = _subject_tones(canvas)
    burst = np.sin(np.arctan2(y - 0.45, (x - 0.5) * canvas.width / canvas.height) * 14 + canvas.rng.random() * 6)
    back = mix(ground, mix(ground, np.ones(3, np.float32), 0.45), smoothstep(-0.06, 0.06, burst))
    scene_dark = smoothstep(0.42, 0.36, blur(luminance(canvas.scene), 5))
    back = mix(back, accent, scene_dark * 0.55)
    flat = posterise(
        painted(canvas.picture, canvas.alpha, 3, 3, 0.5) @ np.array([0.3, 0.59, 0.11], np.float32), 4, 0.05
    )
    flat = equalise(flat, canvas.alpha + 0.05, 0.35)
    colour = saturate(painted(canvas.picture, canvas.alpha, 3, 3, 0.5), 2.0)
    body = mix(np.ones(3, np.float32) * np.array([1.0, 0.95, 0.88], np.float32), colour * 1.15 + 0.06, 0.62)
    pitch = canvas.width / 96
    shade = dots(smoothstep(0.70, 0.28, light) * 0.85, pitch, 0.5)
    body = mix(body, skin, shade * 0.75)
    body = mix(body, rgb("16131f"), smoothstep(0.17, 0.12, light))
    body = body * (0.78 + 0.22 * flat)[..., None]
    picture = mix(back, body, smoothstep(0.35, 0.65, canvas.alpha))
    pen = 1 - lines(light, 1.7, 0.978, 14)
    picture = mix(picture, rgb("16131f"), pen * canvas.alpha)
    return np.clip(mix(picture, rgb("16131f"), edge_band(canvas.alpha, canvas.width * 0.007)), 0, 1)


def riso(canvas: Canvas) -> Field:
    """Overprint three inks with turned screens, a little out of register."""
    inks = [rgb(c) for c in RISO[int(canvas.rng.integers(len(RISO)))]]
    base = painted(canvas.picture, canvas.alpha, 2, 4, 0.6)
    light = equalise(luminance(base), canvas.alpha + 0.2, 0.5)
    warm = np.clip(base[..., 0] - 0.5 * (base[..., 1] + base[..., 2]) + 0.18, 0, 1)
    pitch = canvas.width / 150
    plates = (
        dots(np.clip(0.92 - 1.1 * light + 0.9 * warm, 0, 0.97), pitch, 0.26),
        dots(np.clip(1.05 - 1.6 * light, 0, 1), pitch, 1.31),
        dots(np.clip(0.25 + 1.4 * warm - 0.35 * light, 0, 0.95), pitch, 0.8),
    )
    mottle = np.clip(1 + 0.10 * fbm(canvas.rng, canvas.width, canvas.height, 6, 3), 0.6, 1.2)
    picture: Field = np.broadcast_to(rgb("f8f4ea"), canvas.picture.shape)
    slip = max(1, canvas.width // 340)
    moves = ((slip, 0), (0, 0), (-slip, slip))
    for (dx, dy), plate, colour in reversed(list(zip(moves, plates, inks, strict=True))):
        cover = np.clip(shift(plate, dx, dy) * mottle * 0.92, 0, 1)
        picture = mix(picture, picture * colour, cover)
    return np.clip(picture, 0, 1)


def cyanotype(canvas: Canvas) -> Field:
    """Print in Prussian blue with a brushed border."""
    width, height = canvas.width, canvas.height
    light = equalise(luminance(canvas.picture), canvas.alpha + 0.25, 0.4)
    light = np.clip(light + 0.25 * (light - blur(light, width * 0.02)), 0, 1)
    fibre = fbm(canvas.rng, width, height, 7, 3)
    tone = ramp(light + 0.018 * fibre, "071a3a", "0d3a73", "2f70ac", "9cc3dc", "eef4f2")
    x, y = axes(width, height)
    brush = fbm(canvas.rng, width, height, width * 0.03, 4)
    long = blur(canvas.rng.standard_normal((height, width), np.float32), 1)
    border = np.minimum(np.minimum(x, 1 - x) * width / height, np.minimum(y, 1 - y))
    wet = smoothstep(0.025, 0.040, border + 0.007 * brush + 0.004 * long)
    return mix(rgb("f1eee2") * (1 + 0.012 * fibre)[..., None], tone, wet)


def duotone(canvas: Canvas) -> Field:
    """Map tones to two inks and their light."""
    codes = DUO[int(canvas.rng.integers(len(DUO)))]
    light = _subject_tones(canvas, 0.85)
    behind = equalise(blur(luminance(canvas.scene), 4), None, 0.7)
    tone = mix(0.12 + 0.52 * behind, np.clip(light * 1.12, 0, 1), canvas.alpha)
    if canvas.wish.accent is None:
        return ramp(tone, *codes)
    deep = canvas.wish.accent * 0.22
    picture = mix(deep, canvas.wish.accent, smoothstep(0, 0.55, tone))
    return mix(picture, np.array([1, 0.97, 0.9], np.float32), smoothstep(0.55, 1.0, tone))


def poster(canvas: Canvas) -> Field:
    """Cut four flat colours with a white outline around the subject."""
    codes = POSTER[int(canvas.rng.integers(len(POSTER)))]
    if canvas.wish.accent is not None:
        codes = (codes[0], _code(canvas.wish.accent), codes[2], codes[3])
    light = luminance(painted(canvas.picture, canvas.alpha, 4, 5, 0.5))
    light = np.clip(light + 0.45 * (light - blur(light, canvas.width * 0.05)), 0, 1)
    body = equalise(light, canvas.alpha + 0.02, 0.8)
    behind = 0.25 + 0.6 * equalise(blur(light, canvas.width * 0.006), 1.02 - canvas.alpha, 0.8)
    tone = mix(behind, body, canvas.alpha)
    picture = ramp(posterise(tone, 4, 0.02), *codes)
    line = 1 - lines(equalise(luminance(canvas.picture), canvas.alpha + 0.02, 0.5), 1.9, 0.975, 12)
    picture = mix(picture, rgb(codes[0]), line * canvas.alpha)
    paper = fbm(canvas.rng, canvas.width, canvas.height, 9, 4)
    picture = mix(picture, rgb(codes[3]), edge_band(canvas.alpha, canvas.width * 0.006))
    return np.clip(picture * (1 + 0.022 * paper)[..., None], 0, 1)


def _code(colour: Field) -> str:
    return "".join(f"{round(float(c) * 255):02x}" for c in np.clip(colour, 0, 1))
