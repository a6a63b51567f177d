"""Thousands of pictures of one person: counted, listed, changed as a whole, and changed to the end after a wreck.

`make scale` runs it with ten thousand.
"""

from collections import Counter
from datetime import timedelta
from os import environ

import pytest
from likeness_client.models import ChangeRequest, CollectionRequest, FiltersBody, ImageFields, PictureChange
from likeness_client.types import UNSET

from likeness.items.generation import Relation
from likeness.items.row import born, new_id
from local.seed import fill
from local.waiting import wait_for
from tests.deployed import CLOUD, make_person
from tests.integration.stack import as_function, kind, out, rows
from tests.reliability.faults.machinery import errors_of, kill_steps

MANY = int(environ.get("MANY_PICTURES", "3000"))
QUARTER, PART = MANY // 4, MANY // 50
TEXTS = ("model_id", "base_model", "style", "aspect_ratio", "relation")
MODELS = (*(new_id() for _ in range(3)), None)
RELATIONS = (None, *Relation)


@pytest.fixture(scope="module")
def library(outputs):
    """A person with thousands of pictures, no two neighbours alike: client, ids newest first, two collections."""
    client = make_person("library")
    sets = [client.api.create_collection(CollectionRequest(name=name)).id for name in ("One", "Other")]

    def describe(row, number):
        row.model_id, row.relation = MODELS[number % 4], RELATIONS[number % 5]
        row.base_model = ("flux-1-dev", "flux-2-dev")[number % 11 == 0]
        row.rating = number % 6 or None
        row.tags = {f"every {step}" for step in range(2, 9) if number % step == 0} or None
        row.collections = {sets[which] for which in range(2) if number % (which + 3) == 0} or None
        row.shares = {new_id()} if number % 100 == 0 else None

    return client, filled(client, MANY, describe=describe), sets


def filled(client, number, **more):
    with as_function():
        return fill(CLOUD, out()["MediaBucket"], client.user_id, number, complete=0, thumbnails=False, **more)


def pictures(client):
    """Every picture of a person as it is stored, by its id; sets in a stable order."""
    found = [row for row in rows("images", client.user_id) if kind(row) == "IMAGE"]
    for row in found:
        for value in row.values():
            if "SS" in value:
                value["SS"].sort()
    return {row["sk"]["S"].removeprefix("IMAGE#"): row for row in found}


def start(client, filters, **change):
    return client.api.change_images(ChangeRequest(filters=filters, change=PictureChange(**change)))


def followed(client, change_id, until=lambda view: view.ended_at is not None):
    """A change once it is so, and what it said it had done until then."""
    seen = []
    view = wait_for(
        lambda: client.api.read_change(change_id), until, seconds=600, show=lambda view: seen.append(view.done)
    )
    return view, seen


def counts(view):
    return (view.status, view.total, view.done, view.missed, view.failures)


def recount(found):
    """What facets must say of these pictures, each group as counts by value."""
    groups = {name: Counter(row[name]["S"] for row in found.values() if name in row) for name in TEXTS}
    for name in ("tags", "collections"):
        groups[name] = Counter(value for row in found.values() if name in row for value in row[name]["SS"])
    groups["favourite"] = Counter(row["favourite"]["BOOL"] for row in found.values())
    groups["rating"] = Counter(int(row.get("rating", {"N": "0"})["N"]) for row in found.values())
    groups["shared"] = Counter("shares" in row for row in found.values())
    groups["month"] = Counter(f"{born(image_id):%Y-%m}" for image_id in found)
    return {
        **groups,
        "total": len(found),
        "bytes": sum(int(row["bytes"]["N"]) for row in found.values()),
        "tags_total": len(groups["tags"]),
    }


def told(facets):
    """What facets say, in the same form; every group has its most frequent value first."""
    found = facets.to_dict()
    for name, entries in found.items():
        if isinstance(entries, list):
            numbers = [entry["count"] for entry in entries]
            assert numbers == sorted(numbers, reverse=True), name
            found[name] = {entry["value"]: entry["count"] for entry in entries}
            assert len(found[name]) == len(entries), name
    return found


