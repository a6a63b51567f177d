"""Generated pictures: written anew, lossless and lossy, each with the mark of AI."""

import re
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from likeness.pictures import PictureRefused, bits_apart, dhash_of, digital_source_type, prepare_render
from tests.hostile import REFUSED, SECRET, Upload, exif, noise, saved, scene

MARK = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
VENDOR_KINDS = {"png", "jpeg", "webp"}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_vendor_picture_is_written_anew_with_the_mark(kind: str):
    render = prepare_render(saved(kind, exif=exif(), xmp=b"<SpyCam/>"), "FLUX.1 [dev]")

    for data in (render.original, render.view, *render.thumbnails.values()):
        assert digital_source_type(data) == MARK
        assert SECRET not in data
        assert Image.open(BytesIO(data)).format == "WEBP"
    assert (render.width, render.height) == (320, 256)
    assert set(render.thumbnails) == {640, 256}


def test_original_keeps_every_pixel():
    picture = noise(300, 300).convert("RGB")
    render = prepare_render(saved("PNG", picture), "FLUX.1 [dev]")

    assert Image.open(BytesIO(render.original)).tobytes() == picture.tobytes()
    assert len(render.view) < len(render.original)


def test_same_vendor_bytes_give_the_same_files_byte_for_byte(monkeypatch: pytest.MonkeyPatch):
    data = saved("PNG", noise(300, 300).convert("RGB"))
    first = prepare_render(data, "FLUX.1 [dev]")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)

    assert prepare_render(data, "FLUX.1 [dev]") == first


def test_dhash_of_our_file_is_that_of_the_picture_and_of_few_bits_for_what_looks_the_same():
    picture = Image.linear_gradient("L").convert("RGB").rotate(90)
    render = prepare_render(saved("PNG", picture), "FLUX.1 [dev]")

    assert dhash_of(render.original) == render.dhash
    assert bits_apart(render.dhash, dhash_of(render.view)) <= 3
    assert bits_apart(render.dhash, dhash_of(saved("PNG", picture.rotate(180)))) == 64


def test_mark_is_xml_whatever_the_model_is_called():
    render = prepare_render(saved("PNG"), "a\"b'<&>")
    packet = Image.open(BytesIO(render.view)).info["xmp"].decode()
    body = re.sub(r"<\?xpacket.*?\?>", "", packet).strip()

    described = ET.fromstring(body).find(".//{*}Description")  # noqa: S314 (our own packet)
    assert described is not None
    namespace = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
    assert described.attrib[f"{namespace}AISystemUsed"] == "a\"b'<&>"
    assert described.attrib[f"{namespace}DigitalSourceType"] == MARK


def test_unmarked_picture_has_no_source_type():
    assert digital_source_type(saved("WEBP")) is None


@pytest.mark.parametrize(
    ("picture", "black"),
    [
        (Image.new("RGB", (512, 512)), True),
        (Image.new("RGB", (512, 512), (6, 6, 6)), True),
        (Image.new("RGB", (512, 512), (20, 20, 20)), False),
        (scene(), False),
    ],
)
def test_blanked_picture_is_recognised(picture: Image.Image, *, black: bool):
    assert prepare_render(saved("PNG", picture), "FLUX.1 [dev]").is_black is black


@pytest.mark.parametrize("upload", REFUSED, ids=lambda upload: upload.name)
def test_hostile_vendor_file_is_refused(upload: Upload):
    with pytest.raises(PictureRefused):
        prepare_render(upload.make(), "FLUX.1 [dev]")


def test_heic_is_nothing_a_vendor_sends():
    from tests.heic import HEIC  # noqa: PLC0415

    with pytest.raises(PictureRefused):
        prepare_render(HEIC, "FLUX.1 [dev]")
