"""The deployed stack seen from below: its functions, rows and objects, and this process as one of its functions."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx
from likeness_client.models import CreditEntryView
from pynamodb.connection import Connection

from likeness import aws, dynamodb
from local.client import Client
from local.cloud import APP_STACK
from local.deploy import outputs
from local.waiting import wait_for
from tests.deployed import CLOUD, new_client
from tests.support import forget_secrets

TABLES = ("users", "models", "images", "credits")
ORDER = "functions.generate.handler.handler"
"""The function whose environment and tables a test borrows."""
_CLIENTS = (aws.s3, aws.cognito, aws.stepfunctions, aws.mail, aws._secretsmanager)


@cache
def out() -> dict[str, str]:
    """The outputs of the app stack."""
    return outputs(CLOUD)


@cache
def functions() -> dict[str, dict[str, Any]]:
    """Every function of the app by its handler."""
    found = CLOUD.client("lambda").get_paginator("list_functions").paginate()
    every = [function for page in found for function in page["Functions"]]
    return {function["Handler"]: function for function in every if function["FunctionName"].startswith(APP_STACK)}


def sweep(feature: str) -> None:
    """Have a feature look after what is due, as its schedule does every minute."""
    name = functions()[f"functions.{feature}.events.handler"]["FunctionName"]
    answer = CLOUD.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"step": "sweep"}))
    assert "FunctionError" not in answer, answer["Payload"].read()


def environment() -> dict[str, str]:
    """The environment that the stack gives to a function."""
    return dict(functions()[ORDER]["Environment"]["Variables"])


@cache
def web() -> httpx.Client:
    """An HTTP client that is nobody; made once, because making one costs more than most requests."""
    return new_client().http


def table_name(table: str) -> str:
    """The deployed name of a table."""
    return environment()[f"{table.upper()}_TABLE"]


@cache
def _connection() -> Connection:
    return dynamodb.connection.__wrapped__()


@contextmanager
def as_function() -> Iterator[None]:
    """Let `likeness` work on the stack's tables, keys and buckets, as the deployed code does."""
    borrowed = {**environment(), "AWS_ENDPOINT_URL": CLOUD.endpoint}
    with (
        patch.dict(os.environ, borrowed),
        patch("likeness.table.connection", _connection),
        patch("likeness.query.connection", _connection),
    ):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    for client in _CLIENTS:
        client.cache_clear()
    forget_secrets()


def rows(table: str, user_id: str | None = None) -> list[dict[str, Any]]:
    """Every row of a table, or of one person in it, as DynamoDB writes it."""
    dynamo = CLOUD.client("dynamodb")
    if user_id is None:
        pages: Any = dynamo.get_paginator("scan").paginate(TableName=table_name(table), ConsistentRead=True)
    else:
        pages = dynamo.get_paginator("query").paginate(
            TableName=table_name(table),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": user_id}},
            ConsistentRead=True,
        )
    return [row for page in pages for row in page["Items"]]


def kind(row: dict[str, Any]) -> str:
    """What a row is, by its key: `BALANCE` and counts are made by updates and carry no more."""
    return str(row["sk"]["S"].partition("#")[0])


def kinds(found: list[dict[str, Any]]) -> list[str]:
    """The kinds of some rows, sorted."""
    return sorted(kind(row) for row in found)


def objects(bucket: str, prefix: str = "") -> set[str]:
    """The keys below a prefix of a bucket: `MediaBucket` or `RawBucket`."""
    pages = CLOUD.client("s3").get_paginator("list_objects_v2").paginate(Bucket=out()[bucket], Prefix=prefix)
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


def texts(row: dict[str, Any]) -> str:
    """All of a row as one text, to search in."""
    return json.dumps(row, default=str)


def money(user_id: str) -> dict[str, int]:
    """The balance and the sums that it must agree with, all recomputed from the rows of the ledger."""
    found: dict[str, list[dict[str, Any]]] = {"BALANCE": [], "ENTRY": [], "RESERVATION": []}
    for row in rows("credits", user_id):
        found[kind(row)].append(row)

    def total(of: str, *names: str, held: bool | None = None) -> int:
        chosen = [row for row in found[of] if held is None or (row["state"]["S"] == "HELD") == held]
        return sum(_product(row, names) for row in chosen)

    (balance,) = found["BALANCE"]
    return {
        "available": int(balance["available"]["N"]),
        "reserved": int(balance.get("reserved", {"N": "0"})["N"]),
        "entries": total("ENTRY", "amount"),
        "held": total("RESERVATION", "units", "unit_price", held=True),
        "spent": total("RESERVATION", "used", "unit_price", held=False),
        "used": total("RESERVATION", "used"),
        "reservations": len(found["RESERVATION"]),
    }


def _product(row: dict[str, Any], names: tuple[str, ...]) -> int:
    product = 1
    for name in names:
        product *= int(row[name]["N"])
    return product


def assert_exact(user_id: str) -> dict[str, int]:
    """Hold a person's ledger and deliveries against the invariants of docs/credits.md; return the sums."""
    sums = money(user_id)
    assert sums["reserved"] == sums["held"], sums
    assert sums["available"] + sums["reserved"] + sums["spent"] == sums["entries"], sums
    assert sums["available"] >= 0, sums
    delivered = [row for table in ("images", "models") for row in rows(table, user_id)]
    assert sums["used"] == sum(kind(row) in {"IMAGE", "WEIGHTS"} for row in delivered), sums
    return sums


def problem(answer: Any) -> dict[str, Any]:
    """What an answer says, without what differs from request to request."""
    return {name: value for name, value in answer.json().items() if name != "request_id"}


def insist(client: Client, method: str, path: str, body: Any, key: str) -> Any:
    """Send a paid request until it is answered: a gateway that gave up waiting is asked again under the same key."""

    def send() -> Any:
        return client.send(method, path, body, headers={"Idempotency-Key": key})

    return wait_for(send, lambda answer: answer.status_code not in {503, 504}, seconds=120)


def ledger(client: Client) -> list[CreditEntryView]:
    """All lines of a person's ledger, newest first, by pages of three."""
    page = client.api.list_entries(limit=3)
    found = page.entries
    while page.cursor:
        page = client.api.list_entries(limit=3, cursor=page.cursor)
        found += page.entries
    return found
