"""The copies that a link opens, and the marks on the pictures that it shows.

A signed path of the owner's own files would open them for 15 minutes more, whatever happens to the link. So a link
opens copies below a prefix of its own, which go with it. Its row comes first and says what may be there; copies and
marks follow it, and whoever puts some there looks at the row once more when it is done.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from likeness import storage
from likeness.account import find_profile
from likeness.errors import AccountNotActive, Busy, NotFound
from likeness.items.gallery import Share
from likeness.items.image import Image, gallery_of
from likeness.items.row import changed, now
from likeness.items.user import AccountState
from likeness.query import fetch
from likeness.table import Raw

VARIANTS = ("view.webp", "640.webp", "256.webp")
ORIGINAL = "original.webp"
AT_ONCE = 8
TRIES = 5
FOR_EVER = 2**53


def find(user_id: str, share_id: str) -> Share | None:
    """Return a link's row as it is now, or None."""
    try:
        return Share.get(user_id, Share.of(user_id, share_id).sk, consistent_read=True)
    except Share.DoesNotExist:
        return None


def copy_key(share: Share, image_id: str, variant: str) -> str:
    """Name a link's copy of a picture's file."""
    return f"{share.below}{image_id}/{variant}"


def copies_of(share: Share, image_ids: Iterable[str]) -> list[str]:
    """Name every copy that a link may have of some pictures."""
    return [copy_key(share, image_id, variant) for image_id in image_ids for variant in (*VARIANTS, ORIGINAL)]


def settle(user_id: str, share_id: str) -> Share:
    """Bring copies and marks in line with what a link's row says, and return the row; repeatable.

    Those of an expired link are left to the sweeper, unless it expired meanwhile.

    Raises:
        NotFound: the link is gone; so are its copies.
        AccountNotActive: its owner's account is being erased, or frozen; the copies are gone.
        Busy: the row changed again and again.
    """
    share = find(user_id, share_id)
    for attempt in range(TRIES):
        if share is None:
            raise NotFound("No such link.")
        before = share
        said = _said(before)
        if share.is_withdrawn or (is_expired(share) and attempt):
            withdraw(share)
        elif not is_expired(share):
            _publish(share)
        share = find(user_id, share_id)
        if share is None:
            storage.remove_below(before.below)
        elif _said(share) == said:
            return share
    raise Busy("The link changes all the time. Send the same request again.", retry_after=1)


def is_expired(share: Share) -> bool:
    """Say whether a link's time is over."""
    return int(share.expires_at or FOR_EVER) <= now()


def is_named(row: Raw, share: Share, attribute: str = "shares") -> bool:
    """Say whether a picture's row names a link in a set."""
    return share.id in row.get(attribute, {}).get("SS", ())


def withdraw(share: Share) -> None:
    """Remove every copy of a link, then its marks; repeatable."""
    storage.remove_below(share.below)
    _unmark(share, share.image_ids)


def _said(share: Share) -> tuple[Any, ...]:
    """Return what copies and marks rest on."""
    return (share.is_withdrawn, is_expired(share), share.allow_download, share.left)


def _publish(share: Share) -> None:
    wanted = [f"{Image.PREFIX}{image_id}" for image_id in share.shown]
    rows = fetch(Image, share.pk, wanted, ("sk", "gallery", "shares", "withdrawn"))
    here = {"S": gallery_of(share.pk)}
    live = {
        row["sk"]["S"].removeprefix(Image.PREFIX): is_named(row, share)
        for row in rows
        if row.get("gallery") == here and not is_named(row, share, "withdrawn")
    }
    there = storage.keys_below(share.below)

    def show(image_id: str) -> bool:
        return _copy(share, image_id, there) and (live[image_id] or _mark(share, image_id))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        kept = [image_id for image_id, is_shown in zip(live, pool.map(show, live), strict=True) if is_shown]
    _leave(share, [image_id for image_id in share.image_ids if image_id not in kept])
    storage.remove(there - {key for image_id in kept for key in _keys(share, image_id)})
    profile = find_profile(share.pk)
    if profile is None or profile.state != AccountState.ACTIVE.value:
        withdraw(share)
        raise AccountNotActive("This account cannot do that now.")


def _copy(share: Share, image_id: str, there: set[str]) -> bool:
    """Copy what is missing of a picture; say whether all of it is there."""
    for key in _keys(share, image_id):
        variant = key.rpartition("/")[2]
        filename = f"likeness-ai-{image_id.lower()}.webp" if variant == ORIGINAL else None
        if key not in there and not storage.copy(storage.image_key(share.pk, image_id, variant), key, filename):
            return False
    return True


def _mark(share: Share, image_id: str) -> bool:
    """Say in a picture's row that a link shows it, unless it has left the gallery."""
    is_here = Image.gallery == gallery_of(share.pk)
    return changed(Image.of(share.pk, image_id), [Image.shares.add({share.id})], is_here)


def _leave(share: Share, image_ids: list[str]) -> None:
    """Take pictures out of a link for good; what was copied of them is not wanted any more."""
    if not image_ids:
        return
    if set(image_ids) - set(share.left or ()):
        changed(Share.of(share.pk, share.id), [Share.left.add(set(image_ids))], Share.sk.exists())
    _unmark(share, image_ids)


def _unmark(share: Share, image_ids: list[str]) -> None:
    rows = fetch(Image, share.pk, [f"{Image.PREFIX}{image_id}" for image_id in image_ids], ("sk", "shares"))
    marked = [row["sk"]["S"] for row in rows if is_named(row, share)]
    actions, is_marked = [Image.shares.delete({share.id})], Image.shares.contains(share.id)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda sk: changed(Image(share.pk, sk), list(actions), is_marked), marked))


def _keys(share: Share, image_id: str) -> list[str]:
    variants = (*VARIANTS, ORIGINAL) if share.allow_download else VARIANTS
    return [copy_key(share, image_id, variant) for variant in variants]
