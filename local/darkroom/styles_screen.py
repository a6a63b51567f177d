"""Styles of the screen and of the camera: neon, anime, double exposure, sticker, photo."""

from __future__ import annotations

import numpy as np

from local.darkroom.brush import lines, painted, posterise
from local.darkroom.canvas import Canvas
from local.darkroom.grid import (
    Field,
    axes,
    blur,
    equalise,
    luminance,
    mix,
    ramp,
    rgb,
    saturate,
    screen,
    shift,
    smoothstep,
)

NEON = (("ff2f92", "22d8ff"), ("b040ff", "30ffc8"), ("ff5a2f", "4a6cff"), ("ffe14d", "ff3f8e"))
PAPERS = ("f4d35e", "9ad1d4", "f7a6b4", "b8a9e8", "a8d8a0", "f2b880")


def photo(canvas: Canvas) -> Field:
    """Leave the picture a photograph, with a little local contrast."""
    picture = canvas.picture
    return np.clip(picture + 0.22 * (picture - blur(picture, canvas.width * 0.012)), 0, 1)


def neon(canvas: Canvas) -> Field:
    """Trace edges in two glowing colours over darkness."""
    first, second = NEON[int(canvas.rng.integers(len(NEON)))]
    light = equalise(luminance(canvas.picture), canvas.alpha + 0.15, 0.6)
    fine = np.clip(np.abs(blur(light, 1.2) - blur(light, 2.4)) * 13 - 0.12, 0, 1)
    outline = np.clip(np.abs(blur(canvas.alpha, 2.0) - blur(canvas.alpha, 4.5)) * 5, 0, 1)
    tube = np.clip(fine * (0.38 + 0.85 * canvas.alpha) + outline, 0, 1)
    x, y = axes(canvas.width, canvas.height)
    lean = float(canvas.rng.uniform(-0.5, 0.5))
    tint = ramp(np.clip(x + lean * (y - 0.5), 0, 1), first, first, second, second)
    if canvas.wish.accent is not None:
        tint = mix(tint, canvas.wish.accent * 1.2, 0.55)
    dark = canvas.picture**1.25 * 0.30 + 0.09 * tint * light[..., None]
    picture = np.clip(dark, 0, 1)
    for reach, gain in ((0.003, 0.9), (0.010, 0.9), (0.034, 1.0)):
        picture = screen(picture, (blur(tube, canvas.width * reach) * gain)[..., None] * tint)
    picture = screen(picture, tube[..., None] * tint)
    return screen(picture, np.clip(blur(tube, 0.8) * 1.25 - 0.45, 0, 1)[..., None] * 0.8)


def anime(canvas: Canvas) -> Field:
    """Paint in soft flat tones with clean lines and a bloom."""
    flat = painted(painted(canvas.picture, canvas.alpha, 3, 4, 0.5), canvas.alpha, 2, 3, 0.5)
    light = luminance(flat)
    steps = posterise(equalise(light, None, 0.12), 6, 0.16)
    toned = flat * ((0.35 + 0.65 * steps) / (0.35 + 0.65 * light))[..., None]
    picture = saturate(np.clip(0.06 + toned * 1.05, 0, 1), 1.45)
    pen = (1 - lines(luminance(canvas.picture), 1.2, 0.982, 12)) * (0.25 + 0.65 * canvas.alpha)
    rim = np.clip(np.abs(blur(canvas.alpha, 1.0) - blur(canvas.alpha, 2.2)) * 5, 0, 1)
    picture = mix(picture, rgb("2a1c2c"), np.clip(pen * 0.85 + rim * 0.7, 0, 0.95))
    bright = np.clip(picture - 0.62, 0, 1)
    return np.clip(screen(picture, blur(bright, canvas.width * 0.022) * 1.1), 0, 1)


def double(canvas: Canvas) -> Field:
    """Let the scene show through the dark parts of the subject, on light paper."""
    light = equalise(luminance(canvas.picture), canvas.alpha + 0.02, 0.75)
    tone = equalise(luminance(canvas.scene), None, 0.55)
    scene = saturate(canvas.scene * (0.35 + 0.9 * tone)[..., None], 1.5)
    paper = np.array([0.97, 0.955, 0.93], np.float32)
    through = mix(scene, paper, smoothstep(0.30, 0.85, light))
    shade = 1 - 0.55 * smoothstep(0.55, 0.05, light)
    contour = 1 - 0.6 * (1 - lines(light, 1.4, 0.98))
    x, y = axes(canvas.width, canvas.height)
    low = smoothstep(1.02, 0.80, y)
    above = smoothstep(0.55, 0.0, np.hypot(x - 0.5, (y - 0.25) * 0.8)) * 0.45
    ground = mix(paper, scene, np.clip(above + 0.10, 0, 1))
    return np.clip(mix(ground, through * (shade * contour)[..., None], canvas.alpha * low), 0, 1)


def sticker(canvas: Canvas) -> Field:
    """Cut the subject out with a white border and a shadow on plain paper."""
    width = canvas.width
    colour = canvas.wish.accent
    if colour is None:
        colour = rgb(PAPERS[int(canvas.rng.integers(len(PAPERS)))])
    x, y = axes(width, canvas.height)
    step = np.hypot(((x * 22) % 1) - 0.5, ((y * 22 * canvas.height / width) % 1) - 0.5)
    back = mix(colour, np.clip(colour * 1.12 + 0.05, 0, 1), smoothstep(0.22, 0.19, step))
    back = mix(back, saturate(blur(canvas.scene, width * 0.01), 1.2), 0.10)
    solid = smoothstep(0.3, 0.7, canvas.alpha)
    border = smoothstep(0.05, 0.13, blur(solid, width * 0.013))
    fall = blur(shift(border, int(width * 0.008), int(width * 0.012)), width * 0.010)
    back = back * (1 - 0.38 * fall)[..., None]
    body = anime(canvas)
    picture = mix(back, np.full(3, 0.99, np.float32), border)
    return np.clip(mix(picture, body, solid), 0, 1)
