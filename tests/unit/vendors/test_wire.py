"""The one HTTP client, on a real socket, and the bounds of an answer."""

import base64
import io
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from likeness.errors import VendorError, VendorTransient, VendorUnknown
from likeness.vendors import download, renderer, trainer, wire
from likeness.vendors.fal import FalTrainer
from likeness.vendors.protocol import Picture, Weights
from tests.unit.vendors.conftest import Net
from tests.unit.vendors.samples import FILES, PNG, REF, render_order, safetensors, training_order
from tests.unit.vendors.test_download import Endless


class Moved(BaseHTTPRequestHandler):
    """Answers every request with a redirect to itself, and counts."""

    seen: list[dict[str, str]]

    def do_POST(self) -> None:
        self.seen.append(dict(self.headers))
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(307)
        self.send_header("location", self.path)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def socket_net(production_client: httpx.Client, net: Net, monkeypatch: pytest.MonkeyPatch) -> Net:
    monkeypatch.setattr(wire, "client", lambda: production_client)
    return net


def buy_training(net: Net, port: int) -> None:
    net.secrets["likeness/test/fal"]["base_url"] = f"http://127.0.0.1:{port}/fal"
    order = training_order()
    trainer(order.endpoint).submit(order)


def test_purchase_at_a_closed_port_was_never_sent(socket_net: Net) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(VendorTransient):
            buy_training(socket_net, taken.getsockname()[1])


def test_purchase_that_is_redirected_is_not_followed_and_ignores_proxies(socket_net: Net) -> None:
    Moved.seen = []
    with HTTPServer(("127.0.0.1", 0), Moved) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with pytest.raises(VendorUnknown):
                buy_training(socket_net, server.server_port)
        finally:
            server.shutdown()
            thread.join()
    assert len(Moved.seen) == 1
    assert Moved.seen[0]["authorization"] == "Key id:secret"
    assert Moved.seen[0]["user-agent"] == "likeness/1"


def test_purchase_whose_server_hangs_up_is_unknown(socket_net: Net) -> None:
    def hang_up(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hang_up, args=(listener,))
        thread.start()
        with pytest.raises(VendorUnknown):
            buy_training(socket_net, listener.getsockname()[1])
        thread.join()


def test_answer_without_end_is_cut_off(net: Net) -> None:
    body = Endless()
    net.will(httpx.Response(200, stream=body))
    order = training_order()
    with pytest.raises(VendorUnknown):
        trainer(order.endpoint).submit(order)
    assert body.read <= wire.ANSWER_BYTES + 2 * 1024 * 1024


def test_answer_that_trickles_is_cut_off(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 5))
    monkeypatch.setattr(wire, "monotonic", lambda: next(clock))
    body = Endless()
    net.will(httpx.Response(200, stream=body))
    assert isinstance(FalTrainer().poll(REF).error, VendorTransient)
    assert body.read <= 4 * 1024 * 1024


def together(first: Any) -> httpx.Response:
    return httpx.Response(200, json={"data": [first]})


def buy_picture() -> object:
    order = render_order("flux-2-dev", "render")
    return renderer(order.endpoint).submit(order)


@pytest.mark.parametrize("first", [{"index": 0, "type": None}, {"type": "b64_json", "index": 0}])
def test_together_picture_is_read_by_what_is_there(net: Net, first: dict[str, Any]) -> None:
    picture = Picture(PNG, "image/png", 2**32 - 1)
    net.will(together({**first, "b64_json": base64.b64encode(PNG).decode()}))
    assert buy_picture() == picture
    url = "https://api.together.ai/v1/images/1"
    net.will(together({**first, "url": url}), httpx.Response(200, content=PNG))
    assert buy_picture() == picture
    assert str(net.requests[-1].url) == url
    assert net.requests[-1].headers["user-agent"]


LOST: list[tuple[Any, Any]] = [
    ({"b64_json": "not base64!"}, None),
    ({"b64_json": base64.b64encode(b"<html>").decode()}, None),
    ({"b64_json": base64.b64encode(PNG + bytes(download.PICTURE_BYTES)).decode()}, None),
    ({"url": "https://eve.test/a.png"}, None),
    ({"url": "https://api.together.ai/v1/images/1"}, httpx.Response(404)),
    ({"url": "https://api.together.ai/v1/images/1"}, httpx.ReadTimeout("10 s")),
    ({"url": None}, None),
    (None, None),
]


@pytest.mark.parametrize(("first", "file"), LOST)
def test_together_picture_that_is_paid_but_lost_is_unknown(net: Net, first: Any, file: Any) -> None:
    net.will(together(first), file)
    with pytest.raises(VendorUnknown):
        buy_picture()


def test_weights_cut_short_without_an_error_are_refused(net: Net) -> None:
    net.will(httpx.Response(200, content=safetensors()[:-3]))
    with pytest.raises(VendorError):
        FalTrainer().fetch(Weights(f"{FILES}/w.safetensors"), io.BytesIO())
