"""Files from vendors: only from their own hosts, bounded, and proved to be what they should be."""

import hashlib
import io
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
import safetensors.numpy

from likeness.errors import VendorError, VendorTransient
from likeness.vendors import download
from likeness.vendors.fal import FalTrainer
from likeness.vendors.protocol import Fetched, Weights
from likeness.vendors.safetensors import MAX_HEADER_BYTES, check_safetensors
from tests.unit.vendors.conftest import Net
from tests.unit.vendors.samples import FILES, PNG
from tests.unit.vendors.samples import safetensors as adapter

ORIGINS = ("https://v3b.fal.media",)
HOSTILE = [
    "http://v3b.fal.media/a.png",
    "https://v3b.fal.media:8443/a.png",
    "https://eve.test/a.png",
    "https://v3b.fal.media.eve.test/a.png",
    "https://xv3b.fal.media/a.png",
    "https://v3b.fal.media@eve.test/a.png",
    "https://ada:secret@v3b.fal.media/a.png",
    "https://eve.test\\@v3b.fal.media/a.png",
    "https://v3b.fal.media\t.eve.test/a.png",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/a.png",
    "https://localhost/a.png",
    "https://v3b.fal.mediа/a.png",  # noqa: RUF001 (a Cyrillic letter)
    "https://v3b.fal.media./a.png",
    "//v3b.fal.media/a.png",
    "file:///etc/passwd",
    "data:image/png;base64,iVBORw0KGgo=",
    "ftp://v3b.fal.media/a.png",
    "https://v3b.fal.media:99999/a.png",
    "https:///a.png",
    "",
]


@pytest.mark.parametrize("url", [*HOSTILE, None, 7, {"url": "x"}])
def test_url_outside_of_the_vendor_is_never_fetched(net: Net, url: object) -> None:
    with pytest.raises(VendorError) as raised:
        download.picture(url, ORIGINS)
    assert raised.type is VendorError
    assert net.requests == []


@pytest.mark.parametrize(
    "url", ["https://v3b.fal.media/a.png", "https://V3B.fal.media:443/a.png?x=1", "HTTPS://v3b.fal.media/b/@c"]
)
def test_url_of_the_vendor_is_fetched_without_our_key(net: Net, url: str) -> None:
    net.will(httpx.Response(200, content=PNG))
    assert download.picture(url, ORIGINS) == (PNG, "image/png")
    assert "authorization" not in net.requests[0].headers
    assert net.requests[0].headers["user-agent"]


def test_local_origin_with_a_port_is_matched_exactly() -> None:
    origins = ("http://127.0.0.1:8790",)
    assert download.is_allowed("http://127.0.0.1:8790/files/a.png", origins)
    assert not download.is_allowed("http://127.0.0.1/files/a.png", origins)
    assert not download.is_allowed("http://localhost:8790/files/a.png", origins)
    assert not download.is_allowed("http://127.0.0.1:8790/files/a.png", ())


UNDELIVERED: list[tuple[Any, type[VendorError]]] = [
    (httpx.Response(302, headers={"location": "https://eve.test/"}), VendorError),
    (httpx.Response(404), VendorTransient),
    (httpx.Response(500), VendorTransient),
    (httpx.ReadTimeout("10 s"), VendorTransient),
    (httpx.Response(200, text="<html>"), VendorError),
    (httpx.Response(200, content=b""), VendorError),
    (httpx.Response(200, content=PNG, headers={"content-length": str(10**12)}), VendorError),
    (httpx.Response(200, content=PNG, headers={"content-encoding": "br"}), VendorError),
]


@pytest.mark.parametrize(("answer", "error"), UNDELIVERED)
def test_picture_that_is_not_delivered_is_told_apart_from_one_that_is_none(
    net: Net, answer: Any, error: type[VendorError]
) -> None:
    net.will(answer)
    with pytest.raises(VendorError) as raised:
        download.picture(f"{FILES}/a.png", ORIGINS)
    assert raised.type is error
    assert len(net.requests) == 1


class Endless(httpx.SyncByteStream):
    """A body without an end that counts what was read of it."""

    read = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.read += 1024 * 1024
            yield bytes(1024 * 1024)


def test_picture_without_end_stops_at_25_megabytes(net: Net) -> None:
    body = Endless()
    net.will(httpx.Response(200, stream=body))
    with pytest.raises(VendorError, match="too large"):
        download.picture(f"{FILES}/a.png", ORIGINS)
    assert body.read <= 27 * 1024 * 1024


