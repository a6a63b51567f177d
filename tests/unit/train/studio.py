"""People with photos, and the workflow driven step by step."""

import hashlib
from dataclasses import dataclass
from typing import Any

import boto3

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

CONSENT = {"subject": "self", "text_version": catalog().consent_version}
PRICE = 50


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
