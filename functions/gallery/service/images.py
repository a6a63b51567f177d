"""What the gallery does: find, show, mark, trash and restore pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action
from ulid import ULID

from functions.gallery.models.images import DownloadView, ImageChange, ImageList, ImageMedia, ImageSummary, ImageView
from likeness import storage
from likeness.catalog.reader import catalog
from likeness.credit import check_active
from likeness.errors import CursorInvalid, NotFound
from likeness.items.image import Image, fold, gallery_of, trash_of
from likeness.items.row import TRASH, born, is_id, now
from likeness.query import query
from likeness.table import Raw, Transaction
from likeness.wire import decode_cursor, encode_cursor

DOWNLOAD_SECONDS = 300
CALLS = 3
_FIRST, _LAST = "0" * 26, "7" + "Z" * 25


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; None: not at all."""

    model_id: str | None = None
    aspect_ratio: str | None = None
    style: str | None = None
    favourite: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    text: str | None = None
    trashed: bool = False

    @property
    def where(self) -> list[tuple[str, str, Raw]]:
        """The filters that DynamoDB applies to the lean index."""
        equal = {"model_id": self.model_id, "aspect_ratio": self.aspect_ratio, "style": self.style}
        found: list[tuple[str, str, Raw]] = [(name, "=", {"S": value}) for name, value in equal.items() if value]
        if self.favourite is not None:
            found.append(("favourite", "=", {"BOOL": self.favourite}))
        found += [("search", "contains", {"S": word}) for word in fold(self.text or "").split()]
        return found

    @property
    def between(self) -> tuple[str, str, str]:
        """The range of ids, which hold their time."""
        low = _edge(self.created_from, "0") if self.created_from else _FIRST
        high = _edge(self.created_to, "Z") if self.created_to else _LAST
        return "sk", f"{Image.PREFIX}{low}", f"{Image.PREFIX}{max(low, high)}"


def list_images(user_id: str, filters: Filters, limit: int, cursor: str | None) -> ImageList:
    """Return a page of pictures: one DynamoDB call without filters, at most three with them."""
    partition = trash_of(user_id) if filters.trashed else gallery_of(user_id)
    start = _start(user_id, partition, cursor)
    where = filters.where
    found: list[Raw] = []
    for call in range(CALLS):
        page = query(
            Image,
            ("gallery", partition),
            filters.between,
            index="gallery",
            limit=_scan(limit, call) if where else limit,
            start=start,
            where=where,
        )
        found += page.rows
        start = page.next_key
        if not where or len(found) >= limit or start is None:
            break
    shown = found[:limit]
    last = shown[-1]["sk"]["S"] if len(found) > limit else (start["sk"]["S"] if start else None)
    after = encode_cursor({"after": last.removeprefix(Image.PREFIX)}) if last else None
    return ImageList(images=[_summary(user_id, row) for row in shown], cursor=after)


def read_image(user_id: str, image_id: str) -> ImageView:
    """Return one of the caller's pictures with its manifest.

    Raises:
        NotFound: no such picture, or not the caller's.
    """
    image = find_image(user_id, image_id)
    return ImageView(
        **_fields(user_id, image.id, image.attribute_values),
        bytes=int(image.bytes),
        sha256=image.sha256,
        manifest=image.manifest,
    )


def find_image(user_id: str, image_id: str) -> Image:
    """Return one of the caller's pictures as it is now, trashed or not.

    Raises:
        NotFound: no such picture, or not the caller's, or being purged.
    """
    try:
        image = Image.get(user_id, Image.of(user_id, image_id).sk, consistent_read=True)
    except Image.DoesNotExist:
        image = None
    if image is None or image.gallery is None:
        raise NotFound("No such picture.")
    return image


def change_image(user_id: str, image_id: str, change: ImageChange) -> ImageView:
    """Set or clear the favourite mark, trash or restore; what is so already stays so.

    Raises:
        NotFound: no such picture, or not the caller's, or being purged.
    """
    actions: list[Action] = []
    if change.favourite is not None:
        actions.append(Image.favourite.set(change.favourite))
    if actions:
        _update(user_id, image_id, actions)
    if change.trashed is not None:
        (trash_image if change.trashed else restore_image)(user_id, image_id)
    return read_image(user_id, image_id)


