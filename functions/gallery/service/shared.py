"""What a link opens, for whoever has it."""

import json

from functions.gallery.models.shares import SharedPicture, SharedView, moment_of
from functions.gallery.service.share_copies import ORIGINAL, copy_key, find, is_expired, is_named
from likeness.errors import AppError, Busy, NotFound, ShareDeleted, ShareExpired, ShareRevoked
from likeness.items.gallery import Share
from likeness.items.image import Image, gallery_of
from likeness.items.row import born, changed, now
from likeness.limit import take
from likeness.query import fetch
from likeness.seal import open_opaque_token
from likeness.storage import signed_path
from likeness.table import Raw

PATH_SECONDS = 15 * 60
VISITS_PER_MINUTE = 120
SHOWN = ("sk", "gallery", "shares", "width", "height", "aspect_ratio", "style")


def read_shared(token: str, address: str) -> SharedView:
    """Return what a link shows now, count the visit, and sign each file until 15 minutes from now or the link's end.

    A picture is shown while it is in the gallery and its own row names the link.

    Raises:
        NotFound: this is no link of ours. Nothing was read.
        TooManyRequests: too many visits from this address.
        ShareRevoked, ShareExpired, ShareDeleted: it was one.
    """
    named = open_opaque_token("share", token)
    if named is None:
        raise NotFound("There is no such link. Check that you have all of it.")
    take("shared", address, VISITS_PER_MINUTE, 60)
    share = Share.of(*named)
    moment = now()
    is_kept = Share.sk.exists() & Share.deleted_at.does_not_exist() & Share.revoked_at.does_not_exist()
    is_early = Share.expires_at.does_not_exist() | (Share.expires_at > moment)
    if not changed(share, [Share.views.add(1)], is_kept & is_early):
        raise _why_not(share)
    ends_at = min(moment + PATH_SECONDS, int(share.expires_at or moment + PATH_SECONDS))
    return SharedView(
        title=share.title,
        pictures=[_picture(share, row, ends_at) for row in _rows(share)],
        expires_at=moment_of(share.expires_at),
        allow_download=share.allow_download,
    )


def _why_not(share: Share) -> AppError:
    stored = find(share.pk, share.id)
    if stored is None or stored.is_deleted:
        return ShareDeleted("This link was deleted by the person who made it.")
    if stored.is_withdrawn:
        return ShareRevoked("This link was withdrawn by the person who made it.")
    if is_expired(stored):
        return ShareExpired("This link was open until a certain day, and that is over.")
    return Busy("The link has just been opened again. Try once more.", retry_after=1)


def _rows(share: Share) -> list[Raw]:
    """Return the pictures that a link shows, in its order."""
    attributes = (*SHOWN, "manifest") if share.show_prompt else SHOWN
    shown = [f"{Image.PREFIX}{image_id}" for image_id in share.shown]
    found = {row["sk"]["S"]: row for row in fetch(Image, share.pk, shown, attributes)}
    return [found[sk] for sk in shown if sk in found and _is_shown(share, found[sk])]


def _is_shown(share: Share, row: Raw) -> bool:
    return row.get("gallery") == {"S": gallery_of(share.pk)} and is_named(row, share)


def _picture(share: Share, row: Raw, ends_at: int) -> SharedPicture:
    image_id = row["sk"]["S"].removeprefix(Image.PREFIX)

    def path(variant: str) -> str:
        return signed_path(copy_key(share, image_id, variant), ends_at)

    return SharedPicture(
        width=int(row["width"]["N"]),
        height=int(row["height"]["N"]),
        aspect_ratio=row["aspect_ratio"]["S"],
        style=row["style"]["S"],
        prompt=json.loads(row["manifest"]["S"])["prompt"] if share.show_prompt else None,
        created_at=born(image_id).replace(microsecond=0),
        view=path("view.webp"),
        thumbnail_640=path("640.webp"),
        thumbnail_256=path("256.webp"),
        download=path(ORIGINAL) if share.allow_download else None,
    )
