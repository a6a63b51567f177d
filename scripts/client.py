"""Generate the typed Python client of the API from its OpenAPI document: `python -m scripts.client`.

The package `likeness_client` is written to `.build/client`, from where this repository's demo and tests import it and
from where anybody may install it (`pip install .build/client`). It is never edited and never committed.
"""

import subprocess
import sys
from pathlib import Path

from scripts.layer import BUILD, ROOT, fresh

DOCUMENT = ROOT / "layers/shared/python/likeness/openapi.json"
CONFIG = """\
project_name_override: likeness-client
package_name_override: likeness_client
package_version_override: "1.0"
post_hooks: []
"""


def generate() -> Path:
    """Return the folder of the package, generated anew when the API has changed.

    Raises:
        subprocess.CalledProcessError: the document is not what a client can be made of.
    """
    fresh("client", [DOCUMENT, Path(__file__)], CONFIG, _fill)
    return BUILD / "client"


def _fill(folder: Path) -> None:
    config = folder.with_suffix(".yml")
    config.write_text(CONFIG)
    command = [
        *(str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", str(DOCUMENT)),
        *("--config", str(config), "--meta", "uv", "--output-path", str(folder), "--overwrite", "--fail-on-warning"),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (folder / "likeness_client" / "py.typed").touch()


if __name__ == "__main__":
    print(generate())
