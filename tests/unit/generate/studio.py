"""The stand-in vendors of these tests, and orders through the front door."""

import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any

import boto3
import httpx
from PIL import Image

from functions.generate import handler, tasks
from functions.generate.service.outcome import SENTENCES
from likeness.credit import read_balance
from likeness.generation import find_generation
from likeness.items.generation import Generation, Render
from likeness.items.image import Image as ImageItem
from likeness.items.model import ModelStatus, TrainedModel, Weights
from likeness.items.row import new_id
from tests.support import Reply, call, step

QUEUE = "https://queue.fal.run"
FILES = "https://v3b.fal.media/files"
WEIGHTS = "media/v/secret-place/weights.safetensors"
_keys = count(1)

Hook = Callable[[httpx.Request], httpx.Response | None]


def png(seed: int = 1, size: tuple[int, int] = (320, 256), colour: tuple[int, int, int] | None = None) -> bytes:
    out = BytesIO()
    shade = colour or (60 + seed % 190, 90, 200 - seed % 150)
    Image.new("RGB", size, shade).save(out, "PNG")
    return out.getvalue()


@dataclass
class Studio:
    """fal and Together in one: `jobs` are the bodies they accepted; a hook may answer first."""

    jobs: list[dict[str, Any]] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    hooks: list[tuple[str, Hook]] = field(default_factory=list)
    polls_until_done: int = 1
    flagged: set[int] = field(default_factory=set)
    """Seeds whose pictures the vendor flags."""
    picture: Callable[[int], bytes] = png
    elapsed: float = 0.0
    naps: list[float] = field(default_factory=list)
    during_sleep: Callable[[], None] = lambda: None
    polls: dict[str, int] = field(default_factory=dict)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.elapsed += seconds
        self.during_sleep()

    def on(self, what: str, hook: Hook) -> None:
        """Let a hook answer `submit`, `status`, `result`, `cancel`, `file` or `together` requests."""
        self.hooks.append((what, hook))

    def once(self, what: str, *answers: httpx.Response | Exception) -> None:
        """Answer the next requests of a kind so."""
        left = list(answers)

        def hook(_request: httpx.Request) -> httpx.Response | None:
            if not left:
                return None
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        self.on(what, hook)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        what = self._kind(request)
        for kind, hook in self.hooks:
            if kind == what and (answer := hook(request)) is not None:
                return answer
        vendor: Callable[[httpx.Request], httpx.Response] = getattr(self, f"_{what}")
        return vendor(request)

    def _kind(self, request: httpx.Request) -> str:
        path = request.url.path
        if request.url.host == "api.together.ai":
            return "together"
        if request.url.host == "v3b.fal.media":
            return "file"
        if path.endswith("/status"):
            return "status"
        if path.endswith("/cancel"):
            return "cancel"
        return "result" if "/requests/" in path else "submit"

    def _submit(self, request: httpx.Request) -> httpx.Response:
        self.jobs.append(json.loads(request.content))
        job = f"job{len(self.jobs)}"
        url = f"{QUEUE}/fal-ai/flux-lora/requests/{job}"
        return httpx.Response(
            200,
            json={
                "status": "IN_QUEUE",
                "request_id": job,
                "response_url": url,
                "status_url": f"{url}/status",
                "cancel_url": f"{url}/cancel",
            },
        )

    def _status(self, request: httpx.Request) -> httpx.Response:
        job = request.url.path.split("/")[-2]
        self.polls[job] = self.polls.get(job, 0) + 1
        done = self.polls[job] >= self.polls_until_done
        return httpx.Response(200 if done else 202, json={"status": "COMPLETED" if done else "IN_PROGRESS"})

    def _result(self, request: httpx.Request) -> httpx.Response:
        job = request.url.path.split("/")[-1]
        seed = self.jobs[int(job.removeprefix("job")) - 1]["seed"]
        fields = {"images": [{"url": f"{FILES}/{seed}.png"}], "seed": seed, "has_nsfw_concepts": [seed in self.flagged]}
        return httpx.Response(200, json=fields)

    def _file(self, request: httpx.Request) -> httpx.Response:
        seed = int(request.url.path.split("/")[-1].removesuffix(".png"))
        return httpx.Response(200, content=self.picture(seed), headers={"content-type": "image/png"})

    def _cancel(self, request: httpx.Request) -> httpx.Response:
        self.cancelled.append(request.url.path.split("/")[-2])
        return httpx.Response(202, json={"status": "CANCELLATION_REQUESTED"})

    def _together(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.jobs.append(body)
        encoded = base64.b64encode(self.picture(body["seed"])).decode()
        return httpx.Response(200, json={"data": [{"index": 0, "b64_json": encoded}]})


def make_model(user: str = "ada", **changes: Any) -> str:
    model = TrainedModel.of(user, new_id())
    fields: dict[str, Any] = {
        "name": "Ada",
        "subject_kind": "person",
        "class_word": "woman",
        "trigger": "ohwx",
        "photo_ids": [],
        "consent": {},
        "status": ModelStatus.READY.value,
        "base_model": "flux-1-dev",
        "training_id": new_id(),
        "weights_key": WEIGHTS,
        "weights_sha256": "ab" * 32,
        "created_at": "2026-11-23T00:00:00+00:00",
    }
    for name, value in (fields | changes).items():
        setattr(model, name, value)
    model.save()
    if model.weights_key:
        make_version(user, model.id, training_id=model.training_id, base_model=model.base_model)
    return model.id


def make_version(user: str, model_id: str, training_id: str | None = None, **changes: Any) -> str:
    """Weights of a model, as a training delivers them."""
    weights = Weights.of(user, model_id, training_id or new_id())
    fields: dict[str, Any] = {
        "key": WEIGHTS,
        "sha256": "ab" * 32,
        "bytes": 1000,
        "base_model": "flux-1-dev",
        "created_at": "2026-11-23T00:00:00+00:00",
    }
    for name, value in (fields | changes).items():
        setattr(weights, name, value)
    weights.save()
    return weights.training_id


def order(user: str = "ada", key: str | None = None, **body: Any) -> Reply:
    """Order pictures; of FLUX.2 without a model unless told otherwise."""
    subject = {} if "model_id" in body else {"base_model": "flux-2-dev"}
    sent = {"prompt": "on the moon", "count": 1, "seed": 7, **subject, **body}
    return call(handler.handler, "POST", "/v1/generations", sent, user=user, key=key or f"key-{next(_keys)}")


def job_of(reply: Reply, user: str = "ada", units: int = 16) -> dict[str, Any]:
    """The `job` that the state machine got."""
    return {"user_id": user, "generation_id": reply.json["id"], "attempt": 1, "numbers": list(range(1, units + 1))}


def render(job: dict[str, Any], number: int = 1) -> None:
    step(tasks.handler, "render", job=job, number=number)


def close(job: dict[str, Any]) -> None:
    step(tasks.handler, "close", job=job)


def read(reply: Reply, user: str = "ada", **more: Any) -> Reply:
    return call(handler.handler, "GET", f"/v1/generations/{reply.json['id']}", user=user, **more)


def cancel(reply: Reply, user: str = "ada") -> Reply:
    return call(handler.handler, "POST", f"/v1/generations/{reply.json['id']}/cancel", user=user)


def stored_keys() -> list[str]:
    """Every object of the media bucket."""
    found = boto3.client("s3").list_objects_v2(Bucket="media-bucket").get("Contents", [])
    return [one["Key"] for one in found]


def row_of(reply: Reply, user: str = "ada") -> Generation:
    found = find_generation(user, reply.json["id"])
    assert found is not None
    return found


def balance(user: str = "ada") -> tuple[int, int]:
    row = read_balance(user)
    return int(row.available), int(row.reserved)


def images(user: str = "ada") -> list[ImageItem]:
    return list(ImageItem.query(user, ImageItem.sk.startswith(ImageItem.PREFIX)))


def assert_missed(reply, code: str, state: str = "failed", back: int = 1) -> None:
    """The picture is missing with a reason, nothing of it is stored, and the credits come back."""
    picture = read(reply).json["pictures"][0]
    assert (picture["state"], picture["error_code"]) == (state, code)
    assert picture["error"] == SENTENCES[code]
    assert (images(), stored_keys()) == ([], [])
    close(job_of(reply))
    assert balance() == (100, 0)
    assert read(reply).json["credits_back"] == back


def submission(reply, number=1) -> str:
    return Render.get("ada", Render.of("ada", reply.json["id"], number).sk).submission


def executions() -> list[Any]:
    states = boto3.client("stepfunctions")
    return list(states.list_executions(stateMachineArn=os.environ["GENERATION_MACHINE"])["executions"])


def generations(user: str = "ada") -> list[Generation]:
    return list(Generation.query(user, Generation.sk.startswith(Generation.PREFIX)))


def quote(user: str = "ada", **body):
    return call(handler.handler, "POST", "/v1/generations/quote", {"prompt": "x", **body}, user=user)
