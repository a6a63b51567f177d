"""Asking for another address, and confirming it."""

import re

from functions.auth import handler as auth
from likeness.items.user import EmailChange
from tests.support import call
from tests.unit.auth.conftest import join, letters

NEW = "countess@example.net"


def ask(user, email=NEW, **named):
    return call(auth.handler, "POST", "/v1/me/email", {"email": email}, **({"user": user} | named))


def confirm(user, code, **named):
    return call(auth.handler, "POST", "/v1/me/email/confirm", {"code": code}, **({"user": user} | named))


def code() -> str:
    """The code in the newest mail."""
    (found,) = re.findall(r"\b\d{6}\b", letters()[-1].body)
    return str(found)


def moved(email=NEW) -> str:
    """Ada, who has moved to another address; return her id."""
    user = join()
    ask(user, email)
    assert confirm(user, code()).status == 200
    return user


def wrong() -> str:
    return f"{(int(code()) + 1) % 10**6:06}"


def pending(user) -> EmailChange | None:
    return next(iter(EmailChange.query(user, EmailChange.sk == "EMAIL_CHANGE")), None)
