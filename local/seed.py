"""Fill an account with pictures, for looking at a large gallery and measuring it.

The account is made through the public API. Its rows and files are written straight to the emulator
with the product's own items, because ordering 10,000 pictures would take hours: they have no
generation and no ledger entries. Files are a few small real pictures again and again; the newest
500 pictures have all four files, the others only the small thumbnail.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

import numpy as np
from PIL import Image as Pixels
from rich.console import Console
from rich.progress import Progress
from ulid import ULID

from likeness.catalog.reader import catalog
from likeness.items.image import Image, gallery_of
from likeness.pictures import PreparedRender, prepare_render
from likeness.storage import IMMUTABLE, image_key
from local.client import Client
from local.cloud import Cloud

EMAIL, PASSWORD = "seed@likeness.example", "Show-ten-thousand-7"
COMPLETE = 500
KINDS = 12
SPACING_SECONDS = 600
PLACES = ("in a garden", "by the sea", "on a mountain", "in the rain", "in a café", "at night")


@dataclass(frozen=True)
class Sample:
    """One of the few pictures that all rows share."""

    style: str
    aspect_ratio: str
    width: int
    height: int
    files: PreparedRender


def seed(cloud: Cloud, console: Console, outputs: dict[str, str], pictures: int) -> None:
    """Add `pictures` pictures to the account of `seed@likeness.example`, newest now, one every ten minutes."""
    with Client(cloud) as client:
        client.sign_in(EMAIL, PASSWORD)
        user_id = client.user_id
    _stand_in_for_a_function(cloud)
    began = time.monotonic()
    with Progress(console=console) as progress:
        task = progress.add_task("files and rows", total=_count_files(pictures, COMPLETE) + pictures)
        fill(cloud, outputs["MediaBucket"], user_id, pictures, advance=lambda: progress.advance(task))
    console.print(f"{pictures} pictures in {time.monotonic() - began:.0f} s; login {EMAIL}  {PASSWORD}")


def fill(  # noqa: PLR0913 (each has one caller who leaves it out)
    cloud: Cloud,
    bucket: str,
    user_id: str,
    pictures: int,
    *,
    complete: int = COMPLETE,
    thumbnails: bool = True,
    describe: Callable[[Image, int], object] = lambda *_: None,
    advance: Callable[[], object] = lambda: None,
) -> list[str]:
    """Give a person pictures and return their ids, newest first; this process must have a function's environment.

    The newest `complete` have all their files, the others only the small thumbnail, if that. `describe` may add to
    a row before it is written.
    """
    samples = [_sample(number) for number in range(KINDS)]
    rows = [_row(user_id, number, samples[number % KINDS], began_at=time.time()) for number in range(pictures)]
    s3 = cloud.client("s3")

    def put(file: tuple[str, bytes]) -> None:
        s3.put_object(Bucket=bucket, Key=file[0], Body=file[1], ContentType="image/webp", CacheControl=IMMUTABLE)

    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(put, _files(user_id, rows, samples, complete, thumbnails=thumbnails)):
            advance()
    with Image.batch_write() as batch:
        for number, row in enumerate(rows):
            describe(row, number)
            batch.save(row)
            advance()
    return [row.id for row in rows]


def _stand_in_for_a_function(cloud: Cloud) -> None:
    """Give this process the environment of a deployed function, so that the items find their tables."""
    for function in cloud.client("lambda").get_paginator("list_functions").paginate().search("Functions"):
        given = function.get("Environment", {}).get("Variables", {})
        if "IMAGES_TABLE" in given:
            os.environ.update({**given, **cloud.environment, "PATH": os.environ["PATH"]})
            return


def _sample(number: int) -> Sample:
    """Paint a small picture: soft hills whose colours depend on its number."""
    styles, shapes = catalog().styles, catalog().aspect_ratios
    shape = shapes[number % len(shapes)]
    width, height = shape.width // 2, shape.height // 2
    x, y = np.meshgrid(np.linspace(0, 6, width), np.linspace(0, 6, height))
    waves = [np.sin(x * (1 + channel / 3) + number) + np.cos(y + channel + number / 2) for channel in range(3)]
    painted = np.uint8(np.clip(np.stack(waves, axis=-1) * 50 + 128, 0, 255))
    png = BytesIO()
    Pixels.fromarray(painted).save(png, "PNG")
    files = prepare_render(png.getvalue(), "seed")
    return Sample(styles[number % len(styles)].id, shape.id, width, height, files)


def _row(user_id: str, number: int, sample: Sample, *, began_at: float) -> Image:
    row = Image.of(user_id, str(ULID.from_timestamp(began_at - number * SPACING_SECONDS)))
    row.gallery, row.generation_id, row.number = gallery_of(user_id), str(ULID()), 1
    row.base_model, row.aspect_ratio, row.style = "flux-1-dev", sample.aspect_ratio, sample.style
    row.width, row.height, row.bytes = sample.width, sample.height, len(sample.files.original)
    row.sha256 = sha256(sample.files.original).hexdigest()
    row.favourite = number % 7 == 0
    row.describe(f"portrait {PLACES[number % len(PLACES)]}, number {number}")
    row.manifest = {"seeded": True}
    return row


def _count_files(pictures: int, complete: int) -> int:
    return pictures + 3 * min(pictures, complete)


def _files(
    user_id: str, rows: list[Image], samples: list[Sample], complete: int, *, thumbnails: bool
) -> Iterator[tuple[str, bytes]]:
    for number, row in enumerate(rows):
        files = samples[number % KINDS].files
        if thumbnails or number < complete:
            yield image_key(user_id, row.id, "256.webp"), files.thumbnails[256]
        if number < complete:
            yield image_key(user_id, row.id, "640.webp"), files.thumbnails[640]
            yield image_key(user_id, row.id, "view.webp"), files.view
            yield image_key(user_id, row.id, "original.webp"), files.original
