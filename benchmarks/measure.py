"""How this project measures: interleaved rounds, CPU time, medians of paired ratios.

Absolute times are one machine's and drift; only the ratios are meant to travel.
"""

import statistics
import time
from collections.abc import Callable

Work = Callable[[], object]


def interleave(works: dict[str, Work], *, rounds: int = 15, calls: int = 100) -> dict[str, list[float]]:
    """Return microseconds of CPU a call for each work and round; the first round is dropped."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 1):
        for name, work in works.items():
            start = time.process_time()
            for _ in range(calls):
                work()
            times[name].append((time.process_time() - start) / calls * 1e6)
    return {name: found[1:] for name, found in times.items()}


def ratio(times: dict[str, list[float]], name: str, peer: str) -> tuple[float, float, float]:
    """Return the median, lowest and highest of the ratios of one work to its peer, round by round."""
    pairs = [ours / theirs for ours, theirs in zip(times[name], times[peer], strict=True)]
    return statistics.median(pairs), min(pairs), max(pairs)


def spread(found: list[float]) -> float:
    """Return how far the middle half of the rounds lies apart, as a share of the median."""
    low, middle, high = statistics.quantiles(found, n=4)
    return (high - low) / middle


def verdict(figure: float, goal: float) -> str:
    """Say whether a figure meets its goal."""
    return "met" if figure <= goal else "MISSED"
