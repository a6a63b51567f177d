"""Moving to another address that is killed half-way, juggled for credits, or looked at by strangers."""

import re

import pytest

from likeness.credit import read_balance
from likeness.items.user import Welcome
from likeness.table import Transaction
from tests.unit.auth.conftest import EMAIL, join, letters, login, stored
from tests.unit.auth.erasure_world import begin, run
from tests.unit.auth.moves import NEW, ask, code, confirm, moved, pending, wrong
from tests.unit.auth.pool import refuse


def test_asking_for_a_known_address_ends_the_code_of_before_like_any_other():
    join("known@example.org")
    user = join()
    ask(user)
    first = code()
    ask(user, "known@example.org")
    assert confirm(user, first).code == "code_invalid"
    assert stored(user).email == EMAIL


def test_the_code_is_stored_nowhere_and_not_logged(capsys):
    user = join()
    ask(user)
    kept = pending(user)
    assert kept is not None
    assert code() not in str(kept.serialize())
    written = "".join(capsys.readouterr())
    assert code() not in written
    assert NEW not in written


def test_mails_to_one_address_and_by_one_person_are_limited():
    user = join()
    for number in range(5):
        assert ask(user, f"c{number}@example.net").status == 202
    assert ask(user, "c6@example.net").code == "too_many_requests"
    others = [join(f"eve{number}@example.org") for number in range(6)]
    assert [ask(other).status for other in others] == [202] * 5 + [429]


@pytest.mark.parametrize("at", ["admin_update_user_attributes", "admin_user_global_sign_out", "commit"])
def test_a_move_killed_half_way_is_finished_by_the_same_code(pool, monkeypatch, at):
    user = join()
    ask(user)
    with monkeypatch.context() as broken:
        busy = {"raising": False} if at != "commit" else {}
        target = Transaction if at == "commit" else pool
        if at == "commit":
            real, seen = Transaction.commit, []

            def commit(self):
                seen.append(1)
                return real(self) if len(seen) == 1 else refuse("Killed")

            broken.setattr(target, at, commit)
        else:
            broken.setattr(target, at, lambda **_: refuse("TooManyRequestsException"), **busy)
        assert confirm(user, code()).status in {500, 503}
    assert confirm(user, next_code()).status == 200
    assert stored(user).email == NEW
    assert login(NEW).json["user_id"] == user
    assert pending(user) is None


def next_code() -> str:
    """The code again, whatever was mailed after it."""
    return str(re.findall(r"\b\d{6}\b", letters()[0].body)[0])


def test_a_move_that_nobody_finished_is_written_down_at_the_next_sign_in(pool):
    user = join()
    attributes = [{"Name": "email", "Value": NEW}, {"Name": "email_verified", "Value": "true"}]
    pool.admin_update_user_attributes(UserPoolId=pool._pool(), Username=user, UserAttributes=attributes)
    assert stored(user).email == EMAIL
    assert login(NEW).status == 200
    assert stored(user).email == NEW


def credits_of(user) -> int:
    return int(read_balance(user).available)


def test_whoever_moves_and_comes_back_is_not_welcomed_twice():
    user = moved()
    assert credits_of(user) == 100
    old = join(EMAIL)
    assert credits_of(old) == 0
    begin(user)
    run(user)
    again = join(NEW)
    assert again != user
    assert credits_of(again) == 0


def test_moving_gives_no_credits_and_marks_only_who_proved_the_address():
    user = join()
    ask(user)
    marks = len(list(Welcome.scan(Welcome.sk == "WELCOME")))
    confirm(user, wrong())
    assert len(list(Welcome.scan(Welcome.sk == "WELCOME"))) == marks
    confirm(user, code())
    assert len(list(Welcome.scan(Welcome.sk == "WELCOME"))) == marks + 1
    assert credits_of(user) == 100


def test_an_address_that_was_left_is_free_for_somebody_else():
    user = moved()
    again = join(EMAIL)
    assert again != user
    assert login(NEW).json["user_id"] == user


def test_the_same_code_of_others_or_for_another_address_is_stored_otherwise(monkeypatch):
    monkeypatch.setattr("secrets.randbelow", lambda _: 42)
    seals = []
    for user, email in ((join(), NEW), (join("eve@example.org"), NEW), (join("bob@example.org"), "b@example.net")):
        ask(user, email)
        row = pending(user)
        assert row is not None
        seals.append(row.code_mac)
    assert code() == "000042"
    assert len(set(seals)) == 3
    ask(user, NEW)
    again = pending(user)
    assert again is not None
    assert again.code_mac not in seals
