"""Damaged files: refused with a code or kept as our own picture, never anything else."""

from collections import Counter
from random import Random

import pytest

from likeness.pictures import PictureRefused, prepare_photo_apart
from tests.heic import HEIC
from tests.hostile import exif, saved

SEEDS = {
    "jpeg": saved("JPEG", exif=exif(6)),
    "png": saved("PNG", exif=exif(3)),
    "webp": saved("WEBP", exif=exif(8)),
    "heic": HEIC,
}
MUTANTS = 60


def mutate(data: bytes, random: Random) -> bytes:
    """Flip some bytes, cut a piece out or repeat one."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(changed))
        kind = random.randrange(4)
        if kind == 0:
            del changed[at : at + random.randint(1, 40)]
        elif kind == 1:
            changed[at:at] = changed[at : at + random.randint(1, 40)]
        else:
            changed[at] = random.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("kind", SEEDS)
def test_damaged_file_is_refused_or_kept_as_our_own(kind: str):
    random, outcomes = Random(kind), Counter[str]()  # noqa: S311 (damage, not a secret)
    for _ in range(MUTANTS):
        try:
            photo = prepare_photo_apart(mutate(SEEDS[kind], random))
        except PictureRefused as refused:
            outcomes[refused.code] += 1
        else:
            assert photo.jpeg.startswith(b"\xff\xd8\xff")
            outcomes["kept"] += 1
    assert len(outcomes) > 1
