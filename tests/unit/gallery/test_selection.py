"""What a job is told to work on: frozen once, counted, and read page by page."""

import pytest

from functions.gallery.models.selection import CollectionFilters, SelectionBody
from functions.gallery.service import selection as service
from functions.gallery.service.filters import id_of
from functions.gallery.service.selection import Selection
from likeness.errors import Unprocessable
from likeness.items.gallery import Collection
from likeness.items.image import Image, trash_of
from likeness.items.row import new_id
from tests.pictures import make_image

pytestmark = pytest.mark.usefixtures("aws")


def freeze(**body):
    """What a request selects, after a stay in a job's row."""
    found = service.from_body("ada", SelectionBody.model_validate(body))
    return Selection.of(found.stored())


def read(selection, limit=2):
    """Every id of a selection, and how long its pages were."""
    found, lengths, after = [], [], None
    while True:
        rows = service.page("ada", selection, after, limit)
        found += [id_of(row) for row in rows]
        lengths.append(len(rows))
        if len(rows) < limit:
            return found, lengths
        after = found[-1]


def trash(image_id):
    Image.of("ada", image_id).update([Image.gallery.set(trash_of("ada"))])


def make_collection(user="ada", **filters):
    row = Collection.of(user, new_id())
    row.name, row.filters, row.created_at = "Best", filters or None, "2026-11-01T00:00:00Z"
    row.save()
    return row.id


def test_filters_are_read_to_the_end_in_full_pages_and_counted():
    made = [make_image(style="ink" if number % 3 else "oil", bytes=number) for number in range(14)]
    wanted = sorted((made[number] for number in range(14) if number % 3), reverse=True)

    selection = freeze(filters={"style": "ink"})

    assert read(selection) == (wanted, [2, 2, 2, 2, 1])
    counted = service.count("ada", selection)
    assert (counted.total, counted.bytes) == (9, sum(number for number in range(14) if number % 3))


def test_page_goes_on_behind_a_picture_that_has_left_meanwhile():
    made = sorted((make_image() for _ in range(5)), reverse=True)
    selection = freeze(filters={})
    first = [id_of(row) for row in service.page("ada", selection, None, 2)]
    trash(first[-1])
    assert first + [id_of(row) for row in service.page("ada", selection, first[-1], 9)] == made


def test_later_and_trashed_and_foreign_pictures_do_not_join():
    kept, trashed = make_image(), make_image()
    make_image("eve")
    trash(trashed)
    selection = freeze(filters={})
    make_image(id="7ZZZZZZZZZZZZZZZZZZZZZZZZZ")

    assert read(selection) == ([kept], [1])
    assert read(freeze(filters={"trashed": True})) == ([trashed], [1])


def test_ids_are_sorted_and_only_live_ones_of_the_caller_count():
    made = [make_image() for _ in range(4)]
    trash(made[1])
    selection = freeze(image_ids=[*made, made[0], make_image("eve"), new_id(), "x"])

    assert read(selection) == ([made[3], made[2], made[0]], [2, 1])
    assert service.count("ada", selection).total == 3


def test_smart_collection_is_frozen_as_it_said_then():
    both = make_image(style="ink", rating=5)
    make_image(style="ink", rating=3)
    make_image(style="oil", rating=5)
    collection_id = make_collection(style="ink")
    selection = freeze(filters={"collection_id": collection_id, "rating_min": 4})
    Collection.of("ada", collection_id).delete()
    assert read(selection) == ([both], [1])


def test_manual_collection_selects_what_was_put_into_it():
    collection_id = make_collection()
    inside = make_image(collections={collection_id, new_id()})
    make_image()
    assert read(freeze(filters={"collection_id": collection_id})) == ([inside], [1])


def test_collection_of_somebody_else_is_refused_by_name():
    with pytest.raises(Unprocessable) as refused:
        freeze(filters={"collection_id": make_collection("eve")})
    assert refused.value.extra["fields"][0]["field"] == "collection_id"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"image_ids": ["a"], "filters": {}},
        {"image_ids": []},
        {"image_ids": ["a"] * 1001},
        {"filters": {"owner": "eve"}},
        {"filters": {"created_from": 5}},
    ],
)
def test_selection_that_is_not_one_thing_is_refused(body):
    with pytest.raises(ValueError, match="SelectionBody"):
        SelectionBody.model_validate(body)


def test_contradicting_filters_match_nothing():
    make_image(style="ink")
    apart = [CollectionFilters(style="ink"), CollectionFilters(style="oil")]
    assert service.count("ada", service.matching(apart)).total == 0
    assert read(freeze(filters={"created_to": "1960-01-01", "created_from": "2024-01-01"})) == ([], [0])
