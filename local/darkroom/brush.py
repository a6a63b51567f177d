"""Tools that styles paint with: Kuwahara, strokes along edges, lines, hatching, dots, cells."""

from __future__ import annotations

import numpy as np
from PIL import Image

from local.darkroom.grid import Field, blur, gradient, luminance, resize, smoothstep


def kuwahara(picture: Field, radius: int, sharpness: float = 3.0) -> Field:
    """Smooth as a flat brush does: each pixel takes the calm side of its four neighbourhoods."""
    height, width = picture.shape[:2]
    light = luminance(picture)
    stack = np.concatenate([picture, (light * light)[..., None], light[..., None]], -1)
    sums = _corner_sums(stack, radius)
    size = radius + 1
    out: Field = np.zeros_like(picture, np.float32)
    total: Field = np.zeros((height, width, 1), np.float32)
    for dy in (0, radius):
        for dx in (0, radius):
            mean = sums[dy : dy + height, dx : dx + width] / (size * size)
            spread = np.clip(mean[..., 3] - mean[..., 4] ** 2, 0, None)
            weight = (1 / (1e-4 + spread) ** sharpness * 1e-12)[..., None].astype(np.float32)
            out += mean[..., :3] * weight
            total += weight
    return out / (total + 1e-20)


def _corner_sums(stack: Field, radius: int) -> Field:
    """Sum squares of side radius + 1 whose lower right corner is each pixel of a padded frame."""
    size = radius + 1
    padded = np.pad(stack, ((radius, radius), (radius, radius), (0, 0)), "edge")
    table = np.zeros((padded.shape[0] + 1, padded.shape[1] + 1, stack.shape[2]))
    np.cumsum(padded, axis=0, out=table[1:, 1:], dtype=np.float64)
    np.cumsum(table[1:, 1:], axis=1, out=table[1:, 1:])
    sums = table[size:, size:] - table[:-size, size:] - table[size:, :-size] + table[:-size, :-size]
    return sums.astype(np.float32)


def painted(picture: Field, alpha: Field, fine: int, coarse: int, scale: float) -> Field:
    """Run Kuwahara with a fine brush on the subject and a coarse one on the rest, at a reduced size."""
    height, width = picture.shape[:2]
    w, h = int(width * scale), int(height * scale)
    small = resize(picture, w, h, Image.Resampling.BOX)
    rough = kuwahara(small, coarse)
    detailed = kuwahara(small, fine) if fine != coarse else rough
    soft = blur(resize(alpha, w, h), 4)[..., None]
    return np.clip(resize(rough + (detailed - rough) * soft, width, height), 0, 1)


def flow(light: Field, sigma: float) -> tuple[Field, Field]:
    """Return unit vectors along the edges: where a brush would go."""
    gx, gy = gradient(blur(light, 1.0))
    xx, yy, xy = blur(gx * gx, sigma), blur(gy * gy, sigma), blur(gx * gy, sigma)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy + 1e-12) + np.pi / 2
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


def streaks(noise: Field, direction: tuple[Field, Field], reach: int) -> Field:
    """Smear noise along a flow: bristle marks or hatching."""
    height, width = noise.shape
    margin = reach + 1
    stride = width + 2 * margin
    padded = np.pad(noise, margin, "edge").ravel()
    y, x = np.indices((height, width), np.int32)
    home = (y + margin) * stride + x + margin
    dx, dy = direction
    out = noise.copy()
    for step in range(-reach, reach + 1):
        if step:
            aside = np.rint(step * dx).astype(np.int32)
            down = np.rint(step * dy).astype(np.int32)
            out += padded.take(home + down * stride + aside)
    out = out / (2 * reach + 1)
    return np.asarray((out - out.mean()) / (out.std() + 1e-6))


def half_streaks(rng: np.random.Generator, light: Field, reach: int, sigma: float = 4.0) -> Field:
    """Make streaks that follow the edges of a picture, at half size, grown."""
    height, width = light.shape
    w, h = width // 2, height // 2
    small = resize(light, w, h, Image.Resampling.BOX)
    noise = rng.standard_normal((h, w), np.float32)
    return resize(streaks(noise, flow(small, sigma), reach), width, height)


