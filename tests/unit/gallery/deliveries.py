"""Downloads as tests order, deliver and open them."""

import hashlib
import io
import struct
import zipfile
from urllib.parse import urlsplit

from functions.gallery import events
from functions.gallery.handler import handler
from functions.gallery.tasks import handler as tasks
from likeness import storage
from likeness.catalog import reader
from likeness.items import row as row_module
from tests.pictures import make_image
from tests.support import Context, call, client, step

DAY = 24 * 3600


def picture(user="ada", **more):
    """A picture with its files."""
    image_id = make_image(user, **more)
    for variant in ("original.webp", "view.webp"):
        storage.put(storage.image_key(user, image_id, variant), content(image_id, variant), "image/webp")
    return image_id


def content(image_id, variant="original.webp"):
    return f"{variant} of {image_id}".encode() * 9


def limits(monkeypatch, **more):
    """Sell under other limits."""
    sold = reader.catalog()
    changed = sold.model_copy(update={"limits": sold.limits.model_copy(update=more)})
    for place in ("delivery", "downloads"):
        monkeypatch.setattr(f"functions.gallery.service.{place}.catalog", lambda: changed)


def start(body=None, user="ada", key=None):
    return call(handler, "POST", "/v1/downloads", body or {"filters": {}}, user=user, key=key)


def read(download_id, user="ada"):
    return call(handler, "GET", f"/v1/downloads/{download_id}", user=user)


def deliver(download_id, user="ada"):
    """Run the steps as the machine does; return how many it took."""
    cursor, steps = None, 0
    while cursor is not None or steps == 0:
        job = {"user_id": user, "kind": "download", "job_id": download_id}
        cursor = step(tasks, "deliver", job=job, cursor=cursor)["cursor"]
        steps += 1
    return steps


def made(body=None):
    """Order and deliver; return what the owner then reads."""
    download_id = start(body).json["id"]
    deliver(download_id)
    return read(download_id).json


def stored(url):
    """The object that a signed URL opens."""
    parts = urlsplit(url)
    assert parts.hostname == "likeness.test"
    return client("s3").get_object(Bucket="media-bucket", Key=parts.path[1:])["Body"].read()


def entries(file):
    whole = stored(file["url"])
    assert (file["bytes"], file["sha256"]) == (len(whole), hashlib.sha256(whole).hexdigest())
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        found = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        assert len(found) == len(archive.infolist())
        for entry in archive.infolist():
            flags, method = struct.unpack_from("<HH", whole, entry.header_offset + 6)
            assert (flags & 0x08, method) == (0, zipfile.ZIP_STORED)
    return found


def zips():
    """The names of every object that is no picture."""
    listed = client("s3").list_objects_v2(Bucket="media-bucket", Prefix="media/v/").get("Contents", [])
    return [found["Key"].rsplit("/", 1)[1] for found in listed]


def uploads():
    return client("s3").list_multipart_uploads(Bucket="media-bucket").get("Uploads", [])


def sweep(monkeypatch, seconds):
    """Let time pass for the sweeper."""
    later = row_module.now() + seconds
    for place in ("sweeping", "download_reading"):
        monkeypatch.setattr(f"functions.gallery.service.{place}.now", lambda: later)
    events.handler({"step": "sweep"}, Context())


def explode(*_args, **_more):
    raise TimeoutError
