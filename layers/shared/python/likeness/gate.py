"""What a request must be before any route looks at it: through the CDN, not too large, a JSON object."""

import base64
import hmac
import json
from typing import Any

from likeness.aws import secret
from likeness.errors import Forbidden, TooLarge, Unprocessable, UnsupportedMedia
from likeness.settings import settings

BODY_BYTES = 64 * 1024
HOOK_BYTES = 256 * 1024

Event = dict[str, Any]
"""An API Gateway event, payload format 2.0: header names are lower case."""


def demand(event: Event) -> None:
    """Let a request pass.

    Raises:
        Forbidden: it did not come through the CDN, which alone knows the edge secret.
        TooLarge: its body is over the limit of its route.
        UnsupportedMedia: its body is no JSON by its content type. The router would read forms too, which other
            sites can send without asking, and break on anything else.
        Unprocessable: its body is no JSON object by its content.
    """
    _demand_edge(event)
    _demand_size(event)
    if not _is_hook(event) and event["requestContext"]["http"]["method"] != "GET":
        _demand_json(event)


def body_of(event: Event) -> bytes:
    """Return the body byte for byte."""
    text = event.get("body") or ""
    return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()


def demand_json_type(headers: dict[str, str]) -> None:
    """Demand the content type that only a site's own scripts can send with cookies.

    Raises:
        UnsupportedMedia: it is another one, or none.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMedia("Send application/json.")


def _demand_edge(event: Event) -> None:
    shown = event["headers"].get("x-likeness-edge", "")
    signing = settings().signing_secret
    for fresh in (False, True):
        accepted = str(secret(signing, fresh=fresh)["edge_secret"]).split()
        if any(hmac.compare_digest(shown.encode(), one.encode()) for one in accepted):
            return
        if not shown:
            break
    raise Forbidden("Use the public address of this service.")


def _demand_size(event: Event) -> None:
    limit = HOOK_BYTES if _is_hook(event) else BODY_BYTES
    text = event.get("body") or ""
    encoded = event.get("isBase64Encoded")
    if (len(text) * 3 // 4 - text[-2:].count("=") if encoded else len(text.encode())) > limit:
        raise TooLarge(f"A body may have {limit} bytes.")


def _demand_json(event: Event) -> None:
    """Refuse even an empty body of another type: the router would break on it, as on JSON in capitals."""
    body = event.get("body")
    if body or event["headers"].get("content-type"):
        demand_json_type(event["headers"])
        event["headers"]["content-type"] = "application/json"
    if not body:
        return
    try:
        found = json.loads(body_of(event))
    except (ValueError, RecursionError):
        raise Unprocessable("The body is not valid JSON.", fields=[]) from None
    if not isinstance(found, dict):
        message = "The body is not a JSON object."
        raise Unprocessable(message, fields=[{"field": "body", "message": message}])


def _is_hook(event: Event) -> bool:
    return str(event["rawPath"]).startswith("/v1/hooks/")
