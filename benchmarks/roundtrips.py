"""AWS calls a request makes, counted below the SDK: what a page costs in round trips, whatever the machine."""

import importlib
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import world

DYNAMODB = {"Query", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchGetItem", "Scan"}
MODEL = "01M84SCMQCDN09KR9KQZYVYKHC"
ROWS: dict[str, dict[str, Any]] = {
    "MODEL#": {"kind": {"S": "MODEL"}, "name": {"S": "Ada"}, "training_id": {"S": MODEL}, "created_at": {"S": ""}},
    "WEIGHTS#": {
        "kind": {"S": "WEIGHTS"},
        "key": {"S": "media/v/x/weights.safetensors"},
        "sha256": {"S": ""},
        "bytes": {"N": "1"},
        "base_model": {"S": "flux-1-dev"},
        "created_at": {"S": "2026-11-23T18:00:00+00:00"},
    },
}
"""What is found under keys that begin so; nothing is under any other."""
PICTURE = "01JD0000000000000000000001"
ORDER = {"prompt": "a lighthouse", "base_model": "flux-2-dev", "count": 1}
REQUESTS: list[tuple[str, str, dict[str, Any], int | None]] = [
    ("gallery", "gallery page", world.event("GET", "/v1/images", {"limit": "24"}), 1),
    ("gallery", "gallery page, filtered", world.event("GET", "/v1/images", {"style": "oil"}), 3),
    ("billing", "credits", world.event("GET", "/v1/credits"), 1),
    ("billing", "ledger", world.event("GET", "/v1/credits/entries"), 3),
    ("generate", "catalog", world.event("GET", "/v1/catalog"), 0),
    ("generate", "public keys", world.event("GET", "/v1/keys"), 0),
    ("gallery", "manifest", world.event("GET", f"/v1/images/{PICTURE}/manifest"), 1),
    ("generate", "order of pictures", world.event("POST", "/v1/generations", None, ORDER), 3),
    (
        "upload",
        "presign of one photo",
        world.event("POST", "/v1/photos", None, {"photos": [{"filename": "a.jpg", "content_type": "image/jpeg"}]}),
        0,
    ),
    ("upload", "list of photos", world.event("GET", "/v1/photos"), 1),
    ("train", "list of models", world.event("GET", "/v1/models"), 1),
    ("train", "versions of a model", world.event("GET", f"/v1/models/{MODEL}/versions"), 3),
    (
        "train",
        "link to a version's weights",
        world.event("GET", f"/v1/models/{MODEL}/versions/{MODEL}/weights"),
        2,
    ),
]


def main() -> None:
    """Count and print; exit 1 when a request makes more calls to DynamoDB than it should."""
    world.enter()
    calls = world.answer_with(_answer)
    worse = False
    print("DynamoDB calls a request (and others), warm")
    for feature, name, event, goal in REQUESTS:
        handler: Callable[..., dict[str, Any]] = importlib.import_module(f"functions.{feature}.handler").handler
        handler(event, world.Context())
        calls.clear()
        answer = handler(event, world.Context())
        dynamodb = sum(calls[operation] for operation in calls if operation in DYNAMODB)
        others = {operation: number for operation, number in calls.items() if operation not in DYNAMODB}
        mark = "" if goal is None or dynamodb <= goal else f"  MORE THAN {goal}"
        worse = worse or bool(mark)
        print(f"  {name:24} {answer['statusCode']}  {dynamodb}  {others or ''}{mark}")
    sys.exit(worse)


def _answer(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    if operation == "GetItem":
        found = _rows(request["Key"]["sk"]["S"])
        return {"Item": {**request["Key"], **found[0]}} if found else {}
    if operation == "Query":
        found = _rows(request["ExpressionAttributeValues"].get(":low", {}).get("S", ""))
        keys = {"pk": {"S": world.USER}, "sk": {"S": f"WEIGHTS#{MODEL}#{MODEL}"}}
        return {"Items": [{**keys, **row} for row in found], "Count": len(found), "ScannedCount": len(found)}
    return {"BatchGetItem": {"Responses": {}}, "UpdateItem": {"Attributes": {}}}.get(operation, {})


def _rows(sk: str) -> list[dict[str, Any]]:
    return [row for prefix, row in ROWS.items() if sk.startswith(f"{prefix}{MODEL}")]


if __name__ == "__main__":
    main()
