"""Lists of pictures: every filter, light rows, and pictures by their ids."""

import itertools

import pytest

from functions.gallery.handler import handler
from likeness.items.gallery import Collection
from likeness.items.image import Image, trash_of
from likeness.items.row import new_id
from likeness.query import fetch
from tests.pictures import make_image
from tests.support import call

pytestmark = pytest.mark.usefixtures("aws")

COLLECTION = "01JD0000000000000000000007"


def listed(query="", user="ada"):
    return call(handler, "GET", f"/v1/images{query}", user=user)


def ids(reply):
    return [row["id"] for row in reply.json.get("images", reply.json.get("index"))]


def pages(query):
    """Every id of a list, page after page; empty pages may have a cursor."""
    found, cursor = [], ""
    while True:
        reply = listed(f"?limit=2&{query}{cursor}")
        assert reply.status == 200, reply.body
        found += ids(reply)
        if reply.json["cursor"] is None:
            return found
        cursor = f"&cursor={reply.json['cursor']}"


def make_collection(filters=None, user="ada"):
    row = Collection.of(user, COLLECTION)
    row.name, row.filters, row.created_at = "Best", filters, "2026-11-01T00:00:00Z"
    row.save()


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("base_model=flux-2-dev", {"base_model": "flux-2-dev"}),
        ("generation_id=01JD0000000000000000000009", {"generation_id": "01JD0000000000000000000009"}),
        ("tag=%20CASTLE", {"tags": {"castle", "sea"}}),
        (f"collection_id={COLLECTION}", {"collections": {COLLECTION}}),
        ("rating_min=3", {"rating": 3}),
        ("shared=true", {"shares": {"01JD0000000000000000000008"}}),
        ("relation=remix", {"relation": "remix"}),
        ("parent_id=01JD0000000000000000000006", {"parent_id": "01JD0000000000000000000006"}),
        ("favourite=true&style=ink", {"favourite": True, "style": "ink"}),
    ],
)
def test_filter_finds_just_what_it_names_on_every_page(query, wanted):
    make_collection()
    almost = {"tags": {"castles"}, "rating": 2, "collections": {new_id()}, "relation": "variation", "favourite": True}
    wants = [number % 3 == 1 for number in range(9)]
    others = itertools.cycle([{}, almost])
    made = [make_image(**(wanted if is_wanted else next(others))) for is_wanted in wants]
    expected = [image_id for image_id, is_wanted in zip(made, wants, strict=True) if is_wanted]
    assert pages(query) == pages(f"{query}&fields=index") == sorted(expected, reverse=True)


def test_unshared_pictures_are_those_without_a_link():
    make_image(shares={new_id()})
    plain = make_image()
    assert ids(listed("?shared=false")) == [plain]


def test_smart_collection_narrows_further():
    make_collection({"style": "ink", "rating_min": 4})
    all_three = make_image(style="ink", rating=4, favourite=True)
    make_image(style="ink", rating=4)
    make_image(style="ink", favourite=True)
    make_image(rating=4, favourite=True)
    assert ids(listed(f"?collection_id={COLLECTION}&favourite=true")) == [all_three]
    assert ids(listed(f"?collection_id={COLLECTION}&style=oil")) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("rating_min=0", "rating_min"),
        ("rating_min=6", "rating_min"),
        ("relation=copy", "relation"),
        ("tag=a%2Cb", "tag"),
        ("tag=a%07b", "tag"),
        (f"tag={'x' * 41}", "tag"),
        ("shared=perhaps", "shared"),
        ("fields=all", "fields"),
        ("limit=101", "limit"),
        ("limit=1001&fields=index", "limit"),
        (f"collection_id={COLLECTION}", "collection_id"),
        (f"ids={','.join([COLLECTION] * 51)}", "ids"),
        (f"ids={COLLECTION}&style=oil", "ids"),
        (f"ids={COLLECTION}&cursor=eyJhIjoxfQ", "ids"),
    ],
)
def test_bad_query_is_named(query, field):
    make_collection(user="eve")
    reply = listed(f"?{query}")
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.json["fields"][0]["field"].partition(".")[0] == field


@pytest.mark.parametrize("moment", ["0001-01-01", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
def test_dates_out_of_any_calendar_are_a_range_like_others(moment):
    made = make_image()
    assert ids(listed(f"?created_from={moment}")) == ([] if moment > "2100" else [made])
    assert ids(listed(f"?created_to={moment}")) == ([made] if moment > "2100" else [])


def test_cursor_survives_the_picture_it_points_behind():
    made = sorted((make_image() for _ in range(4)), reverse=True)
    first = listed("?limit=2").json
    Image.of("ada", made[1]).update([Image.gallery.set(trash_of("ada"))])
    assert ids(listed(f"?limit=2&cursor={first['cursor']}")) == made[2:]


def test_light_rows_say_what_a_grid_needs_and_are_many():
    make_image(width=888, height=1184, rating=4)
    for _ in range(120):
        make_image()
    reply = listed("?fields=index&limit=1000").json
    assert len(reply["index"]) == 121
    assert reply["cursor"] is None
    last = reply["index"][-1]
    assert set(last) == {"id", "width", "height", "created_at", "favourite", "rating"}
    assert (last["width"], last["height"], last["rating"], last["favourite"]) == (888, 1184, 4, False)


@pytest.mark.parametrize("light", [False, True])
def test_ids_come_as_asked_without_foreign_absent_and_purged_ones(light, monkeypatch):
    monkeypatch.setattr("functions.gallery.service.listing.fetch", lambda *named: sorted(fetch(*named), key=str))
    one, two, three, trashed, purged = (make_image() for _ in range(5))
    Image.of("ada", trashed).update([Image.gallery.set(trash_of("ada")), Image.deleted_at.set(5)])
    Image.of("ada", purged).update([Image.gallery.remove()])
    asked = [two, make_image("eve"), three, new_id(), purged, one, trashed, two]
    reply = listed(f"?ids={','.join(asked)}{'&fields=index' if light else ''}")
    assert ids(reply) == [two, three, one, trashed]
    assert reply.json["cursor"] is None
    assert ids(listed(f"?ids={one}")) == [one]


def test_old_picture_shows_empty_marks_and_a_full_one_all_of_them():
    old = make_image()
    full = make_image(
        tags={"sea", "castle"}, collections={"B", "A"}, shares={"S"}, rating=5, relation="remix", parent_id=old, bytes=7
    )
    first, second = listed().json["images"]
    assert [first[name] for name in ("id", "tags", "collection_ids", "is_shared", "rating", "relation", "bytes")] == [
        full, ["castle", "sea"], ["A", "B"], True, 5, "remix", 7,
    ]  # fmt: skip
    assert [second[name] for name in ("tags", "collection_ids", "is_shared", "rating", "relation", "parent_id")] == [
        [], [], False, 0, None, None,
    ]  # fmt: skip
    assert call(handler, "GET", f"/v1/images/{full}", user="ada").json["parent_id"] == old
