"""What the demo writes down and shows."""

import numpy as np
from PIL import Image

from local.journey import read_photos
from local.run import Run
from local.sheet import make_sheet


def test_stopped_run_goes_on_with_what_it_knew(tmp_path):
    run = Run.load(tmp_path / "run.json")
    run.email, run.training_key, run.orders = "ada@x.example", "k", [{"key": "o"}]
    run.save()
    assert Run.load(tmp_path / "run.json") == run


def test_unreadable_notes_start_a_new_run(tmp_path):
    for text in ("", "[]", '{"unknown": 1}'):
        (tmp_path / "run.json").write_text(text)
        assert Run.load(tmp_path / "run.json").email == ""


def test_only_pictures_of_a_folder_are_photos(tmp_path):
    for name in ("b.JPG", "a.heic", "notes.txt", "clip.mp4"):
        (tmp_path / name).write_bytes(b"x")
    assert [(name, kind) for name, kind, _ in read_photos(tmp_path)] == [
        ("a.heic", "image/heic"),
        ("b.JPG", "image/jpeg"),
    ]


def test_sheet_shows_every_picture_whole(tmp_path):
    pictures = []
    for number, size in enumerate([(100, 100), (160, 90), (90, 160), (300, 100), (300, 100), (64, 64)]):
        file = tmp_path / f"{number}.webp"
        Image.new("RGB", size, (250, 0, 0)).save(file, lossless=True)
        pictures.append((f"picture {number}", file))
    make_sheet(pictures, tmp_path / "deep" / "sheet.jpg")
    with Image.open(tmp_path / "deep" / "sheet.jpg") as sheet:
        pixels = np.asarray(sheet).astype(int)
    red = (pixels[..., 0] > 200) & (pixels[..., 1] < 60)
    expected = sum(360 * round(w * 360 / h) for w, h in [(1, 1), (16, 9), (9, 16), (3, 1), (3, 1), (1, 1)])
    assert abs(red.sum() - expected) < expected * 0.01
