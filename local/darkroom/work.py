"""What worker processes do: fetch, train, render, write files."""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
import secrets
import threading
import time
import zipfile
import zlib
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image

from local.darkroom.adapter import Adapter, BadAdapter, unpack
from local.darkroom.photos import UnreadablePhoto
from local.darkroom.render import encode, render
from local.darkroom.rules import Refused, refusal
from local.darkroom.train import train

PHOTO_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
WEIGHTS_NAME: Final = "pytorch_lora_weights.safetensors"
FETCH_LIMIT: Final = 512 * 1024 * 1024
TYPES: Final = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_adapters: dict[str, Adapter] = {}


class Cancelled(Exception):
    """The caller asked the job to stop, and it did."""


def fetch(url: str, *loc: str | int) -> bytes:
    """Read a file that a request names, by http or out of a data URI.

    Raises:
        Refused: it cannot be had, in fal's words.
    """
    try:
        if url.startswith("data:"):
            return base64.b64decode(url.partition(",")[2])
        reply = httpx.get(url, timeout=60, follow_redirects=True)
        reply.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL, binascii.Error) as error:
        message = f"Failed to download the file: {error}"
        raise refusal("file_download_error", message, *loc, given=url) from error
    if len(reply.content) > FETCH_LIMIT:
        raise refusal("file_too_large", "The file is too large", *loc, given=url, max_size=FETCH_LIMIT)
    return reply.content


def run_training(order: dict[str, Any], files: str, log: str, cancel: str) -> dict[str, Any]:
    """Train on the photos of a zip; returns fal's result with paths below the files folder as URLs.

    Raises:
        Refused: the zip breaks fal's rules.
        Cancelled: the file `cancel` appeared.
    """
    field = order["zip_field"]
    photos = _unzip(fetch(order["zip_url"], field), order)
    notes = Path(log)

    def progress(done: int, total: int, phase: str, value: float) -> None:
        if Path(cancel).exists():
            raise Cancelled
        if done <= 12 or done % 10 == 0 or done == total:
            _note(notes, f"{done}/{total} {phase}: {value:.4f} ({100 * done // total}%)")

    try:
        weights = train(
            photos,
            steps=order["steps"],
            trigger=order["trigger"],
            base_model=order["base_model"],
            progress=progress,
        )
    except UnreadablePhoto as error:
        raise refusal("image_load_error", f"Failed to load an image: {error}", field) from error
    config = json.dumps({"trigger": order["trigger"], "steps": order["steps"]}).encode()
    octets = "application/octet-stream"
    return {
        "diffusers_lora_file": store(files, WEIGHTS_NAME, weights, octets),
        "config_file": store(files, "config.json", config, octets),
    }


def _unzip(raw: bytes, order: dict[str, Any]) -> list[bytes]:
    """Read the photos of a zip in order of their names, by fal's rules."""
    field = order["zip_field"]
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except zipfile.BadZipFile as error:
        raise refusal("value_error", "The file is not a zip archive", field) from error
    names = sorted(name for name in archive.namelist() if not name.startswith("__MACOSX/"))
    nested = [name for name in names if "/" in name or "\\" in name]
    if nested:
        raise refusal("value_error", f"Folders are not allowed in the zip: {nested[0]}", field)
    photos = [name for name in names if Path(name).suffix.lower() in PHOTO_SUFFIXES]
    least = order["least_images"]
    if len(photos) < least:
        message = f"At least {least} images are needed, found {len(photos)}"
        raise refusal("value_error", message, field, given=len(photos))
    captions = {Path(name).stem for name in names if name.endswith(".txt")}
    uncaptioned = [name for name in photos if Path(name).stem not in captions]
    if order["captions_needed"] and uncaptioned and not order["trigger"]:
        message = "No captions and no default_caption were given"
        raise refusal("value_error", message, "default_caption")
    try:
        return [archive.read(name) for name in photos]
    except (zipfile.BadZipFile, zlib.error) as error:
        raise refusal("value_error", f"The zip archive is damaged: {error}", field) from error


def run_rendering(order: dict[str, Any], files: str, log: str, cancel: str) -> dict[str, Any]:
    """Render the pictures of an order; returns fal's result.

    Raises:
        Refused: weights cannot be fetched or are not for this model.
        Cancelled: the file `cancel` appeared.
    """
    began = time.perf_counter()
    adapter, scale = _weights(order)
    seed = order["seed"] if order["seed"] >= 0 else secrets.randbelow(2**32)
    kind = order["kind"]
    images = []
    for number in range(order["count"]):
        if Path(cancel).exists():
            raise Cancelled
        picture = render(order["prompt"], order["width"], order["height"], seed + number, adapter, scale)
        name = f"{number}.{'jpg' if kind == 'jpeg' else kind}"
        stored = store(files, name, encode(picture, kind), TYPES[kind])
        images.append(stored | {"width": picture.width, "height": picture.height})
        _note(Path(log), f"{number + 1}/{order['count']} pictures")
    return {
        "images": images,
        "timings": {"inference": round(time.perf_counter() - began, 3)},
        "seed": seed,
        "has_nsfw_concepts": [False] * len(images),
        "prompt": order["prompt"],
    }


def _weights(order: dict[str, Any]) -> tuple[Adapter | None, float]:
    """Load the first adapter of an order; adapters are kept by content, not by URL."""
    if not order["loras"]:
        return None, 0.0
    lora = order["loras"][0]
    where = ("loras", 0, "path")
    raw = fetch(lora["path"], *where)
    digest = sha256(raw).hexdigest()
    if digest not in _adapters:
        try:
            loaded = unpack(raw)
        except BadAdapter as error:
            raise refusal("value_error", f"Failed to load the LoRA: {error}", *where) from error
        while len(_adapters) >= 4:
            _adapters.pop(next(iter(_adapters)))
        _adapters[digest] = loaded
    adapter = _adapters[digest]
    base = adapter.metadata.get("base_model", "")
    if base and base != order["base_model"]:
        message = f"The LoRA was trained for {base}, not for {order['base_model']}"
        raise refusal("value_error", message, *where)
    return adapter, lora["scale"]


def store(files: str, name: str, raw: bytes, content_type: str) -> dict[str, Any]:
    """Write a result file under a name that cannot be guessed; `url` is its path below /files."""
    folder = Path(files) / secrets.token_hex(12)
    folder.mkdir(parents=True)
    (folder / name).write_bytes(raw)
    return {
        "url": f"{folder.name}/{name}",
        "content_type": content_type,
        "file_name": name,
        "file_size": len(raw),
    }


def black(width: int, height: int, kind: str) -> bytes:
    """Make the black picture that takes the place of a flagged one."""
    return encode(Image.new("RGB", (width, height)), kind)


def _note(log: Path, message: str) -> None:
    line = {
        "message": message,
        "level": "INFO",
        "source": "USER",
        "timestamp": datetime.now(UTC).isoformat(),
    }
    with log.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def attempt(task: str, order: dict[str, Any], files: str, log: str, cancel: str) -> dict[str, Any]:
    """Run a task in a worker and say how it ended: result, detail or cancelled."""
    run = run_training if task == "train" else run_rendering
    try:
        return {"result": run(order, files, log, cancel)}
    except Refused as refused:
        return {"detail": refused.detail}
    except Cancelled:
        return {"cancelled": True}


def outlive_nobody(parent: int) -> None:
    """End this worker soon after its server is gone, however that ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
