"""Install the libraries of the layers into `.build/`, without Docker; quick when nothing changed.

`layer.py aws` fills `layer-base` and `layer-pictures` for arm64 and Python 3.13. `layer.py local`
fills `local-deps` for the emulator's Python and `layer-local`, a layer of one `.pth` file that
names it: every worker of the emulator unpacks its layers anew, and one line unpacks at once.
Byte code of the arm64 layers is compiled when a Python 3.13 really runs here; otherwise a file
`<layer>.uncompiled` lies beside the layer and a deployment to prod is to be refused.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build"
REQUIREMENTS = {
    "layer-base": ROOT / "layers" / "shared" / "requirements.txt",
    "layer-pictures": ROOT / "layers" / "pictures" / "requirements.txt",
}
RUNTIME = "3.13"
PLATFORM = "aarch64-manylinux_2_28"
EMULATOR_PYTHON = ROOT / ".local" / "emulator-venv" / "bin" / "python"
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer")


def fresh(name: str, inputs: Sequence[Path], salt: str, build: Callable[[Path], None], below: Path = BUILD) -> bool:
    """Build a folder from scratch unless it was built from the same inputs; say whether it was.

    An interrupted build leaves no stamp and is repeated.
    """
    folder, stamp = below / name, below / f"{name}.stamp"
    parts = [salt.encode(), *(path.read_bytes() for path in (Path(__file__), *inputs))]
    wanted = hashlib.sha256(b"\0".join(parts)).hexdigest()
    if folder.is_dir() and stamp.is_file() and stamp.read_text() == wanted:
        return False
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build(folder)
    stamp.write_text(wanted)
    return True


def install(target: Path, requirements: Sequence[Path], *options: str) -> None:
    """Install wheels whose hashes are in `requirements` into a folder."""
    files = [word for path in requirements for word in ("-r", str(path))]
    uv = Path(sys.executable).with_name("uv")
    wheels = ("--only-binary", ":all:", "--require-hashes", "--link-mode", "copy")
    command = [str(uv), "pip", "install", "--quiet", "--target", str(target), *wheels, *options]
    subprocess.run([*command, *files], check=True)


def prune(target: Path) -> None:
    """Remove what the Lambda runtime brings, what only tests need, and all byte code."""
    for name in IN_THE_RUNTIME:
        for found in (target / name, *target.glob(f"{name}-*.dist-info")):
            shutil.rmtree(found, ignore_errors=True)
    for name in ("tests", "__pycache__"):
        for found in list(target.rglob(name)):
            shutil.rmtree(found, ignore_errors=True)
    shutil.rmtree(target / "bin", ignore_errors=True)


def compile_for_runtime(folder: Path, becomes: str = "/opt") -> bool:
    """Compile a folder so that zipping cannot make it stale; False when no such Python runs here.

    `becomes` is where Lambda unpacks it, as tracebacks name it.
    """
    pyenv = Path.home().glob(f".pyenv/versions/{RUNTIME}.*/bin/python{RUNTIME}")
    for python in (sys.executable, shutil.which(f"python{RUNTIME}"), *map(str, pyenv)):
        if python and _version(python) == RUNTIME:
            paths = ("-s", str(folder), "-p", becomes, str(folder))
            mode = ("--invalidation-mode", "unchecked-hash")
            subprocess.run([python, "-m", "compileall", "-q", *mode, *paths], check=True)
            return True
    return False


def _version(python: str) -> str:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def build_aws(name: str) -> None:
    """Fill one layer for the Lambda runtime."""
    requirements = REQUIREMENTS[name]
    uncompiled = BUILD / f"{name}.uncompiled"

    def build(folder: Path) -> None:
        platform = ("--python-platform", PLATFORM, "--python-version", RUNTIME)
        install(folder / "python", [requirements], *platform)
        prune(folder / "python")
        uncompiled.unlink(missing_ok=True)
        if not compile_for_runtime(folder):
            uncompiled.write_text(f"no Python {RUNTIME} ran where this layer was built\n")

    if fresh(name, [requirements], PLATFORM + RUNTIME, build):
        state = "uncompiled" if uncompiled.exists() else "compiled"
        print(f"{name}: built for {PLATFORM}, Python {RUNTIME}, {state}")


def build_code(below: Path = BUILD) -> Path:
    """Return our own code as it ships: what `functions/` and `layers/shared/` hold now, compiled if that can be."""
    kept = [ROOT / "functions", ROOT / "layers" / "shared" / "python"]
    inputs = [file for top in kept for file in sorted(top.rglob("*")) if _is_source(file)]
    names = "".join(str(file.relative_to(ROOT)) for file in inputs)

    def build(folder: Path) -> None:
        for top in kept:
            shutil.copytree(top, folder / top.relative_to(ROOT), ignore=shutil.ignore_patterns("__pycache__"))
        if not compile_for_runtime(folder / "functions", "/var/task/functions"):
            print(f"no Python {RUNTIME} runs here: our code ships uncompiled and starts cold in twice the time")
            return
        compile_for_runtime(folder / "layers" / "shared", "/opt")

    fresh("code", inputs, names + RUNTIME, build, below)
    return below / "code"


def _is_source(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts


def build_local() -> None:
    """Fill the folder and the one-line layer that the emulator's workers use."""
    version = _version(str(EMULATOR_PYTHON))

    def dependencies(folder: Path) -> None:
        options = ("--python", str(EMULATOR_PYTHON), "--compile-bytecode")
        install(folder, list(REQUIREMENTS.values()), *options)

    def layer(folder: Path) -> None:
        packages = folder / "python" / "lib" / f"python{version}" / "site-packages"
        packages.mkdir(parents=True)
        (packages / "local.pth").write_text(f"{BUILD / 'local-deps'}\n")

    if fresh("local-deps", list(REQUIREMENTS.values()), version, dependencies):
        print(f"local-deps: installed for Python {version}")
    fresh("layer-local", [], f"{BUILD}{version}", layer)


def main() -> None:
    """Build the layers that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("where", nargs="+", choices=["aws", "local"])
    parser.add_argument("--compiled", action="store_true", help="fail where byte code cannot be compiled")
    options = parser.parse_args()
    if "local" in options.where:
        build_local()
    if "aws" in options.where:
        for name in REQUIREMENTS:
            build_aws(name)
        build_code()
        if options.compiled and not any((BUILD / "code").rglob("*.pyc")):
            sys.exit(f"prod is deployed from a machine with Python {RUNTIME}: byte code cannot be compiled here")


if __name__ == "__main__":
    main()
