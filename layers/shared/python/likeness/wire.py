"""What goes over the wire, whatever the feature: bodies, views and cursors."""

import base64
import binascii
import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from likeness.errors import CursorInvalid


class Body(BaseModel):
    """Base of what a caller sends: unknown fields are refused, texts are stripped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class View(BaseModel):
    """Base of what a caller sees."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


def encode_cursor(position: dict[str, Any]) -> str:
    """Return an opaque cursor of a position, which holds no user id."""
    text = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decode_cursor(cursor: str) -> dict[str, Any]:
    """Return the position of a cursor.

    Raises:
        CursorInvalid: it is none of ours.
    """
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise CursorInvalid from None
    if not isinstance(found, dict):
        raise CursorInvalid
    return found


def fingerprint(request: BaseModel) -> str:
    """Return what tells two requests under one key apart: SHA-256 of the canonical body."""
    canonical = json.dumps(request.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
