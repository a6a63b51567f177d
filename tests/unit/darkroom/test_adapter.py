"""Adapter files and what training puts into them."""

import io

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load

from local.darkroom.adapter import BadAdapter, pack, read_tensors, unpack, write_tensors
from local.darkroom.photos import UnreadablePhoto
from local.darkroom.photos import load as load_photo
from local.darkroom.train import train
from tests.unit.darkroom.conftest import small_photos


@pytest.fixture(scope="module")
def weights():
    return train(small_photos(), steps=3, trigger="TOK", long_edge=256)


def test_an_adapter_is_a_safetensors_file_for_everybody(weights):
    tensors = load(weights)
    assert tensors["darkroom.detail.lora_down.weight"].shape == (32, 192)
    assert tensors["darkroom.photo.00.detail.lora_up.weight"].dtype == np.int8


def test_the_same_photos_give_the_same_bytes(weights):
    assert train(small_photos(), steps=3, trigger="TOK", long_edge=256) == weights


def test_an_adapter_comes_back_as_it_was_written(weights):
    adapter = unpack(weights)
    assert adapter.metadata["subject"] == "TOK"
    assert len(adapter.shots) == 4
    assert pack(adapter) == weights


@pytest.mark.parametrize("keep", [0, 4, 7, 100])
def test_a_cut_file_is_refused(weights, keep):
    with pytest.raises(BadAdapter):
        unpack(weights[:keep])


def test_a_body_that_ends_early_is_refused(weights):
    with pytest.raises(BadAdapter):
        unpack(weights[:-10])


def test_weights_of_somebody_else_are_refused():
    with pytest.raises(BadAdapter):
        unpack(write_tensors({"lora.down": np.zeros((2, 2), np.float32)}, {"format": "pt"}))


def test_tensors_are_written_in_one_order():
    a, b = np.ones(3, np.float32), np.zeros((2, 2), np.float16)
    raw = write_tensors({"a": a, "b": b}, {"y": "1", "x": "2"})
    assert raw == write_tensors({"b": b, "a": a}, {"x": "2", "y": "1"})
    tensors, words = read_tensors(raw)
    assert (tensors["a"] == a).all()
    assert words == {"x": "2", "y": "1"}


def test_progress_counts_every_round_and_step_once_and_the_loss_falls():
    told = []
    train(small_photos(), steps=5, long_edge=256, progress=lambda *step: told.append(step))
    assert [step[0] for step in told] == list(range(1, 12))
    assert {step[1] for step in told} == {11}
    losses = [value for _, _, phase, value in told if phase == "detail"]
    assert losses[-1] < losses[0]


def test_a_photo_is_read_upright_without_its_exif():
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "secret place"
    raw = io.BytesIO()
    Image.new("RGB", (300, 200), (200, 30, 30)).save(raw, "JPEG", exif=exif)
    picture = load_photo(raw.getvalue())
    assert picture.shape == (768, 512, 3)
    assert b"secret place" not in train([raw.getvalue()] * 2, steps=1, long_edge=128)


def test_bytes_that_are_no_photo_are_refused():
    with pytest.raises(UnreadablePhoto):
        load_photo(b"not a photo")
