"""Measurements that tell a good training photo from a poor one; they advise and never refuse."""

from dataclasses import dataclass

from PIL import Image, ImageFilter, ImageStat

MEASURED_SIDE = 512
# Divided by 4 around 128, so that all but extreme edges fit into 8 bits; undone in `_sharpness`.
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=4, offset=128)


@dataclass(frozen=True)
class Checks:
    """How sharp and how well exposed a photo is, and what it looks like.

    `sharpness` is the variance of the Laplacian of the photo at 512 pixels, `brightness` the mean
    luminance (0 to 255), the shares are those of nearly black and nearly white pixels (0 to 1),
    `dhash` is 64 bits as 16 hex digits: few different bits mean nearly the same picture.
    """

    sharpness: float
    brightness: float
    dark_share: float
    bright_share: float
    dhash: str


def check(picture: Image.Image) -> Checks:
    """Measure one upright RGB picture."""
    grey = picture.convert("L")
    grey.thumbnail((MEASURED_SIDE, MEASURED_SIDE), Image.Resampling.LANCZOS)
    levels = grey.histogram()
    pixels = grey.width * grey.height
    return Checks(
        sharpness=round(_sharpness(grey), 1),
        brightness=round(ImageStat.Stat(grey).mean[0], 1),
        dark_share=round(sum(levels[:8]) / pixels, 4),
        bright_share=round(sum(levels[248:]) / pixels, 4),
        dhash=_dhash(grey),
    )


def bits_apart(one: str, other: str) -> int:
    """Say how many of the 64 bits of two `dhash` differ: 0 for what looks the same, about 32 for strangers."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def is_black(picture: Image.Image) -> bool:
    """Tell whether nothing is to be seen: what vendors send in place of a picture they censored."""
    levels = picture.convert("L").histogram()
    return not any(levels[9:])


def _sharpness(grey: Image.Image) -> float:
    edges = grey.filter(_LAPLACIAN).crop((1, 1, grey.width - 1, grey.height - 1))
    return float(ImageStat.Stat(edges).var[0]) * 16


def _dhash(grey: Image.Image) -> str:
    tiny = grey.resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = [tiny[9 * y + x] > tiny[9 * y + x + 1] for y in range(8) for x in range(8)]
    return f"{sum(bit << n for n, bit in enumerate(bits)):016x}"
