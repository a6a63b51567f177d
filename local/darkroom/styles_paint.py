"""Painted and drawn styles: oil, impasto, watercolour, pencil, ink."""

from __future__ import annotations

import numpy as np
from PIL import Image

from local.darkroom.brush import (
    flow,
    half_streaks,
    hatch,
    kuwahara,
    lines,
    painted,
    relief,
    streaks,
)
from local.darkroom.canvas import Canvas
from local.darkroom.grid import (
    Field,
    blur,
    equalise,
    fbm,
    gradient,
    luminance,
    mix,
    resize,
    rgb,
    saturate,
    smoothstep,
)

BLUE_TO_YELLOW = np.array([0.15, 0.115, -0.03], np.float32)
VARNISH = np.array([1.06, 0.95, 0.76], np.float32)


def oil(canvas: Canvas) -> Field:
    """Paint in oil: flat brush marks, bristle relief, a hint of canvas."""
    base = painted(canvas.picture, canvas.alpha, 3, 6, 0.72)
    bristle = half_streaks(canvas.rng, luminance(base), 9)
    depth = 0.014 - 0.005 * blur(canvas.alpha, 6)
    weave = np.sin(np.arange(canvas.width) * 1.6)[None] + np.sin(np.arange(canvas.height) * 1.6)[:, None]
    lit = relief(bristle * depth * 14 + 0.012 * weave, 0.55)
    rich = saturate(base, 1.22)
    rich = rich + 0.18 * (rich - blur(rich, canvas.width * 0.03))
    dusk = 0.84 + 0.20 * blur(canvas.alpha, canvas.width * 0.06)
    deep = np.clip(rich, 0, 1) ** 1.12 * VARNISH * dusk[..., None] + np.array([0.035, 0.015, 0.0], np.float32)
    return np.asarray(np.clip(deep * lit[..., None], 0, 1))


def impasto(canvas: Canvas) -> Field:
    """Lay thick strokes along the forms, finer on the subject, and light their ridges."""
    width, height = canvas.width, canvas.height
    base = np.clip(saturate(painted(canvas.picture, canvas.alpha, 2, 5, 0.6), 1.7) * 1.06 + 0.03, 0, 1)
    dx, dy = _half_flow(luminance(base))
    swirl = fbm(canvas.rng, width, height, width * 0.22, 2) * 1.3 * (1 - canvas.alpha)
    turn = (dx * np.cos(swirl) - dy * np.sin(swirl), dx * np.sin(swirl) + dy * np.cos(swirl))
    picture: Field = base
    ridge: Field = np.zeros((height, width), np.float32)
    soft = blur(canvas.alpha, 3)
    for pitch, reach, place in ((8.0, 40, 1 - soft), (4.0, 22, np.ones_like(soft)), (2.2, 12, soft)):
        mark = _strokes(canvas.rng, turn, pitch, reach, (width, height))
        cover = np.clip(place, 0, 1)
        tint = mark[..., None] * BLUE_TO_YELLOW * (1 - 0.55 * soft)[..., None]
        picture = mix(picture, picture * (1 + 0.9 * tint) + tint * 0.42, cover)
        ridge = ridge * (1 - 0.6 * cover) + mark * cover * pitch / 5
    lit = relief(ridge * (0.46 - 0.22 * soft), 0.75)
    return np.clip(picture * lit[..., None] + 0.30 * np.clip(lit - 1.12, 0, 1)[..., None], 0, 1)


