"""The sample photos are fit for the product: large, varied, the same each time."""

import io

import numpy as np
import pytest
from PIL import Image

from local.samples import SUBJECTS, sample_photos


def dhash(raw):
    small = Image.open(io.BytesIO(raw)).convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    pixels = np.asarray(small, np.int16)
    return (pixels[:, 1:] > pixels[:, :-1]).ravel()


@pytest.fixture(scope="module")
def photos():
    return sample_photos("astronaut", 6)


def test_samples_are_large_jpegs(photos):
    for raw in photos:
        picture = Image.open(io.BytesIO(raw))
        assert picture.format == "JPEG"
        assert min(picture.size) >= 1024


def test_samples_do_not_look_alike(photos):
    hashes = [dhash(raw) for raw in photos]
    pairs = [int((a != b).sum()) for n, a in enumerate(hashes) for b in hashes[:n]]
    assert min(pairs) > 6


def test_samples_are_the_same_each_time(photos):
    assert sample_photos("astronaut", 2) == photos[:2]


@pytest.mark.parametrize("subject", sorted(SUBJECTS))
def test_every_subject_has_photos(subject):
    assert len(sample_photos(subject, 1)) == 1


def test_an_unknown_subject_is_a_key_error():
    with pytest.raises(KeyError):
        sample_photos("nobody")
