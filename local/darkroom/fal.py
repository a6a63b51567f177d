"""fal's queue protocol: submit, status, result, cancel, keys of the webhooks."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.darkroom.desk import Desk
from local.darkroom.faults import AFTER_ACCEPT, AT_POLL, BEFORE_ACCEPT, IN_BODY, Fault
from local.darkroom.hooks import jwks
from local.darkroom.jobs import Job, token_of
from local.darkroom.mischief import HTML
from local.darkroom.rules import RENDERERS, TRAINERS

HANG = 90.0


def desk_of(request: Request) -> Desk:
    """Return the desk of the running app."""
    return cast("Desk", request.app.state.desk)


def detail(status: int, text: str, error_type: str = "") -> JSONResponse:
    """Answer an error of the infrastructure in fal's shape."""
    body = {"detail": text} | ({"error_type": error_type} if error_type else {})
    return JSONResponse(body, status, {"X-Fal-Error-Type": error_type} if error_type else None)


def unauthorised(request: Request) -> JSONResponse | None:
    """Refuse a caller without `Authorization: Key id:secret`."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    wanted = request.app.state.key
    if scheme != "Key" or not key or (wanted and key != wanted):
        return detail(401, "Authentication is required to access this application.")
    return None


async def submit(request: Request) -> Response:
    """Take a job into the queue; its input is checked when it runs, as fal does."""
    refused = unauthorised(request)
    if refused is not None:
        return refused
    endpoint = request.path_params["endpoint"]
    if endpoint not in TRAINERS | RENDERERS:
        return detail(404, f"Application '{endpoint}' not found")
    try:
        job = await _read_job(request, endpoint)
    except ValueError as error:
        return detail(400, f"Invalid request: {error}", "bad_request")
    desk = desk_of(request)
    fault = desk.faults.fire(BEFORE_ACCEPT, job.target)
    if fault is not None:
        text = "Too many requests" if fault.name == "429" else "Internal server error"
        return detail(int(fault.name), text, "internal_error" if fault.name == "500" else "")
    task = desk.begin(job)
    fault = desk.faults.fire(AFTER_ACCEPT, job.target)
    if fault is not None:
        spoilt = await _after_accept(desk, job, fault, task)
        if spoilt is not None:
            return spoilt
    position = desk.jobs.queue_position(job)
    answer = {"status": "IN_QUEUE", "request_id": job.id, "queue_position": position}
    if job.webhook:
        answer["gateway_request_id"] = job.id
    return JSONResponse(answer | job.urls(), headers={"x-fal-request-id": job.id})


async def _read_job(request: Request, endpoint: str) -> Job:
    body = json.loads(await request.body())
    if not isinstance(body, dict):
        raise ValueError("the body is not an object")  # noqa: TRY004 - one error for all bad bodies
    webhook = request.query_params.get("fal_webhook", "")
    wait = request.headers.get("x-fal-request-timeout")
    own = request.headers.get("x-idempotency-key") or request.headers.get("x-request-id") or ""
    return Job(
        endpoint,
        body,
        str(request.base_url).rstrip("/"),
        webhook,
        token_of(webhook) or own,
        start_within=float(wait) if wait else None,
    )


async def _after_accept(desk: Desk, job: Job, fault: Fault, task: asyncio.Task[None]) -> Response | None:
    if fault.name == "submit_500_after_accept":
        return detail(500, "Internal server error", "internal_error")
    if fault.name == "timeout_after_accept":
        await asyncio.sleep(fault.seconds(HANG))
        return detail(504, "Request timed out", "request_timeout")
    done, _ = await asyncio.wait([task], timeout=fault.seconds(20))
    if not done:
        await desk.postman.deliver(job)
    return None


def _found(request: Request) -> Job | None:
    job = desk_of(request).jobs.find(request.path_params["request_id"])
    app = f"{request.path_params['owner']}/{request.path_params['app']}"
    return job if job is not None and job.app == app else None


async def status(request: Request) -> Response:
    """Say how far a job is; a failed job is COMPLETED with an error."""
    refused = unauthorised(request)
    job = _found(request)
    if refused is not None or job is None:
        return refused or detail(404, "Request not found")
    desk = desk_of(request)
    fault = desk.faults.fire(AT_POLL, job.target)
    if fault is not None:
        code = int(fault.name.removeprefix("poll_"))
        return detail(code, "Too many requests" if code == 429 else "Internal server error")
    with_logs = request.query_params.get("logs", "0").lower() in {"1", "true"}
    return JSONResponse(_status_body(desk, job, with_logs=with_logs), 200 if job.state == "COMPLETED" else 202)


def _status_body(desk: Desk, job: Job, *, with_logs: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"status": job.state, "request_id": job.id} | job.urls()
    if job.state == "IN_QUEUE":
        return body | {"queue_position": desk.jobs.queue_position(job)}
    body["logs"] = desk.jobs.logs(job) if with_logs else []
    if job.state == "COMPLETED":
        body["metrics"] = {"inference_time": round(job.seconds, 3)}
        if job.failure is not None:
            body |= {"error": job.failure.text, "error_type": job.failure.error_type}
    return body


async def result(request: Request) -> Response:
    """Hand over what a job has made, or the error it ended with."""
    refused = unauthorised(request)
    job = _found(request)
    if refused is not None or job is None:
        return refused or detail(404, "Request not found")
    if job.state != "COMPLETED":
        return detail(400, "Request is still in progress", "bad_request")
    headers = {"x-fal-request-id": job.id}
    if job.failure is not None:
        headers["X-Fal-Error-Type"] = job.failure.error_type
        return JSONResponse(job.failure.body, job.failure.status, headers)
    return spoilt_body(desk_of(request), job, JSONResponse(job.result, 200, headers))


def spoilt_body(desk: Desk, job: Job, answer: JSONResponse) -> Response:
    """Cut an answer, or send a page in its stead, when that fault is due."""
    fault = desk.faults.fire(IN_BODY, job.target)
    if fault is None:
        return answer
    if fault.name == "html_body":
        return Response(HTML, 200, media_type="text/html")
    raw = bytes(answer.body)
    return Response(raw[: len(raw) // 2], 200, media_type="application/json")


async def cancel(request: Request) -> Response:
    """Stop a job; one that has ended stays as it is."""
    refused = unauthorised(request)
    if refused is not None:
        return refused
    job = _found(request)
    if job is None:
        return JSONResponse({"status": "NOT_FOUND"}, 404)
    if not desk_of(request).cancel(job):
        return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
    return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)


async def keys(request: Request) -> Response:
    """Publish the keys that webhooks are signed with."""
    return JSONResponse(jwks(desk_of(request).key), headers={"Cache-Control": "max-age=3600"})


ROUTES = [
    Route("/fal/.well-known/jwks.json", keys),
    Route("/fal/{owner}/{app}/requests/{request_id}/status", status),
    Route("/fal/{owner}/{app}/requests/{request_id}/cancel", cancel, methods=["PUT"]),
    Route("/fal/{owner}/{app}/requests/{request_id}", result),
    Route("/fal/{endpoint:path}", submit, methods=["POST"]),
]