def trash_image(user_id: str, image_id: str) -> None:
    """Move a picture to the trash, from where it is purged after 30 days; one that is there stays as it is.

    Raises:
        NotFound: no such picture, or not the caller's.
    """
    if find_image(user_id, image_id).deleted_at is not None:
        return
    moment = now()
    purge_at = moment + int(timedelta(days=catalog().limits.trash_days).total_seconds())
    transaction = Transaction()
    transaction.update(
        Image.of(user_id, image_id),
        [
            Image.gallery.set(trash_of(user_id)),
            Image.deleted_at.set(moment),
            Image.open.set(TRASH),
            Image.check_at.set(purge_at),
        ],
        Image.gallery.exists(),
        NotFound("No such picture."),
    )
    check_active(transaction, user_id)
    transaction.commit()


def restore_image(user_id: str, image_id: str) -> None:
    """Take a picture out of the trash; one that is not there stays as it is.

    Raises:
        NotFound: no such picture, or not the caller's, or being purged.
    """
    actions = [
        Image.gallery.set(gallery_of(user_id)),
        Image.deleted_at.remove(),
        Image.open.remove(),
        Image.check_at.remove(),
    ]
    _update(user_id, image_id, actions)


def make_download(user_id: str, image_id: str) -> DownloadView:
    """Return where the original can be fetched for five minutes, under a name that says that AI made it.

    Raises:
        NotFound: no such picture, or not the caller's.
    """
    image = find_image(user_id, image_id)
    filename = f"likeness-ai-{image.id.lower()}.webp"
    url = storage.download_url(storage.image_key(user_id, image.id, "original.webp"), filename, DOWNLOAD_SECONDS)
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=DOWNLOAD_SECONDS)
    return DownloadView(url=url, filename=filename, expires_at=expires_at)


def _update(user_id: str, image_id: str, actions: Sequence[Action]) -> None:
    image = Image.of(user_id, image_id)
    try:
        image.update(list(actions), condition=Image.gallery.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise NotFound("No such picture.") from None


def _start(user_id: str, partition: str, cursor: str | None) -> Raw | None:
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case {"after": str(after)} if is_id(after):
            sk = {"S": f"{Image.PREFIX}{after}"}
            return {"gallery": {"S": partition}, "pk": {"S": user_id}, "sk": sk}
    raise CursorInvalid


def _scan(limit: int, call: int) -> int | None:
    """How many rows a filtered call looks at: few first, then up to DynamoDB's megabyte."""
    return (4 * limit, 1000, None)[call]


def _edge(moment: datetime, fill: str) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return str(ULID.from_datetime(aware))[:10] + fill * 16


def _summary(user_id: str, row: Raw) -> ImageSummary:
    plain = {name: next(iter(value.values())) for name, value in row.items()}
    return ImageSummary(**_fields(user_id, row["sk"]["S"].removeprefix(Image.PREFIX), plain))


def _fields(user_id: str, image_id: str, row: dict[str, Any]) -> dict[str, Any]:
    below = f"/media/u/{user_id}/images/{image_id}/"
    deleted_at = row.get("deleted_at")
    return {
        "id": image_id,
        "generation_id": row["generation_id"],
        "number": int(row["number"]),
        "model_id": row.get("model_id"),
        "base_model": row["base_model"],
        "style": row["style"],
        "aspect_ratio": row["aspect_ratio"],
        "width": int(row["width"]),
        "height": int(row["height"]),
        "prompt": row["prompt_head"],
        "favourite": row["favourite"],
        "created_at": born(image_id).replace(microsecond=0),
        "trashed_at": datetime.fromtimestamp(int(deleted_at), UTC) if deleted_at is not None else None,
        "media": ImageMedia(
            original=f"{below}original.webp",
            view=f"{below}view.webp",
            thumbnail_640=f"{below}640.webp",
            thumbnail_256=f"{below}256.webp",
        ),
    }
