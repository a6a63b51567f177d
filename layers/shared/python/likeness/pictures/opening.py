"""Opening bytes from outside: what is accepted, and why anything else is refused."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from io import BytesIO

import pi_heif
from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 50_000_000
MAX_SIDE = 12_000
MIN_SIDE = 256

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


class Refusal(StrEnum):
    """Why a picture is refused; the value is part of the API and never changes."""

    EMPTY = "empty"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    ANIMATED = "animated"
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"


ADVICE = {
    Refusal.EMPTY: "The file is empty. Choose the photo again.",
    Refusal.UNSUPPORTED_FORMAT: "Only JPEG, PNG, WebP and HEIC work. Save it as one of these.",
    Refusal.TOO_MANY_PIXELS: "It is over 50 megapixels or 12,000 pixels long. Save it smaller.",
    Refusal.TOO_SMALL: f"The photo is under {MIN_SIDE} pixels on one side. Use a larger one.",
    Refusal.ANIMATED: "The file holds more than one picture. Save one of them as a photo.",
    Refusal.TRUNCATED: "The end of the file is missing. Upload the photo again.",
    Refusal.UNREADABLE: "The file is damaged. Save it as JPEG in a photo app and try again.",
}


class PictureRefused(Exception):
    """A picture that may not be used: a stable `code`, and a `detail` that says what to do."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(code.value)
        self.code = code
        self.detail = ADVICE[code]


@contextmanager
def open_picture(data: bytes, formats: tuple[str, ...]) -> Iterator[Image.Image]:
    """Yield the picture behind hostile bytes: its header is checked, nothing is decoded yet.

    Whatever goes wrong inside the block, decoding included, is the picture's fault.

    Raises:
        PictureRefused: the bytes are not one still picture of an accepted format and size.
    """
    if not data:
        raise PictureRefused(Refusal.EMPTY)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # Editors drop the second picture of a phone's JPEG and damage EXIF: neither is kept.
            warnings.filterwarnings("ignore", "Image appears to be a malformed MPO file")
            warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")
            with Image.open(BytesIO(data), formats=formats) as picture:
                _check_header(picture)
                yield picture
    except PictureRefused:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise PictureRefused(Refusal.TOO_MANY_PIXELS) from error
    except Exception as error:  # decoders raise anything at all on hostile bytes
        raise PictureRefused(_why(data, error)) from error


def _check_header(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise PictureRefused(Refusal.TOO_MANY_PIXELS)
    # MPO is a JPEG with a companion (phones keep depth or HDR gain there), not an animation.
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) != 1:
        raise PictureRefused(Refusal.ANIMATED)
    if min(width, height) < MIN_SIDE:
        raise PictureRefused(Refusal.TOO_SMALL)


def _why(data: bytes, error: Exception) -> Refusal:
    known = _is_jpeg(data) or _is_png(data) or _is_webp(data) or _is_heif(data)
    if isinstance(error, UnidentifiedImageError) and not known:
        return Refusal.UNSUPPORTED_FORMAT
    if "truncated" in str(error) or isinstance(error, EOFError) or _is_cut(data):
        return Refusal.TRUNCATED
    return Refusal.UNREADABLE


def _is_jpeg(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff")


def _is_png(data: bytes) -> bool:
    return data.startswith(b"\x89PNG\r\n\x1a\n")


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _is_heif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"heim", b"heis", b"mif1"}


def _is_cut(data: bytes) -> bool:
    """Tell whether the container promises more bytes than there are; for files that failed."""
    if _is_jpeg(data):
        return b"\xff\xd9" not in data[-1024:]
    if _is_png(data):
        return b"IEND" not in data
    if _is_webp(data):
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return _is_heif(data) and _boxes_end(data) > len(data)


def _boxes_end(data: bytes) -> int:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8:  # 0 = to the end of the file, 1 = 64-bit length: no telling
            return len(data)
        at += size
    return at
