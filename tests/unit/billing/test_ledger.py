"""Credits and the ledger through the front door."""

import pytest

from functions.billing.handler import handler
from likeness.credit import close, deliver, reserve
from likeness.items.money import EntryKind
from likeness.items.photo import Photo
from likeness.ledger import grant
from tests.support import call, make_person

pytestmark = pytest.mark.usefixtures("aws")


def hold(operation, units, price, job):
    reserve("ada", operation, units, price, fingerprint="f", job=job, deadline=1, also=lambda _: None)


def make(operation, number):
    row = Photo.of("ada", f"{operation}{number}")
    row.state = "ready"
    deliver("ada", operation, also=lambda transaction: transaction.put(row))


def entries(query=""):
    return call(handler, "GET", f"/v1/credits/entries{query}", user="ada")


def test_person_without_any_row_has_zero_credits():
    assert call(handler, "GET", "/v1/credits", user="ada").json == {"available": 0, "reserved": 0, "debt": 0}
    assert entries().json == {"entries": [], "cursor": None}


def test_debt_is_shown_as_debt():
    grant("ada", EntryKind.CLAWBACK, "ch:1", -30)
    assert call(handler, "GET", "/v1/credits", user="ada").json == {"available": 0, "reserved": 0, "debt": 30}


def test_every_line_has_its_amount_and_the_balance_after_it():
    make_person("ada", 100)
    hold("a", 4, 1, "generation#G1")
    make("a", 1)
    make("a", 2)
    close("ada", "a", also=lambda *_: None)
    hold("b", 1, 50, "training#M#T1")
    close("ada", "b", also=lambda *_: None)
    hold("c", 3, 2, "generation#G2")
    lines = [
        (line["kind"], line["state"], line["amount"], line["balance"], line["job_id"])
        for line in entries().json["entries"]
    ]
    assert lines == [
        ("generation", "held", -6, 92, "G2"),
        ("training", "released", 0, 98, "T1"),
        ("generation", "settled", -2, 98, "G1"),
        ("welcome", "booked", 100, 100, None),
    ]
    assert call(handler, "GET", "/v1/credits", user="ada").json["available"] == 92


def test_pages_go_on_with_the_running_balance():
    for number in range(5):
        grant("ada", EntryKind.PURCHASE, f"cs{number}", 10)
    whole = entries().json["entries"]
    pages, cursor = [], ""
    while True:
        page = entries(f"?limit=2{cursor}").json
        pages += page["entries"]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert pages == whole
    assert [line["balance"] for line in whole] == [50, 40, 30, 20, 10]


@pytest.mark.parametrize("cursor", ["x", "e30", "eyJzayI6MX0"])
def test_cursor_that_is_not_ours_is_refused(cursor):
    reply = entries(f"?cursor={cursor}")
    assert (reply.status, reply.code) == (400, "cursor_invalid")


def test_ledgers_of_others_are_never_seen():
    make_person("ada", 100)
    assert call(handler, "GET", "/v1/credits/entries", user="eve").json["entries"] == []
