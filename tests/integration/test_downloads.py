"""A thousand pictures in a zip, its step killed in the middle; who can fetch it, and how much one may ask for."""

import hashlib
import io
import json
import runpy
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from likeness_client import Refused
from likeness_client.models import DownloadRequest, DownloadVariant, FiltersBody

from likeness.storage import image_key
from local.cloud import ROOT
from local.seed import KINDS, fill
from local.waiting import wait_for
from tests.deployed import CLOUD, make_person
from tests.integration.stack import as_function, kind, objects, out, rows, web
from tests.reliability.faults.machinery import errors_of, kill_steps, peak_memory

MANY = 1_000
MEGABYTE = 1024 * 1024
verify = runpy.run_path(str(ROOT / "docs" / "examples" / "verify_manifest.py"))["verify"]


@pytest.fixture(scope="module")
def packer(outputs):
    """A person with a thousand pictures that have their originals: client, ids newest first."""
    client = make_person("packer")
    bucket, s3 = out()["MediaBucket"], CLOUD.client("s3")
    with as_function():
        ids = fill(CLOUD, bucket, client.user_id, MANY, complete=KINDS, thumbnails=False)

    def copy(number):
        source, target = (image_key(client.user_id, ids[one], "original.webp") for one in (number % KINDS, number))
        s3.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": source})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(copy, range(KINDS, MANY)))
    return client, ids


@pytest.fixture(scope="module")
def packed(packer):
    """The zip of all of them, made by a second step after the first was killed: the download, the zip, the memory."""
    client, _ = packer
    peaks = []

    def read():
        peaks.append(peak_memory("gallery"))
        return client.api.read_download(started.id)

    started = client.api.start_download(DownloadRequest(filters=FiltersBody(), manifests=True, pattern="{id}"))
    wait_for(read, lambda download: download.done >= MANY // 5, seconds=120)
    assert kill_steps("gallery")
    download = wait_for(read, lambda download: download.ended_at is not None, seconds=240)
    return download, fetched(download.files[0]), max(peaks)


def fetched(file):
    answer = web().get(file.url)
    assert (answer.status_code, len(answer.content)) == (200, file.bytes_)
    assert hashlib.sha256(answer.content).hexdigest() == file.sha256
    return zipfile.ZipFile(io.BytesIO(answer.content))


def prefix_of(client, download_id):
    """Below what the zips of a download are stored."""
    (row,) = [row for row in rows("images", client.user_id) if row["sk"]["S"] == f"DOWNLOAD#{download_id}"]
    return row["below"]["S"]


def test_zip_whose_step_was_killed_is_complete_and_leaves_nothing_beside_it(packer, packed):
    client, _ = packer
    download, _, peak = packed
    assert (download.status, download.total, download.done, download.missed) == ("succeeded", MANY, MANY, 0)
    assert "Runtime.ExitError" in errors_of("download", download.id)
    assert [file.pictures for file in download.files] == [MANY]
    (stored,) = objects("MediaBucket", prefix_of(client, download.id))
    assert stored.endswith(download.files[0].name)
    assert 0 < peak < 512 * MEGABYTE, f"{peak / MEGABYTE:.0f} MB"


def test_every_picture_in_the_zip_is_the_stored_one_and_its_manifest_verifies(packer, packed):
    client, ids = packer
    _, archive, _ = packed
    jwks = client.send("GET", "/v1/keys").json()
    s3 = CLOUD.client("s3")

    def stored(image_id):
        key = image_key(client.user_id, image_id, "original.webp")
        return hashlib.sha256(s3.get_object(Bucket=out()["MediaBucket"], Key=key)["Body"].read()).hexdigest()

    assert archive.testzip() is None
    assert sorted(archive.namelist()) == sorted(f"{one}.{end}" for one in ids for end in ("webp", "json"))
    with ThreadPoolExecutor(8) as pool:
        for image_id, expected in zip(ids, pool.map(stored, ids), strict=True):
            assert hashlib.sha256(archive.read(f"{image_id}.webp")).hexdigest() == expected
            manifest = verify(json.loads(archive.read(f"{image_id}.json")), jwks)
            assert (manifest["image_id"], manifest["original_sha256"]) == (image_id, expected)


def test_zip_opens_by_its_own_link_and_to_nobody_else(packer, packed, eve):
    client, _ = packer
    (file,) = packed[0].files
    path, _, query = file.url.partition("?")
    assert web().head(path).status_code == 403
    for other in (client.media_query, eve.media_query, query[:-2]):
        assert web().head(f"{path}?{other}").status_code == 403
    assert web().head(file.url.replace(".zip", ".zap")).status_code == 403
    for act in (eve.api.read_download, eve.api.delete_download):
        with pytest.raises(Refused, match="404 not_found"):
            act(packed[0].id)
    assert eve.api.list_downloads().downloads == []
    assert web().head(file.url).status_code == 200


def test_deleted_download_opens_nothing(packer):
    client, ids = packer
    wanted = DownloadRequest(image_ids=ids[:KINDS], variant=DownloadVariant.VIEW, pattern="{number}")
    started = client.api.start_download(wanted)
    download = wait_for(lambda: client.api.read_download(started.id), lambda one: one.ended_at is not None, seconds=120)
    (file,) = download.files
    names = fetched(file).namelist()
    assert names == ["1.webp", *(f"1-{number}.webp" for number in range(2, KINDS + 1))]
    below = prefix_of(client, started.id)
    client.api.delete_download(started.id)
    assert web().get(file.url).status_code in {403, 404}
    assert objects("MediaBucket", below) == set()
    with pytest.raises(Refused, match="404 not_found"):
        client.api.read_download(started.id)


def test_more_than_allowed_is_refused_with_the_numbers(eve):
    def swell(row, _):
        row.bytes = 20 * 1024**3

    with as_function():
        fill(CLOUD, out()["MediaBucket"], eve.user_id, 3, complete=0, thumbnails=False, describe=swell)
    with pytest.raises(Refused, match="422 too_many_pictures") as refused:
        eve.api.start_download(DownloadRequest(filters=FiltersBody()))
    limits = eve.api.read_catalog().limits
    numbers = {name: refused.value.body[name] for name in ("pictures", "bytes", "max_pictures", "max_bytes")}
    assert numbers == {
        "pictures": 3,
        "bytes": 60 * 1024**3,
        "max_pictures": limits.download_pictures,
        "max_bytes": limits.download_bytes,
    }
    assert not [row for row in rows("images", eve.user_id) if kind(row) == "DOWNLOAD"]
