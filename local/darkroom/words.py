"""What a prompt asks for, as far as the darkroom understands words."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

from local.darkroom.grid import Field, rgb

KINDS: Final = ("style", "scene", "grade", "framing", "weather", "time")
WEAK_SCENES: Final = frozenset({"sunset", "studio"})


@dataclass(frozen=True)
class Wish:
    """A prompt in the darkroom's terms; words it does not know only shift the hue a little."""

    style: str
    scene: str
    grade: str | None
    accent: Field | None
    framing: str
    weather: str | None
    time: str | None
    hue: float


@cache
def tables() -> dict[str, dict[str, list[str]]]:
    """Load the word tables; their order breaks ties."""
    return {kind: _loaded()[kind] for kind in KINDS}


@cache
def palette() -> dict[str, str]:
    """Load the colour words and their codes."""
    return dict(_loaded()["colour"])


@cache
def _loaded() -> dict[str, Any]:
    text = Path(__file__).with_name("words.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


def parse(prompt: str) -> Wish:
    """Read style, scene, grade, colour, framing, weather and time out of a prompt."""
    text = " ".join(re.findall(r"[a-z0-9&'-]+", prompt.lower()))
    known = tables()
    hits = {kind: _hits(text, known[kind]) for kind in KINDS}
    plain = _without(text, _loaded()["not_colours"])
    colours = [code for name, code in palette().items() if _pattern(name).search(plain)]
    accent = rgb(colours[0]) if colours else None
    digest = sha256(text.encode()).digest()[0]
    return Wish(
        style=_best(hits["style"] | {"photo": 0}) or "photo",
        scene=_scene(hits["scene"]),
        grade=_best(hits["grade"]),
        accent=accent,
        framing=_best(hits["framing"]) or "mid",
        weather=_best(hits["weather"]),
        time=_best(hits["time"]),
        hue=(digest / 255 - 0.5) * 0.06,
    )


def _without(text: str, phrases: list[str]) -> str:
    for phrase in phrases:
        text = _pattern(phrase).sub(" ", text)
    return text


def _hits(text: str, table: dict[str, list[str]]) -> dict[str, int]:
    found = {}
    for name, words in table.items():
        counts = (len(word.split()) * len(_pattern(word).findall(text)) for word in words)
        found[name] = sum(counts)
    return found


@cache
def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])")


def _best(hits: dict[str, int]) -> str | None:
    top = max(hits.values())
    return next((name for name, count in hits.items() if count == top), None) if top else None


def _scene(hits: dict[str, int]) -> str:
    places = {name: count for name, count in hits.items() if name not in WEAK_SCENES}
    if hits["snow"] and (hits["mountain"] or hits["forest"]):
        return "snow"
    return _best(places) or _best(hits) or "studio"
