"""What may not be asked of a likeness: rules as data, read once, asked before any money moves."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from likeness.catalog.lexicon import Lexicon, Reader
from likeness.errors import PromptRefused

_DATA = Path(__file__).parent / "prompt_policy.json"


@dataclass(frozen=True)
class Rule:
    """A stable name, what to tell the person, and the combinations of lists that break it."""

    name: str
    message: str
    any_of: tuple[frozenset[str], ...]


class Policy:
    """The rules of one version of the data."""

    def __init__(self, text: str) -> None:
        stored = json.loads(text)
        self.version: int = stored["version"]
        self.rules = [
            Rule(rule["name"], rule["message"], tuple(frozenset(lists) for lists in rule["any_of"]))
            for rule in stored["rules"]
        ]
        self._reader = Reader(stored)
        self._lexicon = Lexicon(self._reader, stored["lists"])

    def broken_rule(self, text: str) -> Rule | None:
        """Return the first rule that a text breaks."""
        hit = {name for words in self._reader.readings(text) for name in self._lexicon.lists_in(words)}
        return next((rule for rule in self.rules if any(lists <= hit for lists in rule.any_of)), None)


@cache
def policy() -> Policy:
    """Return the policy of this version of the service."""
    return Policy(_DATA.read_text(encoding="utf-8"))


def refuse(text: str) -> str | None:
    """Return the name of the first rule that a prompt or a model's name breaks; None if it may pass.

    A negative prompt is not to be asked about: it names what shall not be seen.
    """
    rule = policy().broken_rule(text)
    return rule.name if rule else None


def check_prompt(text: str) -> None:
    """Let a prompt or a model's name pass, or say which rule it breaks.

    Raises:
        PromptRefused: with the rule's name in `rule`; nothing was charged.
    """
    if rule := policy().broken_rule(text):
        raise PromptRefused(rule.message, rule=rule.name)
