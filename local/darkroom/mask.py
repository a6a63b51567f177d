"""Phase 1 of a training: which pixels of every photo are the subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from PIL import Image

from local.darkroom.grid import Field, axes, blur, generator, resize
from local.darkroom.mixture import Mixture, improve, seed_mixture
from local.darkroom.outline import refine

ROUNDS = 6
SHRINK = 4
MEAN_SHAPE = (80, 64)
EDGE_STRENGTH = 1.1
CLEAR = 0.62
STRIDE = 3
PLACE_WEIGHT = 0.35


@dataclass
class _Photo:
    """One photo while its mask is sought."""

    colour: Field
    prior: Field
    edges: tuple[Field, Field]
    share: Field
    subject: Mixture | None = None
    ground: Mixture | None = None
    strip: Field = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Masks:
    """The masks of a set: one plane a photo at half the photo's size, and what they have in common."""

    alphas: list[Field]
    confidence: list[float]
    mean: Field
    shared: Mixture


def find_masks(photos: list[Field], seed: int, progress: Callable[[int, float], None]) -> Masks:
    """Cut the subject out of every photo; `progress(round, mean change)` after each of ROUNDS."""
    rng = generator(seed, "mask")
    states = [_start(photo) for photo in photos]
    shared: Mixture | None = None
    mean = _mean_mask(states)
    for turn in range(ROUNDS):
        shared = _fit_shared(states, shared, rng)
        change = 0.0
        for state in states:
            _fit_own(state, rng, turn)
            before = state.share
            state.share = _cut(_unary(state, shared, mean, turn), state.edges, before)
            change += float(np.abs(state.share - before).mean())
        mean = _mean_mask(states)
        progress(turn + 1, change / len(states))
    if shared is None:
        raise ValueError("a set of photos is not empty")
    clear = np.mean([_clearness(s, shared) for s in states]) > CLEAR
    alphas = [refine(s.share if clear else _oval(s.share), photo) for s, photo in zip(states, photos, strict=True)]
    confidence = [_confidence(s, shared) for s in states]
    return Masks(alphas, confidence, mean, shared)


