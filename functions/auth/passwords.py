"""Which passwords are refused: the ones that everybody tries first. No other rules, as NIST SP 800-63B advises."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

from likeness.errors import PasswordRefused

_LEET = str.maketrans("01345789@$!|+", "oleastbgasilt")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_OURS = ("likeness",)


def demand_strong(password: str, email: str) -> None:
    """Refuse a password that is easily guessed: common, the person's own address, or hardly a pattern.

    Common means: on our list, as it is or with digits and signs around it or letters written as digits.

    Raises:
        PasswordRefused: with a `fields` entry that says why.
    """
    reason = _weakness(password.casefold(), email.casefold())
    if reason:
        raise PasswordRefused(reason, fields=[{"field": "password", "message": reason}])


def _weakness(password: str, email: str) -> str | None:
    if len(set(password)) < 5 or _is_repeated(password) or _is_run(password):
        return "This password is a simple pattern. Take a few unrelated words instead."
    words = _bare(password)
    local = email.partition("@")[0]
    if words & {local, _ENDS.sub("", local), email, *_OURS}:
        return "This password is your address or our name. Take a few unrelated words instead."
    if words & _common():
        return "This password is one of those that are tried first. Take a few unrelated words instead."
    return None


def _bare(password: str) -> set[str]:
    """Return a password and what is left of it without its ends, each also with digits read as letters."""
    ends_off = _ENDS.sub("", password)
    return {
        form
        for word in (password, ends_off)
        for form in (word, word.translate(_LEET), _ENDS.sub("", word.translate(_LEET)))
    } - {""}


def _is_repeated(password: str) -> bool:
    """Say whether it is one shorter text several times over, whole."""
    return password in (password + password)[1:-1]


def _is_run(password: str) -> bool:
    """Say whether each sign follows the one before it, up or down."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(steps) == 1


@cache
def _common() -> frozenset[str]:
    lines = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").split()
    return frozenset(lines)
