"""How the files in a zip are named: a pattern filled in, made safe for every file system, and told apart."""

import re
import unicodedata
from collections.abc import Mapping

from likeness.errors import Unprocessable

PLACEHOLDERS = ("date", "time", "id", "number", "style", "aspect_ratio", "model", "seed", "prompt")
LONGEST = 100
"""Characters of a name, without its ending."""
_LONGEST_BYTES = 200
_LONGEST_VALUE = 60
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)
"""What Windows takes for a device, with any ending."""
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')


def check_pattern(pattern: str) -> None:
    """Refuse a pattern that cannot be filled in.

    Raises:
        Unprocessable: it has unknown placeholders or a brace too many; the known ones are named.
    """
    unknown = sorted(set(_PLACEHOLDER.findall(pattern)) - set(PLACEHOLDERS))
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    if unknown:
        _refuse(f"unknown: {', '.join(f'{{{name}}}' for name in unknown)}; known: {known}")
    if set("{}") & set(_PLACEHOLDER.sub("", pattern)):
        _refuse(f"a brace belongs to no placeholder; known: {known}")


def fill(pattern: str, values: Mapping[str, str]) -> str:
    """Return a safe file name without ending; long values are cut, so that what follows them has room."""
    return safe(_PLACEHOLDER.sub(lambda found: values[found[1]][:_LONGEST_VALUE], pattern))


def safe(name: str) -> str:
    """Return a name that Windows, macOS and Linux take as it is; empty if nothing is left of it."""
    spaced = re.sub(r"\s+", " ", unicodedata.normalize("NFC", name))
    visible = "".join(sign for sign in spaced if not unicodedata.category(sign).startswith("C"))
    plain = _FORBIDDEN.sub("-", visible).lstrip(". ")
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    return _cut(plain, LONGEST)


class Names:
    """The names of one zip, each given once, whatever the case of its letters."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, name: str) -> str:
        """Return the name or, if it is taken, the name with the first free number: `-2`, `-3`."""
        number, free = 1, name
        while free.casefold() in self._given:
            number += 1
            ending = f"-{number}"
            free = _cut(name, LONGEST - len(ending)) + ending
        self._given.add(free.casefold())
        return free


def _cut(name: str, longest: int) -> str:
    short = name[:longest].encode()[:_LONGEST_BYTES].decode(errors="ignore")
    return short.rstrip(". ")


def _refuse(message: str) -> None:
    raise Unprocessable(f"Not valid: pattern, {message}.", fields=[{"field": "pattern", "message": message}])
