"""A darkroom on a free port, a listener for its webhooks, and a small trained subject."""

import base64
import io
import json
import socket
import threading
import time
import zipfile
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import uvicorn
from PIL import Image

from local.darkroom.server import create_app
from local.samples import sample_photos

KEY = {"Authorization": "Key id:secret"}
FAST = "fal-ai/flux-lora-fast-training"


def wait_until(said, timeout=30.0):
    """Poll until `said` answers something true, and return it."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        answer = said()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


@cache
def small_photos(subject="astronaut", count=4):
    """Sample photos shrunk to 240 pixels, so that a test trains in a second."""
    out = []
    for raw in sample_photos(subject, count):
        picture = Image.open(io.BytesIO(raw))
        picture.thumbnail((240, 240))
        shrunk = io.BytesIO()
        picture.save(shrunk, "JPEG", quality=90)
        out.append(shrunk.getvalue())
    return out


def zipped(photos, names=None, **texts):
    """Pack photos, and text files beside them, into a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, photo in enumerate(photos):
            archive.writestr(names[number] if names else f"{number:02d}.jpg", photo)
        for name, text in texts.items():
            archive.writestr(f"{name}.txt", text)
    return out.getvalue()


@dataclass
class Listener:
    """An HTTP server that keeps what it is sent; `answers` are its next statuses, then 200."""

    url: str
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def serve(self, name, raw):
        """Offer a file and return its URL."""
        self.files[f"/{name}"] = raw
        return f"{self.url}/{name}"


@pytest.fixture
def listener():
    heard = Listener("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            raw = self.rfile.read(int(self.headers["content-length"]))
            heard.calls.append((self.path, dict(self.headers), raw))
            self._reply(heard.answers.pop(0) if heard.answers else 200, b"{}")

        def do_GET(self):
            raw = heard.files.get(self.path)
            self._reply(200 if raw is not None else 404, raw or b"")

        def _reply(self, status, raw):
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield heard
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Darkroom:
    """A running darkroom and what tests say to it."""

    http: httpx.Client
    state: object

    def submit(self, endpoint, body, webhook=None, headers=None):
        params = {"fal_webhook": webhook} if webhook else None
        return self.http.post(f"/fal/{endpoint}", json=body, params=params, headers=KEY | (headers or {}))

    def ended(self, job):
        """Wait for a job's end and return its status answer."""

        def done():
            reply = self.http.get(job["status_url"], headers=KEY, params={"logs": "1"})
            return reply if reply.status_code == 200 else None

        return wait_until(done).json()

    def result(self, job):
        """Wait for a job's end and return the answer of its result URL."""
        self.ended(job)
        return self.http.get(job["response_url"], headers=KEY)

    def run(self, endpoint, body):
        return self.result(self.submit(endpoint, body).json())

    def fault(self, name, times=1, match=None, **params):
        wanted = [{"fault": name, "times": times, "match": match or {}} | params]
        assert self.http.post("/control/faults", json=wanted).status_code == 200

    def fired(self):
        return {f["fault"]: f["fired"] for f in self.http.get("/control/faults").json()["faults"]}


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    state = tmp_path_factory.mktemp("darkroom")
    app = create_app(state, user_id="ada-at-fal", workers=1, webhook_delays=(0.05, 0.05, 0.05))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        wait_until(lambda: server.started)
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client(base_url=base, timeout=30) as client:
            yield Darkroom(client, state)
        server.should_exit = True
        thread.join()


@pytest.fixture
def darkroom(running):
    running.http.delete("/control/faults")
    yield running
    running.http.delete("/control/faults")


@pytest.fixture(scope="session")
def training_job(running):
    """One small training, made through the queue and ended."""
    job = running.submit(FAST, training(zipped(small_photos()), steps=3)).json()
    running.ended(job)
    return job


@pytest.fixture(scope="session")
def trained(running, training_job):
    """The result of that training."""
    return running.result(training_job).json()


def order(trained, **more):
    """The input of a small rendering with the trained weights."""
    return {
        "prompt": "oil painting of TOK person on a beach",
        "image_size": {"width": 128, "height": 128},
        "seed": 7,
        "loras": [{"path": trained["diffusers_lora_file"]["url"], "scale": 1.0}],
        "output_format": "png",
    } | more


def training(raw, field="images_data_url", **more):
    """The input of a short training on a zip."""
    uri = f"data:application/zip;base64,{base64.b64encode(raw).decode()}"
    return {field: uri, "trigger_word": "TOK", "steps": 1} | more


def body_of(call):
    return json.loads(call[2])