def relief(height_map: Field, depth: float) -> Field:
    """Light a height map from the upper left: around 1."""
    gx, gy = gradient(height_map)
    return np.clip(1 - depth * (gx + gy), 0.5, 1.5)


def lines(light: Field, sigma: float = 1.3, tau: float = 0.98, phi: float = 10.0) -> Field:
    """Draw dark lines and fills where it darkens (extended difference of Gaussians): 1 is paper."""
    d = blur(light, sigma) - tau * blur(light, 1.6 * sigma)
    return np.clip(np.where(d >= 0.004, 1, 1 + np.tanh(phi * 6 * (d - 0.004))), 0, 1)


def hatch(rng: np.random.Generator, shape: tuple[int, int], angle: float, pitch: float, reach: int = 9) -> Field:
    """Draw uneven parallel strokes over a frame, 0..1 with mean one half."""
    height, width = shape
    h, w = height // 2, width // 2
    noise = rng.standard_normal((h, w), np.float32)
    straight = np.full((h, w), np.cos(angle), np.float32), np.full((h, w), np.sin(angle), np.float32)
    rough = streaks(blur(noise, pitch / 3), straight, reach)
    return smoothstep(-1.1, 1.1, resize(rough, width, height))


def posterise(light: Field, levels: int, soft: float = 0.12) -> Field:
    """Cut tones into flat levels with slightly soft steps."""
    scaled = np.clip(light, 0, 1) * levels - 0.5
    step = np.floor(scaled)
    part = smoothstep(0.5 - soft * 2, 0.5 + soft * 2, scaled - step)
    return np.clip((step + part) / (levels - 1), 0, 1)


def dots(tone: Field, pitch: float, angle: float) -> Field:
    """Print a tone (1 is full ink) as a halftone screen."""
    height, width = tone.shape
    y, x = np.indices((height, width), np.float32)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    u, v = (c * x + s * y) * np.float32(np.pi / pitch), (-s * x + c * y) * np.float32(np.pi / pitch)
    cell = 0.5 + 0.25 * (np.cos(2 * u) + np.cos(2 * v))
    return smoothstep(-0.09, 0.09, tone - (1 - cell))


def edge_band(alpha: Field, width: float) -> Field:
    """Return 1 along the outline of a mask, outside it, `width` pixels wide."""
    spread = smoothstep(0.02, 0.10, blur(alpha, width / 1.5))
    return np.asarray(spread * (1 - alpha))


def nearest_cells(points: Field, width: int, height: int) -> Field:
    """Name the nearest point for each pixel (jump flooding); -1 nowhere."""
    label = np.full((height, width), -1, np.int32)
    xs = np.clip(points[:, 0].astype(np.int32), 0, width - 1)
    ys = np.clip(points[:, 1].astype(np.int32), 0, height - 1)
    label[ys, xs] = np.arange(len(points))
    gy, gx = np.indices((height, width), np.float32)
    best = np.where(label >= 0, 0, 1e12).astype(np.float32)
    jump = 32
    while jump:
        for dy in (-jump, 0, jump):
            for dx in (-jump, 0, jump):
                if dx or dy:
                    _adopt(label, best, points, (gx, gy), (dx, dy))
        jump //= 2
    return label


def _adopt(label: Field, best: Field, points: Field, grid: tuple[Field, Field], step: tuple[int, int]) -> None:
    """Take over the label of the pixel `step` away where its point is nearer, in place."""
    height, width = label.shape
    dx, dy = step
    to = slice(max(0, -dy), height - max(0, dy)), slice(max(0, -dx), width - max(0, dx))
    of = slice(max(0, dy), height + min(0, dy)), slice(max(0, dx), width + min(0, dx))
    other = label[of]
    px, py = points[other, 0], points[other, 1]
    d = (grid[0][to] - px) ** 2 + (grid[1][to] - py) ** 2
    nearer = (other >= 0) & (d < best[to])
    label[to] = np.where(nearer, other, label[to])
    best[to] = np.where(nearer, d, best[to])
