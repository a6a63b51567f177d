"""The user pool as AWS has it, a clock that never waits, and ada."""

from typing import Any

import pytest
from moto.sesv2.models import sesv2_backends

from functions.auth import handler as auth
from functions.auth import identity, pace, session, tokens
from functions.auth import pool as auth_pool
from likeness import account
from likeness.catalog.reader import catalog
from likeness.items.user import Profile
from tests.support import call, client
from tests.unit.auth.pool import CONFIRM_CODE, Pool

EMAIL = "ada@example.org"
PASSWORD = "lamp forest river nine"
OTHER = "another long passphrase"
MEDIA = ["CloudFront-Hash-Algorithm", "CloudFront-Key-Pair-Id", "CloudFront-Policy", "CloudFront-Signature"]
REFRESH = "__Secure-refresh"
SITE = {"origin": "https://likeness.test"}


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
def pool(aws, monkeypatch) -> Pool:
    """The user pool, at the seam where `likeness.aws.cognito` is called."""
    made = Pool(client("cognito-idp"))
    for module in (identity, tokens, auth_pool, account):
        monkeypatch.setattr(module, "cognito", lambda: made)
    return made


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


def stored(user) -> Profile:
    """The row of an account."""
    return Profile.get(user, "PROFILE")


def browser(path, cookies=None, headers=SITE, body=None):
    return post(path, body, cookies=cookies, headers=headers)


def signed_in() -> dict[str, str]:
    """The cookies of a browser in which ada signs in."""
    join()
    return login(client="browser", headers=SITE).cookies


def mails():
    """What SES has sent: (receivers, subject)."""
    return [(mail.destinations["ToAddresses"], mail.subject) for mail in letters()]


def letters() -> list[Any]:
    """What SES has sent, oldest first."""
    return list(sesv2_backends["123456789012"]["us-east-1"].core_backend.sent_messages)
