"""Light of a scene on a subject, and the two put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local.darkroom.grid import (
    Field,
    axes,
    blur,
    gradient,
    luminance,
    mix,
    screen,
    shift,
    smoothstep,
)
from local.darkroom.subject import Cutout


@dataclass(frozen=True)
class Scene:
    """A place: its picture, where its light comes from (0..1 of the frame) and its colours."""

    picture: Field
    light_at: tuple[float, float]
    light: Field
    ambient: Field
    rim: float = 0.5


def relight(cutout: Cutout, scene: Scene) -> Field:
    """Light a subject as the scene would: shading, tint, rim and a little of the scene's own light."""
    height, width = cutout.alpha.shape
    x, y = axes(width, height)
    dx, dy = scene.light_at[0] - x, scene.light_at[1] - y
    away = np.sqrt(dx * dx + dy * dy) + 0.15
    relief = sum(blur(cutout.alpha, width * part) for part in (0.012, 0.04, 0.10))
    gx, gy = gradient(np.asarray(relief))
    steep = width * 0.10
    facing = -(gx * dx + gy * dy) * steep / away
    shade = np.clip(0.88 + 0.42 * facing, 0.62, 1.25)
    local_colour = blur(scene.picture, width * 0.12)
    local_colour = local_colour / (luminance(local_colour).mean() + 0.15)
    tint = mix(np.ones(3, np.float32), 0.55 + 0.45 * local_colour, 0.38)
    picture = cutout.picture * shade[..., None] * tint
    warm = np.clip(facing, 0, 1)[..., None] * scene.light * 0.16
    picture = screen(np.clip(picture, 0, 1), warm)
    inner = cutout.alpha * (1 - blur(cutout.alpha, width * 0.008))
    rim = np.clip(inner * 2.2, 0, 1) * smoothstep(-0.05, 0.5, facing)
    picture = screen(picture, rim[..., None] * scene.light * scene.rim)
    wrap = cutout.alpha * (1 - blur(cutout.alpha, width * 0.016))
    return mix(picture, blur(scene.picture, width * 0.02), np.clip(wrap * 0.5, 0, 0.5))


def combine(scene: Scene, cutout: Cutout, strength: float) -> tuple[Field, Field]:
    """Put the subject in front of the scene; returns the picture and the opacity that was used."""
    alpha = cutout.alpha * min(1.0, 1.6 * strength)
    height, width = alpha.shape
    fall = (0.5 - scene.light_at[0]) * 0.05
    shadow = blur(shift(cutout.alpha, int(fall * width), int(0.015 * height)), width * 0.025)
    ground = scene.picture * (1 - 0.30 * shadow * min(1.0, strength))[..., None]
    return mix(ground, relight(cutout, scene), alpha), alpha
