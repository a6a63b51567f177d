"""Steps of the Deliver and Change workflows."""

import time
from typing import Any

from functions.gallery.service import bulk, delivery, jobs
from likeness import aws
from likeness.observability import logger
from likeness.tasks import Steps

WORK_SECONDS = 480
"""Of the fifteen minutes a step may take, so that a last piece of work fits in."""

steps = Steps(aws.s3)


@steps.step
def deliver(job: dict[str, str], cursor: str | None) -> dict[str, Any]:  # noqa: ARG001 (the row says where to go on)
    """Make the next zip of a download; answer where it is, or null when there is nothing left to do."""
    return {"cursor": delivery.deliver(job["user_id"], job["job_id"])}


@steps.step
def change(job: dict[str, str], cursor: str | None) -> dict[str, Any]:  # noqa: ARG001 (the row says where to go on)
    """Change pictures for some minutes; answer where it is, or null when there is nothing left to do."""
    end = time.monotonic() + WORK_SECONDS
    return {"cursor": bulk.change_some(job["user_id"], job["job_id"], lambda: time.monotonic() > end)}


@steps.step
def fail(job: dict[str, str], error: dict[str, Any]) -> None:
    """End a job whose step has failed too often."""
    logger.error("job failed", extra={"error": error.get("Error")})
    found = jobs.find(jobs.KINDS[job["kind"]], job["user_id"], job["job_id"])
    if found is not None:
        jobs.fail(found)


handler = steps.handler
