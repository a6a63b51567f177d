"""The last hand: colour grade, vignette, grain, and the mark that it is an offline preview."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from local.darkroom.grid import Field, axes, generator, luminance, mix, rgb, saturate, smoothstep
from local.darkroom.photos import to_bytes

MARK: Final = "offline preview"
GRADES: Final = {
    # shadow tint, highlight tint, amount, saturation, contrast, lift
    "golden": ("3a1c08", "ffd58a", 0.22, 1.10, 1.04, 0.02),
    "noir": ("08080a", "f4f2ee", 0.00, 0.00, 1.32, -0.02),
    "pastel": ("b8a8d0", "fff0f0", 0.26, 0.72, 0.78, 0.13),
    "cinematic": ("06303c", "ffc890", 0.26, 1.02, 1.14, -0.01),
    "vintage": ("40304a", "ffe8b8", 0.26, 0.72, 0.88, 0.06),
    "moody": ("0a1420", "c8b8a0", 0.22, 0.68, 1.14, -0.09),
    "vivid": ("100820", "fff8e8", 0.00, 1.45, 1.12, 0.00),
    "cold": ("0c2038", "dcecff", 0.26, 0.82, 1.04, 0.02),
    "sepia": ("2a1608", "f6e4c0", 0.78, 0.12, 0.98, 0.03),
    "cyber": ("1a0840", "90f0ff", 0.22, 1.28, 1.12, -0.02),
}
INKED: Final = frozenset({"pencil", "ink", "cyanotype", "duotone", "riso", "popart", "poster", "sticker", "pixel"})


def finish(picture: Field, grade: str | None, style: str, seed: int) -> Image.Image:
    """Grade, darken the corners, add grain and the mark; returns 8-bit RGB."""
    if grade is not None:
        amount = 0.45 if style in INKED and grade not in {"noir", "sepia"} else 1.0
        picture = mix(picture, _graded(picture, grade), amount)
    height, width = picture.shape[:2]
    if style not in INKED:
        x, y = axes(width, height)
        corner = smoothstep(0.55, 1.45, np.hypot(2 * x - 1, 2 * y - 1))
        picture = picture * (1 - 0.22 * corner)[..., None]
    if style != "pixel":
        grain = generator(seed, "grain").standard_normal((height, width), np.float32)
        picture = picture + 0.010 * grain[..., None]
    return _marked(Image.fromarray(to_bytes(picture)))


def _graded(picture: Field, name: str) -> Field:
    shadow, highlight, amount, saturation, contrast, lift = GRADES[name]
    out = saturate(picture, saturation)
    out = np.clip((out - 0.5) * contrast + 0.5 + lift, 0, 1)
    light = luminance(out)[..., None]
    split = mix(rgb(shadow), rgb(highlight), light)
    return np.clip(mix(out, split * 0.55 + out * split * 0.75, amount), 0, 1)


def _marked(picture: Image.Image) -> Image.Image:
    """Put a pill with the words in the lower right corner."""
    width, height = picture.size
    size = max(10, min(width, height) // 50)
    font = ImageFont.load_default(size)
    pad = size * 0.55
    box = font.getbbox(MARK)
    wide, tall = box[2] - box[0] + 2 * pad, size + 1.1 * pad
    x, y = width - wide - size * 0.8, height - tall - size * 0.8
    layer = Image.new("RGBA", picture.size)
    pen = ImageDraw.Draw(layer)
    pen.rounded_rectangle((x, y, x + wide, y + tall), tall / 2, fill=(12, 12, 18, 150))
    pen.text((x + wide / 2, y + tall / 2), MARK, (255, 255, 255, 225), font, anchor="mm")
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")
