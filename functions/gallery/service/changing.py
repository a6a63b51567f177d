"""The bulk change of pictures, chunk by chunk."""

from collections.abc import Callable

from functions.gallery.service import jobs
from likeness.items.gallery import Change


def change_some(user_id: str, job_id: str, is_late: Callable[[], bool]) -> str | None:  # noqa: ARG001
    """Change pictures of a job until it is late; return where it is, or None when there is nothing left to do."""
    if jobs.claim(Change, user_id, job_id) is None:
        return None
    raise NotImplementedError
