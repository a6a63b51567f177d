"""The subject out of an adapter: which photo, rebuilt, cut out, put into the frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from local.darkroom.adapter import Adapter, Shot
from local.darkroom.grid import Field, blur, luminance, resize, smoothstep
from local.darkroom.lowrank import decode

HEIGHTS = {"close": 1.06, "mid": 0.88, "wide": 0.70}
SIDE_FADE = 0.07


@dataclass(frozen=True)
class Cutout:
    """A picture and its opacity, both the size of the frame."""

    picture: Field
    alpha: Field


def choose(adapter: Adapter, rng: np.random.Generator) -> Shot:
    """Pick one of the better half of the photos: sharp, well cut, neither dark nor burnt."""
    median = float(np.median([shot.sharpness for shot in adapter.shots])) + 1e-6

    def score(shot: Shot) -> float:
        cut = max(_contact(shot)[name] for name in ("left", "right"))
        light = max(0.0, abs(shot.luminance - 0.45) - 0.15)
        sharp = min(shot.sharpness / median, 1.2)
        return sharp + 6 * shot.confidence - 0.5 * _contact(shot)["top"] - 0.3 * cut - light

    ranked = sorted(adapter.shots, key=score, reverse=True)
    return ranked[int(rng.integers(max(min(3, len(ranked)), len(ranked) // 2)))]


def _contact(shot: Shot) -> dict[str, float]:
    """Say how much of each side of the photo the subject touches."""
    a = shot.alpha > 0.5
    sides = {"left": a[:, :3], "right": a[:, -3:], "top": a[:3], "bottom": a[-3:]}
    return {name: float(side.mean()) for name, side in sides.items()}


def cut_out(shot: Shot, basis: Field, strength: float) -> Cutout:
    """Rebuild a photo and take the ground's colour out of the subject's edge."""
    picture = decode(shot.code, basis, min(1.0, 0.4 + 0.6 * strength))
    height, width = picture.shape[:2]
    alpha = np.clip(resize(shot.alpha, width, height, Image.Resampling.BICUBIC), 0, 1)
    core = alpha**3
    inner = blur(picture * core[..., None], 6) / (blur(core, 6) + 1e-3)[..., None]
    known = smoothstep(0.0, 0.2, blur(core, 6))
    doubt = smoothstep(0.98, 0.6, alpha) * known
    picture = picture + (inner - picture) * doubt[..., None]
    return Cutout(_exposed(picture, alpha), alpha)


def _exposed(picture: Field, alpha: Field, low: float = 0.38, high: float = 0.54) -> Field:
    light = np.median(luminance(picture)[alpha > 0.5]) if (alpha > 0.5).any() else 0.45
    target = np.clip(light, low, high)
    gamma = np.log(target) / np.log(np.clip(light, 0.05, 0.95))
    return np.clip(picture, 0, 1) ** float(np.clip(gamma, 0.65, 1.5))


def place(shot: Shot, cutout: Cutout, size: tuple[int, int], framing: str, rng: np.random.Generator) -> Cutout:
    """Set a cut-out into a frame of `size` (width, height): seated on the lower edge, head inside."""
    width, height = size
    box = _box(cutout.alpha)
    contact = _contact(shot)
    tall, wide = cutout.alpha.shape
    scale = _scale(box, size, framing) * float(rng.uniform(0.93, 1.06))
    if framing != "wide" and max(contact["left"], contact["right"]) > 0.08:
        scale = max(scale, min(1.02 * width / wide, 1.3 * scale))
    head = _head(cutout.alpha, box)
    aim = width / 2 + width * _off_centre(width / height, rng)
    left = _held_to_side(aim - head * scale, contact, wide * scale, width, head * scale)
    seated = height - tall * scale * 0.995 if contact["bottom"] > 0.08 else height * 0.93 - box[3] * scale
    top = max(seated, height * float(rng.uniform(0.05, 0.10)) - box[1] * scale)
    faded = cutout.alpha * _fade(cutout.alpha.shape, contact, left, scale, width)
    return Cutout(
        np.clip(_placed(cutout.picture, left, top, scale, size), 0, 1),
        np.clip(_placed(faded, left, top, scale, size), 0, 1),
    )


def _box(alpha: Field) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero((alpha > 0.4).any(1))[0], np.nonzero((alpha > 0.4).any(0))[0]
    if not len(rows):
        return 0, 0, alpha.shape[1], alpha.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _scale(box: tuple[int, int, int, int], size: tuple[int, int], framing: str) -> float:
    width, height = size
    tall = HEIGHTS[framing] * height / (box[3] - box[1])
    cap = 1.02 if width / height >= 0.9 else 1.45
    return min(tall, cap * width / (box[2] - box[0]))


def _head(alpha: Field, box: tuple[int, int, int, int]) -> float:
    upper = alpha[box[1] : box[1] + max(1, int(0.4 * (box[3] - box[1])))]
    return float(np.average(np.arange(alpha.shape[1]), weights=upper.sum(0) + 1e-6))


def _off_centre(ratio: float, rng: np.random.Generator) -> float:
    side = 1 if rng.random() < 0.5 else -1
    reach = 0.16 if ratio > 1.3 else 0.055
    return side * reach * float(rng.uniform(0.5, 1.0))


def _held_to_side(left: float, contact: dict[str, float], wide: float, width: int, head: float) -> float:
    """Move a subject cut by the photo's side to the frame's side, unless its head would leave."""
    moved = left
    if contact["left"] > 0.05:
        moved = min(moved, 0.0)
    if contact["right"] > 0.05:
        moved = max(moved, width - wide) if contact["left"] <= 0.05 or wide >= width else moved
    return moved if 0.26 < (moved + head) / width < 0.74 else left


def _fade(shape: tuple[int, ...], contact: dict[str, float], left: float, scale: float, width: int) -> Field:
    """Soften the sides at which the photo, not the frame, cuts the subject."""
    height, wide = shape
    x = (np.arange(wide, dtype=np.float32) + 0.5) / wide
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    fade = np.ones((height, wide), np.float32)
    if contact["left"] > 0.02 and left > 2:
        fade = fade * smoothstep(0, SIDE_FADE, x)
    if contact["right"] > 0.02 and left + wide * scale < width - 2:
        fade = fade * smoothstep(0, SIDE_FADE, 1 - x)
    if contact["top"] > 0.3:
        fade = fade * smoothstep(0, SIDE_FADE, y)
    return fade


def _placed(a: Field, left: float, top: float, scale: float, size: tuple[int, int]) -> Field:
    if a.ndim == 3:
        return np.stack([_placed(a[..., c], left, top, scale, size) for c in range(3)], -1)
    back = (1 / scale, 0, -left / scale, 0, 1 / scale, -top / scale)
    plane = Image.fromarray(np.ascontiguousarray(a, np.float32))
    moved = plane.transform(size, Image.Transform.AFFINE, back, Image.Resampling.BICUBIC)
    return np.asarray(moved, np.float32)
