"""Uploaded photos: refused with a code, or written anew without anything of the file."""

from io import BytesIO

import pytest
from PIL import Image, ImageCms, ImageFilter, ImageOps

from likeness.pictures import PictureRefused, Refusal, prepare_photo
from likeness.pictures.opening import ADVICE
from tests.hostile import REFUSED, SECRET, STORED, Upload, exif, noise, saved, scene

CORNERS = {1: "rbgy", 2: "bryg", 3: "ygbr", 4: "gyrb", 5: "rgby", 6: "gryb", 7: "ybgr", 8: "byrg"}
COLOURS = {"r": (255, 0, 0), "b": (0, 0, 255), "g": (0, 128, 0), "y": (255, 255, 0)}


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def colour_at(picture: Image.Image, x: float, y: float) -> str:
    pixel = picture.getpixel((int(picture.width * x), int(picture.height * y)))
    assert isinstance(pixel, tuple)
    return min(COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(pixel, COLOURS[name], strict=True)))


def corners(data: bytes) -> str:
    picture = opened(data)
    return "".join(colour_at(picture, x, y) for y in (0.2, 0.8) for x in (0.2, 0.8))


@pytest.mark.parametrize("upload", REFUSED, ids=lambda upload: upload.name)
def test_hostile_file_is_refused_with_its_code(upload: Upload):
    with pytest.raises(PictureRefused) as refused:
        prepare_photo(upload.make())
    assert refused.value.code == upload.refused
    assert refused.value.detail == ADVICE[refused.value.code]


def test_every_refusal_says_what_to_do():
    assert set(ADVICE) == set(Refusal)


@pytest.mark.parametrize("upload", STORED, ids=lambda upload: upload.name)
def test_accepted_file_is_kept_only_as_our_own_pixels(upload: Upload):
    photo = prepare_photo(upload.make())

    for data in (photo.jpeg, *photo.thumbnails.values()):
        assert SECRET not in data
        picture = opened(data)
        assert dict(picture.getexif()) == {}
        assert picture.mode == "RGB"
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(picture.info)
    assert photo.jpeg.startswith(b"\xff\xd8\xff")
    assert photo.jpeg.endswith(b"\xff\xd9")
    assert opened(photo.jpeg).size == (photo.width, photo.height)
    assert {opened(data).format for data in photo.thumbnails.values()} == {"WEBP"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_photo_is_stored_upright(orientation: int):
    photo = prepare_photo(saved("PNG", exif=exif(orientation)))

    assert corners(photo.jpeg) == CORNERS[orientation]
    assert (photo.width > photo.height) == (orientation < 5)


@pytest.mark.parametrize("name", ["gps_heic", "palette_png", "cmyk_jpeg", "two_pictures_in_a_jpeg"])
def test_odd_colour_mode_keeps_its_colours(name: str):
    upload = next(upload for upload in STORED if upload.name == name)

    assert corners(prepare_photo(upload.make()).jpeg) in {"rbgy", "rbby"}


def test_sixteen_bit_photo_keeps_its_brightness():
    upload = next(upload for upload in STORED if upload.name == "sixteen_bit_png")

    assert prepare_photo(upload.make()).checks.brightness == pytest.approx(101.5, abs=1)


def test_transparent_photo_lies_on_white():
    clear = Image.new("RGBA", (300, 300), (255, 0, 0, 0))

    assert opened(prepare_photo(saved("PNG", clear)).jpeg).getpixel((150, 150)) == (255, 255, 255)


def test_photo_in_another_colour_space_is_converted_to_srgb():
    lab_like = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain = saved("PNG", Image.new("RGB", (300, 300), (200, 30, 30)))
    swapped = saved("PNG", Image.new("RGB", (300, 300), (200, 30, 30)), icc_profile=swap_profile())
    senseless = saved("PNG", Image.new("RGB", (300, 300), (200, 30, 30)), icc_profile=lab_like)

    assert prepare_photo(swapped).sha256 != prepare_photo(plain).sha256
    assert prepare_photo(senseless).sha256 == prepare_photo(plain).sha256


def swap_profile() -> bytes:
    """Make an sRGB profile whose red and green primaries have changed places."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tXYZ").replace(b"gXYZ", b"rXYZ").replace(b"tXYZ", b"gXYZ")


def test_large_photo_is_shrunk_and_small_one_is_not_enlarged():
    large = prepare_photo(saved("JPEG", scene(4000, 3000)))
    small = prepare_photo(saved("JPEG", scene(300, 260)))

    assert (large.width, large.height) == (2048, 1536)
    assert {side: max(opened(data).size) for side, data in large.thumbnails.items()} == {
        640: 640,
        256: 256,
    }
    assert (small.width, small.height) == (300, 260)
    assert opened(small.thumbnails[640]).size == (300, 260)


def test_same_picture_in_another_file_has_the_same_hash():
    plain = prepare_photo(saved("PNG"))

    assert prepare_photo(saved("PNG", exif=exif(), optimize=True)).sha256 == plain.sha256
    assert prepare_photo(saved("WEBP", lossless=True)).sha256 == plain.sha256
    assert prepare_photo(saved("PNG", scene().rotate(180))).sha256 != plain.sha256
    assert prepare_photo(saved("PNG", scene(322, 256))).sha256 != plain.sha256


def test_checks_tell_sharp_from_blurred_and_dark_from_bright():
    noisy = noise(600, 600).convert("RGB")
    sharp = prepare_photo(saved("PNG", noisy)).checks
    soft = prepare_photo(saved("PNG", noisy.filter(ImageFilter.GaussianBlur(6)))).checks
    dark = prepare_photo(saved("PNG", Image.new("RGB", (300, 300), (2, 2, 2)))).checks
    bright = prepare_photo(saved("PNG", Image.new("RGB", (300, 300), "white"))).checks

    assert sharp.sharpness > 20 * soft.sharpness
    assert (dark.brightness, dark.dark_share, dark.bright_share) == (2, 1, 0)
    assert (bright.brightness, bright.dark_share, bright.bright_share) == (255, 0, 1)


def test_alike_photos_have_near_fingerprints():
    def dhash(picture: Image.Image) -> int:
        return int(prepare_photo(saved("JPEG", picture)).checks.dhash, 16)

    ramp = Image.radial_gradient("L").resize((600, 400)).convert("RGB")

    assert (dhash(ramp) ^ dhash(ramp.resize((450, 300)))).bit_count() <= 4
    assert (dhash(ramp) ^ dhash(ImageOps.invert(ramp))).bit_count() > 10


def test_photo_that_hardly_compresses_is_stored():
    """Pillow's optimising JPEG writer fails when the file outgrows its guess."""
    grain = Image.merge(
        "RGB", [noise(2048, 1500), noise(2047, 1500).resize((2048, 1500)), noise(2048, 1500).rotate(180)]
    )

    assert prepare_photo(saved("PNG", grain)).width == 2048
