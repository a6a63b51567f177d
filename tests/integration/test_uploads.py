"""Uploads as a stranger might send them, through the real forms and the real events."""

import io

import pytest
from likeness_client import Refused
from likeness_client.models import PhotoRequest, UploadsRequest
from PIL import Image

from local.waiting import wait_for
from tests.deployed import inspected, make_person, photos
from tests.hostile import SECRET, UPLOADS
from tests.integration.stack import kind, objects, rows, web

FORMS = 30
FILES = [upload for upload in UPLOADS if upload.name != "empty"]
"""All but the empty one, which the bucket itself refuses."""


@pytest.fixture(scope="module")
def sent():
    """A person who has uploaded every hostile file there is: client, and per name the photo's row."""
    eve = make_person("hostile")
    files = [(upload.name, upload.content_type, upload.make()) for upload in FILES]
    ids = [photo_id for at in range(0, len(files), FORMS) for photo_id in eve.upload(files[at : at + FORMS])]
    return eve, {upload.name: inspected(eve, photo_id) for upload, photo_id in zip(FILES, ids, strict=True)}


@pytest.mark.parametrize("upload", [upload for upload in FILES if upload.refused], ids=lambda upload: upload.name)
def test_a_hostile_file_is_refused_with_its_code_and_what_to_do(sent, upload):
    row = sent[1][upload.name]
    assert (row.state, row.code) == ("rejected", upload.refused)
    assert row.detail
    assert row.media is None


@pytest.mark.parametrize("upload", [upload for upload in FILES if not upload.refused], ids=lambda upload: upload.name)
def test_what_is_stored_is_only_our_own_encoding_without_metadata(sent, upload):
    client, found = sent
    row = found[upload.name]
    if row.state == "duplicate":
        row = next(other for other in found.values() if other.id == row.duplicate_of)
    assert row.state == "ready"
    for name, path in row.media.to_dict().items():
        content = client.media(path)
        picture = Image.open(io.BytesIO(content))
        assert picture.format == ("JPEG" if name == "photo" else "WEBP")
        assert not picture.getexif()
        assert not {"exif", "xmp", "comment", "photoshop"} & set(picture.info)
        assert SECRET not in content
        assert b"<script" not in content


def test_nothing_raw_is_left_and_every_stored_file_belongs_to_a_ready_photo(sent):
    client, found = sent
    assert wait_for(lambda: objects("RawBucket", f"raw/{client.user_id}/"), lambda keys: not keys, seconds=30) == set()
    ready = {row.id for row in found.values() if row.state == "ready"}
    keys = objects("MediaBucket", f"media/u/{client.user_id}/")
    assert {key.split("/")[4] for key in keys} == ready
    assert len(keys) == 3 * len(ready)


def test_the_same_picture_twice_is_told_as_a_duplicate_of_the_first(ada):
    file = photos("coffee")[0]
    (first,) = ada.upload([file])
    assert inspected(ada, first).state == "ready"
    (second,) = ada.upload([("again.jpg", *file[1:])])
    twin = inspected(ada, second)
    assert (twin.state, twin.duplicate_of, twin.media) == ("duplicate", first, None)
    counts = [row for row in rows("images", ada.user_id) if kind(row) == "COUNT"]
    assert [row["photos"]["N"] for row in counts] == ["1"]


@pytest.fixture(scope="module")
def uploader():
    """A person whose every form is tampered with."""
    return make_person("uploader")


def form_for(client, **more):
    described = PhotoRequest.from_dict({"filename": "me.jpg", "content_type": "image/jpeg", "size": 100, **more})
    return client.api.start_uploads(UploadsRequest([described])).uploads[0]


def post(form, content, content_type="image/jpeg", **fields):
    data = {**form.fields.additional_properties, **fields}
    return web().post(form.url, data=data, files={"file": ("me.jpg", content, content_type)})


@pytest.mark.parametrize(
    ("content", "fields", "status", "code"),
    [
        (b"", {}, 400, "EntityTooSmall"),
        (bytes(20 * 1024 * 1024 + 1), {}, 400, "EntityTooLarge"),
        (b"x", {"Content-Type": "text/html"}, 403, "AccessDenied"),
        (b"x", {"Content-Type": "image/png"}, 403, "AccessDenied"),
        (b"x", {"key": "raw/somebody-else/photo"}, 403, "AccessDenied"),
        (b"x", {"key": "raw/${filename}"}, 403, "AccessDenied"),
        (b"x", {"x-amz-meta-filename": "other"}, 403, "AccessDenied"),
        (b"x", {"policy": "e30="}, 403, None),
        (b"x", {"x-amz-signature": "0" * 64}, 403, None),
    ],
    ids=[
        "empty",
        "over 20 MB",
        "html",
        "another type",
        "a foreign key",
        "a key by name",
        "label",
        "policy",
        "signature",
    ],
)
def test_the_bucket_refuses_a_form_that_was_changed(uploader, content, fields, status, code):
    form = form_for(uploader)
    answer = post(form, content, **fields)
    assert answer.status_code == status
    assert code is None or f"<Code>{code}</Code>" in answer.text
    assert not objects("RawBucket", f"raw/{uploader.user_id}/")
    with pytest.raises(Refused, match="404 not_found"):
        uploader.api.read_photo(form.photo_id)
    assert uploader.api.list_photos().photos == []


def test_a_form_used_again_changes_nothing_once_the_photo_is_decided(ada):
    first, other = photos("coffee")[1][2], photos("coffee")[2][2]
    form = form_for(ada, size=len(first))
    assert post(form, first).is_success
    row = inspected(ada, form.photo_id)
    assert row.media
    kept = ada.media(row.media.photo)
    assert post(form, other).is_success
    wait_for(lambda: objects("RawBucket", f"raw/{ada.user_id}/"), lambda keys: not keys, seconds=30)
    assert ada.api.read_photo(form.photo_id) == row
    assert ada.media(row.media.photo) == kept


def test_a_deleted_photo_is_gone_from_the_cdn_at_once(ada):
    (row,) = [inspected(ada, photo_id) for photo_id in ada.upload(photos("coffee")[3:4])]
    assert row.media
    assert ada.media(row.media.photo)
    ada.api.delete_photo(row.id)
    signed = f"{ada.cloud.site}{row.media.photo}?{ada.media_query}"
    assert web().get(signed).status_code in {403, 404}
    assert objects("MediaBucket", f"media/u/{ada.user_id}/photos/") == set()
    with pytest.raises(Refused, match="404 not_found"):
        ada.api.delete_photo(row.id)
