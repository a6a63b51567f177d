"""A zip that is streamed into the bucket."""

import hashlib
import io
import struct
import zipfile
from datetime import UTC, datetime
from random import Random

import pytest

from functions.gallery.service import zips
from functions.gallery.service.zips import Unsent, ZipUpload
from tests.support import client

pytestmark = pytest.mark.usefixtures("aws")

KEY = "media/v/random/pictures.zip"
MOMENT = datetime(2026, 7, 30, 14, 3, 58, tzinfo=UTC)
NOISE = Random(3).randbytes  # noqa: S311 (content, not a secret)
STORED = {"é 1.webp": NOISE(3_000_000), "2.webp": NOISE(12_000_000), "empty.txt": b"", "3.webp": NOISE(6_000_000)}


def uploads():
    return client("s3").list_multipart_uploads(Bucket="media-bucket").get("Uploads", [])


def test_streamed_zip_is_what_was_put_in_with_sizes_and_checksums_in_front_of_each_entry():
    with ZipUpload(KEY, "pictures.zip") as upload:
        for name, content in STORED.items():
            upload.add(name, content, MOMENT)
        made = upload.complete()

    found = client("s3").get_object(Bucket="media-bucket", Key=KEY)
    whole = found["Body"].read()
    assert (made.bytes, made.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert found["ContentType"] == "application/zip"
    assert found["ContentDisposition"] == 'attachment; filename="pictures.zip"'
    assert found["CacheControl"] == "private, no-store"
    assert not uploads()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == STORED
        for entry in archive.infolist():
            local = struct.unpack_from("<4s5H3L2H", whole, entry.header_offset)
            _, _, flags, method, _, _, checksum, packed, size, _, extra = local
            assert (flags & 0x08, method, extra) == (0, zipfile.ZIP_STORED, 0)
            assert (checksum, packed, size) == (entry.CRC, entry.file_size, entry.file_size)
            assert entry.date_time == (2026, 7, 30, 14, 3, 58)


def test_zip_that_breaks_off_leaves_no_object_and_no_upload():
    def broken():
        with ZipUpload(KEY, "pictures.zip") as upload:
            upload.add("1.webp", NOISE(zips.PART_BYTES + 1), MOMENT)
            raise TimeoutError

    with pytest.raises(TimeoutError):
        broken()
    assert not uploads()
    assert client("s3").list_objects_v2(Bucket="media-bucket")["KeyCount"] == 0


def test_picture_older_than_zips_is_dated_with_their_first_day():
    with ZipUpload(KEY, "pictures.zip") as upload:
        upload.add("1.webp", b"x", datetime(1970, 1, 1, tzinfo=UTC))
        upload.complete()
    whole = client("s3").get_object(Bucket="media-bucket", Key=KEY)["Body"].read()
    assert zipfile.ZipFile(io.BytesIO(whole)).infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_what_is_sent_cannot_be_rewritten():
    file = Unsent()
    file.write(b"0123456789")
    assert file.take(4) == b"0123"
    file.seek(4)
    file.write(b"XY")
    file.seek(10)
    assert file.take(99) == b"XY6789"
    for place in (9, 11):
        with pytest.raises(ValueError, match="sent already"):
            file.seek(place)
