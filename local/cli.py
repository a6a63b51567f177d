"""Start, stop, empty, fill and show the one-machine cloud: `python -m local.cli up`."""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from likeness_client import Refused
from rich.console import Console

from local.client import MediaRefused
from local.cloud import ROOT, Cloud, Ports, digest
from local.demo import DemoFailed, demo
from local.deploy import DeployFailed, build_layers, deploy
from local.process import NotHealthy, PortTaken
from local.seed import seed
from local.waiting import TookTooLong
from scripts.site import publish

console = Console(highlight=False)


def up(cloud: Cloud) -> dict[str, str]:
    """Bring everything up, deploy what has changed, and return the outputs of the app stack."""
    install_emulator()
    cloud.state.joinpath("tmp").mkdir(parents=True, exist_ok=True)
    with console.status("starting the emulator") as status:
        if cloud.emulator.start():
            console.print(f"emulator   {cloud.endpoint}")
        if cloud.darkroom.start():
            console.print(f"darkroom   {cloud.vendors}  (stands in for the AI vendors)")
        status.update("deploying the CDK app")
        outputs = deploy(cloud, lambda line: status.update(f"deploying  [dim]{line[:90]}[/dim]"))
        console.print("deployed   data and app stack")
        status.update("publishing the pages")
        publish(cloud.client("s3"), outputs["WebBucket"])
        status.update("starting the edge")
        cloud.edge(outputs).start()
    console.print(f"open       [bold]{cloud.site}[/bold]  (the API is described at /docs)")
    return outputs


def down(cloud: Cloud) -> None:
    """Stop everything; what is stored stays."""
    for name in cloud.stop():
        console.print(f"stopped    {name}")


def reset(cloud: Cloud) -> None:
    """Stop everything and forget everything."""
    cloud.reset()
    console.print(f"removed    {cloud.state}")


def install_emulator() -> None:
    """Give the emulator an environment of its own, from hashed wheels; quick when it is there.

    The handlers run under its Python and see its packages, so it holds as few as possible.
    """
    folder = ROOT / ".local" / "emulator-venv"
    requirements = ROOT / "requirements" / "emulator.txt"
    stamp, wanted = folder / "installed", digest([requirements])
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    uv = str(Path(sys.executable).with_name("uv"))
    python = folder / "bin" / "python"
    new = ["venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
    sync = ["pip", "sync", "--quiet", "--python", str(python), "--require-hashes"]
    for command in (new, [*sync, "--compile-bytecode", str(requirements)]):
        subprocess.run([uv, *command], check=True)
    stamp.write_text(wanted)


def install(_: Cloud) -> None:
    """Install the emulator and the libraries of the handlers, without starting anything."""
    install_emulator()
    build_layers()


COMMANDS: dict[str, Callable[[Cloud], object]] = {
    "install": install,
    "up": up,
    "down": down,
    "reset": reset,
}


KNOWN = (PortTaken, NotHealthy, DeployFailed, DemoFailed, Refused, MediaRefused, TookTooLong)


def main() -> int:
    """Run one command; a known trouble is one message and not a traceback."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=[*COMMANDS, "demo", "seed"])
    parser.add_argument("--state", type=Path, help="folder of the stack, .local/cloud by default")
    parser.add_argument("--ports", type=Ports.of, help="emulator,edge,darkroom", default=Ports())
    parser.add_argument("--photos", type=Path, help="demo: a folder of photos of one person")
    parser.add_argument("--pictures", type=int, default=1000, help="seed: how many pictures")
    options = parser.parse_args()
    if options.photos and not options.photos.is_dir():
        parser.error(f"{options.photos} is not a folder")
    state = (options.state or ROOT / ".local" / "cloud").resolve()
    cloud = Cloud(state, options.ports)
    try:
        if options.command == "demo":
            began = time.monotonic()
            outputs = up(cloud)
            demo(cloud, console, options.photos, outputs["WebBucket"], time.monotonic() - began)
        elif options.command == "seed":
            seed(cloud, console, up(cloud), options.pictures)
        else:
            COMMANDS[options.command](cloud)
    except KNOWN as trouble:
        console.print(f"[red]{trouble}[/red]")
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped; run it again to go on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
