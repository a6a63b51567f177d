"""Erasing a person: what goes and what stays."""

from likeness.credit import read_balance
from likeness.items.model import TrainedModel
from likeness.items.photo import Photo
from likeness.ledger import forfeit
from likeness.storage import photo_key, raw_key
from tests.unit.auth.conftest import join, stored
from tests.unit.auth.erasure_world import (
    assert_erased,
    begin,
    enlist,
    furnish,
    hold,
    is_in_pool,
    objects,
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
    begin(user)
    run(user)
    assert rows_of(user, "images") == []


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
