"""What callers send to sign up, in and out, and what they see of their account."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from likeness.items.user import AccountState
from likeness.wire import Body, View

_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"(?=.{4,190}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")


def normalise(email: str) -> str:
    """Return an e-mail address as the user pool knows it: lower case, the domain in ASCII.

    Raises:
        ValueError: it is no address that mail can be sent to.
    """
    local, _, domain = email.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        domain = ""
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        message = "This is not an e-mail address."
        raise ValueError(message)
    return f"{local.lower()}@{domain}"


Email = Annotated[str, Field(max_length=254, examples=["ada@example.org"]), AfterValidator(normalise)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
NewPassword = Annotated[
    str, Field(min_length=12, max_length=128, description="Any characters. Easily guessed ones are refused.")
]
Password = Annotated[str, Field(min_length=1, max_length=256)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Client(StrEnum):
    """Where tokens go: a browser keeps the refresh token in a cookie that no script can read."""

    BROWSER = "browser"
    NATIVE = "native"


class RegisterRequest(Body):
    """Who wants an account, on which terms."""

    email: Email
    password: NewPassword
    name: Name | None = None
    adult: Literal[True] = Field(description="The person says that they are 18 or older.")
    terms_version: str = Field(max_length=40, description="The version of the terms that was accepted.")


class EmailRequest(Body):
    """Whom to write to."""

    email: Email


class ConfirmRequest(Body):
    """The code that was mailed to an address."""

    email: Email
    code: Code


class ConfirmEmailRequest(Body):
    """The code that was mailed to the address to move to."""

    code: Code


class ResetPasswordRequest(ConfirmRequest):
    """The code that was mailed to an address, and the password from now on."""

    password: NewPassword


class LoginRequest(Body):
    """Who signs in, and where."""

    email: Email
    password: Password
    client: Client = Client.BROWSER


class RefreshRequest(Body):
    """A native client's refresh token; a browser's is in its cookie."""

    refresh_token: str | None = Field(default=None, max_length=8192)


class ChangeMeRequest(Body):
    """What to change; what is left out stays."""

    name: Name | None = None
    terms_version: str | None = Field(default=None, max_length=40, description="Terms accepted anew.")


class ChangePasswordRequest(Body):
    """The password of now and the one from now on."""

    old: Password
    new: NewPassword
    client: Client = Client.BROWSER


class MailedView(View):
    """The address that gets a mail, if there is something to tell it."""

    email: str


class MediaView(View):
    """Access to one's own media: native clients append `query` to each path, browsers got cookies."""

    query: str | None
    expires_at: datetime


class SessionView(View):
    """A session. The access token goes into `Authorization: Bearer`; `expires_in` is in seconds."""

    user_id: str
    access_token: str
    expires_in: int
    refresh_token: str | None = Field(description="For native clients only.")
    media: MediaView


class MeView(View):
    """An account."""

    id: str
    email: str
    name: str | None
    state: AccountState
    created_at: datetime
    terms_version: str | None
    terms_at: datetime | None


class ErasureView(View):
    """An account that is being erased, with everything in it."""

    state: AccountState
    receipt: str = Field(description="Path of the receipt, which needs no account. Keep it: nothing else leads there.")


class ErasureState(StrEnum):
    """Where an erasure stands."""

    ERASING = "erasing"
    ERASED = "erased"


class RemovedView(View):
    """How many of each were removed; `bytes` are those of `objects`, the stored files."""

    photos: int
    images: int
    models: int
    trainings: int
    weights: int
    generations: int
    collections: int
    shares: int
    downloads: int
    changes: int
    other_rows: int
    objects: int
    bytes: int


class Kept(StrEnum):
    """What outlives an account."""

    LEDGER = "ledger"
    ACCOUNT = "account"
    WELCOME = "welcome"
    BACKUPS = "backups"


class KeptView(View):
    """Something that is kept, and why."""

    what: Kept
    rows: int | None = Field(description="How many; null: not counted.")
    days: int | None = Field(description="For how long; null: it is not removed.")
    why: str


class ErasureReceiptView(View):
    """What became of an account; `removed` and `finished_at` come when everything is gone."""

    state: ErasureState
    requested_at: datetime
    finished_at: datetime | None
    removed: RemovedView | None
    kept: list[KeptView]
