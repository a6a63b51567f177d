"""What the gallery does with one picture: show, mark, trash and restore it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from functions.gallery.models.changes import ChangeCode, PictureChange
from functions.gallery.models.images import DownloadView, ImageChange, ImageView
from functions.gallery.service import changes
from functions.gallery.service.collections import demand_manual
from functions.gallery.service.summaries import fields
from likeness import storage
from likeness.account import is_active
from likeness.errors import AccountNotActive, NotFound
from likeness.items.image import Image
from likeness.items.row import is_id
from likeness.table import Transaction

DOWNLOAD_SECONDS = 300


def find_image(user_id: str, image_id: str) -> Image:
    """Return one of the caller's pictures as it is now.

    Raises:
        NotFound: no such picture, or not the caller's, or being purged.
    """
    _demand_id(image_id)
    try:
        image = Image.get(user_id, Image.of(user_id, image_id).sk, consistent_read=True)
    except Image.DoesNotExist:
        image = None
    if image is None or image.gallery is None:
        raise NotFound("No such picture.")
    return image


def read_image(user_id: str, image_id: str) -> ImageView:
    """Return one of the caller's pictures with its manifest.

    Raises:
        NotFound: no such picture, or not the caller's.
    """
    image = find_image(user_id, image_id)
    shown = fields(user_id, image.id, image.attribute_values)
    return ImageView(**shown, sha256=image.sha256, replay=image.manifest.get("replay"), manifest=image.manifest)


def change_image(user_id: str, image_id: str, change: ImageChange) -> ImageView:
    """Mark, tag, put into collections, trash or restore; what is so already stays so.

    Raises:
        NotFound: no such picture, or not the caller's, or being purged; nothing was changed.
        Unprocessable: a collection is smart or not the caller's; nothing was changed.
    """
    _demand_id(image_id)
    actions = _marks(change)
    if change.collection_ids:
        _collect(user_id, image_id, actions, change.collection_ids)
    elif actions:
        _update(user_id, image_id, actions)
    if change.trashed:
        trash_image(user_id, image_id)
    elif change.trashed is not None:
        _apply(user_id, image_id, PictureChange(trashed=False))
    return read_image(user_id, image_id)


def trash_image(user_id: str, image_id: str) -> None:
    """Move a picture to the trash, from where it is purged after 30 days; one that is there stays as it is.

    Raises:
        NotFound: no such picture, or not the caller's, or being purged.
        AccountNotActive: the account may not do that now.
    """
    _demand_id(image_id)
    if not is_active(user_id):
        raise AccountNotActive("This account cannot do that now.")
    _apply(user_id, image_id, PictureChange(trashed=True))


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


def _demand_id(image_id: str) -> None:
    """Refuse what is no id at all: DynamoDB takes no longer keys than 1,024 bytes."""
    if not is_id(image_id):
        raise NotFound("No such picture.")


def _marks(change: ImageChange) -> list[Action]:
    actions: list[Action] = []
    if change.favourite is not None:
        actions.append(Image.favourite.set(change.favourite))
    if change.rating is not None:
        actions.append(Image.rating.set(change.rating) if change.rating else Image.rating.remove())
    if change.tags is not None:
        actions.append(Image.tags.set(set(change.tags)) if change.tags else Image.tags.remove())
    if change.collection_ids is not None:
        ids = set(change.collection_ids)
        actions.append(Image.collections.set(ids) if ids else Image.collections.remove())
    return actions


def _collect(user_id: str, image_id: str, actions: list[Action], collection_ids: Sequence[str]) -> None:
    """Write a picture's marks while its collections are there: one that is deleted meanwhile gets no more pictures."""
    transaction = Transaction()
    transaction.update(Image.of(user_id, image_id), actions, Image.gallery.exists(), NotFound("No such picture."))
    for collection_id in sorted(set(collection_ids)):
        demand_manual(transaction, user_id, collection_id, "collection_ids")
    transaction.commit()


def _apply(user_id: str, image_id: str, change: PictureChange) -> None:
    if changes.apply(user_id, image_id, change).code is ChangeCode.NOT_FOUND:
        raise NotFound("No such picture.")


def _update(user_id: str, image_id: str, actions: Sequence[Action]) -> None:
    image = Image.of(user_id, image_id)
    try:
        image.update(list(actions), condition=Image.gallery.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise NotFound("No such picture.") from None