def test_facets_equal_a_recount_of_the_rows_whatever_the_filter(library):
    client, ids, sets = library
    stored = pictures(client)
    assert len(stored) == MANY
    middle = born(ids[MANY // 2])
    style = stored[ids[0]]["style"]["S"]

    def has(row, name, value):
        return value in row.get(name, {"SS": []})["SS"]

    for filters, matches in (
        ({}, lambda row: True),
        (
            {"favourite": True, "rating_min": 3},
            lambda row: row["favourite"]["BOOL"] and int(row.get("rating", {"N": "0"})["N"]) >= 3,
        ),
        ({"tag": "every 3", "style": style}, lambda row: has(row, "tags", "every 3") and row["style"]["S"] == style),
        (
            {"collection_id": sets[1], "shared": False},
            lambda row: has(row, "collections", sets[1]) and "shares" not in row,
        ),
        (
            {"text": "SEA portrait", "created_from": middle - timedelta(days=7), "created_to": middle},
            lambda row: (
                "by the sea" in row["prompt_head"]["S"]
                and middle - timedelta(days=7) <= born(row["sk"]["S"].removeprefix("IMAGE#")) <= middle
            ),
        ),
    ):
        expected = recount({image_id: row for image_id, row in stored.items() if matches(row)})
        assert 0 < expected["total"] <= MANY
        assert told(client.api.read_facets(**filters)) == expected, filters


def test_light_index_pages_through_all_without_gap_or_double(library):
    client, ids, _ = library
    found, sizes, cursor = [], [], UNSET
    while cursor is not None:
        page = client.api.list_images(fields=ImageFields.INDEX, limit=1000, cursor=cursor)
        found += [row.id for row in page.index]
        sizes.append(len(page.index))
        cursor = page.cursor
    assert found == ids
    assert sizes[: MANY // 1000] == [1000] * (MANY // 1000)


def test_change_of_all_changes_each_picture_and_nothing_else_and_says_how_far_it_is(library, eve):
    client, _, _ = library
    filled(eve, 20)
    before, theirs = pictures(client), pictures(eve)
    over, seen = followed(client, start(client, FiltersBody(), add_tags=["Kept"], rating=4).id)
    assert counts(over) == ("succeeded", MANY, MANY, 0, [])
    assert seen == sorted(seen)
    assert len({done for done in seen if 0 < done < MANY}) >= 2
    after = pictures(client)
    for row in before.values():
        row["rating"] = {"N": "4"}
        row["tags"] = {"SS": sorted({*row.get("tags", {"SS": []})["SS"], "kept"})}
    assert after == before
    assert pictures(eve) == theirs


@pytest.fixture(scope="module")
def wrecked(library):
    """A quarter of them trashed by a step that was killed in the middle: the change, and what was stored before."""
    client, _, _ = library
    before = pictures(client)
    started = start(client, FiltersBody(model_id=MODELS[0]), trashed=True)
    followed(client, started.id, lambda view: view.done >= QUARTER // 5)
    assert kill_steps("gallery")
    over, _ = followed(client, started.id)
    return over, before


def test_change_that_is_killed_in_the_middle_resumes_and_counts_each_picture_once(library, wrecked):
    client, _, _ = library
    over, before = wrecked
    assert "Runtime.ExitError" in errors_of("change", over.id)
    assert counts(over) == ("succeeded", QUARTER, QUARTER, 0, [])
    for row in before.values():
        if row.get("model_id") == {"S": MODELS[0]}:
            row["gallery"] = {"S": f"{client.user_id}#trash"}
            row.pop("shares", None)
    after = pictures(client)
    trashed = [row for row in after.values() if row.pop("deleted_at", None)]
    assert all((row.pop("open"), bool(row.pop("check_at"))) == ({"S": "TRASH"}, True) for row in trashed)
    assert after == before
    assert client.api.read_facets(trashed=True).total == QUARTER


def test_part_of_the_trash_is_purged_for_good_and_another_comes_back(library, wrecked):
    client, ids, _ = library
    trashed = ids[::4]
    old, new = trashed[-PART:], trashed[:PART]
    purge = start(client, FiltersBody(trashed=True, created_to=born(old[0])), purge=True)
    restore = start(client, FiltersBody(trashed=True, created_from=born(new[-1])), trashed=False)
    for job in (purge, restore):
        assert counts(followed(client, job.id)[0]) == ("succeeded", PART, PART, 0, [])
    after = pictures(client)
    assert after.keys() == set(ids) - set(old)
    assert {image_id for image_id, row in after.items() if "deleted_at" in row} == set(trashed) - {*old, *new}
