"""Many at once for the same credits: on the real protocol against the emulator's tables, and over HTTP."""

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from likeness.credit import close, reserve
from likeness.errors import AppError
from likeness.items.money import EntryKind
from likeness.items.row import now
from likeness.items.user import Profile
from likeness.ledger import grant
from local.waiting import wait_for
from tests.deployed import funds, make_person
from tests.integration.stack import as_function, assert_exact, insist, kinds, money, rows

SPENDS, AFFORDABLE = 64, 40


@pytest.fixture
def spender():
    """An account with credits for forty spends, in the deployed tables."""
    user_id = f"race-{secrets.token_hex(8)}"
    with as_function():
        profile = Profile.of(user_id)
        profile.save()
        grant(user_id, EntryKind.ADJUSTMENT, "race", AFFORDABLE)
        yield user_id


def spend(user_id: str, operation: str) -> str:
    """Reserve one credit as a request does, waiting out what only asks to be tried again."""
    while True:
        try:
            held = reserve(
                user_id,
                operation,
                1,
                1,
                fingerprint="same",
                job=f"generation#{operation}",
                deadline=now() + 600,
                also=lambda _: None,
            )
        except AppError as error:
            if error.code != "busy":
                return error.code
        else:
            return f"held {held.job}"


def at_once(user_id: str) -> list[tuple[str, str]]:
    """Send every spend twice, from 64 threads that start together; what each was answered."""
    operations = [f"spend-{number % SPENDS}" for number in range(2 * SPENDS)]
    start = Barrier(SPENDS)

    def send(pair: tuple[str, str]) -> list[tuple[str, str]]:
        start.wait()
        return [(operation, spend(user_id, operation)) for operation in pair]

    pairs = [(operations[number], operations[-1 - number]) for number in range(SPENDS)]
    with ThreadPoolExecutor(SPENDS) as pool:
        return [answer for answers in pool.map(send, pairs) for answer in answers]


def test_of_sixty_four_spends_at_once_exactly_the_affordable_forty_succeed(spender):
    answers = at_once(spender)
    held = {operation for operation, answer in answers if answer.startswith("held")}
    assert len(held) == AFFORDABLE
    assert set(Counter(answer for _, answer in answers if not answer.startswith("held"))) == {"insufficient_credits"}
    assert all(answer == f"held generation#{operation}" for operation, answer in answers if operation in held)
    assert assert_exact(spender) == {
        "available": 0,
        "reserved": AFFORDABLE,
        "entries": AFFORDABLE,
        "held": AFFORDABLE,
        "spent": 0,
        "used": 0,
        "reservations": AFFORDABLE,
    }


def test_closing_every_spend_twice_at_once_gives_each_credit_back_once(spender):
    held = {operation for operation, answer in at_once(spender) if answer.startswith("held")}

    def end(operation: str) -> str:
        return close(spender, operation, also=lambda _transaction, _reservation: None).state

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(end, [*held, *held])) == {"RELEASED"}
    sums = assert_exact(spender)
    assert (sums["available"], sums["reserved"]) == (AFFORDABLE, 0)


def test_one_grant_sent_by_sixteen_at_once_is_booked_once(spender):
    with ThreadPoolExecutor(16) as pool:
        booked = list(pool.map(lambda _: grant(spender, EntryKind.PURCHASE, "invoice-1", 25), range(48)))
    assert booked.count(True) == 1
    assert assert_exact(spender)["available"] == AFFORDABLE + 25


def test_orders_at_once_over_http_never_spend_more_than_there_is():
    ada = make_person()
    with as_function():
        grant(ada.user_id, EntryKind.ADJUSTMENT, "race", -95)
    order = {"prompt": "a lighthouse", "base_model": "flux-2-dev", "count": 1}

    def send(number: int):
        return insist(ada, "POST", "/v1/generations", order, f"race-{number % 12}")

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(24)))
    assert {answer.status_code for answer in answers} == {202, 402}
    taken = {answer.json()["id"] for answer in answers if answer.status_code == 202}
    assert len(taken) == 5
    refused = [answer.json() for answer in answers if answer.status_code == 402]
    assert {(body["code"], body["required"], body["available"]) for body in refused} == {("insufficient_credits", 1, 0)}
    assert money(ada.user_id)["reservations"] == 5
    wait_for(lambda: funds(ada), lambda now: now == (0, 0), seconds=90)
    assert assert_exact(ada.user_id)["spent"] == 5
    assert kinds(rows("images", ada.user_id)).count("IMAGE") == 5
