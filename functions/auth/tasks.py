"""Steps of the Erase workflow."""

import time
from typing import Any

from functions.auth import erasure
from likeness import aws
from likeness.tasks import Steps

WORK_SECONDS = 540
"""Of the ten minutes a step may take, so that a last piece of work fits in."""

steps = Steps(aws.cognito, aws.s3)


@steps.step
def erase(job: dict[str, str], cursor: int | None) -> dict[str, Any]:
    """Erase a person for some minutes; answer where to go on, or null when nothing is left of them."""
    end = time.monotonic() + WORK_SECONDS
    return {"cursor": erasure.erase(job["user_id"], cursor, lambda: time.monotonic() > end)}


handler = steps.handler
