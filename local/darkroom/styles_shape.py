"""Styles of cells: low poly, stained glass, pixel art."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from local.darkroom.brush import edge_band, nearest_cells, painted
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
from local.darkroom.photos import to_bytes

PIXEL = 8
COLOURS = 28


def _scattered(canvas: Canvas, count: int, favour: float, size: tuple[int, int]) -> Field:
    """Scatter points: more on edges and on the subject."""
    width, height = size
    small = resize(canvas.picture, width, height, Image.Resampling.BOX)
    gx, gy = gradient(blur(luminance(small), 1.2))
    mask = resize(canvas.alpha, width, height)
    density = (0.10 + np.clip(np.hypot(gx, gy) * 9, 0, 1.2)) * (1 + favour * mask)
    odds = np.cumsum(density.ravel(), dtype=np.float64)
    odds /= odds[-1]
    steps = (np.arange(count) + canvas.rng.random(count)) / count
    at = np.minimum(np.searchsorted(odds, steps), density.size - 1)
    points = np.stack([at % width, at // width], -1).astype(np.float32)
    return np.unique(points, axis=0)


def lowpoly(canvas: Canvas) -> Field:
    """Fold the picture into flat triangles, small ones on the subject."""
    width, height = canvas.width, canvas.height
    w, h = int(width * 0.4), int(height * 0.4)
    points = _scattered(canvas, 3000, 10.0, (w, h))
    rim = np.linspace(0, 1, 15)
    frame = [(x * (w - 1), y) for x in rim for y in (0, h - 1)] + [(x, y * (h - 1)) for y in rim for x in (0, w - 1)]
    points = np.concatenate([points, np.array(frame, np.float32)])
    triangles = _triangles(nearest_cells(points, w, h))
    colours = resize(painted(canvas.picture, canvas.alpha, 2, 4, 0.5), w, h)
    light = luminance(colours)[..., None]
    colours = saturate(np.clip(colours * (0.86 + 0.20 * light) + 0.07, 0, 1), 1.55)
    image = Image.fromarray(to_bytes(resize(colours, width, height)))
    _fill(image, points / 0.4, triangles, colours, canvas.rng)
    return np.asarray(image, np.float32) / 255


def _triangles(label: Field) -> Field:
    """Read the Delaunay triangles off the corners where three or four cells meet."""
    a, b, c, d = label[:-1, :-1], label[:-1, 1:], label[1:, :-1], label[1:, 1:]
    found = [
        np.stack(three, -1)[(three[0] != three[1]) & (three[1] != three[2]) & (three[0] != three[2])]
        for three in ((a, b, c), (b, c, d))
    ]
    return np.unique(np.sort(np.concatenate(found), axis=1), axis=0)


def _fill(image: Image.Image, points: Field, triangles: Field, colours: Field, rng: np.random.Generator) -> None:
    pen = ImageDraw.Draw(image)
    h, w = colours.shape[:2]
    corners = points[triangles]
    total = np.zeros((len(triangles), 3), np.float32)
    for mixing in ((1, 1, 1), (4, 1, 1), (1, 4, 1), (1, 1, 4)):
        at = np.einsum("tkc,k->tc", corners, np.array(mixing, np.float32) / sum(mixing)) * 0.4
        total += colours[np.clip(at[:, 1].astype(int), 0, h - 1), np.clip(at[:, 0].astype(int), 0, w - 1)]
    tilt = 1 + 0.085 * rng.standard_normal((len(triangles), 1)).astype(np.float32)
    fills = to_bytes(total / 4 * tilt)
    for three, fill in zip(corners.tolist(), fills.tolist(), strict=True):
        pen.polygon([tuple(p) for p in three], fill=tuple(fill), outline=tuple(fill))


def glass(canvas: Canvas) -> Field:
    """Set the picture in coloured panes and lead, the face painted on the glass."""
    width, height = canvas.width, canvas.height
    w, h = int(width * 0.4), int(height * 0.4)
    points = _scattered(canvas, 620, 2.2, (w, h))
    label = nearest_cells(points, w, h)
    small = resize(canvas.picture, w, h, Image.Resampling.BOX)
    counts = np.bincount(label.ravel(), minlength=len(points)) + 1e-6
    means = np.stack([np.bincount(label.ravel(), small[..., c].ravel(), len(points)) / counts for c in range(3)], -1)
    panes = resize(means[label].astype(np.float32), width, height, Image.Resampling.NEAREST)
    soft = painted(canvas.picture, canvas.alpha, 3, 6, 0.5)
    keep = 0.80 * smoothstep(0.3, 0.8, canvas.alpha)
    picture = saturate(mix(panes, soft, keep), 1.75) * 1.08
    change = (np.abs(np.diff(label, axis=0, prepend=label[:1])) > 0) | (
        np.abs(np.diff(label, axis=1, prepend=label[:, :1])) > 0
    )
    lead = smoothstep(
        0.18, 0.42, blur(resize(change.astype(np.float32), width, height, Image.Resampling.BILINEAR), 1.5)
    )
    face = 1 - 0.72 * blur(canvas.alpha, 8)
    lead = np.maximum(lead * face, edge_band(canvas.alpha, width * 0.008))
    ripple = 1 + 0.05 * fbm(canvas.rng, width, height, width * 0.03, 3)
    lit = 0.82 + 0.30 * equalise(blur(luminance(canvas.scene), width * 0.08), None, 0.5)
    return np.clip(mix(picture * (ripple * lit)[..., None], rgb("14120f"), lead), 0, 1)


def pixel(canvas: Canvas) -> Field:
    """Draw with few colours on a coarse grid, dithered, with a dark outline."""
    w, h = canvas.width // PIXEL, canvas.height // PIXEL
    small = resize(canvas.picture, w, h, Image.Resampling.BOX)
    crisp = np.clip(saturate(small + 0.6 * (small - blur(small, 1.2)), 1.30), 0, 1)
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.47
    noise = np.tile(bayer, (h // 4 + 1, w // 4 + 1))[:h, :w, None]
    dithered = Image.fromarray(to_bytes(crisp + 0.05 * noise))
    few = dithered.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
    drawn = np.asarray(few.convert("RGB"), np.float32) / 255
    mask = resize(canvas.alpha, w, h, Image.Resampling.BOX) > 0.5
    around = blur(mask.astype(np.float32), 0.6) > 0.12
    drawn = np.where((around & ~mask)[..., None], rgb("12121c"), drawn)
    return resize(drawn, canvas.width, canvas.height, Image.Resampling.NEAREST)
