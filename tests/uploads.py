"""Uploading as a browser does: the file into the bucket, the event from S3, a look at the photo."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import boto3

from functions.upload import events
from functions.upload.handler import handler
from tests.support import Context, Reply, call

Send = Callable[..., str]


def put_raw(photo_id: str, content: bytes, *, user: str = "ada", filename: str = "me.jpg") -> None:
    """What S3 does with a form that fits."""
    boto3.client("s3").put_object(
        Bucket="raw-bucket",
        Key=f"raw/{user}/{photo_id}",
        Body=content,
        Metadata={"filename": quote(filename, safe="")},
    )


def notify(photo_id: str, *, user: str = "ada") -> None:
    """What S3 tells about it."""
    record = {"s3": {"bucket": {"name": "raw-bucket"}, "object": {"key": quote(f"raw/{user}/{photo_id}")}}}
    tell({"Records": [record]})


def tell(event: dict[str, Any]) -> None:
    """Invoke the function of the events."""
    handle: Any = events.handler
    handle(event, Context())


def read(photo_id: str, *, user: str = "ada") -> Reply:
    return call(handler, "GET", f"/v1/photos/{photo_id}", user=user)


def stored(bucket: str) -> list[str]:
    """Keys of a bucket."""
    found = boto3.client("s3").list_objects_v2(Bucket=bucket)
    return [entry["Key"] for entry in found.get("Contents", [])]
