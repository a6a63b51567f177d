"""Erasing a person: what goes and what stays."""

import importlib
import pkgutil
from collections import Counter

import pytest

from functions.auth import tally
from likeness import items, storage
from likeness.credit import read_balance
from likeness.items.model import TrainedModel
from likeness.items.photo import Photo, PhotoCount
from likeness.items.row import new_id
from likeness.ledger import forfeit
from likeness.storage import photo_key, raw_key
from likeness.table import Item
from tests.unit.auth.conftest import join, stored
from tests.unit.auth.erasure_world import (
    NOTHING,
    assert_erased,
    begin,
    enlist,
    furnish,
    hold,
    is_in_pool,
    objects,
    put,
    receipt_of,
    rows_of,
    run,
    running,
    store,
    train,
)


def test_everything_of_a_person_goes_and_the_ledger_stays():
    user = enlist()
    furnish(user)
    begin(user)
    assert run(user) == {"cursor": None}
    assert_erased(user)


def test_what_belongs_to_others_stays():
    user, eve = enlist(), enlist("eve@example.org")
    furnish(user)
    keys = [store(photo_key(eve, "1")), store(raw_key(eve, "1"), "raw-bucket")]
    training = train(eve)
    begin(user)
    run(user)
    assert stored(eve).state == "ACTIVE"
    assert is_in_pool(eve)
    assert len(rows_of(eve, "models")) == 2
    assert set(objects()) == {keys[0], training.zip_key, TrainedModel.query(eve, None).next().weights_key}
    assert objects("raw-bucket") == [keys[1]]
    assert running() == [f"{training.id}-1"]
    assert int(read_balance(eve).reserved) == 40


def test_an_account_that_nobody_asked_to_erase_is_left_alone():
    user = enlist()
    furnish(user)
    assert run(user) == {"cursor": None}
    assert stored(user).state == "ACTIVE"
    assert is_in_pool(user)
    assert len(objects()) == 6


def test_many_rows_and_objects_go_too():
    user = enlist()
    for number in range(60):
        photo = Photo.of(user, f"{number:026}")
        photo.state = "ready"
        photo.save()
    PhotoCount.of(user).update([PhotoCount.photos.add(60)])
    begin(user)
    run(user)
    assert rows_of(user, "images") == []
    assert receipt_of(user)["removed"] == NOTHING | {"photos": 60, "other_rows": 1}


def test_a_reservation_without_a_job_row_is_released():
    user = enlist()
    hold(user, "lost", 2, 10, "generation#01JZZZZZZZZZZZZZZZZZZZZZZZ")
    begin(user)
    run(user)
    assert (int(read_balance(user).available), int(read_balance(user).reserved)) == (0, 0)


def test_credits_are_forfeited_once():
    user = enlist()
    forfeit(user)
    begin(user)
    run(user)
    assert int(read_balance(user).available) == 0


def test_a_person_may_register_again_after_the_erasure_and_gets_no_second_welcome():
    user = join()
    begin(user)
    run(user)
    again = join()
    assert again != user
    assert stored(again).state == "ACTIVE"
    assert int(read_balance(again).available) == 0
    assert stored(user).state == "ERASED"


KINDS = {
    "BALANCE": None,
    "CHANGE": "changes",
    "COLLECTION": "collections",
    "COLLECTION_COUNT": "other_rows",
    "DOWNLOAD": "downloads",
    "EMAIL_CHANGE": "other_rows",
    "ENTRY": None,
    "ERASURE": None,
    "GENERATION": "generations",
    "IMAGE": "images",
    "LIMIT": None,
    "MODEL": "models",
    "MODEL_COUNT": "other_rows",
    "PAYMENT": None,
    "PHOTO": "photos",
    "PHOTO_COUNT": "other_rows",
    "PROFILE": None,
    "RENDER": "other_rows",
    "RENDER_PACE": None,
    "REPEAT": "other_rows",
    "RESERVATION": None,
    "SHARE": "shares",
    "SHARE_COUNT": "other_rows",
    "TRAINING": "trainings",
    "TRAINING_PACE": None,
    "UNIQUE": "other_rows",
    "WEIGHTS": "weights",
    "WELCOME": None,
}
"""Every kind of row there is, and what a receipt counts it as; None: it is not in a person's partition, or stays."""


def kinds() -> dict[str, type[Item]]:
    for module in pkgutil.iter_modules(items.__path__):
        importlib.import_module(f"likeness.items.{module.name}")
    found: dict[str, type[Item]] = {}
    left: list[type[Item]] = [Item]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if name := kind.kind.get_discriminator(kind):
            found[name] = kind
    return found


def test_an_erasure_knows_every_kind_of_row():
    """A new kind belongs into this table: is it a person's, and what does the receipt call it?"""
    assert set(kinds()) == set(KINDS)
    assert {kind: label for kind, label in KINDS.items() if label not in {None, "other_rows"}} == tally.COUNTED


def test_every_kind_of_row_goes_with_the_files_it_names_and_is_counted():
    user, eve = enlist(), enlist("eve@example.org")
    for kind, label in KINDS.items():
        if label is not None:
            below = store(f"media/v/{new_id()}/a/1.zip").removesuffix("a/1.zip")
            store(f"{below}2.zip")
            put(user, kinds()[kind].Meta.table_name, kind, below=below)
            put(eve, kinds()[kind].Meta.table_name, kind)
    begin(user)
    run(user)
    assert [rows_of(user, table) for table in ("images", "models")] == [[], []]
    assert [row["sk"]["S"] for row in rows_of(user, "users")] == ["PROFILE"]
    assert objects() == []
    counted = Counter(label for label in KINDS.values() if label)
    files = 2 * counted.total()
    assert receipt_of(user)["removed"] == NOTHING | counted | {"objects": files, "bytes": files}
    assert sum(len(rows_of(eve, table)) for table in ("images", "models", "users")) == counted.total() + 1


@pytest.mark.parametrize("name", ["prompt_head", "search", "title", "filename", "request"])
def test_what_a_person_wrote_removes_nobodys_files(name):
    user = enlist()
    theirs = store(f"media/v/{new_id()}/1.webp")
    put(user, "images", "IMAGE", **{name: theirs})
    begin(user)
    run(user)
    assert objects() == [theirs]


@pytest.mark.parametrize("below", ["media/v/", "media/v//", "media/v", "", "media/v/short/", "media/u/eve/"])
def test_a_row_that_names_no_random_folder_removes_no_files(below):
    user = enlist()
    names = (f"v/{new_id()}/1.webp", "v/short/1.webp", "v//1.webp", "u/eve/images/1/view.webp")
    theirs = [store(f"media/{name}") for name in names]
    put(user, "images", "DOWNLOAD", below=below)
    begin(user)
    run(user)
    assert sorted(objects()) == sorted(theirs)


def test_a_folder_with_many_files_goes_whole():
    user = enlist()
    folder = f"media/v/{new_id()}/"
    for number in range(7):
        store(f"{folder}{number}.webp")
    put(user, "images", "SHARE", below=folder)
    begin(user)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(storage, "PAGE", 3)
        run(user)
    assert objects() == []
    assert receipt_of(user)["removed"]["objects"] == 7
