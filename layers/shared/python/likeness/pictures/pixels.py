"""Pixels alone: size, orientation, colour space; nothing of the file they came in."""

import hashlib
from io import BytesIO

from PIL import Image, ImageCms

ORIENTATION = 0x0112
THUMBNAIL_SIDES = (640, 256)
_SRGB = ImageCms.createProfile("sRGB")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def clean(picture: Image.Image, long_side: int | None) -> Image.Image:
    """Decode, shrink, turn upright and convert to sRGB: a new RGB picture without any metadata.

    It shrinks first: turning 50 megapixels costs twice their memory (`failures.md`, bombs).
    """
    if long_side:
        picture.draft(None, (long_side, long_side))
    picture.load()  # before EXIF is read, which would decode a PNG and hide its damage
    turn = _TURNS.get(_orientation(picture))
    profile = picture.info.get("icc_profile")
    small = _resizable(picture)
    if long_side:
        small.thumbnail((long_side, long_side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    flat = _srgb(_opaque(small), profile)
    upright = flat.transpose(turn) if turn is not None else flat
    fresh = Image.new("RGB", upright.size)
    fresh.paste(upright)
    return fresh


def pixel_hash(picture: Image.Image) -> str:
    """SHA-256 over the size and the RGB pixels: equal for equal pictures in whatever file."""
    width, height = picture.size
    return hashlib.sha256(f"{width}x{height}:".encode() + picture.tobytes()).hexdigest()


def thumbnails(picture: Image.Image, xmp: bytes | None = None) -> dict[int, bytes]:
    """Encode the small WebP pictures, by long side in pixels; never larger than the picture."""
    made = {}
    for side in THUMBNAIL_SIDES:
        picture = picture.copy()
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        made[side] = webp(picture, xmp, quality=82)
    return made


def webp(picture: Image.Image, xmp: bytes | None, *, quality: int, lossless: bool = False) -> bytes:
    """Encode as WebP; `quality` is the effort (0 fast, 100 small) when lossless."""
    out = BytesIO()
    options = {"xmp": xmp} if xmp else {}
    method = 1 if lossless else 4
    picture.save(out, "WEBP", quality=quality, lossless=lossless, method=method, **options)
    return out.getvalue()


def _orientation(picture: Image.Image) -> int:
    """Read the EXIF orientation; EXIF nobody can read means upright, not a refused photo."""
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 (EXIF readers raise anything on hostile bytes)
        return 1


def _resizable(picture: Image.Image) -> Image.Image:
    """Change modes that cannot be resized smoothly; the picture itself where it can."""
    if picture.mode in {"RGB", "RGBA", "L", "LA", "CMYK"}:
        return picture
    if picture.mode.startswith("I"):
        return picture.point(lambda level: level / 256).convert("L")
    return picture.convert("RGBA" if "transparency" in picture.info else "RGB")


def _opaque(picture: Image.Image) -> Image.Image:
    """Lay a transparent picture on white."""
    if picture.mode not in {"RGBA", "LA"}:
        return picture
    mode = picture.mode.removesuffix("A")
    flat = Image.new(mode, picture.size, "white")
    flat.paste(picture.convert(mode), mask=picture.getchannel("A"))
    return flat


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB; a profile that makes no sense counts as none."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            changed = ImageCms.profileToProfile(picture, source, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            return picture.convert("RGB")
        if changed is not None:
            return changed
    return picture.convert("RGB")
