"""Seconds of a training and of a picture in every style, on one core: `python -m benchmarks.darkroom`.

Goals: 30 s of CPU for 12 photos, 2 s for a picture of 1024 x 1024. CPU time, so that neighbours on the machine
count less; the first picture is not counted.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import resource
import statistics
import time

from benchmarks.measure import verdict
from local.darkroom.adapter import unpack
from local.darkroom.render import STYLES, encode, render
from local.darkroom.train import train
from local.darkroom.words import tables
from local.samples import sample_photos

TRAINING_GOAL, PICTURE_GOAL = 30.0, 2.0
SIDE, ROUNDS = 1024, 3
SCENES = ("studio", "beach", "cyberpunk street")


def main() -> None:
    """Measure and print a table."""
    photos = sample_photos("astronaut")
    start = time.process_time()
    raw = train(photos, trigger="TOK")
    took = time.process_time() - start
    print(f"training, {len(photos)} photos   {took:6.2f} s   {verdict(took, TRAINING_GOAL)}   {len(raw) / 1e6:.1f} MB")
    adapter = unpack(raw)
    encode(render("photo of TOK", SIDE, SIDE, 0, adapter))
    for style in STYLES:
        times = []
        for seed, scene in enumerate(SCENES[:ROUNDS]):
            start = time.process_time()
            encode(render(f"{tables()['style'][style][0]} of TOK person, {scene}", SIDE, SIDE, seed, adapter))
            times.append(time.process_time() - start)
        middle, worst = statistics.median(times), max(times)
        print(f"{style:<12} median {middle:5.2f} s   worst {worst:5.2f} s   {verdict(worst, PICTURE_GOAL)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process {peak:.0f} MB")


if __name__ == "__main__":
    main()
