"""A picture from a vendor becomes our own files, each marked as made by AI."""

from dataclasses import dataclass

from likeness.pictures.checks import check, is_black
from likeness.pictures.mark import mark
from likeness.pictures.opening import open_picture
from likeness.pictures.pixels import clean, pixel_hash, thumbnails, webp

FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True)
class PreparedRender:
    """A generated picture as we keep it: `original` (the download) is lossless, all are WebP.

    `sha256` is over its pixels, `dhash` is what it looks like (see `Checks`); `is_black`: the vendor blanked it.
    """

    original: bytes
    view: bytes
    thumbnails: dict[int, bytes]
    width: int
    height: int
    sha256: str
    dhash: str
    is_black: bool


def dhash_of(data: bytes) -> str:
    """Say what a picture of ours looks like (see `Checks`).

    Raises:
        PictureRefused: as `prepare_render`.
    """
    with open_picture(data, FORMATS) as opened:
        return check(clean(opened, None)).dhash


def prepare_render(data: bytes, ai_system: str) -> PreparedRender:
    """Decode a vendor's bytes once and write every file that we serve, marked with `ai_system`.

    Raises:
        PictureRefused: the bytes are not one still picture of an accepted format and size.
    """
    with open_picture(data, FORMATS) as opened:
        picture = clean(opened, None)
    xmp = mark(ai_system)
    return PreparedRender(
        original=webp(picture, xmp, quality=30, lossless=True),
        view=webp(picture, xmp, quality=86),
        thumbnails=thumbnails(picture, xmp),
        width=picture.width,
        height=picture.height,
        sha256=pixel_hash(picture),
        dhash=check(picture).dhash,
        is_black=is_black(picture),
    )
