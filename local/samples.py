"""Photos for demo and tests: public-domain pictures of scikit-image, varied as a person's own would be."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Final

import numpy as np
import skimage.data
from PIL import Image, ImageEnhance, ImageFilter

SUBJECTS: Final = {
    "astronaut": (0.0, 0.0, 0.86, 1.0),
    "chelsea": (0.02, 0.0, 0.98, 1.0),
    "coffee": (0.0, 0.0, 1.0, 1.0),
    "rocket": (0.08, 0.0, 0.92, 1.0),
    "motorcycle_left": (0.0, 0.0, 1.0, 1.0),
}
"""Each subject's picture and the part of it (left, top, right, bottom) in which the subject is."""

PHOTOS: Final = 12
SHORT_SIDE: Final = 1080


def sample_photos(subject: str = "astronaut", count: int = PHOTOS) -> list[bytes]:
    """Make `count` JPEGs of one subject, short side 1080 px, the same bytes each time.

    They differ in crop, tilt, exposure, white balance, contrast and side, so that few look alike to a
    perceptual hash; more than 12 go on varying.

    Raises:
        KeyError: there is no such subject.
    """
    source = _source(subject)
    return [_photo(source, subject, number) for number in range(count)]


def _source(subject: str) -> Image.Image:
    left, top, right, bottom = SUBJECTS[subject]
    folder = Path(skimage.data.__file__).parent
    path = next(p for p in (folder / f"{subject}.png", folder / f"{subject}.jpg") if p.exists())
    with Image.open(path) as opened:
        whole = opened.convert("RGB")
    width, height = whole.size
    part = (int(left * width), int(top * height), int(right * width), int(bottom * height))
    return whole.crop(part)


def _photo(source: Image.Image, subject: str, number: int) -> bytes:
    seed = [ord(letter) for letter in subject] + [number]
    rng = np.random.Generator(np.random.PCG64(seed))
    picture = _framed(source, rng, number)
    if number % 2:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture = _lit(picture, rng, number)
    if number % 12 == 7:
        picture = picture.filter(ImageFilter.GaussianBlur(1.6))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88 + number % 5)
    return out.getvalue()


def _framed(source: Image.Image, rng: np.random.Generator, number: int) -> Image.Image:
    """Tilt, then crop to one of four shapes; the tilt never shows a corner."""
    tilt = float(rng.uniform(-7, 7))
    width, height = source.size
    turned = source.rotate(tilt, Image.Resampling.BICUBIC)
    lean = abs(math.sin(math.radians(tilt))) * 0.5
    shape = (1.0, 0.8, 0.75, 1.25)[number % 4] * (1.25 if width > 1.2 * height else 1)
    zoom = float(rng.uniform(0.78, 0.98))
    room_w, room_h = width * (1 - lean), height * (1 - lean)
    crop_h = min(room_h, room_w / shape) * zoom
    crop_w = crop_h * shape
    x0 = width * lean / 2 + (room_w - crop_w) * float(rng.uniform(0.25, 0.75))
    y0 = height * lean / 2 + (room_h - crop_h) * float(rng.uniform(0.0, 0.12))
    scale = SHORT_SIDE / min(crop_w, crop_h)
    size = (round(crop_w * scale), round(crop_h * scale))
    part = (x0, y0, x0 + crop_w, y0 + crop_h)
    return turned.resize(size, Image.Resampling.LANCZOS, part).filter(ImageFilter.UnsharpMask(2.2, 90, 2))


def _lit(picture: Image.Image, rng: np.random.Generator, number: int) -> Image.Image:
    """Change exposure, contrast and warmth, and let light fall from one side."""
    width, height = picture.size
    warmth = float(rng.uniform(-0.08, 0.08))
    exposure = float(rng.uniform(0.82, 1.18))
    angle = number * 2.4
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    fall = 1 + 0.22 * (x * math.cos(angle) + y * math.sin(angle))
    tint = np.array([1 + warmth, 1.0, 1 - warmth], np.float32)
    pixels = np.asarray(picture, np.float32) * (exposure * fall)[..., None] * tint
    noise = rng.normal(0, 2.0, pixels.shape).astype(np.float32)
    lit = Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
    return ImageEnhance.Contrast(lit).enhance(float(rng.uniform(0.9, 1.12)))
