"""The trash: into it, out of it, and for good."""

from datetime import timedelta

from pynamodb.exceptions import DeleteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.gallery.service import shares
from likeness import storage
from likeness.catalog.reader import catalog
from likeness.items.image import Image, gallery_of, trash_of
from likeness.items.row import TRASH, changed, now
from likeness.observability import count, logger
from likeness.query import query

PURGE_AT_ONCE = 500


def trashing(image: Image) -> list[Action]:
    """Return what moves a picture to the trash, from where it is purged after 30 days.

    No link shows it any more from that write on; `withdraw` then removes the copies that links have of it.
    """
    moment = now()
    purge_at = moment + int(timedelta(days=catalog().limits.trash_days).total_seconds())
    actions: list[Action] = [
        Image.gallery.set(trash_of(image.pk)),
        Image.deleted_at.set(moment),
        Image.open.set(TRASH),
        Image.check_at.set(purge_at),
    ]
    if image.shares:
        actions += [Image.shares.remove(), Image.withdrawn.add(image.shares)]
    return actions


def restoring(image: Image) -> list[Action]:
    """Return what takes a picture out of the trash; it is in no link then."""
    return [
        Image.gallery.set(gallery_of(image.pk)),
        Image.deleted_at.remove(),
        Image.open.remove(),
        Image.check_at.remove(),
    ]


def withdraw(image: Image) -> None:
    """Remove the copies of a picture that links had when it was trashed; repeatable."""
    withdrawn = image.withdrawn
    if withdrawn:
        shares.withdraw_picture(image.pk, image.id, sorted(withdrawn))
        changed(image, [Image.withdrawn.delete(withdrawn)], Image.sk.exists())


def purge(image: Image, also: Condition | None = None) -> bool:
    """Remove a trashed picture for good if `also` holds, objects first; say whether it did. Repeatable.

    It leaves its gallery partition before its objects go, so it cannot be restored half gone; killed in between, it
    is finished by the next purge.
    """
    trashed = Image.open == TRASH
    begun: list[Action] = [Image.gallery.remove(), Image.check_at.set(now())]
    if not changed(image, begun, trashed if also is None else trashed & also):
        return False
    withdraw(image)
    storage.remove_below(storage.image_key(image.pk, image.id, ""))
    try:
        Image.of(image.pk, image.id).delete(condition=trashed)
    except DeleteError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
    return True


def purge_trash() -> int:
    """Remove pictures whose time in the trash is over; return how many. One bad picture stops no other."""
    purged = 0
    due = query(
        Image, ("open", TRASH), ("check_at", "0", str(now())), index="open", limit=PURGE_AT_ONCE, number_range=True
    )
    for row in due.rows:
        image = Image(row["pk"]["S"], row["sk"]["S"])
        try:
            purged += purge(image, Image.check_at <= now())
        except Exception:  # noqa: BLE001 (one picture must not keep the others)
            logger.exception("purge failed", extra={"image_id": image.id})
            count("PurgeFailed")
    return purged
