"""Objects: their names, presigning, removal, and signed access to media.

`raw/<user>/<photo>` is what was uploaded; `media/u/<user>/…` is what its owner may see; `media/v/<random>/…` holds
zips, weights and what links show, outside every wildcard. Stored keys are stable and immutable.
"""

import base64
import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from likeness.aws import s3, secret
from likeness.errors import Busy
from likeness.settings import settings

IMMUTABLE = "private, max-age=31536000, immutable"
NOT_KEPT = "private, no-store"
HOUR = 3600
WEEK = 7 * 24 * HOUR
ACCESS_SECONDS = 12 * HOUR
PAGE = 500
_CLOUDFRONT = bytes.maketrans(b"+=/", b"-_~")


def raw_key(user_id: str, photo_id: str) -> str:
    """Name an uploaded file."""
    return f"raw/{user_id}/{photo_id}"


def photo_key(user_id: str, photo_id: str, variant: str = "photo.jpg") -> str:
    """Name a re-encoded photo (`photo.jpg`) or a thumbnail (`640.webp`, `256.webp`)."""
    return f"media/u/{user_id}/photos/{photo_id}/{variant}"


def photo_files(user_id: str, photo_id: str) -> list[str]:
    """Name every file of a photo."""
    return [photo_key(user_id, photo_id, variant) for variant in ("photo.jpg", "640.webp", "256.webp")]


def image_key(user_id: str, image_id: str, variant: str) -> str:
    """Name a file of a picture: `original.webp`, `view.webp`, `640.webp`, `256.webp`."""
    return f"media/u/{user_id}/images/{image_id}/{variant}"


def private_key(name: str) -> str:
    """Name a file that nobody can guess, such as a training's zip or weights."""
    return f"{private_prefix()}{name}"


def private_prefix() -> str:
    """Name a folder that nobody can guess, such as that of a link's copies."""
    return f"media/v/{secrets.token_urlsafe(24)}/"


def media_path(key: str) -> str:
    """Return the plain, stable path of an object for API answers."""
    return f"/{key}"


def put(key: str, content: bytes, content_type: str) -> None:
    """Store a media object, immutable and private."""
    s3().put_object(
        Bucket=settings().media_bucket,
        Key=key,
        Body=content,
        ContentType=content_type,
        CacheControl=IMMUTABLE,
    )


def read(key: str) -> bytes | None:
    """Return a media object, which must fit into memory; None if it is gone."""
    try:
        return s3().get_object(Bucket=settings().media_bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
            raise
        return None


def copy(source: str, target: str, filename: str | None = None) -> bool:
    """Copy a picture's file for somebody else's eyes; say whether the source was there.

    No cache keeps the copy, so that it is gone when it is removed. With a file name it is saved rather than shown.
    """
    named = {"ContentDisposition": f'attachment; filename="{filename}"'} if filename else {}
    bucket = settings().media_bucket
    try:
        s3().copy_object(
            Bucket=bucket,
            Key=target,
            CopySource={"Bucket": bucket, "Key": source},
            MetadataDirective="REPLACE",
            ContentType="image/webp",
            CacheControl=NOT_KEPT,
            **named,  # type: ignore[arg-type]  # the stubs know no optional texts
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
            raise
        return False
    return True


def keys_below(prefix: str) -> set[str]:
    """Return the key of every media object below a prefix, as they are now."""
    pages = s3().get_paginator("list_objects_v2").paginate(Bucket=settings().media_bucket, Prefix=prefix)
    return {found["Key"] for page in pages for found in page.get("Contents", [])}


def remove(keys: Iterable[str], *, bucket: str | None = None) -> None:
    """Remove objects of the media bucket, or of another one; absent ones do not matter."""
    _remove(bucket or settings().media_bucket, list(keys))


def remove_below(prefix: str, *, bucket: str | None = None) -> None:
    """Remove every object below a prefix of the media bucket, or of another one."""
    name = bucket or settings().media_bucket
    for page in s3().get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=prefix):
        _remove(name, [found["Key"] for found in page.get("Contents", [])])


def list_some(prefix: str, *, bucket: str) -> dict[str, int]:
    """Return up to 500 objects below a prefix: their keys, and their sizes in bytes."""
    page = s3().list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=PAGE)
    return {found["Key"]: found["Size"] for found in page.get("Contents", [])}


def _remove(bucket: str, keys: list[str]) -> None:
    for first in range(0, len(keys), 1000):
        some = [{"Key": key} for key in keys[first : first + 1000]]
        answer = s3().delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True})  # type: ignore[typeddict-item]
        if failed := answer.get("Errors"):
            message = f"{len(failed)} objects were not removed: {failed[0].get('Code')}"
            raise Busy(message, retry_after=1)


@dataclass(frozen=True)
class MediaAccess:
    """A signed policy: as cookies for browsers, as a query for native clients."""

    policy: str
    signature: str
    key_pair_id: str
    expires_at: int

    @property
    def cookies(self) -> dict[str, str]:
        """The four cookies; the fourth tells CloudFront the hash."""
        return {f"CloudFront-{name}": value for name, value in self._parts}

    @property
    def query(self) -> str:
        """The same as a query string, without the question mark."""
        return "&".join(f"{name}={value}" for name, value in self._parts)

    @property
    def _parts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Policy", self.policy),
            ("Signature", self.signature),
            ("Key-Pair-Id", self.key_pair_id),
            ("Hash-Algorithm", "SHA256"),
        )


def media_access(user_id: str) -> MediaAccess:
    """Sign access to everything its owner may see, for 12 hours, rounded up to the hour."""
    return _sign(f"{settings().site_url}/media/u/{user_id}/*", _round_up(time.time() + ACCESS_SECONDS, HOUR))


def signed_url(key: str, seconds: int, *, round_to: int = 1) -> str:
    """Return a URL that opens this one object until now + `seconds`, its end rounded up to `round_to` seconds."""
    url = f"{settings().site_url}/{key}"
    return f"{url}?{_sign(url, _round_up(time.time() + seconds, round_to)).query}"


def signed_path(key: str, expires_at: int) -> str:
    """Return a path on this host that opens this one object until `expires_at`, in seconds since 1970.

    Its policy is not sent along, which halves it: CloudFront knows it by the path and the end.
    """
    access = _sign(f"{settings().site_url}/{key}", expires_at)
    signed = f"Signature={access.signature}&Key-Pair-Id={access.key_pair_id}&Hash-Algorithm=SHA256"
    return f"/{key}?Expires={expires_at}&{signed}"


def download_url(key: str, filename: str, seconds: int) -> str:
    """Return a URL of the bucket that saves one media object under a name, for `seconds`."""
    return s3().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().media_bucket,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{filename}"',
        },
        ExpiresIn=seconds,
    )


def _round_up(moment: float, step: int) -> int:
    return -(-int(moment) // step) * step


def _sign(resource: str, expires_at: int) -> MediaAccess:
    condition = {"DateLessThan": {"AWS:EpochTime": expires_at}}
    document = {"Statement": [{"Resource": resource, "Condition": condition}]}
    policy = json.dumps(document, separators=(",", ":")).encode()
    signature = _key(str(secret(settings().signing_secret)["media_key"])).sign(
        policy, ECDSA(SHA256(), deterministic_signing=True)
    )
    return MediaAccess(_encode(policy), _encode(signature), settings().media_key_pair_id, expires_at)


def _encode(content: bytes) -> str:
    return base64.b64encode(content).translate(_CLOUDFRONT).decode()


@cache
def _key(pem: str) -> EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        message = "the media key must be an EC key"
        raise TypeError(message)
    return key
