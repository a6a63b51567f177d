"""A zip on its way into the bucket: written entry by entry, sent part by part, never whole in memory.

Entries are stored and have their size and checksum in their own header: readers that stream refuse stored entries that
say them only afterwards. For that a writer goes back to the header when the entry is written, so what it may go
back to is not sent yet.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from botocore.exceptions import BotoCoreError, ClientError

from likeness.aws import s3
from likeness.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
"""S3 takes parts of at least 5 MiB, and 10,000 of them."""
_READABLE = 0o644 << 16
_OLDEST = datetime(1980, 1, 1, tzinfo=UTC)
"""The first moment a zip can name."""


@dataclass(frozen=True)
class Zipped:
    """What a zip turned out to be."""

    bytes: int
    sha256: str


class Unsent:
    """The end of a file whose beginning is sent: it can be rewritten from `sent` on."""

    def __init__(self) -> None:
        self.sent = 0
        self._kept = bytearray()
        self._at = 0

    def write(self, content: bytes) -> int:
        """Write where `seek` went."""
        start = self._at - self.sent
        self._kept[start : start + len(content)] = content
        self._at += len(content)
        return len(content)

    def tell(self) -> int:
        """Return where the next write goes, from the beginning of the file."""
        return self._at

    def seek(self, offset: int, _whence: int = 0) -> int:
        """Go to a place that is not sent yet."""
        if not self.sent <= offset <= self.sent + len(self._kept):
            message = f"{offset} is sent already or not written yet"
            raise ValueError(message)
        self._at = offset
        return offset

    def flush(self) -> None:
        """Do nothing: what is sent is decided outside."""

    def take(self, size: int) -> bytes:
        """Give away the oldest bytes, at most `size`."""
        with memoryview(self._kept) as view:
            part = bytes(view[:size])
        del self._kept[:size]
        self.sent += len(part)
        return part

    @property
    def left(self) -> int:
        """How many bytes are not sent."""
        return len(self._kept)


class ZipUpload:
    """A zip written into one new object; left without `complete`, it leaves nothing behind."""

    def __init__(self, key: str, filename: str) -> None:
        self._key, self._filename = key, filename
        self._upload: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self._hash = hashlib.sha256()
        self._file = Unsent()
        self._zip = ZipFile(cast("IO[bytes]", self._file), "w", ZIP_STORED)

    def __enter__(self) -> Self:
        """Announce the object."""
        started = s3().create_multipart_upload(
            Bucket=settings().media_bucket,
            Key=self._key,
            ContentType="application/zip",
            ContentDisposition=f'attachment; filename="{self._filename}"',
            CacheControl="private, no-store",
        )
        self._upload = started["UploadId"]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take the announcement back if the zip is not complete; what cannot be, the bucket forgets after a day."""
        if self._upload is not None:
            with suppress(ClientError, BotoCoreError):
                s3().abort_multipart_upload(Bucket=settings().media_bucket, Key=self._key, UploadId=self._upload)

    @property
    def size(self) -> int:
        """How many bytes its entries take, without the directory at the end."""
        return self._file.tell()

    def add(self, name: str, content: bytes, moment: datetime) -> None:
        """Store an entry under a name, dated with a moment, and send what makes a part."""
        entry = ZipInfo(name, max(moment, _OLDEST).timetuple()[:6])
        entry.external_attr = _READABLE
        self._zip.writestr(entry, content)
        while self._file.left >= PART_BYTES:
            self._send()

    def complete(self) -> Zipped:
        """Write the directory, send the rest and make the object appear."""
        self._zip.close()
        size = self.size
        while self._file.left:
            self._send()
        s3().complete_multipart_upload(
            Bucket=settings().media_bucket,
            Key=self._key,
            UploadId=str(self._upload),
            MultipartUpload={"Parts": self._parts},
        )
        self._upload = None
        return Zipped(size, self._hash.hexdigest())

    def _send(self) -> None:
        part, number = self._file.take(PART_BYTES), len(self._parts) + 1
        self._hash.update(part)
        sent = s3().upload_part(
            Bucket=settings().media_bucket,
            Key=self._key,
            UploadId=str(self._upload),
            PartNumber=number,
            Body=part,
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
