"""The prompt policy, by a table of prompts."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likeness.catalog.policy import _DATA, check_prompt, policy, refuse
from likeness.errors import PromptRefused

TABLE: dict[str, list[str]] = json.loads((Path(__file__).parent / "prompts.json").read_text())
ALLOWED = TABLE["allowed"]
REFUSED = [(prompt, rule) for rule, prompts in TABLE.items() if rule != "allowed" for prompt in prompts]


def test_table_is_large_and_names_every_rule() -> None:
    assert len(REFUSED) + len(ALLOWED) >= 150
    assert len(ALLOWED) >= 60
    assert {rule for _, rule in REFUSED} == {rule.name for rule in policy().rules}


@pytest.mark.parametrize(("prompt", "rule"), REFUSED, ids=ascii)
def test_prompt_that_breaks_a_rule_is_refused_by_its_name(prompt: str, rule: str) -> None:
    assert refuse(prompt) == rule


@pytest.mark.parametrize("prompt", ALLOWED, ids=ascii)
def test_innocent_prompt_passes(prompt: str) -> None:
    assert refuse(prompt) is None
    check_prompt(prompt)


def test_refusal_says_which_rule_and_what_to_do() -> None:
    with pytest.raises(PromptRefused) as raised:
        check_prompt("a nude woman")
    assert raised.value.extra == {"rule": "undress"}
    assert (raised.value.status, raised.value.code) == (422, "prompt_refused")
    assert "Describe clothes" in raised.value.detail


def test_model_name_of_a_known_person_is_refused_and_a_plain_name_is_not() -> None:
    assert refuse("Scarlett Johansson") == "named_person"
    assert refuse("Scarlett") is None


def test_every_listed_person_is_refused_in_any_case_and_glued() -> None:
    stored = json.loads(_DATA.read_text())
    people = stored["lists"]["people"]["entries"]
    assert len(people) >= 150
    for name in people:
        for spelling in (
            name,
            name.upper(),
            f"portrait of {name}, studio",
            name.replace(" ", ""),
            name.replace(" ", "_"),
        ):
            assert refuse(spelling) == "named_person", spelling


@given(
    st.sampled_from([prompt for prompt, _ in REFUSED]), st.text(alphabet="\u200b\u200d\u2060\u00ad\ufe0f", max_size=3)
)
def test_refused_prompt_stays_refused_among_other_words_and_invisible_signs(prompt: str, invisible: str) -> None:
    assert refuse(f"a photo of {prompt.replace(' ', invisible + ' ')}, warm light")


@given(st.text(max_size=200))
def test_any_text_at_all_has_an_answer(text: str) -> None:
    assert refuse(text) in {None, *(rule.name for rule in policy().rules)}
