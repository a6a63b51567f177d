"""Orders whose pictures the vendor spoils: each ends once, paid for what came and for nothing else."""

from collections import Counter

import pytest

from local.waiting import wait_for
from tests.deployed import ended_generation
from tests.integration.stack import rows
from tests.reliability.faults.evidence import (
    assert_bought_once,
    assert_fired,
    assert_no_orphans,
    assert_order_paid,
    past,
    set_numbers,
)
from tests.reliability.faults.machinery import sweep
from tests.reliability.faults.schedules import ORDERS, one


@pytest.mark.parametrize("name", ORDERS)
def test_spoilt_order_ends_once_and_costs_what_was_delivered(sitter, orders, name):
    schedule, (aim, order_id) = ORDERS[name], orders[name]
    over = ended_generation(sitter.client, order_id, seconds=240)
    assert Counter(picture.error_code or picture.state for picture in over.pictures) == schedule.ends
    assert_fired(aim)
    assert_bought_once(aim, schedule.bought)
    assert_order_paid(sitter.client, over)


def test_order_whose_vendor_never_finishes_ends_at_its_deadline(sitter):
    aim, order_id = sitter.order(one("never_finishes"))
    user_id, order, render = sitter.client.user_id, f"GENERATION#{order_id}", f"RENDER#{order_id}#01"
    wait_for(
        lambda: {row["sk"]["S"]: row for row in rows("images", user_id)}.get(render, {}),
        lambda row: "vendor_ref" in row,
        seconds=60,
    )
    set_numbers("images", user_id, order, deadline=past(), check_at=past())
    sweep()
    over = sitter.client.api.read_generation(order_id)
    assert [picture.error_code for picture in over.pictures] == ["deadline_exceeded"]
    assert_fired(aim)
    assert_bought_once(aim, 1)
    assert_order_paid(sitter.client, over)


def test_spoilt_orders_leave_no_object_without_a_row(sitter, orders):
    for _, order_id in orders.values():
        ended_generation(sitter.client, order_id)
    assert_no_orphans(sitter.client.user_id)
