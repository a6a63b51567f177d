"""Arithmetic on pictures: float arrays (height, width[, 3]) between 0 and 1, numpy and Pillow only."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Field = npt.NDArray[Any]
"""A picture (height, width, 3) or one plane of it (height, width), float32."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def generator(*names: object) -> np.random.Generator:
    """Make the random numbers of one stage: the same names give the same numbers on every run."""
    digest = sha256("|".join(str(name) for name in names).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "big")))


def luminance(picture: Field) -> Field:
    """Weigh the three channels as the eye does."""
    return picture @ LUMA


def resize(a: Field, width: int, height: int, how: Image.Resampling | None = None) -> Field:
    """Resample every plane to width x height; bicubic unless told."""
    if a.ndim == 3:
        return np.stack([resize(a[..., c], width, height, how) for c in range(a.shape[2])], -1)
    if a.shape == (height, width):
        return a
    plane = Image.fromarray(np.ascontiguousarray(a, np.float32))
    return np.asarray(plane.resize((width, height), how or Image.Resampling.BICUBIC), np.float32)


def blur(a: Field, sigma: float) -> Field:
    """Blur with a Gaussian of `sigma` pixels; wide ones are made on a shrunk copy."""
    if sigma < 0.3:
        return a
    factor = int(max(1, sigma // 1.1))
    if factor == 1:
        return _convolve(_convolve(a, sigma, 0), sigma, 1)
    height, width = a.shape[:2]
    small = resize(a, -(-width // factor), -(-height // factor), Image.Resampling.BOX)
    soft = blur(small, sigma / factor)
    return resize(soft, width, height, Image.Resampling.BILINEAR)


def _convolve(a: Field, sigma: float, axis: int) -> Field:
    reach = int(np.ceil(2.6 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    pad = [(0, 0)] * a.ndim
    pad[axis] = (reach, reach)
    padded = np.pad(np.asarray(a, np.float32), pad, "edge")
    length = a.shape[axis]
    out: Field = np.zeros(a.shape, np.float32)
    for k, tap in enumerate(taps):
        out += tap * (padded[k : k + length] if axis == 0 else padded[:, k : k + length])
    return out


def smoothstep(low: float, high: float, x: Field) -> Field:
    """Rise softly from 0 at `low` to 1 at `high`; a `low` above `high` falls."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a: Field, b: Field, t: Field | float) -> Field:
    """Blend from a (t = 0) to b (t = 1); a plane t is spread over the channels."""
    if isinstance(t, np.ndarray) and t.ndim == 2 and (np.ndim(a) == 3 or np.ndim(b) != 2):
        t = t[..., None]
    return a + (b - a) * t


def screen(a: Field, b: Field) -> Field:
    """Add light without passing white."""
    return np.asarray(1 - (1 - a) * (1 - np.clip(b, 0, 1)))


def rgb(code: str) -> Field:
    """Read a colour such as `ff8800`."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255


def ramp(t: Field, *codes: str) -> Field:
    """Map 0..1 through evenly spaced colours; gives one more axis."""
    stops = np.stack([rgb(code) for code in codes])
    at = np.linspace(0, 1, 512) * (len(codes) - 1)
    low = np.minimum(at.astype(int), len(codes) - 2)
    table = stops[low] + (stops[low + 1] - stops[low]) * (at - low)[:, None].astype(np.float32)
    return np.asarray(table[(np.clip(t, 0, 1) * 511).astype(np.int32)].astype(np.float32))


def axes(width: int, height: int) -> tuple[Field, Field]:
    """Make x and y planes that run from 0 to 1 over the frame."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / width
    y = (np.arange(height, dtype=np.float32) + 0.5) / height
    return np.broadcast_to(x, (height, width)), np.broadcast_to(y[:, None], (height, width))


def fbm(rng: np.random.Generator, width: int, height: int, cell: float, octaves: int = 5) -> Field:
    """Draw cloudy noise of mean 0 and deviation 1; `cell` is its coarsest size in pixels."""
    if cell / 2 ** (octaves - 1) >= 4 and min(width, height) >= 64:
        small = fbm(rng, -(-width // 2), -(-height // 2), cell / 2, octaves)
        return resize(small, width, height, Image.Resampling.BILINEAR)
    out: Field = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        size = max(cell / 2**octave, 1.0)
        grid = rng.standard_normal((int(height / size) + 3, int(width / size) + 3), np.float32)
        plane, part = Image.fromarray(grid), (0, 0, width / size, height / size)
        big = plane.resize((width, height), Image.Resampling.BICUBIC, part)
        out += np.asarray(big, np.float32) * 0.55**octave
    return np.asarray((out - out.mean()) / (out.std() + 1e-6))


def wander(rng: np.random.Generator, width: int, cell: float, octaves: int = 6) -> Field:
    """Draw a line of noise of mean 0 and deviation 1, `width` values long."""
    out: Field = np.zeros(width, np.float32)
    for octave in range(octaves):
        size = max(cell / 2**octave, 1.0)
        knots = rng.standard_normal(int(width / size) + 3).astype(np.float32)
        at = np.arange(width, dtype=np.float32) / size
        low = at.astype(np.int32)
        part = smoothstep(0, 1, at - low)
        out += (knots[low] + (knots[low + 1] - knots[low]) * part) * 0.55**octave
    return np.asarray((out - out.mean()) / (out.std() + 1e-6))


def shift(a: Field, dx: int, dy: int) -> Field:
    """Move by whole pixels, repeating the edge: nothing wraps around."""
    height, width = a.shape[:2]
    rows = np.clip(np.arange(height) - dy, 0, height - 1)
    columns = np.clip(np.arange(width) - dx, 0, width - 1)
    return a[rows][:, columns]


def gradient(plane: Field) -> tuple[Field, Field]:
    """Return the slopes along x and y, central differences."""
    gx = 0.5 * (shift(plane, -1, 0) - shift(plane, 1, 0))
    gy = 0.5 * (shift(plane, 0, -1) - shift(plane, 0, 1))
    return gx, gy


def saturate(picture: Field, amount: float) -> Field:
    """Move colours away from (above 1) or towards (below 1) grey."""
    grey = luminance(picture)[..., None]
    return grey + (picture - grey) * amount


def equalise(plane: Field, weight: Field | None = None, amount: float = 1.0) -> Field:
    """Spread the tones evenly over 0..1, judged where `weight` is high."""
    bins = np.clip(plane * 255, 0, 255).astype(np.int32)
    counts = np.bincount(bins.ravel(), None if weight is None else weight.ravel(), 256)
    curve = np.cumsum(counts, dtype=np.float64)
    curve = (curve / max(curve[-1], 1e-9)).astype(np.float32)
    return np.asarray(plane + (curve[bins] - plane) * amount)
