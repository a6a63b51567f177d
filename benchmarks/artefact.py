"""Trees as Lambda would see them: as built, freshly compiled, and as the trap of stale byte code.

The libraries and our code are laid out for this machine's Python and compiled as `scripts/layer.py` compiles them;
`built` then gets the zip format's oldest time on every source, as CDK's assets do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.layer import REQUIREMENTS, fresh, install

ROOT = Path(__file__).parents[1]
BUILD = ROOT / ".build" / "bench"
ZIP_EPOCH = 315_532_800
RUNTIME_BRINGS = ("boto3", "s3transfer")


def trees() -> dict[str, Path]:
    """Lay out the three trees and return them by name."""
    libraries = _libraries()
    made = {name: BUILD / name for name in ("built", "compiled", "stale")}
    for name, tree in made.items():
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(libraries, tree, ignore=shutil.ignore_patterns("__pycache__"))
        for source in (ROOT / "functions", ROOT / "layers/shared/python/likeness"):
            shutil.copytree(source, tree / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        mode = "unchecked-hash" if name == "built" else "timestamp"
        command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", mode, str(tree)]
        subprocess.run(command, check=True)
        if name != "compiled":
            for file in tree.rglob("*.py"):
                os.utime(file, (ZIP_EPOCH, ZIP_EPOCH))
    return made


def interpreter() -> Path:
    """Return a Python without any packages of its own."""
    folder = BUILD / "python"
    if not (folder / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "python"


def _libraries() -> Path:
    def build(folder: Path) -> None:
        install(folder, list(REQUIREMENTS.values()), "--python", sys.executable)
        here = next(Path(path) for path in sys.path if (Path(path) / "boto3").is_dir())
        for name in RUNTIME_BRINGS:
            shutil.copytree(here / name, folder / name)

    fresh("bench/libraries", list(REQUIREMENTS.values()), sys.version, build)
    return BUILD / "libraries"
