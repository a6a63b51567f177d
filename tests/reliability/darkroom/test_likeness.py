"""An adapter knows its own subject: photos it has not seen are rebuilt better than by another's."""

import numpy as np
import pytest

from local.darkroom.adapter import unpack
from local.darkroom.lowrank import rebuild
from local.darkroom.photos import load
from local.darkroom.train import train
from local.samples import sample_photos

SUBJECTS = ("astronaut", "chelsea", "coffee", "rocket")
SEEN, ALL = 8, 12
LONG_EDGE = 384


@pytest.fixture(scope="module")
def photos():
    return {subject: sample_photos(subject, ALL) for subject in SUBJECTS}


@pytest.fixture(scope="module")
def bases(photos):
    trained = {s: train(photos[s][:SEEN], steps=60, long_edge=LONG_EDGE) for s in SUBJECTS}
    return {subject: unpack(raw).basis for subject, raw in trained.items()}


def test_nine_of_ten_unseen_photos_are_rebuilt_best_by_their_own_subject(photos, bases):
    wins = []
    for subject in SUBJECTS:
        for raw in photos[subject][SEEN:]:
            picture = load(raw, LONG_EDGE)
            error = {s: float(np.square(rebuild(picture, bases[s]) - picture).mean()) for s in SUBJECTS}
            wins += [error[subject] < error[other] for other in SUBJECTS if other != subject]
    assert len(wins) == len(SUBJECTS) * (ALL - SEEN) * (len(SUBJECTS) - 1)
    assert np.mean(wins) >= 0.9
