"""Downloads: zips of many pictures."""

from likeness.items.gallery import Download


def deliver(user_id: str, job_id: str, cursor: str | None) -> str | None:
    """Write zips of a download; return where to go on, or None when there is nothing left to do."""
    raise NotImplementedError((user_id, job_id, cursor))


def remove_expired(row: Download) -> None:
    """Remove the zips of a download whose time is over; repeatable."""
    raise NotImplementedError(row.sk)
