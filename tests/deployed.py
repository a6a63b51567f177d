"""The deployed stack as the tests use it: people, photos, a trained model, and what darkroom saw."""

import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx

from likeness.catalog.reader import catalog
from likeness.items.row import new_id
from local.client import Client
from local.cloud import ROOT, Cloud, Ports
from local.deploy import outputs
from local.samples import sample_photos
from local.waiting import wait_for

CLOUD = Cloud(ROOT / ".local" / "test", Ports(4677, 8887, 8890))
PASSWORD = "a lamp beside the harbour"
ENDS = {"succeeded", "failed", "cancelled"}
_people = itertools.count(1)
_clients: list[Client] = []


def new_key() -> dict[str, str]:
    """A fresh Idempotency-Key header."""
    return {"Idempotency-Key": secrets.token_hex(16)}


def new_client() -> Client:
    """A client that nobody has signed in with; closed at the end of all tests."""
    _clients.append(Client(CLOUD))
    return _clients[-1]


def close_clients() -> None:
    """Close every connection that a test has opened."""
    while _clients:
        _clients.pop().close()


def new_address(name: str = "ada") -> str:
    """An address that nobody has."""
    return f"{name}-{next(_people)}-{secrets.token_hex(4)}@example.org"


def register_person(name: str = "ada") -> Client:
    """A person who has registered and confirmed her address, signed in as a native app."""
    client, email = new_client(), new_address(name)
    client.register(email, PASSWORD)
    client.login(email, PASSWORD)
    return client


def make_person(name: str = "ada") -> Client:
    """A confirmed person with welcome credits, signed in as a native app.

    Put into the user pool as an operator would, which is quicker than to register: the first sign-in opens the account.
    """
    client, email = new_client(), new_address(name)
    person = {"UserPoolId": _pool(), "Username": email}
    attributes = {"email": email, "email_verified": "true", "custom:terms_version": catalog().terms_version}
    cognito = CLOUD.client("cognito-idp")
    cognito.admin_create_user(
        **person,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
    )
    cognito.admin_set_user_password(**person, Password=PASSWORD, Permanent=True)
    client.login(email, PASSWORD)
    return client


@cache
def _pool() -> str:
    return outputs(CLOUD)["UserPoolId"]


@cache
def photos(subject: str = "astronaut") -> list[tuple[str, str, bytes]]:
    """Twelve real photos of one subject: name, content type, bytes."""
    return [(f"{subject}-{n:02d}.jpg", "image/jpeg", content) for n, content in enumerate(sample_photos(subject))]


def upload(client: Client, files: list[tuple[str, str, bytes]]) -> list[dict[str, Any]]:
    """Upload files and return their rows once inspected."""
    return [inspected(client, photo_id) for photo_id in client.upload(files)]


def inspected(client: Client, photo_id: str) -> dict[str, Any]:
    """The row of a photo once its inspection is over."""

    def read() -> dict[str, Any]:
        answer = client.send("GET", f"/v1/photos/{photo_id}")
        return answer.json() if answer.is_success else {"state": "pending"}

    return wait_for(read, lambda row: row["state"] != "pending", seconds=60)


def make_model(client: Client, photo_ids: list[str], **more: Any) -> str:
    """A model with the consent of the person it shows."""
    wanted = {
        "name": "Me",
        "subject_kind": "person",
        "class_word": "person",
        "photo_ids": photo_ids,
        "consent": {"subject": "self", "text_version": client.call("GET", "/v1/catalog")["consent_version"]},
        **more,
    }
    return str(client.call("POST", "/v1/models", wanted)["id"])


def start_training(client: Client, model_id: str, **more: Any) -> str:
    """Start a training, without samples unless told otherwise, and return the path to poll."""
    path = f"/v1/models/{model_id}/trainings"
    wanted = {"base_model": "flux-1-dev", "samples": False, **more}
    training = client.call("POST", path, wanted, headers=new_key())
    return f"{path}/{training['id']}"


def start_generation(client: Client, **request: Any) -> str:
    """Order pictures and return the path to poll."""
    wanted = {"prompt": "portrait of [me] by the sea", "count": 1, **request}
    return f"/v1/generations/{client.call('POST', '/v1/generations', wanted, headers=new_key())['id']}"


def ended(client: Client, path: str, seconds: float = 120) -> dict[str, Any]:
    """A job once it has ended."""
    return wait_for(lambda: client.call("GET", path), lambda job: job["status"] in ENDS, seconds=seconds)


def make_trained(client: Client, subject: str = "astronaut") -> str:
    """A model of the client's that has been trained on twelve photos."""
    ids = [row["id"] for row in upload(client, photos(subject))]
    model_id = make_model(client, ids)
    training = ended(client, start_training(client, model_id))
    assert training["status"] == "succeeded", training
    return model_id


def funds(client: Client) -> tuple[int, int]:
    """What is available and what is reserved."""
    body = client.call("GET", "/v1/credits")
    return body["available"], body["reserved"]


@contextmanager
def faults(*wanted: dict[str, Any]) -> Iterator[None]:
    """Let darkroom misbehave; at the end each fault must have fired, or the test showed nothing."""
    control = f"{CLOUD.vendors}/control/faults"
    httpx.post(control, json=list(wanted)).raise_for_status()
    try:
        yield
        fired = httpx.get(control).json()
        assert all(fault["fired"] > 0 for fault in _listed(fired)), fired
    finally:
        httpx.delete(control).raise_for_status()


def _listed(answer: Any) -> list[dict[str, Any]]:
    return answer if isinstance(answer, list) else answer["faults"]


def vendor_jobs() -> list[dict[str, Any]]:
    """Every job that darkroom has accepted."""
    answer = httpx.get(f"{CLOUD.vendors}/control/jobs").json()
    return answer if isinstance(answer, list) else answer["jobs"]


def absent_id() -> str:
    """An id that nothing has."""
    return new_id()
