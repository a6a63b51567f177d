"""AWS calls a request makes, counted below the SDK: what a page costs in round trips, whatever the machine."""

import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import world

DYNAMODB = {"Query", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchGetItem", "Scan"}
MODEL = "01M84SCMQCDN09KR9KQZYVYKHC"
ORDERED = {
    **dict.fromkeys(("prompt", "prompt_sent", "style", "aspect_ratio", "base_model_name"), "a lighthouse"),
    **dict.fromkeys(("width", "height", "seed", "catalog_version"), 1),
    **dict.fromkeys(("negative_prompt", "model_id", "weights_key", "weights_sha256")),
    "base_model": "flux-2-dev",
    "endpoint": {"vendor": "together", "endpoint": "black-forest-labs/FLUX.2-dev"},
}
ROWS: dict[str, dict[str, Any]] = {
    f"MODEL#{MODEL}": {
        "kind": {"S": "MODEL"},
        "name": {"S": "Ada"},
        "subject_kind": {"S": "person"},
        "class_word": {"S": "woman"},
        "trigger": {"S": "ohwx"},
        "training_id": {"S": MODEL},
        "created_at": {"S": ""},
    },
    f"WEIGHTS#{MODEL}": {
        "kind": {"S": "WEIGHTS"},
        "key": {"S": "media/v/x/weights.safetensors"},
        "sha256": {"S": ""},
        "bytes": {"N": "1"},
        "base_model": {"S": "flux-1-dev"},
        "created_at": {"S": "2026-11-23T18:00:00+00:00"},
    },
    "SHARE": {
        "kind": {"S": "SHARE"},
        "image_ids": {"L": [{"S": MODEL}]},
        "show_prompt": {"BOOL": False},
        "allow_download": {"BOOL": True},
        "views": {"N": "1"},
        "below": {"S": "media/v/x/"},
        "created_at": {"S": "2026-11-23T18:00:00+00:00"},
    },
    f"IMAGE#{MODEL}": {
        "kind": {"S": "IMAGE"},
        "gallery": {"S": world.USER},
        "generation_id": {"S": MODEL},
        "number": {"N": "1"},
        "base_model": {"S": "flux-2-dev"},
        "sha256": {"S": ""},
        "manifest": {"S": "{}"},
        "shares": {"SS": [MODEL]},
        "bytes": {"N": "1200000"},
        "width": {"N": "1024"},
        "height": {"N": "1024"},
        "aspect_ratio": {"S": "1:1"},
        "style": {"S": "oil"},
        "favourite": {"BOOL": False},
        "prompt_head": {"S": "a lighthouse"},
    },
    f"GENERATION#{MODEL}": {
        "kind": {"S": "GENERATION"},
        "request": {"S": json.dumps(ORDERED)},
        "status": {"S": "failed"},
        "pictures": {"L": [{"M": {"number": {"N": "1"}, "state": {"S": "failed"}}}]},
    },
    f"DOWNLOAD#{MODEL}": {
        "kind": {"S": "DOWNLOAD"},
        "status": {"S": "succeeded"},
        "variant": {"S": "original"},
        "manifests": {"BOOL": False},
        "pattern": {"S": "{id}"},
        **{name: {"N": "1"} for name in ("total", "done", "missed", "bytes")},
        "below": {"S": "media/v/x/"},
        "files": {"L": []},
        "created_at": {"S": "2026-11-23T18:00:00+00:00"},
        "deadline": {"N": "1795457944"},
    },
    f"CHANGE#{MODEL}": {
        "kind": {"S": "CHANGE"},
        "status": {"S": "running"},
        **{name: {"N": "1"} for name in ("total", "done", "missed", "attempt")},
        "failures": {"L": []},
        "created_at": {"S": "2026-11-23T18:00:00+00:00"},
        "deadline": {"N": "1795457944"},
    },
    "COLLECTION": {"kind": {"S": "COLLECTION"}, "name": {"S": "Us"}, "created_at": {"S": "2026-11-23T18:00:00+00:00"}},
    "PROFILE": {"kind": {"S": "PROFILE"}, "state": {"S": "ACTIVE"}},
    "EMAIL_CHANGE": {"kind": {"S": "EMAIL_CHANGE"}, "email": {"S": "a@b.org"}, "code_mac": {"S": "0" * 64}},
}
"""What is found under keys that begin so; nothing is under any other."""
PERSON = {
    "UserStatus": "UNCONFIRMED",
    "UserAttributes": [{"Name": "sub", "Value": MODEL}, {"Name": "email", "Value": "ada@example.net"}],
}
"""Whom the user pool finds."""
PICTURE = MODEL
SHARED = (
    "se_53CxPt7usMBk8IJUO3vT62PUg07tg40b3FRfF9tNO5wJCILomIfHRXL0Wcy-nKNVgkSLqvxTZ1rpQGQ8B9JOedtdRe3HddNdIt-pBshNkrT_eFQ"
)
"""The token of the link MODEL, by the keys of this world."""
ERASURE = "WyI3ZDNmMGMxZS02YzFiLTRhNTEtOWEyZS0wZjZmMmYxZjlkMTEiXQ.26a9e84d611328d0d8699143228f3d2d"
"""The token of a receipt, by the same keys."""
COLLECTED = {"collection_ids": [MODEL]}
ORDER = {"prompt": "a lighthouse", "base_model": "flux-2-dev", "count": 1}
PACK = {"pack": {"id": "painters"}, "model_id": MODEL}
REMIX = {"style": "oil", "aspect_ratio": "1:1"}
MARKED = {"image_ids": [MODEL], "change": {"favourite": True}}
MATCHING = {"filters": {"style": "oil"}, "change": {"favourite": True}}
REQUESTS: list[tuple[str, str, dict[str, Any], int | None]] = [
    ("gallery", "gallery page", world.event("GET", "/v1/images", {"limit": "24"}), 1),
    ("gallery", "gallery page, filtered", world.event("GET", "/v1/images", {"style": "oil"}), 3),
    ("gallery", "gallery, light rows", world.event("GET", "/v1/images", {"fields": "index", "limit": "1000"}), 1),
    ("gallery", "gallery page of a collection", world.event("GET", "/v1/images", {"collection_id": MODEL}), 4),
    ("gallery", "pictures by their ids", world.event("GET", "/v1/images", {"ids": f"{PICTURE},{PICTURE[:-1]}2"}), 1),
    ("gallery", "facets, a call a megabyte", world.event("GET", "/v1/images/facets"), 1),
    ("gallery", "picture", world.event("GET", f"/v1/images/{PICTURE}"), 1),
    ("gallery", "picture, tagged", world.event("PATCH", f"/v1/images/{PICTURE}", None, {"tags": ["sea"]}), 2),
    ("gallery", "picture, collected", world.event("PATCH", f"/v1/images/{PICTURE}", None, COLLECTED), 2),
    ("gallery", "pictures, changed", world.event("POST", "/v1/images/changes", None, MARKED), 3),
    ("gallery", "all that match, changed", world.event("POST", "/v1/images/changes", None, MATCHING), 2),
    ("gallery", "change", world.event("GET", f"/v1/images/changes/{MODEL}"), 1),
    ("gallery", "change, stopped", world.event("DELETE", f"/v1/images/changes/{MODEL}"), 2),
    ("gallery", "collection, made", world.event("POST", "/v1/collections", None, {"name": "Best"}), 1),
    ("gallery", "collections", world.event("GET", "/v1/collections"), 1),
    ("gallery", "collection", world.event("GET", f"/v1/collections/{MODEL}"), 1),
    ("gallery", "collection, renamed", world.event("PATCH", f"/v1/collections/{MODEL}", None, {"name": "Us"}), 2),
    ("gallery", "collection, deleted", world.event("DELETE", f"/v1/collections/{MODEL}"), 4),
    ("auth", "address, asked for", world.event("POST", "/v1/me/email", None, {"email": "ada@example.net"}), 6),
    ("auth", "address, wrong code", world.event("POST", "/v1/me/email/confirm", None, {"code": "000000"}), 3),
    ("auth", "signed out everywhere", world.event("DELETE", "/v1/me/sessions"), 0),
    ("auth", "receipt of an erasure", world.event("GET", f"/v1/erasures/{ERASURE}"), 2),
    ("billing", "credits", world.event("GET", "/v1/credits"), 1),
    ("billing", "ledger", world.event("GET", "/v1/credits/entries"), 3),
    ("generate", "catalog", world.event("GET", "/v1/catalog"), 0),
    ("generate", "public keys", world.event("GET", "/v1/keys"), 0),
    ("gallery", "manifest", world.event("GET", f"/v1/images/{MODEL}/manifest"), 1),
    ("generate", "replay", world.event("POST", f"/v1/images/{MODEL}/replay", None, {}), 5),
    ("generate", "order of pictures", world.event("POST", "/v1/generations", None, ORDER), 3),
    ("generate", "order of a pack", world.event("POST", "/v1/generations", None, PACK), 5),
    ("generate", "quote of a pack", world.event("POST", "/v1/generations/quote", None, PACK), 3),
    ("generate", "remix", world.event("POST", f"/v1/images/{MODEL}/remixes", None, REMIX), 5),
    ("generate", "variations", world.event("POST", f"/v1/images/{MODEL}/variations", None, {}), 5),
    ("generate", "retry", world.event("POST", f"/v1/generations/{MODEL}/retry"), 4),
    ("generate", "suggestions of words", world.event("GET", "/v1/prompts/suggestions"), 0),
    ("generate", "words used before", world.event("GET", "/v1/prompts/history"), 3),
    (
        "upload",
        "presign of one photo",
        world.event("POST", "/v1/photos", None, {"photos": [{"filename": "a.jpg", "content_type": "image/jpeg"}]}),
        0,
    ),
    ("upload", "list of photos", world.event("GET", "/v1/photos"), 1),
    ("gallery", "link, made", world.event("POST", "/v1/shares", None, {"image_ids": [MODEL]}), 8),
    ("gallery", "links", world.event("GET", "/v1/shares"), 1),
    ("gallery", "links of a picture", world.event("GET", "/v1/shares", {"image_id": MODEL}), 2),
    ("gallery", "link", world.event("GET", f"/v1/shares/{MODEL}"), 1),
    ("gallery", "link, renamed", world.event("PATCH", f"/v1/shares/{MODEL}", None, {"title": "Us"}), 3),
    ("gallery", "link, revoked", world.event("POST", f"/v1/shares/{MODEL}/revoke"), 3),
    ("gallery", "link, deleted", world.event("DELETE", f"/v1/shares/{MODEL}"), 4),
    ("gallery", "link, visited", world.event("GET", f"/v1/shared/{SHARED}"), 3),
    ("gallery", "download, started", world.event("POST", "/v1/downloads", None, {"image_ids": [MODEL]}), 3),
    ("gallery", "downloads", world.event("GET", "/v1/downloads"), 1),
    ("gallery", "download", world.event("GET", f"/v1/downloads/{MODEL}"), 1),
    ("gallery", "download, forgotten", world.event("DELETE", f"/v1/downloads/{MODEL}"), 2),
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
    if operation in {"GetItem", "UpdateItem"}:
        found = _rows(request["Key"]["sk"]["S"])
        name = "Item" if operation == "GetItem" else "Attributes"
        return {name: {**request["Key"], **found[0]}} if found else {"Attributes": {}}
    if operation == "Query":
        low = request["ExpressionAttributeValues"].get(":low", {}).get("S", "")
        found = [{"sk": {"S": f"{prefix}#{MODEL}"}, **row} for prefix, row in ROWS.items() if low.startswith(prefix)]
        return {"Items": [{"pk": {"S": world.USER}, **row} for row in found], "Count": len(found), "ScannedCount": 1}
    if operation == "BatchGetItem":
        ((table, asked),) = request["RequestItems"].items()
        return {"Responses": {table: [{**key, **row} for key in asked["Keys"] for row in _rows(key["sk"]["S"])]}}
    return PERSON if operation == "AdminGetUser" else {}


def _rows(sk: str) -> list[dict[str, Any]]:
    return [row for prefix, row in ROWS.items() if sk.startswith(prefix)]


if __name__ == "__main__":
    main()
