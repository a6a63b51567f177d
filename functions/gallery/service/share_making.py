"""Making links to pictures."""

from datetime import UTC, datetime, timedelta

from functions.gallery.models.shares import ShareRequest, ShareView
from functions.gallery.service import share_copies
from functions.gallery.service.share_reading import alive, view
from likeness import storage
from likeness.credit import check_active
from likeness.errors import Conflict, NotFound, ShareDeleted, Unprocessable
from likeness.items.gallery import Share, ShareCount
from likeness.items.image import Image, gallery_of
from likeness.items.row import EXPIRING, is_id, new_id, now
from likeness.once import find_made, once
from likeness.query import fetch
from likeness.table import Transaction
from likeness.wire import fingerprint

SHARES = 500
YEAR = timedelta(days=366)


def create_share(user_id: str, operation: str | None, request: ShareRequest) -> ShareView:
    """Make a link to pictures; a repeat finishes what was cut short, and answers with the same link.

    Raises:
        Unprocessable: pictures that are not in the caller's gallery, or an end that is past or too far.
        Conflict: too many links.
        AccountNotActive: the account may not do that.
        ShareDeleted: a repeat, and the link was deleted since.
    In the first three cases nothing was made.
    """
    asked = fingerprint(request)
    share_id = find_made(user_id, operation, asked)
    if share_id is None:
        share = _new(user_id, request)
        share_id = once(user_id, operation, asked, share.id, lambda transaction: _write(transaction, share))
    try:
        return view(alive(share_copies.settle(user_id, share_id)))
    except NotFound:
        raise ShareDeleted("This link was made, and deleted since.") from None


def _new(user_id: str, request: ShareRequest) -> Share:
    image_ids = list(dict.fromkeys(request.image_ids))
    _demand_pictures(user_id, image_ids)
    share = Share.of(user_id, new_id())
    share.title, share.image_ids = request.title, image_ids
    share.show_prompt, share.allow_download = request.show_prompt, request.allow_download
    share.below = storage.private_prefix()
    share.created_at = datetime.now(UTC).isoformat(timespec="seconds")
    share.expires_at = end_of(request.expires_at)
    if share.expires_at is not None:
        share.open, share.check_at = EXPIRING, share.expires_at
    return share


def _write(transaction: Transaction, share: Share) -> None:
    check_active(transaction, share.pk)
    transaction.put(share)
    transaction.update(
        ShareCount.of(share.pk),
        [ShareCount.shares.add(1)],
        ShareCount.shares.does_not_exist() | (ShareCount.shares < SHARES),
        Conflict(f"You have {SHARES} links, which is the most. Delete some first.", maximum=SHARES),
    )


def _demand_pictures(user_id: str, image_ids: list[str]) -> None:
    named = [f"{Image.PREFIX}{image_id}" for image_id in image_ids if is_id(image_id)]
    here = {"S": gallery_of(user_id)}
    rows = fetch(Image, user_id, named, ("sk", "gallery"))
    found = {row["sk"]["S"].removeprefix(Image.PREFIX) for row in rows if row.get("gallery") == here}
    unknown = [image_id for image_id in image_ids if image_id not in found]
    if unknown:
        message = f"Not pictures in your gallery: {', '.join(unknown)}."
        raise Unprocessable(message, fields=[{"field": "image_ids", "message": message}], image_ids=unknown)


def end_of(moment: datetime | None) -> int | None:
    """Return when a link is to end, in seconds since 1970; None: never.

    Raises:
        Unprocessable: that is past, or too far.
    """
    if moment is None:
        return None
    end = int(moment.timestamp())
    if not now() < end <= now() + YEAR.total_seconds():
        message = "A link ends in the future, within a year."
        raise Unprocessable(message, fields=[{"field": "expires_at", "message": message}])
    return end