def test_picture_that_trickles_stops_at_20_seconds(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 7))
    monkeypatch.setattr(download, "monotonic", lambda: next(clock))
    net.will(httpx.Response(200, stream=Endless()))
    with pytest.raises(VendorTransient, match="too long"):
        download.picture(f"{FILES}/a.png", ORIGINS)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(PNG, "image/png"), (b"\xff\xd8\xff\xe0" + bytes(9), "image/jpeg"), (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp")],
)
def test_picture_is_named_by_its_first_bytes(content: bytes, content_type: str) -> None:
    assert download.picture_type(content) == content_type


def test_weights_are_copied_hashed_and_proved(net: Net) -> None:
    content = adapter()
    net.will(httpx.Response(200, stream=Pieces(content, 5)))
    sink = io.BytesIO()
    fetched = FalTrainer().fetch(Weights(f"{FILES}/w.safetensors"), sink)
    assert fetched == Fetched(len(content), hashlib.sha256(content).hexdigest())
    assert sink.getvalue() == content


class Pieces(httpx.SyncByteStream):
    """A body in pieces of a size, perhaps broken off."""

    def __init__(self, content: bytes, size: int, fault: Exception | None = None) -> None:
        self._pieces = [content[at : at + size] for at in range(0, len(content), size)]
        self._fault = fault

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._fault:
            raise self._fault


def test_weights_that_break_off_may_be_fetched_again(net: Net) -> None:
    net.will(httpx.Response(200, stream=Pieces(adapter(), 5, httpx.RemoteProtocolError("cut"))))
    with pytest.raises(VendorTransient):
        FalTrainer().fetch(Weights(f"{FILES}/w.safetensors"), io.BytesIO())


def test_weights_that_are_a_pickle_are_refused_before_they_are_read(net: Net) -> None:
    body = Endless()
    net.will(httpx.Response(200, stream=Pieces(b"\x80\x04\x95" + b"A" * 200_000, 70_000, AssertionError("read on"))))
    with pytest.raises(VendorError, match="not safetensors"):
        FalTrainer().fetch(Weights(f"{FILES}/w.pt"), io.BytesIO())
    assert body.read == 0


def test_file_of_the_safetensors_library_is_accepted() -> None:
    tensors: dict[str, np.ndarray[Any, Any]] = {
        "down": np.ones((3, 5), dtype=np.float16),
        "up": np.ones((7,), dtype=np.int8),
        "none": np.ones((0, 4), dtype=np.float32),
        "scale": np.ones((), dtype=np.float32),
    }
    content = safetensors.numpy.save(tensors, metadata={"format": "pt"})
    check_safetensors(content, len(content))


def tensor(**changes: Any) -> dict[str, Any]:
    return {"a": {"dtype": "F16", "shape": [2, 2], "data_offsets": [0, 8]} | changes}


UNREADABLE = {
    "empty": b"",
    "seven bytes": bytes(7),
    "pickle": b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00.",
    "zip": b"PK\x03\x04" + bytes(60),
    "html": b"<html><body>not found</body></html>",
    "header of nothing": bytes(8),
    "header longer than the file": (100).to_bytes(8, "little") + b"{}",
    "header of 2^63": (2**63).to_bytes(8, "little") + b"{}",
    "header over 16 MB": (MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b"{}",
    "not json": adapter(raw=b"{'a': 1}"),
    "not utf-8": adapter(raw=b'{"\xff": 1}'),
    "deep json": adapter(raw=b"[" * 200_000),
    "a list": adapter(raw=b"[1]"),
    "no tensor": adapter({"__metadata__": {"a": "b"}}, b""),
    "a tensor that is a number": adapter({"a": 7}),
    "a name twice": adapter(raw=b'{"a":7,"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}'),
    "unknown dtype": adapter(tensor(dtype="PICKLE")),
    "dtype of a list": adapter(tensor(dtype=[])),
    "negative shape": adapter(tensor(shape=[-2, -2])),
    "shape of floats": adapter(tensor(shape=[2.0, 2])),
    "shape of booleans": adapter(tensor(shape=[True, 4])),
    "giant shape": adapter(tensor(shape=[2**60, 2**60])),
    "wrong bytes": adapter(tensor(shape=[2, 3])),
    "offsets backwards": adapter(tensor(data_offsets=[8, 0])),
    "three offsets": adapter(tensor(data_offsets=[0, 4, 8])),
    "gap at the start": adapter(tensor(data_offsets=[2, 10]), bytes(10)),
    "data cut": adapter(data=bytes(7)),
    "data too long": adapter(data=bytes(9)),
    "overlap": adapter(tensor() | {"b": {"dtype": "U8", "shape": [4], "data_offsets": [4, 8]}}),
    "offsets missing": adapter({"a": {"dtype": "U8", "shape": [8]}}),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_file_that_is_not_whole_safetensors_is_refused(content: bytes) -> None:
    with pytest.raises(VendorError):
        check_safetensors(content, len(content))