def _start(photo: Field) -> _Photo:
    height, width = (side // SHRINK for side in photo.shape[:2])
    small = resize(photo, width, height, Image.Resampling.BOX)
    r, g, b = small[..., 0], small[..., 1], small[..., 2]
    colour = np.stack([(r + g + b) / 3, 1.1 * (r - g), 0.6 * (r + g - 2 * b)], -1)
    prior = _bust(width, height)
    start = np.clip(0.5 + 0.35 * prior, 0.02, 0.98)
    x, y = axes(width, height)
    points = np.concatenate([colour, PLACE_WEIGHT * np.stack([x, y], -1)], -1)
    state = _Photo(points.astype(np.float32), prior, _edge_weights(colour), start)
    state.strip = _border(width, height)
    return state


def _bust(width: int, height: int, place: tuple[float, float, float] = (0, 0.03, 0.36)) -> Field:
    """Say where a head on shoulders would be: positive inside.

    `place` is the head's middle (-1..1 of the width), its top (0..1 of the height) and half its width
    as a share of half the frame's shorter side.
    """
    middle, top, radius = place
    short = min(width, height) / 2
    x = np.abs(np.linspace(-1, 1, width, dtype=np.float32) - middle)[None, :] * (width / 2 / short)
    y = (np.linspace(0, 1, height, dtype=np.float32)[:, None] - top) * (height / short)
    head = np.hypot(x / radius, (y - 1.3 * radius) / (1.35 * radius))
    fall = np.clip((y - 2.1 * radius) / (1.5 * radius), 0, None)
    half = radius * (0.55 + 1.75 * np.minimum(fall, 1) ** 0.7 + 0.35 * fall)
    body = np.where(y > 1.6 * radius, x / half, 9)
    return np.asarray(np.clip(2.2 * (1 - np.minimum(head, body)), -2.6, 1.8).astype(np.float32))


def _fitted(ratio: Field) -> Field:
    """Return the bust that agrees best with what the colours say."""
    height, width = ratio.shape
    small = resize(ratio, max(8, width // 4), max(8, height // 4), Image.Resampling.BOX)
    places = product(np.linspace(-0.45, 0.45, 10), np.linspace(-0.04, 0.3, 6), (0.22, 0.28, 0.36, 0.46))
    shape = (small.shape[1], small.shape[0])
    best = max(places, key=lambda place: float((np.sign(_bust(*shape, place)) * small).sum()))
    return _bust(width, height, best)


def _border(width: int, height: int) -> Field:
    strip = np.zeros((height, width), np.float32)
    side, top = max(1, width // 12), max(1, height // 20)
    upper = int(0.62 * height)
    strip[:top] = 1
    strip[:top, width // 5 : width - width // 5] = 0
    strip[:upper, :side] = 1
    strip[:upper, -side:] = 1
    return strip


def _edge_weights(colour: Field) -> tuple[Field, Field]:
    ex = ((colour[:, 1:] - colour[:, :-1]) ** 2).sum(-1)
    ey = ((colour[1:] - colour[:-1]) ** 2).sum(-1)
    mean = (ex.mean() + ey.mean()) / 2 + 1e-9
    gx, gy = (EDGE_STRENGTH * np.exp(-e / (2.5 * mean)) + 0.12 for e in (ex, ey))
    return gx.astype(np.float32), gy.astype(np.float32)


def _fit_shared(states: list[_Photo], now: Mixture | None, rng: np.random.Generator) -> Mixture:
    points = np.concatenate([s.colour.reshape(-1, 5)[:: STRIDE * 3, :3] for s in states])
    weights = np.concatenate([s.share.ravel()[:: STRIDE * 3] for s in states])
    return improve(now or seed_mixture(points, weights, 8, rng), points, weights, 4)


def _fit_own(state: _Photo, rng: np.random.Generator, turn: int) -> None:
    points = state.colour.reshape(-1, 5)[::STRIDE]
    inside = state.share.ravel()[::STRIDE]
    sure = 0.15 if turn < 2 else 1.0
    outside = sure * (1 - inside) + (1.5 if turn < 3 else 0.3) * state.strip.ravel()[::STRIDE]
    subject = state.subject or seed_mixture(points, inside, 4, rng)
    ground = state.ground or seed_mixture(points, outside, 5, rng)
    state.subject = improve(subject, points, inside, 3)
    state.ground = improve(ground, points, outside, 3)


def _unary(state: _Photo, shared: Mixture, mean: Field, turn: int) -> Field:
    points = state.colour.reshape(-1, 5)
    if state.subject is None or state.ground is None:
        raise ValueError("the photo's own colours are fitted first")
    own = state.subject.log_density(points) - state.ground.log_density(points)
    alike = _alike(state, shared).ravel()
    ratio = 0.45 * np.clip(own, -5, 5) + 1.0 * np.clip(alike, -5, 5)
    height, width = state.share.shape
    ratio = np.clip(ratio, -5, 5).reshape(height, width)
    prior = state.prior
    if turn >= 1:
        prior = _fitted(ratio)
        common = np.clip(4 * (resize(mean, width, height) - 0.45), -2, 2)
        prior = 0.75 * prior + 0.25 * common
    weight = 1.1 if turn < 3 else 0.9
    colour = 0.42 * ratio
    return np.asarray((-0.5 * (colour + weight * prior)).astype(np.float32))


def _alike(state: _Photo, shared: Mixture) -> Field:
    """Say how much more a pixel's colour is the subject's than this photo's ground's (log)."""
    if state.ground is None:
        raise ValueError("the photo's own colours are fitted first")
    points = state.colour.reshape(-1, 5)[:, :3]
    ground = state.ground.marginal(3).log_density(points)
    return (shared.log_density(points) - ground).reshape(state.share.shape)


def _clearness(state: _Photo, shared: Mixture) -> float:
    """Return the share of the photo's border that does not have the subject's colours."""
    return float(np.average(_alike(state, shared) < -1.0, weights=state.strip))


def _confidence(state: _Photo, shared: Mixture) -> float:
    """Judge a mask by the ring around it: subject colours there were cut off."""
    around = blur(state.share, min(state.share.shape) / 20)
    ring = around * (1 - state.share) * (around > 0.05)
    height = len(ring)
    ring[height // 2 :] *= 0.3
    lost = np.average(_alike(state, shared) > 0, weights=ring + 1e-9)
    return float(1 - lost)


def _oval(share: Field) -> Field:
    """Give a subject that fills its photos the middle of the frame."""
    x, y = axes(share.shape[1], share.shape[0])
    d = (np.abs(2 * x - 1) / 0.97) ** 3 + (np.abs(2 * y - 1) / 0.97) ** 3
    return np.asarray((d < 1).astype(np.float32))


def _cut(unary: Field, edges: tuple[Field, Field], start: Field, rounds: int = 90) -> Field:
    """Minimise edge length plus unary over 0..1 (Chambolle-Pock); convex, so the start only helps."""
    gx, gy = edges
    u = start.copy()
    bar = u
    px, py = np.zeros_like(gx), np.zeros_like(gy)
    for _ in range(rounds):
        px = np.clip(px + 0.35 * (bar[:, 1:] - bar[:, :-1]), -gx, gx)
        py = np.clip(py + 0.35 * (bar[1:] - bar[:-1]), -gy, gy)
        flow = -unary
        flow[:, :-1] += px
        flow[:, 1:] -= px
        flow[:-1] += py
        flow[1:] -= py
        new = np.clip(u + 0.35 * flow, 0, 1)
        bar = 2 * new - u
        u = new
    return u


def _mean_mask(states: list[_Photo]) -> Field:
    height, width = MEAN_SHAPE
    return np.asarray(np.mean([resize(s.share, width, height) for s in states], 0).astype(np.float32))
