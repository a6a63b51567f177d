"""One cold invocation in a process of its own: `once.py <module> <event as JSON, or nothing>`.

Run by `benchmarks.cold` with a tree as its only packages. Prints the CPU milliseconds of this process and its
peak memory.
"""

import importlib
import json
import resource
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks import world


def main() -> None:
    """Import the function and, given an event, answer it."""
    world.enter()
    sys.path[:] = [path for path in sys.path if path != str(Path(__file__).parents[1])]
    world.answer_with(lambda *_: {"Items": [], "Count": 0, "ScannedCount": 0})
    handler = importlib.import_module(sys.argv[1]).handler
    if len(sys.argv) > 2:
        answer = handler(json.loads(sys.argv[2]), world.Context())
        if answer["statusCode"] >= 500:
            sys.exit(f"{sys.argv[1]} answered {answer}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu_ms": (used.ru_utime + used.ru_stime) * 1000, "peak_mb": used.ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
