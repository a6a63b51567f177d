"""The product's main job, step by step, over the public API; every step may be repeated.

What a repeat must know (addresses, keys, ids) is on disk before the request that needs it is sent,
so a run that was stopped anywhere goes on where it stood and buys nothing twice.
"""

import mimetypes
import secrets
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import httpx
from likeness_client import Refused
from likeness_client.models import (
    Consent,
    ConsentSubject,
    GenerationRequest,
    GenerationView,
    ModelRequest,
    PhotoState,
    PhotoView,
    ReportView,
    SubjectKind,
    TrainingRequest,
    TrainingStatus,
    TrainingView,
)

from local.client import Client
from local.run import Run
from local.waiting import TookTooLong, wait_for

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
        if photo.state == PhotoState.READY:
            ready.append(photo.id)
        elif photo.state == PhotoState.DUPLICATE:
            ready.append(str(photo.duplicate_of))
        else:
            show(f"{photo.filename}: {photo.detail}")
    return list(dict.fromkeys(ready))


def _inspected(run: Run, client: Client, digest: str) -> PhotoView:
    """Wait for an inspection; a photo that got lost on the way is uploaded anew by the next run."""
    try:
        photo = wait_for(partial(_photo, client, run.photos[digest]), _is_inspected, seconds=INSPECTION_SECONDS)
    except TookTooLong:
        photo = None
    if photo is None:
        del run.photos[digest]
        run.save()
        raise TookTooLong("A photo was not inspected in time. Run it again.")
    return photo


def _photo(client: Client, photo_id: str) -> PhotoView | None:
    """Read a photo, which is listed once its file has arrived."""
    try:
        return client.api.read_photo(photo_id)
    except Refused as refused:
        if refused.status != httpx.codes.NOT_FOUND:
            raise
        return None


def _is_inspected(photo: PhotoView | None) -> bool:
    return photo is not None and photo.state != PhotoState.PENDING


def make_model(run: Run, client: Client, photo_ids: list[str]) -> ReportView:
    """Make the model once, with the consent of the person it shows; return the report on its photos."""
    if not run.model_id:
        text = client.api.read_catalog().consent_version
        wanted = ModelRequest(
            name="Demo",
            subject_kind=SubjectKind.PERSON,
            class_word="person",
            photo_ids=photo_ids,
            consent=Consent(subject=ConsentSubject.SELF, text_version=text),
        )
        run.model_id = client.api.create_model(wanted).id
        run.save()
    return client.api.read_report(run.model_id)


def train(run: Run, client: Client, show: Show) -> TrainingView:
    """Start the training once, wait for its end, return it; after a failure the next run starts anew."""
    if not run.training_key:
        run.training_key = secrets.token_hex(16)
        run.credits_before = available(client)
        run.save()
    if not run.training_id:
        wanted = TrainingRequest(base_model=BASE_MODEL)
        started = client.api.start_training(run.model_id, wanted, idempotency_key=run.training_key)
        run.training_id = started.id
        run.save()
    training = wait_for(
        lambda: client.api.read_training(run.model_id, run.training_id),
        lambda training: training.ended_at is not None,
        seconds=PATIENCE_SECONDS,
        show=lambda training: show(f"{training.status} {training.progress:.0%}"),
    )
    if training.status != TrainingStatus.SUCCEEDED:
        run.training_key = run.training_id = ""
        run.save()
    return training


def available(client: Client) -> int:
    """Return how many credits are left."""
    return client.api.read_credits().available


def generate(run: Run, client: Client, show: Show) -> list[GenerationView]:
    """Order pictures in several styles and shapes, wait for all of them, return the orders.

    What failed is ordered anew by the next run.
    """
    if not run.orders:
        run.orders = [{"key": secrets.token_hex(16)} for _ in ORDERS]
        run.save()
    total = len(ORDERS) * PICTURES_EACH

    def count(orders: list[GenerationView]) -> None:
        pictures = [picture for order in orders for picture in order.pictures]
        show(f"{sum(picture.state == 'done' for picture in pictures)} of {total}")

    orders = wait_for(
        partial(_go_on, run, client),
        lambda orders: len(orders) == len(ORDERS) and not _running(orders),
        seconds=PATIENCE_SECONDS,
        show=count,
    )
    failed = {order.id for order in orders if order.status != "succeeded"}
    run.orders = [{"key": secrets.token_hex(16)} if order["id"] in failed else order for order in run.orders]
    run.save()
    return orders


def _go_on(run: Run, client: Client) -> list[GenerationView]:
    """Read the orders so far; place the next one while fewer than `AT_ONCE` run."""
    placed = [order["id"] for order in run.orders if "id" in order]
    orders = [client.api.read_generation(order_id) for order_id in placed]
    free = AT_ONCE - len(_running(orders))
    waiting = [pair for pair in zip(run.orders, ORDERS, strict=True) if "id" not in pair[0]]
    for order, (style, aspect_ratio, prompt) in waiting[: max(0, free)]:
        wanted = GenerationRequest(
            prompt=prompt,
            model_id=run.model_id,
            style=style,
            aspect_ratio=aspect_ratio,
            count=PICTURES_EACH,
        )
        order["id"] = client.api.start_generation(wanted, idempotency_key=order["key"]).id
        run.save()
    return orders


def _running(orders: list[GenerationView]) -> list[GenerationView]:
    return [order for order in orders if order.ended_at is None]


def download(client: Client, orders: list[GenerationView], folder: Path) -> list[tuple[str, Path]]:
    """Fetch every delivered picture through the CDN; return captions and files."""
    folder.mkdir(parents=True, exist_ok=True)
    fetched = []
    for order in orders:
        for picture in order.pictures:
            if picture.media:
                file = folder / f"{order.style}-{picture.image_id}.webp"
                file.write_bytes(client.media(picture.media.original))
                fetched.append((f"{order.style} {order.aspect_ratio}", file))
    return fetched
