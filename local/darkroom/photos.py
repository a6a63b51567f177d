"""Photos as the darkroom reads them: upright, RGB pixels only, sides that are multiples of a patch."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from local.darkroom.grid import Field

PATCH = 8
LONG_EDGE = 768


class UnreadablePhoto(Exception):
    """The bytes are not a picture that Pillow can decode."""


def load(raw: bytes, long_edge: int = LONG_EDGE) -> Field:
    """Decode a photo to float RGB with its long side near `long_edge`; EXIF and all else is left.

    Raises:
        UnreadablePhoto: Pillow cannot decode the bytes.
    """
    try:
        with Image.open(io.BytesIO(raw)) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadablePhoto(str(error)) from error
    scale = long_edge / max(upright.size)
    width, height = (max(PATCH * 4, round(side * scale / PATCH) * PATCH) for side in upright.size)
    small = upright.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(small, np.float32) / 255


def to_bytes(picture: Field) -> Field:
    """Round a float picture to 8 bits a channel."""
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
