"""fal's queue: one request buys a job; its URLs tell how it stands, what came of it, and stop it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from likeness.errors import VendorError, VendorTransient, VendorUnknown
from likeness.vendors import download
from likeness.vendors.fal_error import error_of, named_error
from likeness.vendors.protocol import Endpoint, Progress, Ref
from likeness.vendors.wire import Reply, Vendor, buying, reading, send

SUBMIT_SECONDS = 30
READ_SECONDS = 10
RESULTS_LIVE = '{"expiration_duration_seconds": 86400}'  # long copied to our bucket by then
FAL = Vendor("fal_secret", "Key")

Result = TypeVar("Result")
_STEP = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6})")
_PERCENT = re.compile(r"(\d{1,3})(?:\.\d+)?\s*%")
_LOST = "The AI vendor's reply was lost."


def submit(endpoint: Endpoint, body: Mapping[str, Any], start_seconds: int, webhook_url: str | None) -> Ref:
    """Buy a job with one request; errors as `Trainer.submit` promises.

    fal gives up by itself when the job has not started after `start_seconds`.
    """
    base_url = FAL.account().base_url
    request = httpx.Request(
        "POST",
        f"{base_url}/{endpoint['endpoint']}",
        # in the query: fal ignores a webhook that stands in the body
        params={"fal_webhook": webhook_url} if webhook_url else None,
        json=body,
        headers={
            "x-fal-request-timeout": str(start_seconds),
            "x-fal-object-lifecycle-preference": RESULTS_LIVE,
        },
    )
    with buying():
        reply = send(FAL, request, SUBMIT_SECONDS)
    if reply.status < 300 or reply.status >= 500:
        if ref := _ref(reply.fields, base_url):
            return ref
        if reply.status != 503:
            raise VendorUnknown(_LOST)
    elif reply.status < 400 or reply.status == 408:
        raise VendorUnknown(_LOST)
    raise error_of(reply)


def _ref(fields: Mapping[str, Any], base_url: str) -> Ref | None:
    names = ("request_id", "status_url", "response_url", "cancel_url")
    found = [fields.get(name) for name in names]
    texts = [value for value in found if isinstance(value, str) and value]
    if len(texts) < len(names) or not all(download.is_allowed(url, [base_url]) for url in texts[1:]):
        return None
    return Ref(*texts)


def job_named(endpoint: Endpoint, request_id: str) -> Ref:
    """Return the job of this id as fal names it today: for a job whose own names were lost with the answer.

    It proves nothing: fal is asked at these addresses with our key, and knows no job of others.
    """
    owner, app = endpoint["endpoint"].split("/")[:2]
    url = f"{FAL.account().base_url}/{owner}/{app}/requests/{request_id}"
    return Ref(request_id, f"{url}/status", url, f"{url}/cancel")


def _read(method: str, url: str, params: dict[str, str] | None = None) -> Reply:
    with reading():
        return send(FAL, httpx.Request(method, url, params=params), READ_SECONDS)


def poll(ref: Ref, *, with_log: bool) -> Progress:
    """Ask how a job stands; whatever keeps fal from saying it leaves the job running."""
    try:
        reply = _read("GET", ref.status_url, {"logs": "1" if with_log else "0"})
    except VendorError as error:
        return Progress("running", error=error)
    if reply.status >= 300:
        return Progress("running", error=error_of(reply))
    fields = reply.fields
    if fields.get("status") == "COMPLETED":
        return _ended(ref, fields)
    position = fields.get("queue_position")
    if fields.get("status") == "IN_QUEUE":
        return Progress("queued", queue_position=position if type(position) is int else None)
    return Progress("running", fraction=_fraction(fields.get("logs")))


def _ended(ref: Ref, fields: Mapping[str, Any]) -> Progress:
    if not fields.get("error") and not fields.get("error_type"):
        return Progress("done", fraction=1.0)
    return Progress("failed", error=named_error(fields) or _reason(ref))


def _reason(ref: Ref) -> VendorError:
    """Ask the result why a job failed whose status names no type."""
    try:
        reply = _read("GET", ref.response_url)
    except VendorError:
        return VendorError("The AI vendor's job failed.")
    return named_error(reply.fields) or VendorError("The AI vendor's job failed.")


def _fraction(logs: object) -> float | None:
    """Read the newest "30/60" or "45 %" of a training's log."""
    lines = [line.get("message") for line in logs if isinstance(line, dict)] if isinstance(logs, list) else []
    for text in reversed(lines):
        if not isinstance(text, str):
            continue
        if (step := _STEP.search(text)) and 0 < int(step[2]) >= int(step[1]):
            return int(step[1]) / int(step[2])
        if (percent := _PERCENT.search(text)) and int(percent[1]) <= 100:
            return int(percent[1]) / 100
    return None


def result(ref: Ref, read: Callable[[Mapping[str, Any]], Result]) -> Result:
    """Return what `read` makes of a result; one that makes no sense is fetched once more before it counts as none."""
    try:
        return read(_fields(ref))
    except VendorError as error:
        if type(error) is not VendorError:
            raise
        return read(_fields(ref))


def _fields(ref: Ref) -> dict[str, Any]:
    reply = _read("GET", ref.response_url)
    if reply.status in {202, 400} and not named_error(reply.fields):
        raise VendorTransient("The AI vendor has not finished after all.")
    if reply.status >= 300:
        raise error_of(reply)
    return reply.fields


def cancel(ref: Ref) -> None:
    """Ask fal to stop a job; 400 and 404 say that there is nothing to stop."""
    reply = _read("PUT", ref.cancel_url)
    if reply.status >= 300 and reply.status not in {400, 404}:
        raise error_of(reply)
