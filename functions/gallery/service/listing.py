"""Lists of pictures: by filters page by page, or by ids."""

from collections.abc import Sequence

from functions.gallery.models.images import ImageFields, ImageIndex, ImageList
from functions.gallery.models.selection import FiltersBody
from functions.gallery.service.filters import Scope, id_of, refused, resolve, scanned, scope
from functions.gallery.service.summaries import INDEX_ATTRIBUTES, index_row, summary
from likeness.items.image import LEAN, Image
from likeness.listing import behind, position
from likeness.query import fetch
from likeness.table import Raw

CALLS = 3
MOST_SUMMARIES = 100


def list_images(
    user_id: str, filters: FiltersBody, shown: ImageFields, limit: int, cursor: str | None
) -> ImageList | ImageIndex:
    """Return a page of pictures: one DynamoDB call without filters, up to three with them (four by collection).

    Raises:
        Unprocessable: more than a page may hold, or a collection that is not there.
        CursorInvalid: the cursor was not made here.
    """
    light = shown == ImageFields.INDEX
    if not light and limit > MOST_SUMMARIES:
        raise refused("limit", f"at most {MOST_SUMMARIES}; with fields=index at most 1000")
    found = scope(user_id, resolve(user_id, filters), trashed=filters.trashed)
    rows, last = _page(found, limit, position(cursor), INDEX_ATTRIBUTES if light else ())
    return _view(user_id, rows, shown, behind(last))


def find_images(
    user_id: str, image_ids: Sequence[str], filters: FiltersBody, shown: ImageFields, cursor: str | None
) -> ImageList | ImageIndex:
    """Return pictures by their ids in the order asked, as they are now; those that are not there are left out.

    Raises:
        Unprocessable: filters or a cursor were sent too.
    """
    if cursor is not None or filters != FiltersBody():
        raise refused("ids", "ids go with no filter and no cursor")
    wanted = list(dict.fromkeys(image_ids))
    rows = fetch(Image, user_id, [Image.of(user_id, one).sk for one in wanted], ["sk", "gallery", *LEAN])
    found = {id_of(row): row for row in rows if "gallery" in row}
    return _view(user_id, [found[one] for one in wanted if one in found], shown, None)


def _page(found: Scope, limit: int, after: str | None, attributes: Sequence[str]) -> tuple[list[Raw], str | None]:
    """Return up to `limit` rows and the id behind which the next page goes on, if there may be one."""
    rows: list[Raw] = []
    for call in range(CALLS):
        read = found.read(after, scanned(limit, call) if found.where else limit, attributes)
        rows += read.rows
        if read.next_key is None:
            after = None
            break
        after = id_of(read.next_key)
        if not found.where or len(rows) >= limit:
            break
    if len(rows) > limit:
        after = id_of(rows[limit - 1])
    return rows[:limit], after


def _view(user_id: str, rows: Sequence[Raw], shown: ImageFields, cursor: str | None) -> ImageList | ImageIndex:
    if shown == ImageFields.INDEX:
        return ImageIndex(index=[index_row(row) for row in rows], cursor=cursor)
    return ImageList(images=[summary(user_id, row) for row in rows], cursor=cursor)
