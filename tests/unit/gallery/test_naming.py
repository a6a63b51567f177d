"""How the files in a zip are named."""

import pytest

from functions.gallery.service.naming import LONGEST, Names, check_pattern, fill, safe
from likeness.errors import Unprocessable

VALUES = {
    "date": "2026-07-30",
    "time": "14-03-58",
    "id": "01JD0000000000000000000000",
    "number": "3",
    "style": "oil",
    "aspect_ratio": "16:9",
    "model": "Me",
    "seed": "42",
    "prompt": "a castle",
}


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{date}-{style}-{id}", "2026-07-30-oil-01JD0000000000000000000000"),
        ("{time} {number} {seed}", "14-03-58 3 42"),
        ("{model}, {aspect_ratio}: {prompt}", "Me, 16-9- a castle"),
        ("same", "same"),
        ("../../{id}", "-..-01JD0000000000000000000000"),
        ("a/b\\c", "a-b-c"),
        ("...hidden", "hidden"),
        ("con", "_con"),
        ("LPT1.{number}", "_LPT1.3"),
        ("console", "console"),
        ("line\nbreak\x00 \u202egnp", "line break gnp"),
        ("e\u0301t\u00e9 \U0001f3f0 ", "\u00e9t\u00e9 \U0001f3f0"),
        ("ends. .", "ends"),
        (" . ", ""),
    ],
)
def test_pattern_makes_a_name_every_system_takes(pattern, name):
    check_pattern(pattern)
    assert fill(pattern, VALUES) == name


def test_long_values_leave_room_for_what_follows():
    assert fill("{prompt}-{id}", VALUES | {"prompt": "x" * 200}).endswith(VALUES["id"])


@pytest.mark.parametrize("sign", ["x", "\u00e9", "\U0001f3f0"])
def test_name_is_cut_to_what_file_systems_take(sign):
    name = safe(sign * 300)
    assert set(name) == {sign}
    assert len(name) <= LONGEST
    assert len(name.encode()) <= 200


@pytest.mark.parametrize("pattern", ["{date}-{owner}", "{}", "{0}", "{id!r}", "{id.real}", "{date", "date}", "{{id}}"])
def test_pattern_that_cannot_be_filled_in_is_refused_with_what_is_known(pattern):
    with pytest.raises(Unprocessable) as refused:
        check_pattern(pattern)
    assert refused.value.extra["fields"][0]["field"] == "pattern"
    assert "{aspect_ratio}" in refused.value.detail


def test_taken_names_get_numbers_whatever_their_case():
    names = Names()
    assert [names.give(name) for name in ("a", "A", "a", "a-2", "b")] == ["a", "A-2", "a-3", "a-2-2", "b"]
    long = "x" * LONGEST
    assert [names.give(long), names.give(long)] == [long, "x" * (LONGEST - 2) + "-2"]
