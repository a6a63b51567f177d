"""Facets equal a recount, whatever there is and whatever is asked."""

import random
from collections import Counter

import pytest

from functions.gallery.handler import handler
from functions.gallery.service import facets as facets_service
from likeness.items.image import Image, trash_of
from likeness.items.row import new_id
from likeness.query import query
from tests.pictures import make_image
from tests.support import call

pytestmark = pytest.mark.usefixtures("aws")

FACETS = {
    "model_id": lambda image: [image["model_id"]] if image["model_id"] else [],
    "base_model": lambda image: [image["base_model"]],
    "style": lambda image: [image["style"]],
    "aspect_ratio": lambda image: [image["aspect_ratio"]],
    "favourite": lambda image: [image["favourite"]],
    "rating": lambda image: [image["rating"]],
    "tags": lambda image: image["tags"],
    "collections": lambda image: image["collection_ids"],
    "relation": lambda image: [image["relation"]] if image["relation"] else [],
    "shared": lambda image: [image["is_shared"]],
    "month": lambda image: [image["created_at"][:7]],
}


def facets(query=""):
    return call(handler, "GET", f"/v1/images/facets{query}", user="ada")


def make_random(chance):
    some = {
        "model_id": chance.choice(["01JD0000000000000000000001", "01JD0000000000000000000002"]),
        "rating": chance.randint(1, 5),
        "tags": set(chance.sample(["sea", "castle", "été", "night"], chance.randint(1, 3))),
        "collections": {chance.choice(["01JD00000000000000000000C1", "01JD00000000000000000000C2"])},
        "shares": {new_id()},
        "relation": chance.choice(["remix", "variation"]),
    }
    kept = {name: value for name, value in some.items() if chance.random() < 0.5}
    return make_image(
        id=chance.choice(["01HV", "01JD", "01JQ"]) + f"{chance.getrandbits(100):022X}"[-22:],
        style=chance.choice(["ink", "oil"]),
        aspect_ratio=chance.choice(["1:1", "16:9"]),
        base_model=chance.choice(["flux-1-dev", "flux-2-dev"]),
        favourite=chance.random() < 0.3,
        bytes=chance.randint(1, 10**7),
        **kept,
    )


def recount(query):
    images, cursor = [], ""
    while True:
        reply = call(handler, "GET", f"/v1/images?limit=100{query}{cursor}", user="ada").json
        images += reply["images"]
        if reply["cursor"] is None:
            break
        cursor = f"&cursor={reply['cursor']}"
    counts = {name: Counter(value for image in images for value in of(image)) for name, of in FACETS.items()}
    return images, counts


def test_facets_equal_a_recount_over_random_pictures(monkeypatch):
    chance = random.Random(3)  # noqa: S311 (a test)
    for number in range(60):
        image_id = make_random(chance)
        if number % 10 == 0:
            Image.of("ada", image_id).update([Image.gallery.set(trash_of("ada"))])
    make_image("eve")
    pieces = lambda *a, **k: query(*a, **{**k, "limit": k.get("limit") or 7})  # noqa: E731 (a megabyte is 7 rows here)
    monkeypatch.setattr("functions.gallery.service.filters.query", pieces)
    for asked in ("", "&style=ink", "&rating_min=3", "&tag=sea&shared=true", "&trashed=true", "&text=nowhere"):
        told = facets(f"?{asked[1:]}").json
        images, counts = recount(asked)
        assert (told["total"], told["bytes"]) == (len(images), sum(image["bytes"] for image in images)), asked
        for name, counter in counts.items():
            assert {one["value"]: one["count"] for one in told[name]} == counter, (asked, name)
            numbers = [one["count"] for one in told[name]]
            assert numbers == sorted(numbers, reverse=True), (asked, name)
        assert told["tags_total"] == len(counts["tags"])


def test_tags_beyond_the_most_frequent_are_counted_not_listed(monkeypatch):
    monkeypatch.setattr(facets_service, "MOST_TAGS_SHOWN", 2)
    make_image(tags={"a", "b", "c"})
    make_image(tags={"c"})
    told = facets().json
    assert told["tags"] == [{"value": "c", "count": 2}, {"value": "a", "count": 1}]
    assert told["tags_total"] == 3


@pytest.mark.parametrize(("query", "field"), [("?rating_min=9", "rating_min"), ("?collection_id=x", "collection_id")])
def test_bad_filter_is_named(query, field):
    reply = facets(query)
    assert (reply.status, reply.json["fields"][0]["field"]) == (422, field)
