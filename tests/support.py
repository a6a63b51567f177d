"""Calling a handler as API Gateway does, a step as Step Functions does, and making people with credits."""

import base64
import json
import time
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from likeness import aws
from likeness.items.image import LEAN
from likeness.items.money import EntryKind
from likeness.items.user import Profile
from likeness.ledger import grant

EDGE_SECRET = "5e" * 32

_OPEN = {
    "IndexName": "open",
    "KeySchema": [
        {"AttributeName": "open", "KeyType": "HASH"},
        {"AttributeName": "check_at", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
_GALLERY = {
    "IndexName": "gallery",
    "KeySchema": [
        {"AttributeName": "gallery", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": LEAN},
}
_BY_TIME = {
    "IndexName": "by_time",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "ALL"},
}
TABLES: dict[str, dict[str, Any]] = {
    "users": {},
    "models": {
        "attributes": {"open": "S", "check_at": "N"},
        "indexes": {"GlobalSecondaryIndexes": [_OPEN]},
    },
    "images": {
        "attributes": {"open": "S", "check_at": "N", "gallery": "S"},
        "indexes": {"GlobalSecondaryIndexes": [_OPEN, _GALLERY]},
    },
    "credits": {"attributes": {"at": "S"}, "indexes": {"LocalSecondaryIndexes": [_BY_TIME]}},
}


@dataclass
class Reply:
    """What a handler answered."""

    status: int
    headers: dict[str, str]
    body: str
    cookies: dict[str, str] = field(default_factory=dict)
    set_cookies: list[str] = field(default_factory=list)
    """The Set-Cookie lines as sent."""

    @cached_property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The problem's code."""
        return str(self.json["code"])


class Context(LambdaContext):
    """What Lambda tells a function of its invocation."""

    _function_name = "test"
    _memory_limit_in_mb = 512
    _invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:test"
    _aws_request_id = "00000000-0000-4000-8000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 25_000


def claims(user: str, **more: Any) -> dict[str, Any]:
    """The claims of an access token as the JWT authorizer passes them on: all texts."""
    return {
        "sub": user,
        "token_use": "access",
        "auth_time": str(int(time.time())),
        "scope": "aws.cognito.signin.user.admin",
        "username": user,
        **more,
    }


def call(  # the front door of every feature
    handler,
    method: str,
    url: str,
    body: Any = None,
    *,
    user: str | None = None,
    key: str | None = None,
    headers: dict[str, str] | None = None,
    cookies: dict[str, str] | None = None,
    token: dict[str, Any] | None = None,
    raw: bytes | None = None,
) -> Reply:
    """Send one request through a handler: an API Gateway event in, the reply out."""
    parts = urlsplit(url)
    sent = {
        "x-likeness-edge": EDGE_SECRET,
        "content-type": "application/json",
        "x-forwarded-for": "203.0.113.7, 198.51.100.9",
        **({"idempotency-key": key} if key is not None else {}),
        **(headers or {}),
    }
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "queryStringParameters": dict(parse_qsl(parts.query)) or None,
        "headers": sent,
        "cookies": [f"{name}={value}" for name, value in (cookies or {}).items()],
        "requestContext": {
            "stage": "$default",
            "requestId": "r-1",
            "http": {"method": method, "path": parts.path, "sourceIp": "198.51.100.9"},
        },
        "isBase64Encoded": raw is not None,
        "body": None,
    }
    if raw is not None:
        event["body"] = base64.b64encode(raw).decode()
    elif body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    shown = token or (claims(user) if user else None)
    if shown:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": shown, "scopes": None}}
    answer = handler(event, Context())
    jar: SimpleCookie = SimpleCookie()
    for line in answer.get("cookies") or []:
        jar.load(line)
    text = answer.get("body") or ""
    if answer.get("isBase64Encoded"):
        text = base64.b64decode(text).decode()
    received = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
    return Reply(
        answer["statusCode"],
        received,
        text,
        {name: morsel.value for name, morsel in jar.items()},
        answer.get("cookies") or [],
    )


def step(handler, name: str, **state: Any) -> Any:
    """Run one workflow step."""
    return handler({"step": name, **state}, Context())


def make_person(user: str = "ada", amount: int = 100) -> None:
    """An active person with credits."""
    profile = Profile.of(user)
    profile.email = f"{user}@example.org"
    profile.save()
    if amount:
        grant(user, EntryKind.WELCOME, "welcome", amount)


@cache
def client(service: str) -> Any:
    """A client of moto's world, made once: making one costs more than most tests."""
    return boto3.client(service)


def forget_secrets() -> None:
    """Drop cached secrets, so that the next test reads its own."""
    aws._secrets.clear()
