"""How a request leaves for a vendor: one attempt, stated timeouts, bounded answers, errors by kind."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any, Literal

import httpx

from likeness.aws import secret
from likeness.errors import VendorTransient, VendorUnknown
from likeness.settings import settings

CONNECT_SECONDS = 3
ANSWER_BYTES = 40 * 1024 * 1024  # a 25 MB picture in base64, and room
USER_AGENT = "likeness/1"  # Together's CDN refuses an empty one

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True)
class Account:
    """Our account at one vendor."""

    base_url: str
    key: str
    result_origins: tuple[str, ...]
    jwks_url: str
    user_id: str


@dataclass(frozen=True)
class Vendor:
    """A vendor: the setting that names our account's secret, and the word its keys are sent with."""

    setting: Literal["fal_secret", "together_secret"]
    scheme: Literal["Key", "Bearer"]

    def account(self, *, fresh: bool = False) -> Account:
        """Return the account, at most five minutes old or, if `fresh`, as it is now."""
        stored = secret(getattr(settings(), self.setting), fresh=fresh)
        return Account(
            base_url=stored["base_url"].rstrip("/"),
            key=stored["key"],
            result_origins=tuple(stored.get("result_origins") or ()),
            jwks_url=stored.get("jwks_url") or "",
            user_id=stored.get("user_id") or "",
        )


@dataclass(frozen=True)
class Reply:
    """A vendor's whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object in the body; empty when it is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


@cache
def client() -> httpx.Client:
    """Return the one HTTP client; tests put another in its place.

    Proxies and redirects are off, so that only allowed hosts are ever reached. No connection is kept:
    a Lambda may thaw with a dead one, and a purchase sent down a dead one counts as lost.
    """
    return httpx.Client(
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"user-agent": USER_AGENT},
    )


def send(vendor: Vendor, request: httpx.Request, seconds: float) -> Reply:
    """Send one request with our key; a 401, which bought nothing, re-reads a rotated key and repeats once."""
    key = vendor.account().key
    reply = _attempt(vendor, key, request, seconds)
    if reply.status == 401:
        rotated = vendor.account(fresh=True).key
        if rotated != key:
            return _attempt(vendor, rotated, request, seconds)
    return reply


def _attempt(vendor: Vendor, key: str, request: httpx.Request, seconds: float) -> Reply:
    request.headers["authorization"] = f"{vendor.scheme} {key}"
    request.headers["user-agent"] = USER_AGENT
    request.extensions["timeout"] = httpx.Timeout(seconds, connect=CONNECT_SECONDS).as_dict()
    ends_at = monotonic() + CONNECT_SECONDS + seconds
    response = client().send(request, stream=True)
    try:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > ANSWER_BYTES:
                raise httpx.DecodingError("the answer is too large", request=request)
            if monotonic() > ends_at:
                raise httpx.ReadTimeout("the answer takes too long", request=request)
        return Reply(response.status_code, response.headers, bytes(body))
    finally:
        response.close()


@contextmanager
def buying() -> Iterator[None]:
    """Tell a purchase that was never sent (VendorTransient) from one that may be made (VendorUnknown)."""
    try:
        yield
    except _NOT_SENT as error:
        raise VendorTransient("The AI vendor could not be reached.") from error
    except httpx.HTTPError as error:
        raise VendorUnknown("The AI vendor's reply was lost.") from error


@contextmanager
def reading() -> Iterator[None]:
    """Turn every broken read into VendorTransient: a read changes nothing and may be repeated."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise VendorTransient("The AI vendor did not answer.") from error
