"""The rows of one partition as they are stored, whatever their kinds: for erasing a person."""

from typing import TYPE_CHECKING, Any, cast

from likeness.dynamodb import connection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = dict[str, dict[str, Any]]
"""Attributes in DynamoDB's own notation."""

_PAGE = 25


def _client() -> "DynamoDBClient":
    return cast("DynamoDBClient", connection().client)


def first_rows(table: str, pk: str) -> list[Row]:
    """Return the first rows of a partition, at most 25, as they are now."""
    found = _client().query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
        Limit=_PAGE,
    )
    return cast("list[Row]", found["Items"])


def count_rows(table: str, pk: str) -> int:
    """Return how many rows a partition has now."""
    pages = (
        _client()
        .get_paginator("query")
        .paginate(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
            Select="COUNT",
        )
    )
    return sum(page["Count"] for page in pages)
