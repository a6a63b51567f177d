"""Answers that take equally long, whoever is asked about.

Registering a new address, a known one or an unconfirmed one costs different calls. So such an answer leaves only
at a whole number of steps after its request came: the work of all cases fits into one step, and what the clock of
a stranger sees is the step. Only failed sign-ins wait; who signs in does not.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

STEP_SECONDS = 1.0
"""More than the slowest case should take: four calls to the pool. It is also what a wrong guess costs."""


@contextmanager
def even() -> Iterator[None]:
    """End a block at a whole number of steps after it began, however it ends."""
    begun = time.monotonic()
    try:
        yield
    finally:
        wait_since(begun)


def wait_since(begun: float) -> None:
    """Wait until a whole number of steps after `begun`, a reading of `time.monotonic`."""
    time.sleep((begun - time.monotonic()) % STEP_SECONDS)
