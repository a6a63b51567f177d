"""Parts that scenes are built of: skies, ridges, glows, lights, drawn shapes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from local.darkroom.grid import Field, axes, blur, fbm, mix, ramp, screen, smoothstep, wander

Draw = ImageDraw.ImageDraw
DUSK = ("2c2f5e", "7a4a86", "e0736a", "ffc37a")


def pick(rng: np.random.Generator, *options: tuple[str, ...]) -> tuple[str, ...]:
    """Choose one of some palettes."""
    return options[int(rng.integers(len(options)))]


def side(rng: np.random.Generator, low: float = 0.12, high: float = 0.32) -> float:
    """Choose a place left or right of the middle, 0..1."""
    x = float(rng.uniform(low, high))
    return x if rng.random() < 0.5 else 1 - x


def glow(width: int, height: int, at: tuple[float, float], radius: float) -> Field:
    """Make a soft round light; `radius` is in heights."""
    x, y = axes(width, height)
    d2 = ((x - at[0]) * width / height) ** 2 + (y - at[1]) ** 2
    return np.exp(-d2 / (radius * radius)).astype(np.float32)


def sky(width: int, height: int, codes: tuple[str, ...], horizon: float = 1.0) -> Field:
    """Grade colours from the top down to the horizon."""
    _, y = axes(width, height)
    return ramp(y / horizon, *codes)


def clouds(rng: np.random.Generator, picture: Field, colour: Field, amount: float, horizon: float) -> Field:
    """Lay stretched clouds over the sky above `horizon`."""
    height, width = picture.shape[:2]
    flat = fbm(rng, max(8, width // 3), height, height * 0.16, 6)
    wide = np.repeat(flat, 3, axis=1)
    wide = np.pad(wide, ((0, 0), (0, max(0, width - wide.shape[1]))), "edge")[:, :width]
    _, y = axes(width, height)
    cover = smoothstep(0.1, 1.6, blur(wide, 1.5)) * smoothstep(horizon, horizon * 0.55, y)
    return mix(picture, colour, cover * amount)


def ridge(rng: np.random.Generator, width: int, level: float, rise: float, cell: float, octaves: int = 6) -> Field:
    """Draw a skyline: for each column a height 0..1 from the top."""
    line = wander(rng, width, cell, octaves)
    return np.asarray((level - rise * line).astype(np.float32))


def below(line: Field, height: int, soft: float = 1.5) -> Field:
    """Cover what lies under a skyline, with an edge of `soft` pixels."""
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    return smoothstep(-soft / height, soft / height, y - line[None, :])


def drawn(width: int, height: int, paint: Callable[[Draw], None], soft: float = 0.7) -> Field:
    """Cover what `paint` draws in white."""
    plane = Image.new("L", (width, height))
    paint(ImageDraw.Draw(plane))
    return blur(np.asarray(plane, np.float32) / 255, soft)


def lights(
    rng: np.random.Generator,
    size: tuple[int, int],
    count: int,
    codes: tuple[str, ...],
    *,
    area: tuple[float, float] = (0.0, 1.0),
    radius: tuple[float, float] = (0.012, 0.04),
) -> Field:
    """Draw out-of-focus lights of some colours between two heights; black elsewhere."""
    width, height = size
    small = (width // 2, height // 2)
    out: Field = np.zeros((small[1], small[0], 3), np.float32)
    for code in codes:
        plane = Image.new("L", small)
        pen = ImageDraw.Draw(plane)
        for _ in range(max(1, count // len(codes))):
            x, y = rng.random() * small[0], rng.uniform(*area) * small[1]
            r = rng.uniform(*radius) * small[1]
            tone = int(rng.uniform(60, 220))
            pen.ellipse((x - r, y - r, x + r, y + r), fill=tone, outline=min(255, tone + 40))
        disc = blur(np.asarray(plane, np.float32) / 255, 1.2)
        out = screen(out, disc[..., None] * ramp(np.ones(1), code, code)[0])
    return grow(out, width, height)


def grow(picture: Field, width: int, height: int) -> Field:
    """Bring a half-size picture to full size."""
    eight_bit = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    big = Image.fromarray(eight_bit).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(big, np.float32) / 255


def stars(rng: np.random.Generator, width: int, height: int, share: float = 0.0012) -> Field:
    """Scatter stars of all sizes; one plane."""
    dots = (rng.random((height, width), np.float32) < share) * rng.random((height, width), np.float32)
    bright = (rng.random((height, width), np.float32) < share / 25).astype(np.float32)
    return np.asarray(np.clip(dots * 0.9 + blur(bright, 1.6) * 9 + blur(bright, 5) * 18, 0, 1))


def mirror_below(picture: Field, horizon: float, rng: np.random.Generator, dim: float) -> Field:
    """Reflect what is above the horizon in rippled water under it."""
    height, width = picture.shape[:2]
    line = int(horizon * height)
    depth = np.arange(height - line)
    ripple = fbm(rng, max(8, width // 4), height - line, 14, 3)
    ripple = np.repeat(ripple, 4, axis=1)
    ripple = np.pad(ripple, ((0, 0), (0, max(0, width - ripple.shape[1]))), "edge")[:, :width]
    bend = ripple * (2 + 0.06 * depth[:, None])
    rows = np.clip(line - 1 - depth[:, None] * 0.9 + bend, 0, line - 1).astype(np.int32)
    out = picture.copy()
    out[line:] = picture[rows, np.arange(width)[None, :]] * dim
    return out
