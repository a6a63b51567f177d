"""What an owner writes on a picture: ratings, tags and collections."""

import pytest

from functions.gallery.handler import handler
from likeness.items.gallery import Collection
from likeness.items.image import Image
from likeness.items.row import new_id
from tests.pictures import make_image
from tests.support import call, make_person

pytestmark = pytest.mark.usefixtures("aws")


def change(image_id, user="ada", **body):
    return call(handler, "PATCH", f"/v1/images/{image_id}", body, user=user)


def make_collection(user="ada", filters=None):
    row = Collection.of(user, new_id())
    row.name, row.filters, row.created_at = "Best", filters, "2026-11-01T00:00:00Z"
    row.save()
    return row.id


def stored(image_id):
    return Image.get("ada", f"IMAGE#{image_id}").attribute_values


def test_marks_are_set_as_a_whole_and_cleared():
    make_person()
    image_id, one, two = make_image(), make_collection(), make_collection()
    told = change(image_id, rating=5, tags=[" Sea", "E\u0301TE\u0301", "sea"], collection_ids=[two, one]).json
    assert (told["rating"], told["tags"], told["collection_ids"]) == (5, ["sea", "\xe9t\xe9"], [one, two])
    told = change(image_id, tags=["night"], collection_ids=[two]).json
    assert (told["rating"], told["tags"], told["collection_ids"]) == (5, ["night"], [two])
    told = change(image_id, rating=0, tags=[], collection_ids=[], trashed=True, favourite=True).json
    assert (told["rating"], told["tags"], told["collection_ids"], told["favourite"]) == (0, [], [], True)
    assert told["trashed_at"]
    assert not {"rating", "tags", "collections"} & set(stored(image_id))


@pytest.mark.parametrize(
    "body",
    [
        {"rating": 6},
        {"rating": -1},
        {"tags": ["a"] * 21},
        {"tags": ["x" * 41]},
        {"tags": ["a,b"]},
        {"tags": ["a\u0000b"]},
        {"tags": [" "]},
        {"tags": ["\u0130" * 40]},
        {"collection_ids": [""]},
        {"collection_ids": ["a"] * 51},
    ],
)
def test_marks_out_of_bounds_are_refused_by_name(body):
    image_id = make_image()
    reply = change(image_id, **body)
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.json["fields"][0]["field"].partition(".")[0] in body


def test_most_marks_there_may_be_are_taken():
    tags = [f"{number:040}" for number in range(20)]
    collections = [make_collection() for _ in range(50)]
    told = change(make_image(), tags=tags, collection_ids=collections).json
    assert (told["tags"], told["collection_ids"]) == (tags, sorted(collections))


@pytest.mark.parametrize("kind", ["absent", "foreign", "smart"])
def test_collection_that_takes_no_pictures_is_refused_and_nothing_is_written(kind):
    wrong = {"absent": new_id, "foreign": lambda: make_collection("eve"), "smart": lambda: make_collection(filters={})}
    image_id = make_image()
    reply = change(image_id, favourite=True, collection_ids=[make_collection(), wrong[kind]()])
    assert (reply.status, reply.json["fields"][0]["field"]) == (422, "collection_ids")
    assert stored(image_id)["favourite"] is False


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_no_id_names_no_picture(method):
    make_person()
    assert call(handler, method, f"/v1/images/{make_image(id='no-ulid')}", user="ada").status == 404


@pytest.mark.parametrize("body", [{"rating": 3}, {"tags": ["a"]}, {"collection_ids": ["c"]}, {"trashed": False}])
def test_picture_that_is_absent_foreign_or_being_purged_is_not_found(body):
    make_person("eve")
    purged = make_image()
    Image.of("ada", purged).update([Image.gallery.remove()])
    assert change(new_id(), **body).status == 404
    assert change(make_image(), user="eve", **body).status == 404
    assert change(purged, **body).status == 404
    assert change(make_image(id="no-ulid"), **body).status == 404
