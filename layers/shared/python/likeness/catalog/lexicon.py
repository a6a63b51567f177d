"""Reading a text as people read it, through case, accents, lookalikes, digits, dots and gaps; finding words in it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

Words = tuple[str, ...]

_WORD = re.compile(r"[a-z0-9]+")
_LETTERS = re.compile(r"[a-z]+")
_CHUNK = re.compile(r"\S+")
_INNER_MARKS = re.compile(r"(?<=[a-z0-9])[^a-z0-9\s]+(?=[a-z0-9])")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_SHORTEST_JOIN = 4
"""Fewer letters than this are no word in disguise when they are put together from pieces."""


class Reader:
    """Makes every plausible reading of a text."""

    def __init__(self, policy: Mapping[str, Any]) -> None:
        allowed = ("[\\s-]+".join(map(re.escape, entry.split())) for entry in policy["allowed"])
        self._allowed = re.compile(rf"\b(?:{'|'.join(allowed)})\b")
        first_letters = [int(start, 16) for start in policy["alphabets"]]
        letters = {start + n: chr(ord("a") + n) for start in first_letters for n in range(26)}
        invisible = {int(code, 16): None for code in policy["invisible"]}
        self._lookalikes = str.maketrans(policy["lookalikes"]) | letters | invisible
        leet = policy["leet"]
        self._leets = (str.maketrans(leet), str.maketrans({**leet, "1": policy["leet_one_as"]}))

    def fold(self, text: str) -> str:
        """Return the text without case, accents, invisible signs and lookalikes."""
        if text.isascii():
            return text.lower()
        plain = unicodedata.normalize("NFKD", text)
        seen = "".join(sign for sign in plain if unicodedata.category(sign) not in {"Mn", "Me", "Cf"})
        return seen.translate(self._lookalikes).casefold()

    def readings(self, text: str) -> list[Words]:
        """Return the text as words in each way it may be meant, without what is allowed as it stands."""
        folded = self._allowed.sub(" ", self.fold(text))
        spellings = dict.fromkeys((folded, *(self._unleet(folded, leet) for leet in self._leets)))
        if _STRETCHED.search(folded):
            spellings |= {_STRETCHED.sub(kept, spelling): None for spelling in spellings for kept in (r"\1", r"\1\1")}
        spellings |= {_INNER_MARKS.sub("", spelling): None for spelling in spellings}
        found = dict.fromkeys(tuple(_WORD.findall(spelling)) for spelling in spellings)
        plain = next(iter(found))
        found[tuple(_LETTERS.findall(folded))] = None
        found[tuple(word for word in plain if len(word) > 1 or word in "ai")] = None
        return list(found)

    def _unleet(self, folded: str, leet: dict[int, int | str | None]) -> str:
        def spelled(chunk: re.Match[str]) -> str:
            return chunk[0].strip("!|").translate(leet) if _LETTERS.search(chunk[0]) else chunk[0]

        return _CHUNK.sub(spelled, folded)


def pieces(words: Words) -> Iterator[str]:
    """Yield runs of single signs as one word: n u d e."""
    run = ""
    for word, after in pairwise((*words, "  ")):
        if len(word) == 1:
            run += word
        if run and len(after) != 1:
            if len(run) > 2:
                yield run
            run = ""


class Lexicon:
    """Named lists of words, phrases and patterns, looked for all at once."""

    def __init__(self, reader: Reader, lists: Mapping[str, Mapping[str, list[str]]]) -> None:
        self._phrases: dict[str, list[tuple[Words, str]]] = {}
        self._joined: dict[str, set[str]] = {}
        self._starts: list[tuple[str, str]] = []
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        for name, found in lists.items():
            self._patterns += [(re.compile(pattern), name) for pattern in found.get("patterns", [])]
            for entry in found["entries"]:
                self._add(reader.fold(entry), name)

    def _add(self, entry: str, name: str) -> None:
        if entry.endswith("*"):
            self._starts.append((entry[:-1], name))
        for spelling in {entry, _INNER_MARKS.sub("", entry)}:
            words = tuple(_WORD.findall(spelling))
            self._phrases.setdefault(words[0], []).append((words, name))
            self._joined.setdefault("".join(words), set()).add(name)

    def lists_in(self, words: Words) -> set[str]:
        """Name the lists of which something stands in a reading: whole, glued together or in pieces."""
        joins = {*words, *map("".join, pairwise(words)), *map("".join, zip(words, words[1:], words[2:], strict=False))}
        glued = [join for join in self._joined.keys() & joins if len(join) >= _SHORTEST_JOIN]
        text = " ".join(words)
        return {
            *self._whole(words),
            *(name for join in glued for name in self._joined[join]),
            *(name for start, name in self._starts if f" {start}" in f" {text}"),
            *(name for run in set(pieces(words)) for name in self._names_in(run)),
            *(name for pattern, name in self._patterns if pattern.search(text)),
        }

    def _names_in(self, run: str) -> Iterator[str]:
        for entry, names in self._joined.items():
            if entry in run and (entry == run or len(entry) >= _SHORTEST_JOIN):
                yield from names

    def _whole(self, words: Words) -> Iterator[str]:
        for start, word in enumerate(words):
            for phrase, name in self._phrases.get(word, ()):
                if words[start : start + len(phrase)] == phrase:
                    yield name
