"""Peak memory of making a zip of 100 and of 1,000 pictures: `python -m benchmarks.zip`.

AWS is a stand-in in another process, which makes the pictures (1 to 1.5 MB each) when they are asked for and keeps the
zip that arrives; each zip is made by the real step in a fresh process, whose peak resident memory is what a Lambda
needs, and then read entry by entry. Goal: under 512 MB, however many pictures there are.
"""

import hashlib
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
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
    file = Path()
    """Where the zip arrives."""
    said = ""
    """What was last written on the job's row."""
    calls: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        """Hand out a picture, or what was asked and said."""
        if self.path == "/said":
            self._answer(json.dumps({"said": self.said, "calls": self.calls}).encode())
        else:
            self._answer(picture(urlsplit(self.path).path))

    def do_PUT(self) -> None:
        """Take a part of the zip."""
        with self.file.open("ab") as file:
            file.write(self._body())
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


def serve(total: int, file: Path, told: Connection) -> None:
    """Be the cloud of one job until the process is ended."""
    Cloud.total, Cloud.file = total, file
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
    told.send(server.server_port)
    server.serve_forever()


def make(port: int, told: Connection) -> None:
    """Make one zip and tell how long it took, the peak in MB, and what was asked and said."""
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
    with urlopen(f"http://127.0.0.1:{port}/said") as answer:
        said = json.load(answer)
    told.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, said))


def is_whole(file: Path, total: int, said: str) -> bool:
    """Say whether a zip is the one that the row names, and holds every picture as it was handed out."""
    with file.open("rb") as opened:
        is_named = hashlib.file_digest(opened, "sha256").hexdigest() in said and f'{{"N": "{total}"}}' in said
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.endswith(".webp")]
        ids = {name: name.removesuffix(".webp").rpartition("-")[2] for name in names}
        below = f"/{world.ENVIRONMENT['MEDIA_BUCKET']}/media/u/{world.USER}/images"
        is_same = all(archive.read(name) == picture(f"{below}/{ids[name]}/original.webp") for name in names)
    return is_named and is_same and len(names) == len(set(ids.values())) == total


def measure(total: int, file: Path) -> float:
    """Return the peak of a zip of `total` pictures, in MB."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    cloud = processes.Process(target=serve, args=(total, file, theirs), daemon=True)
    cloud.start()
    maker = processes.Process(target=make, args=(ours.recv(), theirs))
    maker.start()
    maker.join()
    cloud.terminate()
    if maker.exitcode:
        sys.exit(1)
    seconds, peak, said = ours.recv()
    size, calls = file.stat().st_size / 1e6, sum(said["calls"].values())
    whole = "whole" if is_whole(file, total, said["said"]) else sys.exit("the zip is not what the row says")
    print(f"{total:5} pictures  {size:6.0f} MB  {seconds:5.1f} s  {calls} calls  {whole}  peak {peak:4.0f} MB")
    return float(peak)


def main() -> None:
    """Measure both and print; exit 1 when the larger takes more than it may."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = (measure(total, Path(folder) / str(total)) for total in COUNTS)
    print(f"ratio {large / small:.2f}, peak {large:.0f} MB, goal <= {GOAL}: {verdict(large, GOAL)}")
    sys.exit(large > GOAL)


if __name__ == "__main__":
    main()
