"""Cold start: from the start of a process to the first answer, for each function, and what stale byte code costs.

Interleaved rounds of fresh processes under a Python without packages; CPU milliseconds of the process. Neither the
start of the micro VM nor the download of the code is in it. Goal: the tree as built costs at most 1.05 times a
freshly compiled one.
"""

import json
import statistics
import subprocess
from pathlib import Path

from benchmarks import world
from benchmarks.artefact import interpreter, trees
from benchmarks.measure import ratio, verdict

GOAL = 1.05
ROUNDS = 9
GALLERY = ("functions.gallery.handler", json.dumps(world.event("GET", "/v1/images", {"limit": "24"})))
FUNCTIONS = {
    "auth": ("functions.auth.handler", json.dumps(world.event("POST", "/v1/auth/confirm", None, {}))),
    "upload": ("functions.upload.handler", json.dumps(world.event("GET", "/v1/photos"))),
    "train": ("functions.train.handler", json.dumps(world.event("GET", "/v1/models"))),
    "generate": ("functions.generate.handler", json.dumps(world.event("GET", "/v1/catalog"))),
    "gallery": GALLERY,
    "billing": ("functions.billing.handler", json.dumps(world.event("GET", "/v1/credits"))),
    "upload events": ("functions.upload.events",),
    "train tasks": ("functions.train.tasks",),
    "generate tasks": ("functions.generate.tasks",),
    "auth tasks": ("functions.auth.tasks",),
}


def once(tree: Path, words: tuple[str, ...]) -> dict[str, float]:
    """Run one cold invocation from a tree."""
    command = [str(interpreter()), "-B", "-W", "ignore", str(Path(__file__).with_name("once.py")), *words]
    done = subprocess.run(command, env={"PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print."""
    made = trees()
    times: dict[str, list[float]] = {name: [] for name in made}
    for number in range(ROUNDS + 1):
        for name, tree in made.items():
            found = once(tree, GALLERY)["cpu_ms"]
            if number:
                times[name].append(found)
    print("cold start of the gallery, CPU ms from process start to first answer")
    for name, found in times.items():
        print(f"  {name:10} {statistics.median(found):6.0f}")
    middle, low, high = ratio(times, "built", "compiled")
    print(f"  built to freshly compiled {middle:.2f} ({low:.2f}-{high:.2f}), goal <= {GOAL}: {verdict(middle, GOAL)}")
    middle, low, high = ratio(times, "stale", "compiled")
    print(f"  stale byte code, the trap {middle:.2f} ({low:.2f}-{high:.2f})")
    print("cold start of each function, as built (tasks and events: import only)")
    for name, words in FUNCTIONS.items():
        runs = [once(made["built"], words) for _ in range(3)]
        cpu, peak = (statistics.median(run[key] for run in runs) for key in ("cpu_ms", "peak_mb"))
        print(f"  {name:16} {cpu:6.0f} ms {peak:6.0f} MB")


if __name__ == "__main__":
    main()
