"""What may be asked for, thought out before: packs of pictures and suggestions of words."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_HERE = Path(__file__).parent


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PackShot(_Data):
    """One picture of a pack."""

    prompt: str
    style: str
    aspect_ratio: str


class Pack(_Data):
    """Pictures that are ordered together, at the price of each.

    Whoever changes its shots raises the version: an order of another version than the one that was shown is refused.
    """

    id: str
    version: int
    name: str
    description: str
    subject_kinds: tuple[str, ...]
    """The kinds of models it suits."""
    shots: tuple[PackShot, ...]


class Suggestion(_Data):
    """Words worth trying, with the styles that suit them."""

    id: str
    category: str
    prompt: str
    styles: tuple[str, ...]


class Suggestions(_Data):
    """All suggestions of one version, in the order they are shown in."""

    version: int
    suggestions: tuple[Suggestion, ...]

    @property
    def categories(self) -> list[str]:
        """The categories there are, in the order they are shown in."""
        return list(dict.fromkeys(one.category for one in self.suggestions))


class _Packs(_Data):
    packs: tuple[Pack, ...]


@cache
def packs() -> tuple[Pack, ...]:
    """Return the packs this version of the service sells."""
    return _Packs.model_validate_json((_HERE / "packs.json").read_text()).packs


def find_pack(id_: str) -> Pack | None:
    """Return a pack, or None."""
    return next((pack for pack in packs() if pack.id == id_), None)


@cache
def suggestions() -> Suggestions:
    """Return the suggestions of this version of the service."""
    return Suggestions.model_validate_json((_HERE / "suggestions.json").read_text())
