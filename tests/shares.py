"""Making links for tests, and looking at what they open."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from functions.gallery.handler import handler
from functions.gallery.service import shares
from likeness import storage
from likeness.items.gallery import Share
from likeness.items.image import Image, gallery_of, trash_of
from local.media_signature import Refused, Visit, verify
from tests.pictures import make_image
from tests.support import Reply, call

SITE = "https://likeness.test"
VARIANTS = ("original.webp", "view.webp", "640.webp", "256.webp")


def picture(user: str = "ada", **more: Any) -> str:
    """A picture with its four files, each of which says whose and what it is."""
    image_id = make_image(user, **more)
    for variant in VARIANTS:
        storage.put(storage.image_key(user, image_id, variant), f"{image_id} {variant}".encode(), "image/webp")
    return image_id


def share(image_ids: list[str], user: str = "ada", key: str | None = None, **more: Any) -> Reply:
    """Ask for a link."""
    return call(handler, "POST", "/v1/shares", {"image_ids": image_ids, **more}, user=user, key=key)


def visit(token: str, address: str = "203.0.113.7") -> Reply:
    """Open a link as somebody without an account."""
    return call(handler, "GET", f"/v1/shared/{token}", headers={"x-forwarded-for": f"{address}, 198.51.100.9"})


def owner(method: str, share_id: str, tail: str = "", body: Any = None, user: str = "ada") -> Reply:
    """Do something with a link of one's own."""
    return call(handler, method, f"/v1/shares/{share_id}{tail}", body, user=user)


def fetched(path: str, media_key: str, at: float | None = None) -> bytes:
    """What the CDN answers for a path: the object, if the signature holds and the object is there."""
    key = load_pem_private_key(media_key.encode(), None).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    verify(Visit(SITE + path, {}), {"K2TESTKEYPAIR": pem}, time.time() if at is None else at)
    name = urlsplit(path).path.removeprefix("/")
    answer = boto3.client("s3").get_object(Bucket="media-bucket", Key=name)
    return bytes(answer["Body"].read())


def is_readable(path: str, media_key: str, at: float | None = None) -> bool:
    """Whether the CDN answers with a file."""
    try:
        fetched(path, media_key, at)
    except (Refused, ClientError):
        return False
    return True


def copies() -> list[str]:
    """The keys of all copies that links have."""
    found = boto3.client("s3").list_objects_v2(Bucket="media-bucket", Prefix="media/v/")
    return [entry["Key"] for entry in found.get("Contents", [])]


def paths(shown: Any) -> list[str]:
    """Every path of what a visitor is shown."""
    names = ("view", "thumbnail_640", "thumbnail_256", "download")
    return [picture[name] for picture in shown["pictures"] for name in names if picture[name]]


def in_days(days: float) -> str:
    """A moment from now, as the API takes it."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")


def at(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Move the clock of links."""
    later = int((datetime.now(UTC) + timedelta(days=days)).timestamp())
    for module in ("share_copies", "share_making", "shares", "shared"):
        monkeypatch.setattr(f"functions.gallery.service.{module}.now", lambda: later)


def marks(image_id: str) -> set[str]:
    """Ids of the links that a picture's row names."""
    return Image.get("ada", f"IMAGE#{image_id}").shares or set()


def trash(image_id: str) -> None:
    """Trash a picture as the gallery does."""
    image = Image.of("ada", image_id)
    image.refresh()
    held = sorted(image.shares or ())
    image.update([Image.gallery.set(trash_of("ada")), Image.shares.remove()])
    shares.withdraw_picture("ada", image_id, held)


def restore(image_id: str) -> None:
    """Take a picture out of the trash."""
    Image.of("ada", image_id).update([Image.gallery.set(gallery_of("ada"))])


def sweep(share_id: str) -> None:
    """Sweep one link."""
    row = Share.get("ada", f"SHARE#{share_id}")
    shares.withdraw_expired(row)
