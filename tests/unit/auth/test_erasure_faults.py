"""An erasure that is killed, refused or out of time ends complete, and its receipt counts each thing once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError
from pynamodb.exceptions import PynamoDBException

from functions.auth import tally, tasks
from likeness import partition, storage
from likeness.items.user import Erasure
from tests.unit.auth.erasure_world import (
    assert_erased,
    begin,
    enlist,
    furnish,
    run,
    store,
)


class Killed(BaseException):
    """The process is gone: nothing catches this."""


READS = {"GetItem", "Query", "ListObjectsV2", "AdminGetUser", "GetSecretValue"}


STRIDE = 6


@contextmanager
def failing(monkeypatch, at: int, error: BaseException) -> Iterator[list[str]]:
    """Let the AWS call of this number (from 0) that changes anything fail before it is made; yields those calls."""
    real, calls = BaseClient._make_api_call, []  # type: ignore[attr-defined]  # private

    def make(self, operation, parameters):
        if operation not in READS:
            calls.append(operation)
            if len(calls) == at + 1:
                raise error
        return real(self, operation, parameters)

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", make)
        yield calls


def test_an_erasure_killed_before_any_of_its_calls_ends_complete(monkeypatch):
    """Of about eighty calls every sixth; `STRIDE = 1` takes them all and a minute."""
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
        number += STRIDE
    assert number >= len(calls) > 20, calls


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


def test_objects_that_were_counted_and_not_removed_are_removed_and_not_counted_again(monkeypatch):
    user = enlist()
    furnish(user)
    begin(user)
    with monkeypatch.context() as broken:
        broken.setattr(storage, "remove", lambda *_, **__: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            run(user)
    (noted,) = Erasure.query(user, Erasure.sk == "ERASURE")
    assert len(noted.pending["keys"]) == int(noted.objects) > 0
    assert run(user) == {"cursor": None}
    assert_erased(user)


def test_two_erasures_at_once_count_each_thing_once(monkeypatch):
    user = enlist()
    furnish(user)
    begin(user)
    real = storage.list_some
    depth: list[int] = []

    def listed(prefix, *, bucket):
        found = real(prefix, bucket=bucket)
        if found and not depth:
            depth.append(1)
            run(user)
            # A third erasure begins a count of its own: it must not be taken for the first.
            tally.remove_objects(user, bucket, "media/u/nobody/")
        return found

    monkeypatch.setattr(storage, "list_some", listed)
    assert run(user) == {"cursor": None}
    assert depth
    assert_erased(user)


def test_rows_removed_by_another_erasure_are_counted_by_it_alone(monkeypatch):
    user = enlist()
    furnish(user)
    begin(user)
    real = partition.first_rows
    depth: list[int] = []

    def first(table, pk):
        found = real(table, pk)
        if found and not depth:
            depth.append(1)
            run(user)
        return found

    monkeypatch.setattr(tally, "first_rows", first)
    assert run(user) == {"cursor": None}
    assert depth
    assert_erased(user)


def test_a_page_that_another_erasure_has_counted_is_not_counted_again(monkeypatch):
    user = enlist()
    key = store(f"media/u/{user}/images/1/view.webp")
    real = storage.list_some
    depth: list[int] = []

    def listed(prefix, *, bucket):
        found = real(prefix, bucket=bucket)
        if not depth:
            depth.append(1)
            tally.remove_objects(user, bucket, prefix)
        return found

    monkeypatch.setattr(storage, "list_some", listed)
    assert tally.remove_objects(user, "media-bucket", key)
    (noted,) = Erasure.query(user, Erasure.sk == "ERASURE")
    assert int(noted.objects) == 1
