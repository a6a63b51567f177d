"""Generate the typed Python client of the API from its OpenAPI document: `python -m scripts.client`.

The package `likeness_client` is written to `.build/client`, from where this repository's demo and tests import it and
from where anybody may install it (`pip install .build/client`). It is never edited and never committed. Beside what
`openapi-python-client` makes of the document it has the class `Likeness` with a method for each operation, which
returns what was asked for and raises `Refused` otherwise.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path
from textwrap import indent

from scripts.layer import BUILD, ROOT, fresh

DOCUMENT = ROOT / "layers/shared/python/likeness/openapi.json"
SESSION = Path(__file__).with_name("client_session.py")
CONFIG = """\
project_name_override: likeness-client
package_name_override: likeness_client
package_version_override: "1.0"
post_hooks: []
"""
HEAD = '''\
"""Every operation of the API as a method. Generated; do not edit."""

import datetime
from typing import Any, cast

from likeness_client.models import *  # noqa: F403
from likeness_client.session import Session
from likeness_client.types import UNSET, Unset

'''
METHOD = '''
def {name}(self, {parameters}) -> {answer}:
    """{summary}"""
    return cast("{answer}", {name}.sync_detailed({arguments}).parsed)
'''


def generate() -> Path:
    """Return the folder of the package, generated anew when the API has changed.

    Raises:
        subprocess.CalledProcessError: the document is not what a client can be made of.
    """
    fresh("client", [DOCUMENT, SESSION, Path(__file__)], CONFIG, _fill)
    return BUILD / "client"


def _fill(folder: Path) -> None:
    config = folder.with_suffix(".yml")
    config.write_text(CONFIG)
    command = [
        *(str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", str(DOCUMENT)),
        *("--config", str(config), "--meta", "uv", "--output-path", str(folder), "--overwrite", "--fail-on-warning"),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    package = folder / "likeness_client"
    (package / "py.typed").touch()
    (package / "session.py").write_text(SESSION.read_text())
    (package / "likeness.py").write_text(_facade(package))
    (package / "__init__.py").write_text(
        '"""The client of a Likeness service."""\n\n'
        "from likeness_client.likeness import Likeness\n"
        "from likeness_client.session import Refused\n\n"
        '__all__ = ["Likeness", "Refused"]\n'
    )


def _facade(package: Path) -> str:
    """Write the class of all operations, with the types that each operation's own module states."""
    imports, methods = [], []
    document = json.loads(DOCUMENT.read_text())
    for path in document["paths"].values():
        for operation in path.values():
            feature, name = operation["tags"][0], operation["operationId"]
            imports.append(f"from likeness_client.api.{feature} import {name}")
            module = ast.parse((package / "api" / feature / f"{name}.py").read_text())
            methods.append(_method(name, operation["summary"], module))
    body = "".join(indent(method, "    ") for method in sorted(methods))
    title = '"""A service, one method for each thing it does; each raises `Refused` when that is not done."""\n'
    return HEAD + "\n".join(sorted(imports)) + "\n\n\nclass Likeness(Session):\n    " + title + body


def _method(name: str, summary: str, module: ast.Module) -> str:
    (function,) = (node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "sync_detailed")
    given = function.args
    keywords = [pair for pair in zip(given.kwonlyargs, given.kw_defaults, strict=True) if pair[0].arg != "client"]
    bodies = [pair for pair in keywords if pair[0].arg == "body"]
    named = [*((argument, None) for argument in given.args), *bodies]
    options = [pair for pair in keywords if pair not in bodies]
    words = [_parameter(*pair) for pair in named] + (["*"] if options else []) + [_parameter(*pair) for pair in options]
    passed = [argument.arg for argument in given.args] + ["client=self.client"]
    passed += [f"{argument.arg}={argument.arg}" for argument, _ in keywords]
    text = METHOD.format(
        name=name,
        parameters=", ".join(words),
        answer=_answer(function),
        summary=summary,
        arguments=", ".join(passed),
    )
    return text.replace("(self, )", "(self)")


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    typed = f"{argument.arg}: {ast.unparse(argument.annotation)}" if argument.annotation else argument.arg
    return typed if default is None else f"{typed} = {ast.unparse(default)}"


def _answer(function: ast.FunctionDef) -> str:
    """Return the type of what was asked for: that of the response without problems."""
    told = ast.unparse(function.returns) if function.returns else ""
    kinds = told.removeprefix("Response[").removesuffix("]").split(" | ")
    return " | ".join(kind for kind in kinds if kind != "Problem").replace("Any", "None")


if __name__ == "__main__":
    print(generate())
