"""Together's images call: one answer with everything, no queue, no webhook."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.darkroom.desk import Desk
from local.darkroom.fal import HANG, desk_of, spoilt_body
from local.darkroom.faults import AFTER_ACCEPT, BEFORE_ACCEPT
from local.darkroom.jobs import Job

ENDPOINT: Final = "together/v1/images/generations"
MODELS: Final = frozenset(
    f"black-forest-labs/{name}"
    for name in (
        "FLUX.2-dev",
        "FLUX.2-pro",
        "FLUX.2-flex",
        "FLUX.2-max",
        "FLUX.1.1-pro",
        "FLUX.1-kontext-pro",
        "FLUX.1-kontext-max",
    )
)
FLAGGED: Final = "The prompt was flagged by the safety checker."
_LIMITS: Final = {
    "n": (1, 1, 4),
    "width": (1024, 256, 1920),
    "height": (1024, 256, 1920),
    "steps": (20, 1, 50),
    "seed": (-1, 0, 2**63 - 1),
}
_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    422: "invalid_request_error",
    429: "rate_limit",
    500: "server_error",
    504: "timeout",
}


class Rejected(Exception):
    """A request that Together answers with an error."""

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code

    def answer(self) -> JSONResponse:
        """Put it into Together's shape."""
        told = {"message": self.message, "type": _TYPES[self.status], "param": self.param, "code": self.code}
        return JSONResponse({"id": secrets.token_hex(8), "error": told}, self.status)


async def generate(request: Request) -> Response:
    """Render and answer at once, as URLs or as base64."""
    desk = desk_of(request)
    try:
        job = await _accepted(request, desk)
        await desk.work(job)
        return _answer(desk, job)
    except Rejected as rejected:
        return rejected.answer()


async def _accepted(request: Request, desk: Desk) -> Job:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not key:
        raise Rejected(401, "Invalid API key provided.", code="invalid_api_key")
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise Rejected(400, "The request body is not JSON.") from error
    order = read_order(body)
    token = next((request.headers[n] for n in ("x-idempotency-key", "x-request-id") if n in request.headers), "")
    job = Job(ENDPOINT, order, str(request.base_url).rstrip("/"), token=str(body.get("user") or token))
    fault = desk.faults.fire(BEFORE_ACCEPT, job.target)
    if fault is not None:
        raise Rejected(int(fault.name), "Rate limited." if fault.name == "429" else "Server error.")
    desk.jobs.accept(job)
    fault = desk.faults.fire(AFTER_ACCEPT[:2], job.target)
    if fault is not None:
        if fault.name == "timeout_after_accept":
            await asyncio.sleep(fault.seconds(HANG))
        raise Rejected(504 if fault.name == "timeout_after_accept" else 500, "Server error.")
    return job


def read_order(body: object) -> dict[str, Any]:
    """Check a request and name its parts.

    Raises:
        Rejected: Together would refuse it.
    """
    if not isinstance(body, dict):
        raise Rejected(400, "The request body is not an object.")
    for name in ("model", "prompt"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise Rejected(422, f"{name} is required.", name)
    if body["model"] not in MODELS:
        raise Rejected(404, f"Unable to access model {body['model']}.", "model", "model_not_available")
    if body.get("image_loras"):
        raise Rejected(400, "image_loras is not supported by this model.", "image_loras")
    numbers = {name: _number(body, name, *limits) for name, limits in _LIMITS.items()}
    shape = body.get("response_format") or "url"
    kind = body.get("output_format") or "jpeg"
    if shape not in {"url", "base64"} or kind not in {"jpeg", "png"}:
        raise Rejected(422, "Unknown response_format or output_format.", "response_format")
    return {
        "model": body["model"],
        "prompt": body["prompt"],
        "width": numbers["width"],
        "height": numbers["height"],
        "count": numbers["n"],
        "seed": numbers["seed"],
        "kind": kind,
        "shape": shape,
        "loras": [],
        "base_model": "",
    }


def _number(body: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Rejected(422, f"{name} must be a whole number from {low} to {high}.", name)
    if name in {"width", "height"} and value % 8:
        raise Rejected(422, f"{name} must be a multiple of 8.", name)
    return value


def _answer(desk: Desk, job: Job) -> Response:
    if job.failure is not None:
        if job.failure.status == 422:
            raise Rejected(422, FLAGGED)
        raise Rejected(500 if job.failure.status == 500 else 504, "Server error.")
    made = job.result or {}
    if any(made.get("has_nsfw_concepts", [])):
        raise Rejected(422, FLAGGED)
    timings = made.get("timings", {})
    data = [
        {"index": n, "timings": timings} | _entry(desk, job, image) for n, image in enumerate(made.get("images", []))
    ]
    body = {"id": job.id, "model": job.body["model"], "object": "list", "data": data}
    return spoilt_body(desk, job, JSONResponse(body, headers={"x-request-id": job.id}))


def _entry(desk: Desk, job: Job, image: dict[str, Any]) -> dict[str, Any]:
    """Show one picture as asked; one without a URL (a fault) shows neither."""
    url = image.get("url")
    if url is None:
        return {"type": job.body["shape"]}
    if job.body["shape"] == "url":
        return {"type": "url", "url": url}
    folder, name = url.rsplit("/", 2)[1:]
    raw = Path(desk.files, folder, name).read_bytes()
    return {"type": "b64_json", "b64_json": base64.b64encode(raw).decode()}


ROUTES = [Route("/together/v1/images/generations", generate, methods=["POST"])]
