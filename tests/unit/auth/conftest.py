"""The user pool as AWS has it, a clock that never waits, and ada."""

from collections.abc import Iterator

import boto3
import pytest

from functions.auth import handler as auth
from functions.auth import pace, session
from likeness import aws as likeness_aws
from likeness.catalog.reader import catalog
from tests.support import call
from tests.unit.auth.pool import CONFIRM_CODE, Pool

EMAIL = "ada@example.org"
PASSWORD = "lamp forest river nine"


class Clock:
    """A monotonic clock; what is called advances it, and `sleep` only says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(pace, "time", made)
    monkeypatch.setattr(session, "time", made)
    return made


@pytest.fixture(autouse=True)
def pool(aws, monkeypatch) -> Iterator[Pool]:
    real = boto3.client
    made = Pool(real("cognito-idp"))

    def client(name, *args, **named):
        return made if name == "cognito-idp" else real(name, *args, **named)

    monkeypatch.setattr(boto3, "client", client)
    likeness_aws.cognito.cache_clear()
    yield made
    likeness_aws.cognito.cache_clear()


def post(path, body=None, **named):
    return call(auth.handler, "POST", f"/v1/auth/{path}", body, **named)


def registration(email=EMAIL, **more):
    terms = catalog().terms_version
    return {"email": email, "password": PASSWORD, "adult": True, "terms_version": terms, **more}


def join(email=EMAIL, **more) -> str:
    """Register, confirm and sign in as a native client does; return the user id."""
    assert post("register", registration(email, **more)).status == 202
    assert post("confirm", {"email": email, "code": CONFIRM_CODE}).status == 204
    return str(login(email).json["user_id"])


def login(email=EMAIL, password=PASSWORD, client="native", **named):
    return post("login", {"email": email, "password": password, "client": client}, **named)
