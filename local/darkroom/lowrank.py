"""Phase 2 of a training: a low-rank basis for the detail that a coarse copy of the photos lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from local.darkroom.grid import Field, generator, resize
from local.darkroom.photos import PATCH, to_bytes

RANK = 32
BATCH = 192
PATCH_VALUES = PATCH * PATCH * 3


@dataclass(frozen=True)
class Coded:
    """One photo in an adapter: coarse copy (8 bit) and its detail, int8 with a scale a column."""

    base: Field
    up: Field
    scale: Field


def coarse(photo: Field) -> Field:
    """Reduce a photo by the patch size, 8 bit."""
    height, width = (side // PATCH for side in photo.shape[:2])
    return to_bytes(resize(photo, width, height, Image.Resampling.BOX))


def grown(base: Field) -> Field:
    """Bring a coarse copy back to full size, without its detail."""
    height, width = (side * PATCH for side in base.shape[:2])
    return resize(base.astype(np.float32) / 255, width, height)


def to_patches(picture: Field) -> Field:
    """Cut into rows of PATCH x PATCH x 3 values, left to right, top to bottom."""
    rows, columns = (side // PATCH for side in picture.shape[:2])
    blocks = picture.reshape(rows, PATCH, columns, PATCH, 3).swapaxes(1, 2)
    return np.ascontiguousarray(blocks).reshape(rows * columns, PATCH_VALUES)


def from_patches(patches: Field, rows: int, columns: int) -> Field:
    """Undo to_patches."""
    blocks = patches.reshape(rows, columns, PATCH, PATCH, 3).swapaxes(1, 2)
    return np.ascontiguousarray(blocks).reshape(rows * PATCH, columns * PATCH, 3)


def learn(
    photos: list[Field],
    masks: list[Field],
    seed: int,
    steps: int,
    progress: Callable[[int, float], None],
) -> Field:
    """Find the basis (192, rank) of the detail by orthogonal iteration; `progress(step, loss)`.

    The loss is the share of detail energy the basis cannot say, on 2,000 patches of these photos.
    """
    rng = generator(seed, "lowrank")
    detail = np.concatenate([to_patches(photo - grown(coarse(photo))) for photo in photos])
    weights = np.concatenate([0.08 + _per_patch(m, p) for m, p in zip(masks, photos, strict=True)])
    odds: Field = np.cumsum(weights, dtype=np.float64)
    odds /= odds[-1]

    def draw(count: int) -> Field:
        return detail[np.minimum(np.searchsorted(odds, rng.random(count)), len(detail) - 1)]

    check = draw(2000)
    energy = float((check**2).sum()) + 1e-9
    scatter: Field = np.zeros((PATCH_VALUES, PATCH_VALUES), np.float32)
    basis: Field = np.linalg.qr(rng.standard_normal((PATCH_VALUES, RANK), np.float32))[0]
    for step in range(steps):
        keep = 1 - 1 / (step + 1) if step < 60 else 0.985
        batch = draw(BATCH)
        scatter = keep * scatter + (1 - keep) * (batch.T @ batch)
        basis = np.linalg.qr(scatter @ basis)[0]
        progress(step + 1, 1 - float(((check @ basis) ** 2).sum()) / energy)
    return _canonical(basis, scatter)


def _per_patch(mask: Field, photo: Field) -> Field:
    rows, columns = (side // PATCH for side in photo.shape[:2])
    return resize(mask, columns, rows, Image.Resampling.BOX).ravel()


def _canonical(basis: Field, scatter: Field) -> Field:
    """Turn the basis to its principal directions, strongest first, largest entry positive."""
    _, turn = np.linalg.eigh((basis.T @ scatter @ basis).astype(np.float64))
    basis = basis @ turn[:, ::-1].astype(np.float32)
    peak = basis[np.abs(basis).argmax(0), np.arange(basis.shape[1])]
    return np.asarray((basis * np.sign(peak)).astype(np.float16).astype(np.float32))


def encode(photo: Field, basis: Field) -> Coded:
    """Write a photo down as coarse copy plus coefficients of the basis."""
    base = coarse(photo)
    coefficients = to_patches(photo - grown(base)) @ basis
    scale = (np.abs(coefficients).max(0) / 127 + 1e-8).astype(np.float32)
    return Coded(base, np.round(coefficients / scale).astype(np.int8), scale)


def decode(coded: Coded, basis: Field, strength: float = 1.0) -> Field:
    """Rebuild a photo: coarse copy + strength x detail, rounded to 8 bit so that runs agree."""
    rows, columns = coded.base.shape[:2]
    detail = (coded.up.astype(np.float32) * coded.scale) @ basis.T
    picture = grown(coded.base) + strength * from_patches(detail, rows, columns)
    return to_bytes(picture).astype(np.float32) / 255


def rebuild(photo: Field, basis: Field) -> Field:
    """Say any photo in the words of this basis: how close it comes tells whose basis it is."""
    return decode(encode(photo, basis), basis)
