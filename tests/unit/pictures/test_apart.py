"""Decoding in a process of its own: what comes back, and what its death means."""

import os
import signal
import time

import pytest

from likeness.pictures import PictureRefused, apart, prepare_photo, prepare_photo_apart
from tests.hostile import CRASHING, saved

PHOTO = saved("JPEG")


def test_photo_comes_back_as_from_the_own_process():
    assert prepare_photo_apart(PHOTO) == prepare_photo(PHOTO)


def test_refusal_comes_back_with_its_code():
    with pytest.raises(PictureRefused) as refused:
        prepare_photo_apart(saved("GIF"))
    assert refused.value.code == "unsupported_format"


def test_crash_of_a_decoder_means_unreadable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(apart, "prepare_photo", lambda _: os.kill(os.getpid(), signal.SIGSEGV))

    with pytest.raises(PictureRefused) as refused:
        prepare_photo_apart(PHOTO)
    assert refused.value.code == "unreadable"


def test_file_that_crashes_its_decoder_is_unreadable():
    with pytest.raises(PictureRefused) as refused:
        prepare_photo_apart(CRASHING.make())
    assert refused.value.code == "unreadable"


def test_decoder_that_never_ends_means_unreadable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(apart, "prepare_photo", lambda _: time.sleep(60))
    monkeypatch.setattr(apart, "SECONDS", 0.1)

    with pytest.raises(PictureRefused) as refused:
        prepare_photo_apart(PHOTO)
    assert refused.value.code == "unreadable"


def test_bug_of_ours_is_no_refusal(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(apart, "prepare_photo", lambda _: 1 // 0)

    with pytest.raises(RuntimeError):
        prepare_photo_apart(PHOTO)
