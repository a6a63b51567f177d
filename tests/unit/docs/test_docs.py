"""The docs name what the code has: kinds of rows, error codes, metrics and settings, no more and no less."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

from likeness import errors, items
from likeness.settings import Settings
from likeness.table import Item

ROOT = Path(__file__).parents[3]
CODE = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers/shared/python").rglob("*.py")]


def first_column(page: str, heading: str | None = None) -> list[str]:
    text = (ROOT / "docs" / page).read_text()
    if heading:
        text = text.partition(f"## {heading}")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| ([^|]+?) \|", text, flags=re.MULTILINE)
    return [cell.strip("`") for cell in cells]


def subclasses(kind: Any) -> set[Any]:
    found: set[Any] = set(kind.__subclasses__())
    return found.union(*(subclasses(child) for child in found))


def counted() -> set[str]:
    names: set[str] = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "count" and node.args:
                found = [part for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
                assert found, f"{path}:{node.lineno} counts a metric without a name"
                names.update(str(part.value) for part in found if isinstance(part.value, str))
    return names


def test_every_kind_of_row_is_in_the_tables_page_and_no_other():
    for module in pkgutil.iter_modules(items.__path__):
        importlib.import_module(f"likeness.items.{module.name}")
    registered = {
        kind.kind.get_discriminator(kind) for kind in subclasses(Item) if kind.kind.get_discriminator(kind) is not None
    }
    documented = {kind for kind in first_column("tables.md") if kind.isupper()}
    assert documented == registered


def test_every_error_code_is_documented_with_its_status():
    known = {
        (error.code, str(error.status.value))
        for error in {errors.AppError, *subclasses(errors.AppError)}
        if error.__module__ == "likeness.errors"
    }
    known.add(("no_such_route", "404"))
    text = (ROOT / "docs/errors.md").read_text()
    documented = set(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", text, flags=re.MULTILINE))
    assert documented == known


def test_the_tree_in_errors_names_every_error_with_its_status():
    drawn = dict(re.findall(r"(\w+) +(\d{3}) ", errors.__doc__ or ""))
    known = {
        error.__name__: str(error.status.value)
        for error in subclasses(errors.AppError)
        if error.__module__ == "likeness.errors"
    }
    assert drawn == known


def test_every_metric_is_in_the_operations_page_and_no_other():
    assert set(first_column("operations.md", "Metrics")) - {"metric", "---"} == counted()


def test_every_setting_is_in_the_operations_page_and_no_other():
    documented = set(first_column("operations.md", "Settings")) - {"variable", "---"}
    assert documented == {name.upper() for name in Settings.__annotations__}


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target
