"""The one connection to DynamoDB, made while a function is imported, and how it reads answers.

PynamoDB would make a client for every class of rows (50-105 ms each); made in the first invoke, one costs 70-100 ms
there.
"""

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, cast

from botocore.model import Shape
from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory
from pynamodb.connection import Connection


class PlainParser(JSONParser):
    """Takes DynamoDB's JSON as it is; walking each value through its shape costs most of a list's CPU.

    Binary attributes would stay base64: no row has any. Errors are parsed as always.
    """

    def parse(self, response: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
        """Return a successful answer as plain JSON, with what retries and callers look at."""
        if response["status_code"] >= HTTPStatus.MULTIPLE_CHOICES:
            return cast("dict[str, Any]", super().parse(response, shape))
        metadata = {"HTTPStatusCode": response["status_code"], "HTTPHeaders": dict(response["headers"])}
        return {**json.loads(response["body"] or b"{}"), "ResponseMetadata": metadata}


class PlainParsers(ResponseParserFactory):
    """Makes plain parsers for the one session that talks to DynamoDB."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Return the plain parser for JSON and botocore's own for anything else."""
        return PlainParser() if protocol_name == "json" else super().create_parser(protocol_name)


@cache
def connection() -> Connection:
    """Return the one connection; its client is made here because PynamoDB makes it without a lock."""
    made = Connection(
        max_retry_attempts=3,
        connect_timeout_seconds=2,
        read_timeout_seconds=5,
        max_pool_connections=64,
    )
    made.session.register_component("response_parser_factory", PlainParsers())
    made.client  # noqa: B018 (made now)
    return made
