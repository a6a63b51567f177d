"""Peak memory of making a zip of 100 and of 1,000 pictures: `python -m benchmarks.zip`.

AWS is a stand-in in another process, which makes the pictures (1 to 1.5 MB each) when they are asked for and hashes the
zip that arrives; each zip is made by the real step in a fresh process, whose peak resident memory is what a Lambda
needs. Goal: under 512 MB, however many pictures there are.
"""

import hashlib
import json
import multiprocessing
import os
import resource
import sys
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from random import Random
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from benchmarks import world
from benchmarks.measure import verdict

GOAL = 512
COUNTS = (100, 1000)
JOB = "01JD0000000000000000000000"
SMALLEST, LARGEST = 1_000_000, 1_500_000
NOISE = Random(5).randbytes(2 * LARGEST)  # noqa: S311 (pictures do not compress)
START = b"<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>"
END = b"<CompleteMultipartUploadResult><ETag>zip</ETag></CompleteMultipartUploadResult>"


def picture(key: str) -> bytes:
    """Return the bytes that are a picture's, by its key."""
    dice = Random(key)  # noqa: S311 (a size)
    start = dice.randrange(LARGEST)
    return NOISE[start : start + dice.randrange(SMALLEST, LARGEST)]


def text(value: str) -> dict[str, str]:
    """Write a text as DynamoDB does."""
    return {"S": value}


def image_row(sk: str) -> dict[str, Any]:
    """Return the row of a picture."""
    texts = {
        "pk": world.USER,
        "sk": sk,
        "kind": "IMAGE",
        "gallery": world.USER,
        "generation_id": JOB,
        "base_model": "flux-1-dev",
        "aspect_ratio": "1:1",
        "style": "oil",
        "sha256": "ab" * 32,
        "prompt_head": "a castle by the sea",
        "manifest": json.dumps({"prompt": "a castle by the sea " * 20, "seed": 4294967295}),
    }
    numbers = {name: {"N": "1024"} for name in ("number", "width", "height", "bytes")}
    return {**{name: text(value) for name, value in texts.items()}, **numbers}


class Cloud(BaseHTTPRequestHandler):
    """Answers as S3, DynamoDB and Secrets Manager do, as far as the step asks."""

    protocol_version = "HTTP/1.1"
    total = 0
    hashed = hashlib.sha256()
    received = 0
    said = ""
    """What was last written on the job's row."""
    calls: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        """Hand out a picture, or what is known of the zip that arrived."""
        if self.path == "/arrived":
            kind = type(self)
            told = {"sha256": kind.hashed.hexdigest(), "bytes": kind.received, "said": kind.said, "calls": kind.calls}
            self._answer(json.dumps(told).encode())
        else:
            self._answer(picture(urlsplit(self.path).path))

    def do_PUT(self) -> None:
        """Take a part of the zip."""
        content = self._body()
        type(self).hashed.update(content)
        type(self).received += len(content)
        self._answer(b"", ETag='"part"')

    def do_POST(self) -> None:
        """Start or end an upload, or answer an operation of another service."""
        body = self._body()
        target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if not target:
            self._answer(END if "uploadId" in parse_qs(urlsplit(self.path).query) else START)
            return
        type(self).calls[target] += 1
        self._answer(json.dumps(self._operation(target, json.loads(body))).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _operation(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        if name == "GetSecretValue":
            return {"SecretString": json.dumps(world.SIGNING)}
        if name == "BatchGetItem":
            ((table, wanted),) = request["RequestItems"].items()
            return {"Responses": {table: [image_row(key["sk"]["S"]) for key in wanted["Keys"]]}}
        if name == "GetItem":
            return {
                "Item": {
                    "pk": text(world.USER),
                    "sk": text("PROFILE"),
                    "kind": text("PROFILE"),
                    "state": text("ACTIVE"),
                }
            }
        type(self).said = json.dumps(request)
        return {"Attributes": self._job()}

    def _job(self) -> dict[str, Any]:
        ids = [f"01JD{number:022d}" for number in range(self.total, 0, -1)]
        texts = {
            "pk": world.USER,
            "sk": f"DOWNLOAD#{JOB}",
            "kind": "DOWNLOAD",
            "status": "running",
            "holder": "one",
            "variant": "original",
            "pattern": "{date}-{style}-{id}",
            "below": "media/v/random/",
            "open": "WORK",
            "selection": json.dumps({"image_ids": ids}),
        }
        numbers = {"total": self.total, "deadline": 9_999_999_999, "done": 0, "missed": 0, "attempt": 1}
        rest = {"manifests": {"BOOL": True}, "files": {"L": []}}
        return {
            **{name: text(value) for name, value in texts.items()},
            **{name: {"N": str(value)} for name, value in numbers.items()},
            **rest,
        }

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, content: bytes, **headers: str) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def serve(total: int, told: Connection) -> None:
    """Be the cloud of one job until the process is ended."""
    Cloud.total = total
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
    told.send(server.server_port)
    server.serve_forever()


def make(total: int, port: int, told: Connection) -> None:
    """Make one zip, check that it arrived as the row says, and tell the peak in MB."""
    world.enter()
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}", S3_ADDRESSING_STYLE="path", POWERTOOLS_METRICS_DISABLED="true"
    )
    from urllib.request import urlopen  # noqa: PLC0415 (the measured process only)

    from functions.gallery.tasks import handler  # noqa: PLC0415

    started = time.perf_counter()
    job = {"user_id": world.USER, "kind": "download", "job_id": JOB}
    step: Any = handler
    step({"step": "deliver", "job": job, "cursor": None}, world.Context())
    seconds = time.perf_counter() - started
    with urlopen(f"http://127.0.0.1:{port}/arrived") as answer:
        arrived = json.load(answer)
    if arrived["sha256"] not in arrived["said"] or f'{{"N": "{total}"}}' not in arrived["said"]:
        sys.exit("the row does not say what arrived")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    calls = sum(arrived["calls"].values())
    print(f"{total:5} pictures  {arrived['bytes'] / 1e6:6.0f} MB  {seconds:5.1f} s  {calls} calls  peak {peak:4.0f} MB")
    told.send(peak)


def measure(total: int) -> float:
    """Return the peak of a zip of `total` pictures, in MB."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    cloud = processes.Process(target=serve, args=(total, theirs), daemon=True)
    cloud.start()
    maker = processes.Process(target=make, args=(total, ours.recv(), theirs))
    maker.start()
    maker.join()
    cloud.terminate()
    if maker.exitcode:
        sys.exit(1)
    return float(ours.recv())


def main() -> None:
    """Measure both and print; exit 1 when the larger takes more than it may."""
    small, large = (measure(total) for total in COUNTS)
    print(f"ratio {large / small:.2f}, peak {large:.0f} MB, goal <= {GOAL}: {verdict(large, GOAL)}")
    sys.exit(large > GOAL)


if __name__ == "__main__":
    main()
