"""POST /v1/photos: forms that fit one file of one person, and nothing else."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.upload.handler import handler
from functions.upload.models import label
from likeness.items.row import is_id
from tests.support import call

ONE = {"filename": "me.jpg", "content_type": "image/jpeg"}


def ask(*photos: dict[str, Any], user: str = "ada"):
    return call(handler, "POST", "/v1/photos", {"photos": list(photos)}, user=user)


def policy(upload: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(upload["fields"]["policy"]))


def test_form_fits_exactly_one_file_of_its_owner(aws):
    reply = ask(ONE | {"content_type": "image/heic", "size": 1000})
    (upload,) = reply.json["uploads"]
    key = f"raw/ada/{upload['photo_id']}"

    assert reply.status == 201
    assert is_id(upload["photo_id"])
    assert upload["url"] == "https://raw-bucket.s3.us-east-1.amazonaws.com/"
    assert upload["fields"]["key"] == key
    assert upload["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    conditions = policy(upload)["conditions"]
    assert {"key": key} in conditions
    assert {"bucket": "raw-bucket"} in conditions
    assert {"Content-Type": "image/heic"} in conditions
    assert {"x-amz-meta-filename": "me.jpg"} in conditions
    assert ["content-length-range", 1, 20 * 1024 * 1024] in conditions
    assert not [c for c in conditions if isinstance(c, list) and c[0] == "starts-with"]


def test_form_ends_after_five_minutes(aws):
    (upload,) = ask(ONE).json["uploads"]
    soon = datetime.now(UTC) + timedelta(minutes=5)

    for end in (policy(upload)["expiration"], upload["expires_at"]):
        assert abs(datetime.fromisoformat(end) - soon) < timedelta(seconds=30)


def test_forms_come_in_the_order_asked_and_touch_no_table(aws, monkeypatch: pytest.MonkeyPatch):
    ask(ONE)  # the edge secret is cached from now on
    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", None)
    uploads = ask(*({**ONE, "filename": f"{n}.jpg"} for n in range(30))).json["uploads"]

    assert [upload["fields"]["x-amz-meta-filename"] for upload in uploads] == [f"{n}.jpg" for n in range(30)]
    assert len({upload["photo_id"] for upload in uploads}) == 30


@pytest.mark.parametrize(
    "body",
    [
        {"photos": []},
        {"photos": [ONE] * 31},
        {"photos": [ONE | {"content_type": "image/gif"}]},
        {"photos": [ONE | {"content_type": "image/svg+xml"}]},
        {"photos": [ONE | {"size": 0}]},
        {"photos": [ONE | {"size": 20 * 1024 * 1024 + 1}]},
        {"photos": [ONE | {"key": "raw/eve/x"}]},
        {"photos": [{"content_type": "image/jpeg"}]},
        {"photos": "all"},
        {},
        [],
    ],
)
def test_request_that_fits_no_form_is_refused(aws, body):
    reply = call(handler, "POST", "/v1/photos", body, user="ada")

    assert (reply.status, reply.code) == (422, "invalid_request")


def test_file_name_is_a_label_in_the_form(aws):
    name = "../../b\u202eöse\x00.jpg"
    (upload,) = ask(ONE | {"filename": name}).json["uploads"]

    assert upload["fields"]["x-amz-meta-filename"] == "b%C3%B6se.jpg"
    assert "öse" not in upload["fields"]["key"]


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ("me.jpg", "me.jpg"),
        ("C:\\fotos\\ich.jpg", "ich.jpg"),
        ("/etc/passwd", "passwd"),
        ("..", ".."),
        ("e\u0301te\u0301.png", "\u00e9t\u00e9.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\r\nX-Evil: 1.jpg", "aX-Evil: 1.jpg"),
        ("\x00\x1b\u2028", "photo"),
        ("", "photo"),
        ("x" * 200, "x" * 120),
    ],
)
def test_label_shows_no_more_than_a_name(filename: str, shown: str):
    assert label(filename) == shown


def test_form_without_sign_in_is_refused(aws):
    assert call(handler, "POST", "/v1/photos", {"photos": [ONE]}).status == 401


def test_bucket_without_own_host_is_addressed_by_path(aws, monkeypatch: pytest.MonkeyPatch):
    from likeness import aws as clients  # noqa: PLC0415 (`aws` is the fixture here)

    monkeypatch.setenv("S3_ADDRESSING_STYLE", "path")
    clients.s3.cache_clear()
    (upload,) = ask(ONE).json["uploads"]

    assert upload["url"] == "https://s3.us-east-1.amazonaws.com/raw-bucket"
    assert boto3.client("s3").list_objects_v2(Bucket="raw-bucket")["KeyCount"] == 0
