"""The product's main job, step by step, over the public API; every step may be repeated.

What a repeat must know (addresses, keys, ids) is on disk before the request that needs it is sent,
so a run that was stopped anywhere goes on where it stood and buys nothing twice.
"""

import json
import mimetypes
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from local.client import Client, Refused, TookTooLong, wait_for

BASE_MODEL = "flux-1-dev"
PATIENCE_SECONDS = 3 * 3600.0
INSPECTION_SECONDS = 120.0
Show = Callable[[str], None]
Photo = tuple[str, str, bytes]

ORDERS = (
    ("oil", "4:5", "portrait of [me] in a garden, golden light"),
    ("watercolor", "3:4", "portrait of [me] in a forest, autumn"),
    ("popart", "1:1", "close-up portrait of [me]"),
    ("cinematic", "16:9", "[me] on a beach at sunset"),
    ("pencil", "4:5", "portrait of [me] in a cafe"),
    ("neon", "2:3", "portrait of [me] in a city at night, rain"),
)
PICTURES_EACH = 2
AT_ONCE = 2
"""Orders that run at the same time: two cores would only be torn between more cold starts."""


@dataclass
class Run:
    """What a run has got to; written to disk at every change."""

    file: Path
    email: str = ""
    password: str = ""
    photos: dict[str, str] = field(default_factory=dict)
    """Photo id by SHA-256 of the file that was uploaded."""
    model_id: str = ""
    training_key: str = ""
    training_id: str = ""
    orders: list[dict[str, Any]] = field(default_factory=list)
    """Per order its Idempotency-Key and, once accepted, its generation id."""
    credits_before: int = -1

    @classmethod
    def load(cls, file: Path) -> "Run":
        """Return the run that was stopped, or a new one."""
        try:
            return cls(file, **json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            return cls(file)

    def save(self) -> None:
        """Write it down, whole or not at all."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        stored = {name: value for name, value in asdict(self).items() if name != "file"}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(stored, indent=2))
        fresh.replace(self.file)


def sign_in(run: Run, client: Client) -> None:
    """Sign in; register and confirm first when nobody has."""
    if not run.email:
        run.email = f"demo-{secrets.token_hex(3)}@likeness.example"
        run.password = f"Show-{secrets.token_urlsafe(9)}-7"
        run.save()
    client.sign_in(run.email, run.password)


def read_photos(folder: Path) -> list[Photo]:
    """Return the photos of a folder: name, content type and bytes."""
    kinds = {"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"}
    mimetypes.add_type("image/heic", ".heic")
    mimetypes.add_type("image/heif", ".heif")
    files = ((path, mimetypes.guess_type(path.name)[0]) for path in sorted(folder.iterdir()))
    return [(path.name, kind, path.read_bytes()) for path, kind in files if kind in kinds]


def upload(run: Run, client: Client, photos: list[Photo], show: Show) -> list[str]:
    """Upload what is not there yet, wait for the inspection, return the ids of the good photos."""
    digests = {sha256(content).hexdigest(): (name, kind, content) for name, kind, content in photos}
    missing = {digest: photo for digest, photo in digests.items() if digest not in run.photos}
    if missing:
        ids = client.upload(missing.values())
        run.photos.update(zip(missing, ids, strict=True))
        run.save()
    ready = []
    for number, digest in enumerate(digests, 1):
        photo = _inspected(run, client, digest)
        show(f"{number} of {len(digests)} inspected")
        if photo["state"] == "ready":
            ready.append(photo["id"])
        elif photo["state"] == "duplicate":
            ready.append(photo["duplicate_of"])
        else:
            show(f"{photo['filename']}: {photo['detail']}")
    return list(dict.fromkeys(ready))


def _inspected(run: Run, client: Client, digest: str) -> dict[str, Any]:
    """Wait for an inspection; a photo that got lost on the way is uploaded anew by the next run."""
    try:
        return wait_for(partial(_photo, client, run.photos[digest]), _is_inspected, seconds=INSPECTION_SECONDS)
    except TookTooLong:
        del run.photos[digest]
        run.save()
        raise


def _photo(client: Client, photo_id: str) -> dict[str, Any]:
    answer = client.send("GET", f"/v1/photos/{photo_id}")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return {"id": photo_id, "state": "pending"}  # listed once its file has arrived
    if not answer.is_success:
        raise Refused(answer)
    return dict(answer.json())


def _is_inspected(photo: dict[str, Any]) -> bool:
    return bool(photo["state"] != "pending")


def make_model(run: Run, client: Client, photo_ids: list[str]) -> dict[str, Any]:
    """Make the model once, with the consent of the person it shows; return the report on its photos."""
    if not run.model_id:
        text = client.call("GET", "/v1/catalog")["consent_version"]
        wanted = {
            "name": "Demo",
            "subject_kind": "person",
            "class_word": "person",
            "photo_ids": photo_ids,
            "consent": {"subject": "self", "text_version": text},
        }
        run.model_id = client.call("POST", "/v1/models", wanted)["id"]
        run.save()
    return client.call("GET", f"/v1/models/{run.model_id}/report")


def train(run: Run, client: Client, show: Show) -> dict[str, Any]:
    """Start the training once, wait for its end, return it; after a failure the next run starts anew."""
    if not run.training_key:
        run.training_key = secrets.token_hex(16)
        run.credits_before = client.call("GET", "/v1/credits")["available"]
        run.save()
    path = f"/v1/models/{run.model_id}/trainings"
    if not run.training_id:
        key = {"Idempotency-Key": run.training_key}
        run.training_id = client.call("POST", path, {"base_model": BASE_MODEL}, headers=key)["id"]
        run.save()
    training = wait_for(
        lambda: client.call("GET", f"{path}/{run.training_id}"),
        lambda training: training["ended_at"] is not None,
        seconds=PATIENCE_SECONDS,
        show=lambda training: show(f"{training['status']} {training['progress'] or 0:.0%}"),
    )
    if training["status"] != "succeeded":
        run.training_key = run.training_id = ""
        run.save()
    return training


def generate(run: Run, client: Client, show: Show) -> list[dict[str, Any]]:
    """Order pictures in several styles and shapes, wait for all of them, return the orders.

    What failed is ordered anew by the next run.
    """
    if not run.orders:
        run.orders = [{"key": secrets.token_hex(16)} for _ in ORDERS]
        run.save()
    total = len(ORDERS) * PICTURES_EACH

    def count(orders: list[dict[str, Any]]) -> None:
        pictures = [picture for order in orders for picture in order["pictures"]]
        show(f"{sum(picture['state'] == 'done' for picture in pictures)} of {total}")

    orders = wait_for(
        partial(_go_on, run, client),
        lambda orders: len(orders) == len(ORDERS) and not _running(orders),
        seconds=PATIENCE_SECONDS,
        show=count,
    )
    failed = {order["id"] for order in orders if order["status"] != "succeeded"}
    run.orders = [{"key": secrets.token_hex(16)} if order["id"] in failed else order for order in run.orders]
    run.save()
    return orders


def _go_on(run: Run, client: Client) -> list[dict[str, Any]]:
    """Read the orders so far; place the next one while fewer than `AT_ONCE` run."""
    orders = [client.call("GET", f"/v1/generations/{order['id']}") for order in run.orders if "id" in order]
    free = AT_ONCE - len(_running(orders))
    waiting = [pair for pair in zip(run.orders, ORDERS, strict=True) if "id" not in pair[0]]
    for order, (style, aspect_ratio, prompt) in waiting[: max(0, free)]:
        wanted = {
            "prompt": prompt,
            "model_id": run.model_id,
            "style": style,
            "aspect_ratio": aspect_ratio,
            "count": PICTURES_EACH,
        }
        key = {"Idempotency-Key": order["key"]}
        order["id"] = client.call("POST", "/v1/generations", wanted, headers=key)["id"]
        run.save()
    return orders


def _running(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [order for order in orders if order["ended_at"] is None]


def download(client: Client, orders: list[dict[str, Any]], folder: Path) -> list[tuple[str, Path]]:
    """Fetch every delivered picture through the CDN; return captions and files."""
    folder.mkdir(parents=True, exist_ok=True)
    fetched = []
    for order in orders:
        for picture in order["pictures"]:
            if picture["state"] == "done":
                file = folder / f"{order['style']}-{picture['image_id']}.webp"
                file.write_bytes(client.media(picture["media"]["original"]))
                fetched.append((f"{order['style']} {order['aspect_ratio']}", file))
    return fetched
