"""Uploads that should hurt us, made by code: what each is, and how it must be answered.

`refused` is the code of the refusal; None means: stored, but only as pixels that we wrote anew.
Every file that may be stored carries `SECRET` wherever its format can hide it.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from random import Random
from zipfile import ZipFile

from PIL import Image, ImageDraw, PngImagePlugin

from tests.heic import HEIC

SECRET = b"SpyCam"
SCRIPT = b"<html><script>alert('SpyCam')</script></html>"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>SpyCam</exif:GPSLatitude></x:xmpmeta>'
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Upload:
    """One hostile file: `make` builds its bytes."""

    name: str
    make: Callable[[], bytes]
    content_type: str = "image/jpeg"
    refused: str | None = None


def scene(width: int = 320, height: int = 256) -> Image.Image:
    """Paint a picture whose four corners differ: red, blue, green, yellow, row by row."""
    picture = Image.new("RGB", (width, height), "blue")
    draw = ImageDraw.Draw(picture)
    x, y = width // 2, height // 2
    draw.rectangle((0, 0, x - 1, y - 1), fill="red")
    draw.rectangle((0, y, x - 1, height), fill="green")
    draw.rectangle((x, y, width, height), fill="yellow")
    return picture


def noise(width: int, height: int) -> Image.Image:
    """Paint grey noise, the same every time."""
    return Image.frombytes("L", (width, height), Random(7).randbytes(width * height))  # noqa: S311 (a picture, not a secret)


def saved(kind: str, picture: Image.Image | None = None, **options: object) -> bytes:
    """Encode the scene, or `picture`."""
    out = BytesIO()
    (picture or scene()).save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> bytes:
    """Write EXIF with a place, a camera and an orientation."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = SECRET.decode()
    place = tags.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (52.0, 31.0, 12.0), "E", (13.0, 24.0, 36.0)
    return tags.tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Frame one PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def blank_png(width: int, height: int) -> bytes:
    """Make a PNG bomb: a few kilobytes that declare width x height grey pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(width + 1)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return PNG_HEAD + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _frames() -> list[Image.Image]:
    return [scene(), scene().rotate(90), scene().rotate(180)]


def _animated(kind: str) -> bytes:
    first, *rest = _frames()
    return saved(kind, first, save_all=True, append_images=rest, duration=100)


def _cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def _noise_jpeg() -> bytes:
    return saved("JPEG", noise(640, 480))


def _zip() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("evil.html", SCRIPT)
    return out.getvalue()


def _png_with(*chunks: bytes) -> bytes:
    data = saved("PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def _text_png() -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return text


def _huge_jpeg() -> bytes:
    data = bytearray(saved("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(data)


def _huge_webp() -> bytes:
    data = bytearray(saved("WEBP", lossless=True))
    at = data.index(b"VP8L") + 9
    data[at : at + 4] = struct.pack("<I", (16_382 << 14) | 16_382)
    return bytes(data)


def _bad_crc(kind: bytes) -> bytes:
    data = bytearray(saved("PNG"))
    at = data.index(kind)
    data[at + 4] ^= 0xFF
    return bytes(data)


def _broken_exif() -> bytes:
    return saved("JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff" + SECRET * 9)


def _sixteen_bit() -> bytes:
    return saved("PNG", scene().convert("L").convert("I").point(lambda p: p * 257).convert("I;16"))


def _palette() -> bytes:
    return saved("PNG", scene().convert("P"), transparency=0)


def _clear() -> bytes:
    picture = scene().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return saved("PNG", picture)


def _turned(orientation: int) -> bytes:
    return saved("JPEG", exif=exif(orientation))


REFUSED = [
    Upload("empty", lambda: b"", refused="empty"),
    Upload("gif", lambda: saved("GIF"), refused="unsupported_format"),
    Upload("animated_gif", lambda: _animated("GIF"), refused="unsupported_format"),
    Upload("gif_javascript", lambda: b"GIF89a/*" + SCRIPT, refused="unsupported_format"),
    Upload("bmp", lambda: saved("BMP"), refused="unsupported_format"),
    Upload("tiff", lambda: saved("TIFF"), refused="unsupported_format"),
    Upload("eps", lambda: saved("EPS"), refused="unsupported_format"),
    Upload("pdf", lambda: saved("PDF"), refused="unsupported_format"),
    Upload("ppm", lambda: saved("PPM"), refused="unsupported_format"),
    Upload("ico", lambda: saved("ICO"), refused="unsupported_format"),
    Upload("avif", lambda: saved("AVIF"), refused="unsupported_format"),
    Upload("svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
           refused="unsupported_format"),
    Upload("html", lambda: SCRIPT, refused="unsupported_format"),
    Upload("zip", _zip, refused="unsupported_format"),
    Upload("program", lambda: b"MZ" + bytes(4096), refused="unsupported_format"),
    Upload("noise", lambda: bytes(range(1, 256)) * 40, refused="unsupported_format"),
    Upload("apng", lambda: _animated("PNG"), "image/png", refused="animated"),
    Upload("animated_webp", lambda: _animated("WEBP"), "image/webp", refused="animated"),
    Upload("cut_jpeg", lambda: _cut(_noise_jpeg()), refused="truncated"),
    Upload("cut_png", lambda: _cut(saved("PNG", noise(400, 300))), "image/png",
           refused="truncated"),
    Upload("cut_webp", lambda: _cut(saved("WEBP")), "image/webp", refused="truncated"),
    Upload("cut_heic", lambda: _cut(HEIC), "image/heic", refused="truncated"),
    Upload("jpeg_head_only", lambda: b"\xff\xd8\xff\xe0" + bytes(500) + b"\xff\xd9",
           refused="unreadable"),
    Upload("png_bad_header", lambda: _bad_crc(b"IHDR"), "image/png", refused="unreadable"),
    Upload("png_bad_pixels", lambda: _bad_crc(b"IDAT"), "image/png", refused="unreadable"),
    Upload("png_without_size", lambda: blank_png(0, 0), "image/png", refused="unreadable"),
    Upload("png_text_bomb", lambda: _png_with(
        chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(50_000_000), 9))), "image/png",
        refused="unreadable"),
    Upload("webp_garbage", lambda: b"RIFF\x20\x00\x00\x00WEBPVP8 " + bytes(32), "image/webp",
           refused="unreadable"),
    Upload("heic_garbage", lambda: HEIC[:28] + bytes(len(HEIC) - 28), "image/heic",
           refused="unreadable"),
    Upload("png_bomb_144_mp", lambda: blank_png(12_000, 12_000), "image/png",
           refused="too_many_pixels"),
    Upload("png_bomb_51_mp", lambda: blank_png(8_500, 6_000), "image/png",
           refused="too_many_pixels"),
    Upload("png_long_side", lambda: blank_png(12_001, 300), "image/png",
           refused="too_many_pixels"),
    Upload("jpeg_4_gp", _huge_jpeg, refused="too_many_pixels"),
    Upload("webp_268_mp", _huge_webp, "image/webp", refused="too_many_pixels"),
    Upload("one_pixel", lambda: saved("PNG", Image.new("L", (1, 1))), "image/png", refused="too_small"),
    Upload("sliver", lambda: saved("JPEG", scene(4000, 8)), refused="too_small"),
]  # fmt: skip

STORED = [
    Upload("jpeg_and_html", lambda: saved("JPEG", comment=SCRIPT) + SCRIPT),
    Upload("jpeg_and_zip", lambda: saved("JPEG") + _zip()),
    Upload("png_and_php", lambda: _png_with(chunk(b"tEXt", b"Comment\x00<?php SpyCam ?>")) + SCRIPT,
           "image/png"),
    Upload("webp_and_html", lambda: saved("WEBP") + SCRIPT, "image/webp"),
    Upload("png_called_jpeg", lambda: saved("PNG")),
    Upload("gps_jpeg", lambda: saved("JPEG", exif=exif(), xmp=XMP, comment=SECRET)),
    Upload("gps_png", lambda: saved("PNG", exif=exif(), pnginfo=_text_png()), "image/png"),
    Upload("gps_webp", lambda: saved("WEBP", exif=exif(), xmp=XMP), "image/webp"),
    Upload("gps_heic", lambda: HEIC, "image/heic"),
    Upload("broken_exif", _broken_exif),
    Upload("garbage_profile", lambda: saved("JPEG", icc_profile=SECRET * 99)),
    Upload("grey_jpeg", lambda: saved("JPEG", scene().convert("L"))),
    Upload("cmyk_jpeg", lambda: saved("JPEG", scene().convert("CMYK"))),
    Upload("progressive_jpeg", lambda: saved("JPEG", progressive=True)),
    Upload("two_pictures_in_a_jpeg", lambda: saved(
        "MPO", scene(), save_all=True, append_images=[scene().rotate(180)])),
    Upload("sixteen_bit_png", _sixteen_bit, "image/png"),
    Upload("palette_png", _palette, "image/png"),
    Upload("one_bit_png", lambda: saved("PNG", scene().convert("1")), "image/png"),
    Upload("transparent_png", _clear, "image/png"),
    *[Upload(f"orientation_{n}", partial(_turned, n)) for n in range(1, 9)],
]  # fmt: skip

CRASHING = Upload(
    "heic_that_crashes_its_decoder",
    lambda: HEIC.replace(b"Exif\x00", b"\xffxif\x00", 1),
    "image/heic",
    refused="unreadable",
)
"""A name of a box that is no UTF-8: pi-heif 1.4 dies of a segmentation fault."""

UPLOADS = [*REFUSED, CRASHING, *STORED]
