"""The pictures of a download with their content, a few fetched ahead of the one that is written."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from botocore.exceptions import HTTPClientError, IncompleteReadError

from functions.gallery.service import selection
from functions.gallery.service.filters import id_of
from likeness import storage
from likeness.aws import s3
from likeness.items.gallery import Download
from likeness.items.image import Image
from likeness.query import fetch
from likeness.settings import settings
from likeness.table import Raw

FETCHERS = 4
"""How many pictures, of 25 MB at most, are fetched at once and held in memory."""

Fetched = tuple[str, Image | None, bytes | None]


def fetched(download: Download) -> Generator[Fetched]:
    """Return what is behind the last complete zip with its content, a few pictures fetched ahead; None: it is gone."""
    variant = f"{download.variant}.webp"
    with ThreadPoolExecutor(FETCHERS) as pool:
        ahead: deque[tuple[str, Image | None, Future[bytes | None] | None]] = deque()
        for image_id, image in _walk(download):
            content = pool.submit(_content, storage.image_key(download.pk, image_id, variant)) if image else None
            ahead.append((image_id, image, content))
            if len(ahead) == FETCHERS:
                yield _wait(*ahead.popleft())
        while ahead:
            yield _wait(*ahead.popleft())


def _wait(image_id: str, image: Image | None, content: Future[bytes | None] | None) -> Fetched:
    return image_id, image, content.result() if content else None


def _walk(download: Download) -> Iterator[tuple[str, Image | None]]:
    """Return every picture that is selected behind the last complete zip, newest first; None: it is gone."""
    chosen, after = selection.Selection.of(download.selection), download.after
    while True:
        rows = selection.page(download.pk, chosen, after, selection.AT_ONCE)
        is_end = len(rows) < selection.AT_ONCE
        last = "" if is_end else id_of(rows[-1])
        if chosen.image_ids is None:
            wanted, rows = [id_of(row) for row in rows], _whole(download.pk, rows)
        else:
            wanted = [one for one in chosen.image_ids if (not after or one < after) and one >= last]
        found = {id_of(row): Image.from_raw_data(row) for row in rows}
        for image_id in wanted:
            yield image_id, found.get(image_id)
        if is_end:
            return
        after = last


def _whole(user_id: str, rows: list[Raw]) -> list[Raw]:
    """Return the rows behind those of the index as they are now, without those that have left their place."""
    places = {row["sk"]["S"]: row["gallery"] for row in rows}
    return [row for row in fetch(Image, user_id, list(places)) if row.get("gallery") == places[row["sk"]["S"]]]


def _content(key: str) -> bytes | None:
    """Return an object, read again when its stream breaks off, which botocore does not; None: there is none."""
    client = s3()
    for is_last in (False, False, True):
        try:
            return client.get_object(Bucket=settings().media_bucket, Key=key)["Body"].read()
        except client.exceptions.NoSuchKey:
            break
        except (HTTPClientError, IncompleteReadError):
            if is_last:
                raise
    return None
