"""The change of pictures, one by one: each read, thought over and written on condition that it is still as read.

So changes at the same time lose nothing of each other, a picture never has more than it may have, and one that is so
already costs no write. Whatever is killed in between may be done again.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.gallery.models.changes import MOST_COLLECTIONS, MOST_TAGS, ChangeCode, PictureChange, PictureResult
from functions.gallery.service import trash
from likeness.errors import Busy
from likeness.items.gallery import Collection
from likeness.items.image import Image
from likeness.items.row import changed
from likeness.query import fetch

THREADS = 8
TRIES = 20
_TOO_MANY = {
    "tags": (MOST_TAGS, f"A picture has at most {MOST_TAGS} tags."),
    "collections": (MOST_COLLECTIONS, f"A picture is in at most {MOST_COLLECTIONS} collections."),
}


@dataclass
class _Plan:
    """What a change comes to for one picture as it was read."""

    condition: Condition
    actions: list[Action] = field(default_factory=list)
    withdraws: bool = False
    refusal: str | None = None


def apply(user_id: str, image_id: str, change: PictureChange) -> PictureResult:
    """Change one of the caller's pictures and say what became of it; repeatable.

    Raises:
        Busy: others changed it at the same time, again and again; nothing was written.
    """
    return apply_all(user_id, [image_id], change)[0]


def apply_all(user_id: str, image_ids: Sequence[str], change: PictureChange) -> list[PictureResult]:
    """Change pictures, at most a hundred, and say in their order what became of each; errors as above.

    A collection that was deleted meanwhile is taken off again: its own clearing may have been here before.
    """
    found = _read(user_id, image_ids)
    done = _each(found, change)
    if gone := missing_collections(user_id, change.add_collections):
        _each(_read(user_id, found), PictureChange(remove_collections=gone))
        done = {image_id: _result(image_id, ChangeCode.REFUSED, "The collection is gone.") for image_id in done}
    return [done.get(image_id) or _result(image_id, ChangeCode.NOT_FOUND) for image_id in image_ids]


def missing_collections(user_id: str, collection_ids: Iterable[str]) -> list[str]:
    """Return which of these are no collections of the caller's that are made by hand."""
    wanted = {Collection.of(user_id, collection_id).sk: collection_id for collection_id in collection_ids}
    rows = fetch(Collection, user_id, list(wanted), ("sk", "filters"))
    manual = {row["sk"]["S"] for row in rows if "filters" not in row}
    return sorted(collection_id for sk, collection_id in wanted.items() if sk not in manual)


def _each(images: dict[str, Image], change: PictureChange) -> dict[str, PictureResult]:
    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(images, pool.map(lambda image: _apply(image, change), images.values()), strict=True))


def _read(user_id: str, image_ids: Iterable[str]) -> dict[str, Image]:
    rows = fetch(Image, user_id, [Image.of(user_id, image_id).sk for image_id in dict.fromkeys(image_ids)])
    images = [Image.from_raw_data(row) for row in rows]
    return {image.id: image for image in images}


def _apply(image: Image, change: PictureChange) -> PictureResult:
    current: Image | None = image
    for _ in range(TRIES):
        if current is None:
            return _result(image.id, ChangeCode.NOT_FOUND)
        result = _try(current, change)
        if result is not None:
            return result
        current = _read(image.pk, [image.id]).get(image.id)
    raise Busy("Too many changes of a picture at once. Send the same request again.", retry_after=1)


def _try(image: Image, change: PictureChange) -> PictureResult | None:
    """Change a picture that is still as it was read; None if it is not."""
    image_id = image.id
    if change.purge:
        return _purge(image)
    if image.gallery is None:
        return _result(image_id, ChangeCode.NOT_FOUND)
    plan = _plan(image, change)
    if plan.refusal:
        return _result(image_id, ChangeCode.REFUSED, plan.refusal)
    if plan.actions and not changed(image, plan.actions, plan.condition):
        return None
    if change.trashed is not None:
        trash.withdraw(image)
    return _result(image_id, ChangeCode.CHANGED if plan.actions else ChangeCode.UNCHANGED)


def _purge(image: Image) -> PictureResult:
    if image.deleted_at is None:
        return _result(image.id, ChangeCode.REFUSED, "Only a picture in the trash can be purged.")
    purged = trash.purge(image)
    return _result(image.id, ChangeCode.CHANGED if purged else ChangeCode.NOT_FOUND)


def _plan(image: Image, change: PictureChange) -> _Plan:
    plan = _Plan(Image.gallery == image.gallery)
    if change.favourite is not None and change.favourite != image.favourite:
        plan.actions.append(Image.favourite.set(change.favourite))
    if change.rating is not None and change.rating != (image.rating or 0):
        plan.actions.append(Image.rating.set(change.rating) if change.rating else Image.rating.remove())
    _plan_set(plan, image, "tags", change.add_tags, change.remove_tags)
    _plan_set(plan, image, "collections", change.add_collections, change.remove_collections)
    if change.trashed is not None and change.trashed != (image.deleted_at is not None):
        plan.actions += trash.trashing(image) if change.trashed else trash.restoring(image)
        plan.condition &= _is_same(image, "shares")
    return plan


def _plan_set(plan: _Plan, image: Image, name: str, add: list[str], remove: list[str]) -> None:
    before = set(getattr(image, name) or ())
    after = (before | set(add)) - set(remove)
    if after == before:
        return
    most, refusal = _TOO_MANY[name]
    if len(after) > max(most, len(before)):
        plan.refusal = refusal
    attribute = getattr(Image, name)
    plan.actions.append(attribute.set(after) if after else attribute.remove())
    plan.condition &= _is_same(image, name)


def _is_same(image: Image, name: str) -> Condition:
    attribute, value = getattr(Image, name), getattr(image, name)
    same: Condition = attribute == value if value else attribute.does_not_exist()
    return same


def _result(image_id: str, code: ChangeCode, detail: str | None = None) -> PictureResult:
    return PictureResult(image_id=image_id, code=code, detail=detail)
