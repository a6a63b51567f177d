"""The data of styles, packs and suggestions: complete, allowed, and versioned."""

import hashlib
import json
from pathlib import Path

import pytest

from likeness.catalog import policy
from likeness.catalog.ideas import packs, suggestions
from likeness.catalog.reader import catalog

VERSIONS = json.loads((Path(__file__).parent / "versions.json").read_text())
"""SHA-256 of what each version of a style or pack is made of; old versions stay."""

PROMPTS = [shot.prompt for pack in packs() for shot in pack.shots]
PROMPTS += [one.prompt for one in suggestions().suggestions]
PROMPTS += [style.sample.prompt for style in catalog().styles]


def sha256(*parts) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def current() -> dict[str, str]:
    styles = {f"style {one.id}@{one.version}": sha256(one.prompt, one.sample.model_dump()) for one in catalog().styles}
    return styles | {
        f"pack {one.id}@{one.version}": sha256(one.subject_kinds, [shot.model_dump() for shot in one.shots])
        for one in packs()
    }


@pytest.mark.parametrize("name", current())
def test_what_changed_has_another_version(name):
    found = current()[name]
    assert VERSIONS.get(name, found) == found, f"{name} has changed: raise the version"
    assert name in VERSIONS, f"add to versions.json: {json.dumps({name: found})}"


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_prompt_of_ours_names_the_person_and_breaks_no_rule(prompt):
    assert prompt.count("[me]") == 1
    assert policy.refuse(prompt) is None
    assert len(prompt) <= catalog().limits.prompt_characters


def test_packs_name_what_the_catalog_has_and_fit_into_one_order():
    styles, shapes = {one.id for one in catalog().styles}, {one.id for one in catalog().aspect_ratios}
    assert len({one.id for one in packs()}) == len(packs()) >= 6
    for pack in packs():
        assert 4 <= len(pack.shots) <= catalog().limits.pictures_per_generation
        assert {shot.style for shot in pack.shots} <= styles
        assert {shot.aspect_ratio for shot in pack.shots} <= shapes
        assert pack.subject_kinds
        assert set(pack.subject_kinds) <= {"person", "pet", "object"}


def test_suggestions_and_samples_name_what_the_catalog_has():
    styles, shapes = {one.id for one in catalog().styles}, {one.id for one in catalog().aspect_ratios}
    found = suggestions().suggestions
    assert len({one.id for one in found}) == len({one.prompt for one in found}) == len(found) >= 40
    assert all(one.styles and set(one.styles) <= styles for one in found)
    assert {style.sample.aspect_ratio for style in catalog().styles} <= shapes
