"""The credit protocol against a model: any order of any calls, repeated or late, keeps every invariant.

Single-threaded, because moto is not atomic; the race itself runs on the emulator (`tests/integration`).
"""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from likeness import credit, ledger
from likeness.errors import InsufficientCredits, KeyReused, NotFound
from likeness.items.money import Balance, Entry, EntryKind, Payment, Reservation
from likeness.items.photo import Photo
from tests.support import make_person

_users = itertools.count()
NO_JOB: dict[str, Any] = {"open": False, "done": set(), "units": 0}


class Model:
    """What the ledger should say, in a few dictionaries."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], int] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}

    @property
    def reserved(self) -> int:
        return sum(job["units"] * job["price"] for job in self.jobs.values() if job["open"])

    @property
    def available(self) -> int:
        spent = sum(len(job["done"]) * job["price"] for job in self.jobs.values() if not job["open"])
        return sum(self.entries.values()) - spent - self.reserved


class Credits(RuleBasedStateMachine):
    """Reserve, deliver, close, grant and claw back in any order."""

    operations = Bundle("operations")
    payments = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.user = f"user{next(_users)}"
        make_person(self.user, 0)
        self.model = Model()

    @rule(ref=st.sampled_from("abcd"), amount=st.integers(1, 40))
    def grant(self, ref, amount):
        fresh = ("purchase", ref) not in self.model.entries
        assert ledger.grant(self.user, EntryKind.PURCHASE, ref, amount) == fresh
        self.model.entries.setdefault(("purchase", ref), amount)

    @rule(
        target=operations,
        name=st.sampled_from([f"op{n}" for n in range(6)]),
        units=st.integers(1, 4),
        price=st.integers(1, 7),
    )
    def reserve(self, name, units, price):
        known = self.model.jobs.get(name)
        print_ = f"{units}x{price}"
        affordable = self.model.available >= units * price
        try:
            held = credit.reserve(
                self.user, name, units, price, fingerprint=print_, job=f"generation#{name}", deadline=1, also=_nothing
            )
        except KeyReused:
            assert known
            assert known["print"] != print_
        except InsufficientCredits:
            assert known is None
            assert not affordable
        else:
            assert known is None or known["print"] == print_
            assert known is not None or affordable
            assert (int(held.units), int(held.unit_price)) == (units, price)
            if known is None:
                self.model.jobs[name] = {"units": units, "price": price, "print": print_, "done": set(), "open": True}
        return name

    @rule(name=operations, number=st.integers(1, 5))
    def deliver(self, name, number):
        job = self.model.jobs.get(name, NO_JOB)
        try:
            credit.deliver(self.user, name, also=self._thing(name, number))
        except credit.DeliveredBefore:
            assert number in job["done"]
        except credit.LateDelivery:
            assert not job["open"] or len(job["done"]) == job["units"]
        else:
            assert job["open"]
            job["done"].add(number)

    @rule(name=operations)
    def close(self, name):
        job = self.model.jobs.get(name, NO_JOB)
        try:
            ended = credit.close(self.user, name, also=lambda *_: None)
        except NotFound:
            assert job is NO_JOB
        else:
            job["open"] = False
            assert ended.state == ("SETTLED" if job["done"] else "RELEASED")

    @rule(target=payments, name=st.sampled_from("xyz"), credits_=st.integers(1, 60), amount=st.integers(1, 999))
    def pay(self, name, credits_, amount):
        if name not in self.model.payments:
            row = Payment.of(self.user, name)
            row.credits, row.amount = credits_, amount
            row.save()
            ledger.grant(self.user, EntryKind.PURCHASE, f"pay-{name}", credits_)
            self.model.entries["purchase", f"pay-{name}"] = credits_
            self.model.payments[name] = {"credits": credits_, "amount": amount, "taken": 0}
        return name

    @rule(name=payments, share=st.integers(0, 130))
    def claw_back(self, name, share):
        payment = self.model.payments[name]
        refunded = payment["amount"] * share // 100
        due = min(payment["credits"], payment["credits"] * refunded // payment["amount"]) - payment["taken"]
        ref = f"{name}:{refunded}"
        taken = ledger.claw_back(self.user, name, refunded, kind=EntryKind.CLAWBACK, ref=ref)
        assert taken == max(0, due)
        if taken:
            payment["taken"] += taken
            self.model.entries["clawback", ref] = -taken

    @invariant()
    def ledger_is_what_the_model_says(self):
        balance = credit.read_balance(self.user)
        assert (int(balance.available), int(balance.reserved)) == (self.model.available, self.model.reserved)
        assert self.model.available >= 0 or any(kind == "clawback" for kind, _ in self.model.entries)

    @invariant()
    def rows_add_up(self):
        entries = sum(int(row.amount) for row in Entry.query(self.user, Entry.sk.startswith("ENTRY#")))
        jobs = list(Reservation.query(self.user, Reservation.sk.startswith("RESERVATION#")))
        held = sum(int(job.units) * int(job.unit_price) for job in jobs if job.state == "HELD")
        spent = sum(int(job.used) * int(job.unit_price) for job in jobs if job.state != "HELD")
        balance = Balance.get(self.user, "BALANCE") if entries or jobs else credit.read_balance(self.user)
        assert int(balance.reserved) == held
        assert int(balance.available) + held + spent == entries
        delivered = Photo.count(self.user, Photo.sk.startswith("PHOTO#"))
        assert sum(int(job.used) for job in jobs) == delivered

    def _thing(self, name, number):
        def also(transaction):
            row = Photo.of(self.user, f"{name}-{number}")
            row.state = "ready"
            transaction.put(row, Photo.sk.does_not_exist(), credit.DeliveredBefore("there"))

        return also


def _nothing(_transaction):
    return None


@pytest.mark.usefixtures("aws")
def test_any_history_of_calls_keeps_the_ledger_exact():
    run_state_machine_as_test(
        Credits,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
