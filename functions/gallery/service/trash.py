"""The purge of the trash."""

from pynamodb.exceptions import DeleteError, UpdateError

from likeness import storage
from likeness.items.image import Image
from likeness.items.row import TRASH, now
from likeness.observability import count, logger
from likeness.query import query

PURGE_AT_ONCE = 500


def purge_trash() -> int:
    """Remove pictures whose time in the trash is over, objects first; return how many. Resumable.

    A picture being purged leaves its gallery partition before its objects go, so it cannot be restored half gone.
    """
    purged = 0
    due = query(
        Image, ("open", TRASH), ("check_at", "0", str(now())), index="open", limit=PURGE_AT_ONCE, number_range=True
    )
    for row in due.rows:
        user_id, image_id = row["pk"]["S"], row["sk"]["S"].removeprefix(Image.PREFIX)
        try:
            purged += _purge(user_id, image_id)
        except Exception:  # noqa: BLE001 (one picture must not keep the others)
            logger.exception("purge failed", extra={"image_id": image_id})
            count("PurgeFailed")
    return purged


def _purge(user_id: str, image_id: str) -> bool:
    image = Image.of(user_id, image_id)
    overdue = (Image.open == TRASH) & (Image.check_at <= now())
    try:
        image.update([Image.gallery.remove()], condition=overdue)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    storage.remove_below(storage.image_key(user_id, image_id, ""))
    try:
        Image.of(user_id, image_id).delete(condition=overdue)
    except DeleteError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
    return True
