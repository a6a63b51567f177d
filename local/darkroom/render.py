"""Rendering: a prompt, a size, a seed and perhaps an adapter in, a picture out."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from local.darkroom import styles_paint, styles_print, styles_screen, styles_shape
from local.darkroom.adapter import Adapter
from local.darkroom.canvas import Canvas
from local.darkroom.finish import MARK, finish
from local.darkroom.grid import Field, generator
from local.darkroom.light import combine
from local.darkroom.scenes import make_scene, weather
from local.darkroom.subject import choose, cut_out, place
from local.darkroom.words import parse

STYLES: Final[dict[str, Callable[[Canvas], Field]]] = {
    "photo": styles_screen.photo,
    "oil": styles_paint.oil,
    "impasto": styles_paint.impasto,
    "watercolor": styles_paint.watercolor,
    "pencil": styles_paint.pencil,
    "ink": styles_paint.ink,
    "popart": styles_print.popart,
    "cyanotype": styles_print.cyanotype,
    "duotone": styles_print.duotone,
    "poster": styles_print.poster,
    "lowpoly": styles_shape.lowpoly,
    "glass": styles_shape.glass,
    "pixel": styles_shape.pixel,
    "neon": styles_screen.neon,
    "anime": styles_screen.anime,
    "riso": styles_print.riso,
    "double": styles_screen.double,
    "sticker": styles_screen.sticker,
}
SOFTWARE: Final = f"darkroom ({MARK})"


def render(
    prompt: str,
    width: int,
    height: int,
    seed: int,
    adapter: Adapter | None = None,
    strength: float = 1.0,
) -> Image.Image:
    """Make a picture; the same arguments give the same pixels on one machine.

    Without an adapter, or at strength 0, nobody is in the picture.
    """
    wish = parse(prompt)
    empty = adapter is None or strength <= 0
    if empty and wish.scene == "studio":
        wish = replace(wish, scene="abstract")
    scene = make_scene(wish, seed, width, height, soft=0.0 if empty else 0.0022)
    picture, alpha = scene.picture, np.zeros((height, width), np.float32)
    if adapter is not None and not empty:
        rng = generator(seed, "pose")
        shot = choose(adapter, rng)
        cutout = cut_out(shot, adapter.basis, min(strength, 1.0))
        placed = place(shot, cutout, (width, height), wish.framing, rng)
        picture, alpha = combine(scene, placed, min(strength, 1.0))
    picture = np.clip(weather(picture, wish, seed), 0, 1).astype(np.float32)
    chance = generator(seed, "style", wish.style)
    styled = STYLES[wish.style](Canvas(picture, alpha, scene.picture, chance, wish))
    return finish(styled, wish.grade, wish.style, seed)


def encode(picture: Image.Image, kind: str = "png") -> bytes:
    """Write a picture as png, jpeg or webp; a png names the darkroom as its software."""
    out = io.BytesIO()
    if kind == "png":
        words = PngInfo()
        words.add_text("Software", SOFTWARE)
        picture.save(out, "PNG", pnginfo=words, compress_level=2)
    elif kind == "webp":
        picture.save(out, "WEBP", quality=92, method=2)
    else:
        picture.save(out, "JPEG", quality=93, comment=SOFTWARE.encode())
    return out.getvalue()
