"""What a freshly trained model is tried on: fixed words and seeds, so that its versions can be compared."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from likeness.catalog.ideas import PackShot


class SampleShot(PackShot):
    """One sample picture."""

    seed: int


class Samples(BaseModel):
    """All samples of one version, by kind of subject. Whoever changes one raises the version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    samples: dict[str, tuple[SampleShot, ...]]


@cache
def samples() -> Samples:
    """Return the samples this version of the service makes."""
    return Samples.model_validate_json((Path(__file__).parent / "samples.json").read_text())