def _half_flow(light: Field) -> tuple[Field, Field]:
    """Return the flow of a picture, found at half size."""
    height, width = light.shape
    dx, dy = flow(resize(light, width // 2, height // 2, Image.Resampling.BOX), 4.5)
    return resize(dx, width, height, Image.Resampling.BILINEAR), resize(dy, width, height, Image.Resampling.BILINEAR)


def _strokes(
    rng: np.random.Generator,
    turn: tuple[Field, Field],
    pitch: float,
    reach: int,
    size: tuple[int, int],
) -> Field:
    """Smear blobs along a flow at a size where a stroke is a few pixels wide."""
    width, height = size
    shrink = max(1.4, pitch / 2)
    w, h = int(width / shrink), int(height / shrink)
    noise = blur(rng.standard_normal((h, w), np.float32), pitch / shrink / 3)
    way = resize(turn[0], w, h, Image.Resampling.BILINEAR), resize(turn[1], w, h, Image.Resampling.BILINEAR)
    mark = streaks(noise, way, max(3, int(reach / shrink / 2)))
    return np.tanh(resize(mark, width, height))


def watercolor(canvas: Canvas) -> Field:
    """Wash with pigment that pools at edges and leaves white paper around."""
    width, height, rng = canvas.width, canvas.height, canvas.rng
    base = painted(_wobbled(canvas), canvas.alpha, 3, 8, 0.5)
    light = luminance(base)[..., None]
    base = saturate(np.clip(0.20 + 0.86 * base, 0, 1), 1.30) + 0.05 * (0.6 - light)
    gx, gy = gradient(blur(luminance(base), 2))
    pools = np.clip(np.hypot(gx, gy) * 9, 0, 1)
    cloud = fbm(rng, width, height, width * 0.16, 6)
    paper = fbm(rng, width, height, 5, 2)
    density = 1 + 0.55 * pools + 0.16 * cloud + 0.055 * paper
    washed = np.clip(base, 0.02, 1) ** density[..., None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    reach = np.maximum(np.abs(x), np.abs(y)) - 0.06 * cloud + 0.015 * paper
    wet = np.maximum(smoothstep(0.96, 0.80, reach), 0.85 * canvas.alpha * smoothstep(1.0, 0.9, reach))
    brim = np.exp(-(((wet - 0.35) / 0.2) ** 2)) * 0.18
    washed = washed * (1 - brim)[..., None]
    drawn = 1 - 0.42 * (1 - lines(luminance(canvas.picture), 1.1, 0.985)) * blur(canvas.alpha, 3)
    sheet = rgb("fbf8f1") * (1 + 0.012 * paper)[..., None]
    return np.clip(mix(sheet, washed, wet) * drawn[..., None], 0, 1)


def _wobbled(canvas: Canvas) -> Field:
    """Bend the picture a little, as a wet edge runs."""
    height, width = canvas.height, canvas.width
    reach = (1 - 0.85 * blur(canvas.alpha, 5)) * width * 0.004
    bend_x = fbm(canvas.rng, width, height, width * 0.03, 3) * reach
    bend_y = fbm(canvas.rng, width, height, width * 0.03, 3) * reach
    y, x = np.indices((height, width), np.float32)
    rows = np.clip(y + bend_y, 0, height - 1).astype(np.int32)
    columns = np.clip(x + bend_x, 0, width - 1).astype(np.int32)
    return np.asarray(canvas.picture.reshape(-1, 3)[rows * width + columns])


def pencil(canvas: Canvas) -> Field:
    """Draw with graphite: contour lines, two directions of hatching, the scene left sketchy."""
    light = equalise(luminance(canvas.picture), canvas.alpha + 0.15, 0.45)
    shape = light.shape
    dodge = np.clip(light / (1.02 - 0.94 * blur(1 - light, canvas.width * 0.014)), 0, 1)
    one, two = hatch(canvas.rng, shape, 0.7, 3.0, 14), hatch(canvas.rng, shape, -0.5, 3.0, 14)
    dark = 1 - light
    tone = 1 - 0.58 * one * smoothstep(0.28, 0.95, dark) - 0.42 * two * smoothstep(0.55, 1.0, dark)
    contour = lines(light, 1.2, 0.98)
    body = np.clip(dodge**1.3 * tone * (0.30 + 0.70 * contour), 0, 1)
    keep = np.clip(blur(canvas.alpha, canvas.width * 0.05) * 1.6 + 0.34, 0, 1)
    tooth = fbm(canvas.rng, canvas.width, canvas.height, 4, 2)
    ink = (1 - body) * keep * np.clip(1 + 0.24 * tooth, 0.3, 1.5)
    sheet, lead = rgb("f6f3ec"), rgb("2b2a2e")
    return np.clip(mix(sheet * (1 + 0.012 * tooth)[..., None], lead, np.clip(ink, 0, 1)), 0, 1)


def ink(canvas: Canvas) -> Field:
    """Ink on paper: brushed blacks, pen hatching by tone, one wash colour."""
    light = equalise(luminance(canvas.picture), canvas.alpha + 0.2, 0.6)
    smooth = luminance(kuwahara(resize(canvas.picture, canvas.width // 2, canvas.height // 2), 3))
    smooth = equalise(resize(smooth, canvas.width, canvas.height), canvas.alpha + 0.2, 0.6)
    line = lines(light, 1.4, 0.978, 14)
    black = smoothstep(0.17, 0.13, smooth) * (0.25 + 0.75 * blur(canvas.alpha, 5))
    marks = np.zeros_like(light)
    for angle, level in ((0.75, 0.52), (-0.75, 0.36), (0.0, 0.25)):
        stroke = smoothstep(0.44, 0.60, hatch(canvas.rng, light.shape, angle, 3.6, 16))
        cover = stroke * smoothstep(level + 0.03, level - 0.03, smooth)
        marks = np.maximum(marks, cover * (0.55 + 0.45 * canvas.alpha))
    cover = np.clip(np.maximum.reduce([1 - line, black, marks]), 0, 1)
    tint = canvas.wish.accent if canvas.wish.accent is not None else rgb("b9c4c4")
    wash = smoothstep(0.62, 0.56, blur(smooth, 3)) * 0.42
    sheet = mix(rgb("f7f2e6"), tint, wash)
    halo = np.clip(blur(canvas.alpha, 6) * 4, 0, 1) * (1 - canvas.alpha)
    cover = cover * (1 - 0.9 * halo)
    return mix(sheet, rgb("15151a"), cover)
