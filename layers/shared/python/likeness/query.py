"""Many rows at once, as DynamoDB writes them: for lists, where Model objects cost more than the query."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from likeness.dynamodb import connection
from likeness.errors import Busy
from likeness.table import PATIENCE_SECONDS, Item, Raw

_FILTERS = {
    "contains": "contains(#f{0}, :f{0})",
    "exists": "attribute_exists(#f{0})",
    "absent": "attribute_not_exists(#f{0})",
}


@dataclass(frozen=True)
class Page:
    """Rows of one query as DynamoDB writes them, and where the next page starts."""

    rows: list[Raw]
    next_key: Raw | None


def query(  # noqa: PLR0913 (DynamoDB's own parameters)
    kind: type[Item],
    partition: tuple[str, str],
    between: tuple[str, str, str],
    *,
    index: str | None = None,
    limit: int | None = None,
    start: Raw | None = None,
    where: list[tuple[str, str, Raw]] | None = None,
    attributes: Sequence[str] = (),
    number_range: bool = False,
) -> Page:
    """Read one page, newest first, as raw attributes: for lists, where Model objects cost more than the query.

    `partition` is (attribute, value); `between` is (attribute, lowest, highest); `where` are filters
    (attribute, operator, raw value), all of which must hold: a comparison, `contains` (of a text or a set), `exists`
    or `absent` (any value). `attributes` are those to read; none: all.
    Reads of a table and of a local index are consistent.
    """
    names = {"#pk": partition[0], "#sk": between[0]}
    kept = "N" if number_range else "S"
    values: Raw = {":pk": {"S": partition[1]}, ":low": {kept: between[1]}, ":high": {kept: between[2]}}
    filters = []
    for number, (attribute, operator, value) in enumerate(where or []):
        names[f"#f{number}"] = attribute
        filters.append(_FILTERS.get(operator, "#f{0} {1} :f{0}").format(number, operator))
        if operator not in {"exists", "absent"}:
            values[f":f{number}"] = value
    names.update({f"#a{number}": attribute for number, attribute in enumerate(attributes)})
    options = {
        "IndexName": index,
        "Limit": limit,
        "ExclusiveStartKey": start,
        "FilterExpression": " AND ".join(filters),
        "ProjectionExpression": ", ".join(f"#a{number}" for number in range(len(attributes))),
    }
    answer = cast("Any", connection().client).query(
        TableName=kind.Meta.table_name,
        KeyConditionExpression="#pk = :pk AND #sk BETWEEN :low AND :high",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ScanIndexForward=False,
        ConsistentRead=index in {None, "by_time"},
        **{name: value for name, value in options.items() if value},
    )
    return Page(answer["Items"], answer.get("LastEvaluatedKey"))


def fetch(kind: type[Item], pk: str, sks: Sequence[str], attributes: Sequence[str] = ()) -> list[Raw]:
    """Return rows of one partition by key, at most 100, as they are now; absent ones are left out, in no order.

    `attributes` are those to read; none: all.

    Raises:
        Busy: throttled for two seconds.
    """
    table = kind.Meta.table_name
    request: Raw = {"Keys": [{"pk": {"S": pk}, "sk": {"S": sk}} for sk in sks], "ConsistentRead": True}
    if attributes:
        request["ProjectionExpression"] = ", ".join(f"#a{number}" for number in range(len(attributes)))
        request["ExpressionAttributeNames"] = {f"#a{number}": name for number, name in enumerate(attributes)}
    wanted: Raw = {table: request}
    found: list[Raw] = []
    give_up, pause = time.monotonic() + PATIENCE_SECONDS, 0.02
    while wanted and sks:
        answer = cast("Any", connection().client).batch_get_item(RequestItems=wanted)
        found += answer["Responses"].get(table, [])
        wanted = answer.get("UnprocessedKeys") or {}
        if wanted:
            if time.monotonic() + pause > give_up:
                raise Busy("Too much at once. Send the same request again.", retry_after=1)
            time.sleep(random.uniform(0, pause))  # noqa: S311 (jitter, not a secret)
            pause = min(0.4, pause * 2)
    return found
