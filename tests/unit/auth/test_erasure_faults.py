"""An erasure that is killed, refused or out of time ends complete, and its receipt counts each thing once."""

from botocore.exceptions import EndpointConnectionError
from pynamodb.exceptions import PynamoDBException

from functions.auth import tasks
from tests.unit.auth.erasure_world import (
    Killed,
    assert_erased,
    begin,
    enlist,
    failing,
    furnish,
    run,
)


def test_an_erasure_killed_before_any_of_its_calls_ends_complete(monkeypatch):
    number = 0
    while True:
        user = enlist(f"ada{number}@example.org")
        furnish(user)
        begin(user)
        with failing(monkeypatch, number, Killed()) as calls:
            try:
                run(user)
            except Killed:
                is_over = False
            else:
                is_over = True
        if is_over:
            break
        assert run(user) == {"cursor": None}, calls[-1]
        assert_erased(user)
        number += 1
    assert number == len(calls) > 20, calls


def test_an_erasure_whose_every_call_fails_once_ends_complete(monkeypatch):
    user = enlist()
    furnish(user)
    begin(user)
    for number in range(200):
        with failing(monkeypatch, number, EndpointConnectionError(endpoint_url="https://aws.test")) as calls:
            try:
                answer = run(user)
            except (EndpointConnectionError, PynamoDBException):
                continue
        if answer == {"cursor": None} and len(calls) <= number:
            break
    assert_erased(user)


def test_steps_that_are_always_out_of_time_do_a_piece_each_until_all_is_done(monkeypatch):
    monkeypatch.setattr(tasks, "WORK_SECONDS", -1)
    user = enlist()
    furnish(user)
    begin(user)
    cursors = [run(user)["cursor"]]
    while cursors[-1] is not None and len(cursors) < 20:
        cursors.append(run(user, cursors[-1])["cursor"])
    assert cursors[-1] is None
    assert cursors[0] is not None
    assert_erased(user)


def test_an_erased_account_may_be_erased_again():
    user = enlist()
    furnish(user)
    begin(user)
    run(user)
    assert run(user) == {"cursor": None}
    assert_erased(user)
