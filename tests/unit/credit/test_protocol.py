"""The credit protocol, one rule at a time."""

import pytest

from likeness import credit
from likeness.credit import DeliveredBefore, LateDelivery, close, deliver, read_balance, reserve
from likeness.errors import AccountNotActive, Conflict, InsufficientCredits, KeyReused
from likeness.items.money import EntryKind, Payment
from likeness.items.photo import Photo
from likeness.items.user import AccountState, Profile
from likeness.ledger import claw_back, grant
from tests.support import make_person

pytestmark = pytest.mark.usefixtures("aws")


def job(row: str = "job", condition=None, otherwise=None):
    def also(transaction):
        item = Photo.of("ada", row)
        item.state = "pending"
        transaction.put(item, condition, otherwise)

    return also


def hold(operation="op", units=4, price=5, fingerprint="f", also=None):
    return reserve(
        "ada", operation, units, price, fingerprint=fingerprint, job="generation#1", deadline=1, also=also or job()
    )


def thing(number: int):
    def also(transaction):
        item = Photo.of("ada", f"thing{number}")
        item.state = "ready"
        transaction.put(item, Photo.sk.does_not_exist(), DeliveredBefore("there"))

    return also


def ended(transaction, reservation):
    transaction.put(_row("ended"))


def _row(name):
    item = Photo.of("ada", name)
    item.state = "done"
    return item


def balance():
    row = read_balance("ada")
    return int(row.available), int(row.reserved)


def test_reserve_moves_credits_from_available_to_reserved_and_writes_the_job():
    make_person("ada", 100)
    held = hold()
    assert (held.state, held.units, held.undelivered) == ("HELD", 4, 4)
    assert balance() == (80, 20)
    assert Photo.get("ada", "PHOTO#job").state == "pending"


def test_reserve_without_enough_credits_writes_nothing_and_says_the_numbers():
    make_person("ada", 19)
    with pytest.raises(InsufficientCredits) as refused:
        hold()
    assert refused.value.extra == {"available": 19, "required": 20}
    assert balance() == (19, 0)
    with pytest.raises(Photo.DoesNotExist):
        Photo.get("ada", "PHOTO#job")


def test_reserve_of_somebody_who_never_had_credits_is_refused_with_zero():
    make_person("ada", 0)
    with pytest.raises(InsufficientCredits) as refused:
        hold()
    assert refused.value.extra["available"] == 0


def test_repeat_answers_with_the_stored_reservation_even_when_all_else_would_refuse():
    make_person("ada", 20)
    first = hold()
    profile = Profile.of("ada")
    profile.state = AccountState.FROZEN.value
    profile.save()
    again = hold(also=job(condition=Photo.sk == "never", otherwise=Conflict("no")))
    assert (again.sk, again.at) == (first.sk, first.at)
    assert balance() == (0, 20)


def test_repeat_with_another_body_is_refused():
    make_person()
    hold()
    with pytest.raises(KeyReused):
        hold(fingerprint="g")


@pytest.mark.parametrize("state", [AccountState.FROZEN, AccountState.ERASING])
def test_reserve_of_an_account_that_is_not_active_is_refused(state):
    make_person()
    profile = Profile.of("ada")
    profile.state = state.value
    profile.save()
    with pytest.raises(AccountNotActive):
        hold()
    assert balance() == (100, 0)


def test_feature_condition_is_told_before_missing_credits():
    make_person("ada", 1)
    with pytest.raises(Conflict):
        hold(also=job(condition=Photo.sk == "never", otherwise=Conflict("no")))


def test_delivered_things_are_paid_and_the_rest_comes_back_at_close():
    make_person()
    hold()
    deliver("ada", "op", also=thing(1))
    deliver("ada", "op", also=thing(2))
    after = close("ada", "op", also=ended)
    assert (after.state, int(after.used)) == ("SETTLED", 2)
    assert balance() == (90, 0)
    assert Photo.get("ada", "PHOTO#ended").state == "done"


def test_same_thing_delivered_twice_is_paid_once():
    make_person()
    hold()
    deliver("ada", "op", also=thing(1))
    with pytest.raises(DeliveredBefore):
        deliver("ada", "op", also=thing(1))
    assert int(close("ada", "op", also=ended).used) == 1
    assert balance() == (95, 0)


def test_close_without_delivery_releases_everything_and_a_second_close_changes_nothing():
    make_person()
    hold()
    assert close("ada", "op", also=ended).state == "RELEASED"
    assert close("ada", "op", also=ended).state == "RELEASED"
    assert balance() == (100, 0)


def test_delivery_after_close_is_late_and_leaves_no_row():
    make_person()
    hold()
    close("ada", "op", also=ended)
    with pytest.raises(LateDelivery):
        deliver("ada", "op", also=thing(1))
    with pytest.raises(Photo.DoesNotExist):
        Photo.get("ada", "PHOTO#thing1")
    assert balance() == (100, 0)


def test_more_than_reserved_is_never_delivered():
    make_person()
    hold(units=1)
    deliver("ada", "op", also=thing(1))
    with pytest.raises(LateDelivery):
        deliver("ada", "op", also=thing(2))


def test_delivery_between_read_and_close_is_kept(monkeypatch):
    make_person()
    hold()
    read = credit.read_reservation
    calls: list[str] = []

    def read_then_deliver(user, operation):
        found = read(user, operation)
        if not calls:
            calls.append(operation)
            deliver("ada", "op", also=thing(1))
        return found

    monkeypatch.setattr(credit, "read_reservation", read_then_deliver)
    assert int(close("ada", "op", also=ended).used) == 1
    assert balance() == (95, 0)


def test_grant_counts_once_per_kind_and_ref():
    make_person("ada", 0)
    assert grant("ada", EntryKind.PURCHASE, "cs_1", 50)
    assert not grant("ada", EntryKind.PURCHASE, "cs_1", 50)
    assert grant("ada", EntryKind.PURCHASE, "cs_2", 50)
    assert balance() == (100, 0)


def pay(bought=100, amount=990):
    payment = Payment.of("ada", "cs_1")
    payment.credits, payment.amount = bought, amount
    payment.save()
    grant("ada", EntryKind.PURCHASE, "cs_1", bought)


def test_partial_refunds_claw_back_in_proportion_and_never_more_than_was_bought():
    make_person("ada", 0)
    pay()
    taken = [
        claw_back("ada", "cs_1", refunded, kind=EntryKind.CLAWBACK, ref=f"ch:{refunded}")
        for refunded in (330, 330, 500, 330, 990, 2000)
    ]
    assert taken == [33, 0, 17, 0, 50, 0]
    assert balance() == (0, 0)


def test_claw_back_of_spent_credits_leaves_a_debt_that_the_next_grant_repays():
    make_person("ada", 0)
    pay()
    hold(units=20)
    for number in range(20):
        deliver("ada", "op", also=thing(number))
    close("ada", "op", also=ended)
    claw_back("ada", "cs_1", 990, kind=EntryKind.CLAWBACK, ref="ch:990")
    assert balance() == (-100, 0)
    with pytest.raises(InsufficientCredits):
        hold("op2", 1, 1)
    assert hold("what_is_free", 4, 0).state == "HELD"
    deliver("ada", "what_is_free", also=thing(99))
    assert close("ada", "what_is_free", also=ended).state == "SETTLED"
    assert balance() == (-100, 0)
    grant("ada", EntryKind.PURCHASE, "cs_2", 130)
    assert balance() == (30, 0)
