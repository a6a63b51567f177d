"""Waiting for what happens elsewhere: by a condition, never by a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

POLL_SECONDS = 0.5
Seen = TypeVar("Seen")


class TookTooLong(RuntimeError):
    """What was waited for did not happen in time."""


def wait_for(
    read: Callable[[], Seen],
    is_over: Callable[[Seen], bool],
    *,
    seconds: float,
    show: Callable[[Seen], None] = lambda _: None,
) -> Seen:
    """Read until it is over and return what was read last.

    Raises:
        TookTooLong: it was not over in time; the text holds what was read last.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen = read()
        show(seen)
        if is_over(seen):
            return seen
        if time.monotonic() > deadline:
            message = f"not over after {seconds:.0f} s: {seen!r:.500}"
            raise TookTooLong(message)
        time.sleep(POLL_SECONDS)
