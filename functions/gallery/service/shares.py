"""Links to pictures: edited and taken back by their owner, withdrawn when they are over."""

from collections.abc import Sequence

from pynamodb.exceptions import DeleteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.gallery.models.shares import ShareChange, ShareView
from functions.gallery.service import share_copies
from functions.gallery.service.share_making import end_of
from functions.gallery.service.share_reading import alive, find_share, view
from likeness import storage
from likeness.credit import check_active
from likeness.errors import AppError, Busy, Conflict, NotFound
from likeness.items.gallery import Share, ShareCount
from likeness.items.row import EXPIRING, changed, is_id, now
from likeness.table import Raw, Transaction

AGAIN_SECONDS = 120
"""Longer than any request runs: what one still put there while its link was withdrawn is removed after that."""
CLAIM_SECONDS = 300
"""Longer than any sweep runs."""


def change_share(user_id: str, share_id: str, change: ShareChange) -> ShareView:
    """Edit a link; a later end opens an expired one again, with the pictures that are still in the gallery.

    Raises:
        NotFound: no such link, or not the caller's.
        Unprocessable: an end that is past or too far.
        Conflict: it was revoked, which is for good.
        Busy: its copies are being removed at this moment.
    """
    share = find_share(user_id, share_id)
    actions = _actions(change)
    if actions:
        transaction = Transaction()
        transaction.update(Share.of(user_id, share.id), actions, _is_kept() & _is_free(), _why_not)
        check_active(transaction, user_id)
        transaction.commit()
    elif share.is_withdrawn:
        raise _revoked()
    if change.model_fields_set & {"expires_at", "allow_download"}:
        return view(alive(share_copies.settle(user_id, share.id)))
    return view(find_share(user_id, share.id))


def revoke_share(user_id: str, share_id: str) -> ShareView:
    """Take a link back, at once and for good; one that was is looked after once more.

    Raises:
        NotFound: no such link, or not the caller's.
    """
    if not is_id(share_id):
        raise NotFound("No such link.")
    share = Share.of(user_id, share_id)
    if not changed(share, [Share.revoked_at.set(now()), *_swept_later()], _is_kept()):
        share = find_share(user_id, share_id)
    share_copies.withdraw(share)
    return view(share)


def delete_share(user_id: str, share_id: str) -> None:
    """Take a link back and out of the list; its row goes when nobody can be writing copies any more.

    Raises:
        NotFound: no such link, or not the caller's.
    """
    share = find_share(user_id, share_id)
    gone = NotFound("No such link.")
    transaction = Transaction()
    transaction.update(
        Share.of(user_id, share.id),
        [Share.deleted_at.set(now()), *_swept_later()],
        Share.sk.exists() & Share.deleted_at.does_not_exist(),
        gone,
    )
    transaction.update(ShareCount.of(user_id), [ShareCount.shares.add(-1)], ShareCount.shares > 0, gone)
    transaction.commit()
    share_copies.withdraw(share)


def withdraw_picture(user_id: str, image_id: str, share_ids: Sequence[str]) -> None:
    """Remove a picture's copies from links and keep it out of them for good; repeatable.

    To be called when its row no longer names the links.
    """
    keys: list[str] = []
    for share_id in share_ids:
        share = Share.of(user_id, share_id)
        if changed(share, [Share.left.add({image_id})], Share.sk.exists()):
            keys += share_copies.copies_of(share, [image_id])
    storage.remove(keys)


def withdraw_expired(share: Share) -> None:
    """Remove copies and marks of a link that is over, and the row of a deleted one; repeatable.

    The row of an expired link stays, for its answer and for a later end; nobody can give it one meanwhile.
    """
    claim = now()
    is_due = (Share.open == EXPIRING) & (Share.check_at <= claim)
    if not changed(share, [Share.claimed_at.set(claim)], is_due & _is_free()):
        return
    share_copies.withdraw(share)
    is_mine = (Share.claimed_at == claim) & (Share.check_at == share.check_at)
    if share.is_deleted:
        _forget(share)
    else:
        changed(share, [Share.open.remove(), Share.check_at.remove(), Share.claimed_at.remove()], is_mine)


def _is_kept() -> Condition:
    kept: Condition = Share.sk.exists() & Share.deleted_at.does_not_exist() & Share.revoked_at.does_not_exist()
    return kept


def _is_free() -> Condition:
    free: Condition = Share.claimed_at.does_not_exist() | (Share.claimed_at < now() - CLAIM_SECONDS)
    return free


def _forget(share: Share) -> None:
    try:
        share.delete(condition=Share.deleted_at.exists())
    except DeleteError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def _actions(change: ShareChange) -> list[Action]:
    actions: list[Action] = []
    if "title" in change.model_fields_set:
        actions.append(Share.title.set(change.title) if change.title else Share.title.remove())
    if "expires_at" in change.model_fields_set:
        actions += _ending_at(end_of(change.expires_at))
    if change.show_prompt is not None:
        actions.append(Share.show_prompt.set(change.show_prompt))
    if change.allow_download is not None:
        actions.append(Share.allow_download.set(change.allow_download))
    return actions


def _ending_at(end: int | None) -> list[Action]:
    if end is None:
        return [Share.expires_at.remove(), Share.open.remove(), Share.check_at.remove()]
    return [Share.expires_at.set(end), Share.open.set(EXPIRING), Share.check_at.set(end)]


def _swept_later() -> list[Action]:
    return [Share.open.set(EXPIRING), Share.check_at.set(now() + AGAIN_SECONDS), Share.claimed_at.remove()]


def _why_not(raw: Raw | None) -> AppError:
    stored = Share.from_raw_data(raw) if raw else None
    if stored is None or stored.is_deleted:
        return NotFound("No such link.")
    if stored.is_withdrawn:
        return _revoked()
    return Busy("The link is being closed at this moment. Try again.", retry_after=5)


def _revoked() -> Conflict:
    return Conflict("This link was revoked, which is for good. Make another one.")
