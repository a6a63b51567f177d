"""How a picture that was made again compares with the one it was made out of; part of its manifest."""

from enum import StrEnum

from likeness.wire import View


class Verdict(StrEnum):
    """What a replay turned out to be."""

    IDENTICAL = "identical"
    """The same pixels."""
    NEAR = "near"
    """Other pixels that look the same."""
    VENDOR_CHANGED = "vendor_changed"
    """The same order gives another picture now."""


class ReplayView(View):
    """A replay beside its picture."""

    of: str
    """Id of the picture that was made again."""
    verdict: Verdict
    distance: int | None
    """How many of the 64 bits of their perceptual hashes (dhash) differ; null where the picture's is not known."""
    files_identical: bool
    """Whether the original files are the same, byte for byte."""
