"""Time and peak memory of inspecting the worst photos we accept: `python -m benchmarks.inspection`.

Each file is made in one process and inspected in a fresh one, whose peak resident memory is what a Lambda needs.
"""

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import Image

SIDE = (8160, 6120)  # 49.9 megapixels


def grain() -> Image.Image:
    """Paint 50 megapixels that compress like a photo."""
    tile = Image.frombytes("RGB", (1020, 765), Random(7).randbytes(1020 * 765 * 3))  # noqa: S311 (a picture)
    return tile.resize(SIDE, Image.Resampling.BICUBIC)


MAKERS: dict[str, Callable[[Path], None]] = {
    "jpeg": lambda path: grain().save(path, "JPEG", quality=88),
    "jpeg, progressive": lambda path: grain().save(path, "JPEG", quality=88, progressive=True),
    "png": lambda path: grain().save(path, "PNG", compress_level=1),
    "png, transparent": lambda path: grain().convert("RGBA").save(path, "PNG", compress_level=1),
    "png, palette": lambda path: grain().quantize(64).save(path, "PNG", transparency=0),
    "webp": lambda path: grain().save(path, "WEBP", quality=80, method=0),
}


def make(name: str, path: Path) -> None:
    """Write one file."""
    MAKERS[name](path)


def inspect(name: str, path: Path) -> None:
    """Inspect one file and print what it took."""
    from likeness.pictures import prepare_photo  # noqa: PLC0415 (imported in the measured process only)

    data = path.read_bytes()
    started = time.perf_counter()
    prepare_photo(data)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:20} {len(data) / 1e6:6.1f} MB  {seconds:5.2f} s  peak {peak:4} MiB")


def main() -> None:
    """Measure every kind."""
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for name in MAKERS:
            for task in (make, inspect):
                process = processes.Process(target=task, args=(name, Path(folder) / "photo"))
                process.start()
                process.join()


if __name__ == "__main__":
    main()
