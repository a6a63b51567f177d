"""Training: photos in, adapter file out, with progress that is real."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from local.darkroom.adapter import Adapter, Shot, pack
from local.darkroom.grid import Field, gradient, luminance, resize
from local.darkroom.lowrank import encode, learn
from local.darkroom.mask import ROUNDS, find_masks
from local.darkroom.photos import LONG_EDGE, load

DEFAULT_STEPS = 60
MAX_STEPS = 300
Progress = Callable[[int, int, str, float], None]


def silent(_done: int, _total: int, _phase: str, _value: float) -> None:
    """Report nothing."""


def train(
    photos: list[bytes],
    *,
    steps: int = DEFAULT_STEPS,
    seed: int = 0,
    trigger: str = "",
    base_model: str = "",
    long_edge: int = LONG_EDGE,
    progress: Progress = silent,
) -> bytes:
    """Learn a subject from its photos and return the adapter; the same input gives the same bytes.

    `progress(done, total, phase, value)` follows each mask round (value: how much the masks changed)
    and each step (value: share of detail not yet explained). More than MAX_STEPS steps change nothing
    that can be seen, so only that many are taken.

    Raises:
        UnreadablePhoto: a photo cannot be decoded.
    """
    steps = min(max(steps, 1), MAX_STEPS)
    pictures = [load(raw, long_edge) for raw in photos]
    total = ROUNDS + steps
    masks = find_masks(pictures, seed, lambda done, v: progress(done, total, "masks", v))
    basis = learn(pictures, masks.alphas, seed, steps, lambda n, v: progress(ROUNDS + n, total, "detail", v))
    judged = zip(pictures, masks.alphas, masks.confidence, strict=True)
    shots = [_shot(picture, alpha, sure, basis) for picture, alpha, sure in judged]
    words = {"steps": str(steps), "seed": str(seed), "subject": trigger, "base_model": base_model}
    return pack(Adapter(basis, shots, words))


def _shot(picture: Field, alpha: Field, confidence: float, basis: Field) -> Shot:
    height, width = alpha.shape
    light = resize(luminance(picture), width, height)
    gx, gy = gradient(light)
    weight = alpha + 1e-6
    sharpness = float(np.average(np.hypot(gx, gy), weights=weight))
    brightness = float(np.average(light, weights=weight))
    return Shot(encode(picture, basis), alpha, sharpness, brightness, confidence)
