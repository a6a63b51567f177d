"""How long a job will take, judged by how long our own jobs took.

A job that succeeded overwrites one of a hundred slots, drawn at random, of its vendor endpoint's row: one write, no
read, and what is old fades by itself. From five jobs on, the middle of the slots and the slowest tenth are a band.
Nothing depends on it: what cannot be written is dropped, what cannot be read is unknown.
"""

import math
import random
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.operand import Path

from likeness.errors import AppError
from likeness.items.pace import RenderPace, TrainingPace
from likeness.observability import count, logger
from likeness.query import fetch
from likeness.vendors.protocol import Endpoint
from likeness.wire import View

ROUND = 4
"""Pictures of an order that are made at once."""
SLOTS = 100
ENOUGH = 5
CACHE_SECONDS = 60
_cache: dict[str, tuple[float, list[float]]] = {}


class Seconds(View):
    """How long it will take: as likely as not at most `p50`, nine times out of ten at most `p90`."""

    p50: int
    p90: int


class Eta(View):
    """When it will be over, by how long others took; later than `p90_at` it takes longer than nine of ten did."""

    p50_at: datetime
    p90_at: datetime


@dataclass(frozen=True)
class Pace:
    """A job of `size` units, whose row says how long one unit takes."""

    row: RenderPace | TrainingPace
    size: float

    def keep(self, seconds: float) -> None:
        """Remember how long the job took. Never fails."""
        slot = f"s{random.randrange(SLOTS)}"  # noqa: S311 (a sample, not a secret)
        kind = type(self.row).kind.get_discriminator(type(self.row))
        try:
            self.row.update([Path(slot).set({"N": f"{seconds / self.size:.3f}"}), Path("kind").set({"S": kind})])
        except (PynamoDBException, BotoCoreError, ClientError) as error:
            logger.warning("pace not kept", extra={"error": type(error).__name__})
            count("PaceNotKept")

    def seconds(self) -> Seconds | None:
        """Return how long the job will take; None while too little is known."""
        samples = _samples(self.row)
        if len(samples) < ENOUGH:
            return None
        tenths = statistics.quantiles(samples, n=10, method="inclusive")
        return Seconds(p50=math.ceil(tenths[4] * self.size), p90=math.ceil(tenths[8] * self.size))

    def eta(self, began: datetime, deadline: int) -> Eta | None:
        """Return when the job will be over that began then, never after its deadline; None if too little is known."""
        seconds = self.seconds()
        if seconds is None:
            return None
        ends = (min(int(began.timestamp()) + after, deadline) for after in (seconds.p50, seconds.p90))
        p50_at, p90_at = (datetime.fromtimestamp(end, UTC) for end in ends)
        return Eta(p50_at=p50_at, p90_at=p90_at)


def of_pictures(endpoint: Endpoint, pictures: int) -> Pace:
    """Return the pace of an order of pictures, which are made in rounds."""
    return Pace(RenderPace.of(endpoint["endpoint"]), math.ceil(pictures / ROUND))


def of_training(endpoint: Endpoint, steps: int) -> Pace:
    """Return the pace of a training of so many steps, its wait in the vendor's queue included."""
    return Pace(TrainingPace.of(endpoint["endpoint"]), steps / 100)


def _samples(row: RenderPace | TrainingPace) -> list[float]:
    """Return what the slots hold, as it was within the last minute."""
    read_at, samples = _cache.get(row.sk, (-math.inf, []))
    if time.monotonic() - read_at < CACHE_SECONDS:
        return samples
    try:
        found = fetch(type(row), row.pk, [row.sk])
    except (AppError, BotoCoreError, ClientError) as error:
        logger.warning("pace not read", extra={"error": type(error).__name__})
        found = []
    samples = [float(one["N"]) for slots in found for name, one in slots.items() if name[1:].isdigit()]
    _cache[row.sk] = (time.monotonic(), samples)
    return samples
