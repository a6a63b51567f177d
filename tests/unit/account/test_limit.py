"""Rate limits."""

import pytest

from likeness import limit
from likeness.errors import TooManyRequests
from likeness.limit import give_back, take
from tests.support import client

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def at(monkeypatch):
    """Set the time, in seconds since 1970."""

    def set_time(seconds):
        monkeypatch.setattr(limit, "now", lambda: seconds)

    set_time(1_200_030)
    return set_time


def is_taken(action="login", subject="ada@example.org", maximum=2, seconds=60):
    try:
        take(action, subject, maximum, seconds)
    except TooManyRequests:
        return False
    return True


def test_so_many_are_taken_and_the_next_is_refused_until_the_window_ends(at):
    assert [is_taken() for _ in range(3)] == [True, True, False]
    with pytest.raises(TooManyRequests) as refused:
        take("login", "ada@example.org", 2, 60)
    assert refused.value.extra["retry_after"] == 30
    at(1_200_060)
    assert is_taken()


def test_the_wait_is_at_least_a_second(at):
    at(1_200_059)
    is_taken(maximum=1)
    with pytest.raises(TooManyRequests) as refused:
        take("login", "ada@example.org", 1, 60)
    assert refused.value.extra["retry_after"] == 1


def test_actions_subjects_and_windows_are_counted_apart(at):
    assert is_taken(maximum=1)
    assert is_taken("register", maximum=1)
    assert is_taken(subject="eve@example.org", maximum=1)
    assert is_taken(seconds=61, maximum=1)


def test_a_subject_is_one_however_it_is_written(at):
    assert is_taken(maximum=1)
    assert not is_taken(subject="ADA@example.org", maximum=1)


def test_a_refused_try_is_not_counted(at):
    for _ in range(5):
        is_taken(maximum=2)
    assert is_taken(maximum=3)


def test_what_is_given_back_can_be_taken_again(at):
    window = take("login", "ada@example.org", 1, 60)
    assert not is_taken(maximum=1)
    give_back(window)
    assert is_taken(maximum=1)
    assert not is_taken(maximum=1)


def test_rows_name_nobody_and_expire(at):
    is_taken()
    row = client("dynamodb").scan(TableName="users")["Items"][0]
    assert "ada" not in str(row)
    assert int(row["expires_at"]["N"]) == 1_200_060 + 60
    assert row["pk"]["S"].startswith("LIMIT#")
