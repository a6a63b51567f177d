"""An uploaded photo becomes a clean JPEG: upright, sRGB, without metadata, measured."""

from dataclasses import dataclass
from io import BytesIO

from likeness.pictures.checks import Checks, check
from likeness.pictures.opening import open_picture
from likeness.pictures.pixels import clean, pixel_hash, thumbnails

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
LONG_SIDE = 2048
QUALITY = 92


@dataclass(frozen=True)
class PreparedPhoto:
    """A photo as we keep it; `thumbnails` are WebP by long side, `sha256` is over its pixels."""

    jpeg: bytes
    thumbnails: dict[int, bytes]
    width: int
    height: int
    sha256: str
    checks: Checks


def prepare_photo(data: bytes) -> PreparedPhoto:
    """Turn uploaded bytes into our own files; nothing of the original file is in them.

    Raises:
        PictureRefused: the bytes are not one still photo of an accepted format and size.
    """
    with open_picture(data, FORMATS) as opened:
        picture = clean(opened, LONG_SIDE)
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, subsampling="4:4:4")
    return PreparedPhoto(
        jpeg=out.getvalue(),
        thumbnails=thumbnails(picture),
        width=picture.width,
        height=picture.height,
        sha256=pixel_hash(picture),
        checks=check(picture),
    )
