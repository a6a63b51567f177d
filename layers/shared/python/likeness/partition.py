"""The rows of one partition as they are stored, whatever their kinds: for erasing a person."""

from typing import TYPE_CHECKING, Any, cast

from likeness.dynamodb import connection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

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


def delete_rows(table: str, rows: list[Row]) -> None:
    """Delete up to 25 rows; one that DynamoDB puts off is found again by the next `first_rows`."""
    requests: list[WriteRequestTypeDef] = [
        {"DeleteRequest": {"Key": {"pk": row["pk"], "sk": row["sk"]}}} for row in rows
    ]
    _client().batch_write_item(RequestItems={table: requests})
