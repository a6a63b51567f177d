"""What fal's errors mean to us: two shapes on the wire, one tree here. Branch on types, never on texts."""

from collections.abc import Mapping
from typing import Any

from likeness.errors import (
    ContentRefused,
    InputRefused,
    VendorAccount,
    VendorBusy,
    VendorError,
    VendorTransient,
)
from likeness.vendors.wire import Reply

_CONTENT = "The AI vendor's moderation refused this."
_INPUT = "The AI vendor cannot use what it was sent."
_AGAIN = "The AI vendor failed; another try may succeed."
_ACCOUNT = "The AI vendor does not accept our account."
_BUSY = "The AI vendor is busy."
_ENDED = "The AI vendor ended the job without a result."

_KINDS: dict[str, tuple[type[VendorError], str]] = {
    "content_policy_violation": (ContentRefused, _CONTENT),
    "no_media_generated": (VendorError, _ENDED),
    "client_cancelled": (VendorError, _ENDED),
    "client_disconnected": (VendorError, _ENDED),
    "bad_request": (InputRefused, _INPUT),
    "concurrent_requests_limit": (VendorBusy, _BUSY),
} | dict.fromkeys(
    (
        "downstream_service_error",
        "downstream_service_unavailable",
        "file_download_error",
        "generation_timeout",
        "internal_error",
        "internal_server_error",
        "request_timeout",
        "runner_connection_error",
        "runner_connection_refused",
        "runner_connection_timeout",
        "runner_disconnected",
        "runner_incomplete_response",
        "runner_scheduling_failure",
        "runner_server_error",
        "startup_timeout",
    ),
    (VendorTransient, _AGAIN),
)
_STATUSES: dict[int, tuple[type[VendorError], str]] = {
    401: (VendorAccount, _ACCOUNT),
    402: (VendorAccount, _ACCOUNT),
    403: (VendorAccount, _ACCOUNT),
    429: (VendorBusy, _BUSY),
    503: (VendorBusy, _BUSY),
}


def error_of(reply: Reply) -> VendorError:
    """Return what an answer other than 2xx says: its status for our account, then its type, then its status."""
    if reply.status in {401, 402, 403}:
        return _made(_STATUSES[reply.status])
    named = named_error(reply.fields) or _by_type(reply.headers.get("x-fal-error-type"))
    if named:
        return named
    if reply.status in _STATUSES:
        return _made(_STATUSES[reply.status])
    if reply.status >= 500 or reply.status == 408:
        return VendorTransient(_AGAIN)
    return InputRefused(_INPUT) if reply.status in {400, 413, 422} else VendorError(_ENDED)


def named_error(fields: Mapping[str, Any]) -> VendorError | None:
    """Return the error that a body names by `detail[].type` or `error_type`; None if it names none."""
    detail = fields.get("detail")
    types = [entry.get("type") for entry in detail if isinstance(entry, dict)] if isinstance(detail, list) else []
    for kind in types:
        if known := _by_type(kind):
            return known
    if types:
        return InputRefused(_INPUT)
    return _by_type(fields.get("error_type"))


def _by_type(kind: object) -> VendorError | None:
    found = _KINDS.get(kind) if isinstance(kind, str) else None
    return _made(found) if found else None


def _made(found: tuple[type[VendorError], str]) -> VendorError:
    return found[0](found[1])
