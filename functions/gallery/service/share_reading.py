"""Links to pictures as their owner sees them."""

from datetime import datetime

from functions.gallery.models.shares import ShareList, ShareView, moment_of
from functions.gallery.service import share_copies
from likeness.errors import NotFound
from likeness.items.gallery import Share
from likeness.items.image import Image
from likeness.items.row import is_id
from likeness.listing import behind, list_own, position
from likeness.query import fetch
from likeness.seal import opaque_token
from likeness.settings import settings


def list_shares(user_id: str, image_id: str | None, limit: int, cursor: str | None) -> ShareList:
    """Return a page of links, newest first; with a picture's id those that it is marked with. Two calls at most."""
    if image_id is not None:
        return _of_picture(user_id, image_id, limit, position(cursor))
    page = list_own(Share, user_id, Share.PREFIX, limit, cursor)
    return _page([Share.from_raw_data(row) for row in page.rows], page.cursor)


def read_share(user_id: str, share_id: str) -> ShareView:
    """Return one of the caller's links.

    Raises:
        NotFound: no such link, or not the caller's.
    """
    return view(find_share(user_id, share_id))


def find_share(user_id: str, share_id: str) -> Share:
    """Return the row of one of the caller's links.

    Raises:
        NotFound: no such link, or not the caller's.
    """
    share = share_copies.find(user_id, share_id) if is_id(share_id) else None
    if share is None:
        raise NotFound("No such link.")
    return alive(share)


def alive(share: Share) -> Share:
    """Return a link that is not deleted.

    Raises:
        NotFound: it is.
    """
    if share.is_deleted:
        raise NotFound("No such link.")
    return share


def _of_picture(user_id: str, image_id: str, limit: int, after: str | None) -> ShareList:
    rows = fetch(Image, user_id, [f"{Image.PREFIX}{image_id}"], ("shares",)) if is_id(image_id) else []
    marks = sorted((rows[0].get("shares", {}).get("SS", ()) if rows else ()), reverse=True)
    ids = [share_id for share_id in marks if after is None or share_id < after]
    found = [Share.from_raw_data(row) for row in fetch(Share, user_id, [Share.PREFIX + one for one in ids[:limit]])]
    shares = sorted(found, key=lambda share: share.id, reverse=True)
    return _page(shares, behind(ids[limit - 1] if len(ids) > limit else None))


def _page(shares: list[Share], cursor: str | None) -> ShareList:
    return ShareList(shares=[view(share) for share in shares if not share.is_deleted], cursor=cursor)


def view(share: Share) -> ShareView:
    """Show a link to its owner."""
    token = opaque_token("share", share.pk, share.id)
    return ShareView(
        id=share.id,
        token=token,
        url=f"{settings().site_url}/shared/{token}",
        title=share.title,
        image_ids=share.shown,
        show_prompt=share.show_prompt,
        allow_download=share.allow_download,
        expires_at=moment_of(share.expires_at),
        revoked_at=moment_of(share.revoked_at),
        is_open=not share.is_withdrawn and not share_copies.is_expired(share),
        views=int(share.views),
        created_at=datetime.fromisoformat(share.created_at),
    )
