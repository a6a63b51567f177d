"""fal as the train feature meets it, people with photos, and the workflow driven step by step."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from functions.train import events, handler, tasks
from likeness import aws
from likeness.catalog.reader import catalog
from likeness.credit import read_balance
from likeness.items.model import TrainedModel, Training
from likeness.items.money import Reservation
from likeness.items.photo import Photo
from likeness.items.row import new_id
from likeness.storage import photo_key
from tests.support import Context, Reply, call, make_person, step
from tests.unit.vendors.samples import COMPLETED, FILES, IN_PROGRESS, IN_QUEUE, TRAINED, safetensors

JOB_URL = "https://queue.fal.run/fal-ai/flux-lora-fast-training/requests"
CONSENT = {"subject": "self", "text_version": catalog().consent_version}
PRICE = 50

Answer = httpx.Response | Exception


@dataclass
class Fal:
    """fal: `says` holds the answers of the status call, the last one for ever; `bought` is what it accepted."""

    says: list[dict[str, Any]] = field(default_factory=lambda: [COMPLETED])
    bought: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    asked: int = 0
    weights: bytes = field(default_factory=safetensors)
    result: Any = field(default_factory=lambda: TRAINED)
    refuses: Answer | None = None
    """What submit answers without having accepted anything."""
    loses: Answer | None = None
    """What submit answers although it has accepted."""
    silent: Answer | None = None
    """What every other call answers."""
    on_submit: Callable[[], object] = lambda: None
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if "jwks" in url:
            return self._keys()
        if url.startswith(FILES):
            return httpx.Response(200, content=self.weights)
        if request.method == "POST":
            return self._submit(request)
        return (
            _answer(self.silent) if self.silent else self._answer_about(request.method, url.split("?", maxsplit=1)[0])
        )

    def _answer_about(self, method: str, path: str) -> httpx.Response:
        if method == "PUT":
            self.cancelled.append(path)
            return httpx.Response(202, json={"status": "CANCELLATION_REQUESTED"})
        if path.endswith("/status"):
            self.asked += 1
            return httpx.Response(200, json=self.says.pop(0) if len(self.says) > 1 else self.says[0])
        return httpx.Response(200, json=self.result)

    def _submit(self, request: httpx.Request) -> httpx.Response:
        if self.refuses:
            return _answer(self.refuses)
        number = len(self.bought) + 1
        self.bought.append({"url": str(request.url), **json.loads(request.content)})
        self.on_submit()
        if self.loses:
            return _answer(self.loses)
        url = f"{JOB_URL}/r{number}"
        names = {"status_url": f"{url}/status", "response_url": url, "cancel_url": f"{url}/cancel"}
        return httpx.Response(200, json={"status": "IN_QUEUE", "request_id": f"r{number}", **names})

    def _keys(self) -> httpx.Response:
        if isinstance(self.silent, Exception):
            raise self.silent
        x = base64.urlsafe_b64encode(self.key.public_key().public_bytes_raw()).decode().rstrip("=")
        return httpx.Response(200, json={"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]})

    def hook_path(self, number: int = 0) -> str:
        """The path that fal was asked to call."""
        return urlsplit(parse_qs(urlsplit(self.bought[number]["url"]).query)["fal_webhook"][0]).path

    def calls(self, path: str, request_id: str = "r1", **changes: Any) -> Reply:
        """Call our webhook as fal does."""
        raw = json.dumps({"request_id": request_id, "gateway_request_id": request_id, "status": "OK"}).encode()
        sent = {
            "x-fal-webhook-request-id": request_id,
            "x-fal-webhook-user-id": "our-fal-user",
            "x-fal-webhook-timestamp": str(int(time.time())),
            **changes.pop("headers", {}),
        }
        names = ("request-id", "user-id", "timestamp")
        message = "\n".join((*(sent[f"x-fal-webhook-{name}"] for name in names), hashlib.sha256(raw).hexdigest()))
        sent["x-fal-webhook-signature"] = changes.pop("key", self.key).sign(message.encode()).hex()
        return call(handler.handler, "POST", path, headers=sent, raw=changes.pop("raw", raw))


def _answer(answer: Answer) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer


def add_photo(user: str = "ada", **changes: Any) -> str:
    """A photo as the inspection leaves it, unlike all others; returns its id."""
    photo = Photo.of(user, new_id())
    photo.state, photo.width, photo.height = "ready", 1536, 2048
    photo.dhash = hashlib.sha256(photo.id.encode()).hexdigest()[:16]
    photo.checks = {"sharpness": 300.0, "brightness": 120.0, "dark_share": 0.01, "bright_share": 0.01}
    for name, value in changes.items():
        setattr(photo, name, value)
    photo.save()
    if photo.state == "ready":
        aws.s3().put_object(Bucket="media-bucket", Key=photo_key(user, photo.id), Body=f"jpeg {photo.id}".encode())
    return photo.id


def ask(method: str, path: str, body: Any = None, *, user: str = "ada", **more: Any) -> Reply:
    return call(handler.handler, method, f"/v1/models{path}", body, user=user, **more)


def make_model(photos: list[str] | None = None, *, user: str = "ada", **changes: Any) -> str:
    """A model of a person with eight photos; returns its id."""
    ids = [add_photo(user) for _ in range(8)] if photos is None else photos
    body = {"name": "Ada", "subject_kind": "person", "class_word": "woman", "photo_ids": ids, "consent": CONSENT}
    reply = ask("POST", "", body | changes, user=user)
    assert reply.status == 201, reply.body
    return str(reply.json["id"])


def order(model_id: str, body: Any = None, *, key: str = "k1", user: str = "ada") -> Reply:
    return ask("POST", f"/{model_id}/trainings", {} if body is None else body, key=key, user=user)


def read(model_id: str, training_id: str) -> Any:
    reply = ask("GET", f"/{model_id}/trainings/{training_id}")
    assert reply.status == 200, reply.body
    return reply.json


def money(user: str = "ada") -> tuple[int, int]:
    balance = read_balance(user)
    return int(balance.available), int(balance.reserved)


def objects() -> list[str]:
    """The names of all private objects: zips and weights."""
    found = aws.s3().list_objects_v2(Bucket="media-bucket", Prefix="media/v/").get("Contents", [])
    return sorted(entry["Key"].rsplit("/", 1)[1] for entry in found)


@dataclass
class Run:
    """One training of ada, driven as the state machine does."""

    model_id: str
    training_id: str
    attempt: int = 1

    @property
    def job(self) -> dict[str, Any]:
        ids = {"user_id": "ada", "model_id": self.model_id, "training_id": self.training_id}
        return {**ids, "attempt": self.attempt}

    @property
    def row(self) -> Training:
        row = Training.of("ada", self.model_id, self.training_id)
        row.refresh(consistent_read=True)
        return row

    @property
    def model(self) -> TrainedModel:
        return TrainedModel.get("ada", f"MODEL#{self.model_id}")

    @property
    def reservation(self) -> Reservation:
        return Reservation.get("ada", Reservation.of("ada", self.row.operation).sk)

    @property
    def view(self) -> Any:
        return read(self.model_id, self.training_id)

    def step(self, name: str, **more: Any) -> Any:
        return step(tasks.handler, name, job=self.job, **more)

    def advance(self, *names: str) -> Any:
        """Run steps in order; returns what the last one said."""
        answer = None
        for name in names:
            answer = self.step(name, **({"token": "token"} if name == "await" else {}))
        return answer

    def execute(self, rounds: int = 5) -> str:
        """Run a whole execution; returns the state of the last poll. A poll that never ends is left running."""
        self.advance("prepare", "submit")
        state = "running"
        for _ in range(rounds):
            state = self.advance("await", "poll")["state"]
            if state == "submit":
                self.advance("submit")
            elif state != "running":
                break
        if state == "done":
            self.advance("collect")
        if state in {"done", "ended"}:
            self.advance("close")
        return state

    def set(self, **changes: Any) -> None:
        """Change the stored row, as time or an accident would."""
        row = self.row
        for name, value in changes.items():
            setattr(row, name, value)
        row.save()

    def sweep(self, **changes: Any) -> None:
        """Let two minutes pass."""
        self.set(check_at=0, **changes)
        events.handler({}, Context())

    def kill(self) -> None:
        """Stop the execution, as a crash of the platform would."""
        arn = f"arn:aws:states:us-east-1:123456789012:execution:train:{self.training_id}-{self.attempt}"
        boto3.client("stepfunctions").stop_execution(executionArn=arn)


def executions(status: str = "RUNNING") -> list[str]:
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:train"
    found = boto3.client("stepfunctions").list_executions(stateMachineArn=machine, statusFilter=status)
    return sorted(entry["name"] for entry in found["executions"])


def started(user_credits: int = 100) -> Run:
    """A training that was just ordered by ada."""
    make_person("ada", user_credits)
    model_id = make_model()
    reply = order(model_id)
    assert reply.status == 202, reply.body
    return Run(model_id, reply.json["id"])


QUEUED, WORKING, FINISHED = IN_QUEUE, IN_PROGRESS, COMPLETED
FAILED = {**COMPLETED, "error": "boom", "error_type": "internal_error"}
