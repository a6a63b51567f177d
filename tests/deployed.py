"""The deployed stack as the tests use it: people, photos, a trained model, and what darkroom saw."""

import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx
from likeness_client import Refused
from likeness_client.models import (
    Consent,
    ConsentSubject,
    GenerationRequest,
    GenerationView,
    ImageList,
    ImageSummary,
    ModelRequest,
    PhotoState,
    PhotoView,
    SubjectKind,
    TrainingRequest,
    TrainingStarted,
    TrainingView,
)

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
    """A fresh Idempotency-Key header, for `Client.send`."""
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


def upload(client: Client, files: list[tuple[str, str, bytes]]) -> list[PhotoView]:
    """Upload files and return what became of them once inspected."""
    return [inspected(client, photo_id) for photo_id in client.upload(files)]


def upload_ids(client: Client, files: list[tuple[str, str, bytes]]) -> list[str]:
    """Upload files and return their ids once inspected."""
    return [photo.id for photo in upload(client, files)]


def inspected(client: Client, photo_id: str) -> PhotoView:
    """A photo once its inspection is over; it is not listed before its file has arrived."""

    def read() -> PhotoView | None:
        try:
            return client.api.read_photo(photo_id)
        except Refused:
            return None

    photo = wait_for(read, lambda seen: seen is not None and seen.state != PhotoState.PENDING, seconds=60)
    assert photo
    return photo


def make_model(client: Client, photo_ids: list[str], **more: Any) -> str:
    """A model with the consent of the person it shows; its id."""
    wanted = {
        "name": "Me",
        "subject_kind": SubjectKind.PERSON,
        "class_word": "person",
        "photo_ids": photo_ids,
        "consent": Consent(ConsentSubject.SELF, client.api.read_catalog().consent_version),
        **more,
    }
    return client.api.create_model(ModelRequest(**wanted)).id


def start_training(client: Client, model_id: str, **more: Any) -> TrainingStarted:
    """Start a training, without samples unless told otherwise."""
    wanted = {"base_model": "flux-1-dev", "samples": False, **more}
    return client.api.start_training(model_id, TrainingRequest(**wanted), idempotency_key=new_id())


def start_generation(client: Client, **more: Any) -> str:
    """Order pictures, one unless told otherwise; the id of the order."""
    wanted = {"prompt": "portrait of [me] by the sea", "count": 1, **more}
    return client.api.start_generation(GenerationRequest(**wanted), idempotency_key=new_id()).id


def ended_training(client: Client, training: TrainingStarted, seconds: float = 120) -> TrainingView:
    """A training once it has ended."""
    return wait_for(lambda: read_training(client, training), lambda job: job.status in ENDS, seconds=seconds)


def read_training(client: Client, training: TrainingStarted) -> TrainingView:
    """A training as it stands."""
    return client.api.read_training(training.model_id, training.id)


def ended_generation(client: Client, generation_id: str, seconds: float = 120) -> GenerationView:
    """An order once it has ended."""
    return wait_for(
        lambda: client.api.read_generation(generation_id), lambda order: order.status in ENDS, seconds=seconds
    )


def listed(client: Client, **filters: Any) -> list[ImageSummary]:
    """The first page of a person's pictures."""
    page = client.api.list_images(**filters)
    assert isinstance(page, ImageList)
    return page.images


def make_trained(client: Client, subject: str = "astronaut") -> str:
    """A model of the client's that has been trained on twelve photos."""
    model_id = make_model(client, upload_ids(client, photos(subject)))
    training = ended_training(client, start_training(client, model_id))
    assert training.status == "succeeded", training
    return model_id


def funds(client: Client) -> tuple[int, int]:
    """What is available and what is reserved."""
    told = client.api.read_credits()
    return told.available, told.reserved


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
