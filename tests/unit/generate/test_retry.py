"""Ordering again what an order missed: the same pictures, held and paid anew, once."""

import httpx
import pytest

from functions.generate import handler
from functions.generate.service import orders, retrying
from likeness.credit import read_reservation
from likeness.items.generation import Generation, Relation
from likeness.items.model import Weights
from tests.support import call, make_person
from tests.unit.generate.studio import (
    balance,
    cancel,
    close,
    generations,
    images,
    job_of,
    make_model,
    order,
    read,
    render,
    row_of,
)

pytestmark = pytest.mark.usefixtures("studio")


@pytest.fixture
def first(studio):
    """An order of four pictures, of which the first was made, two were flagged and one failed."""
    make_person("ada", 100)
    studio.flagged = {8, 10}
    reply = order(model_id=make_model(), prompt="[me] at sea", style="oil", count=4)
    for number in (1, 2, 4):
        render(job_of(reply), number)
    studio.once("submit", httpx.Response(422, json={"detail": [{"type": "image_too_small"}]}))
    render(job_of(reply), 3)
    close(job_of(reply))
    assert [one["state"] for one in read(reply).json["pictures"]] == ["done", "flagged", "failed", "flagged"]
    assert balance() == (99, 0)
    studio.flagged = set()
    studio.jobs.clear()
    return reply


def retry(reply, key="again", user="ada", **more):
    return call(handler.handler, "POST", f"/v1/generations/{reply.json['id']}/retry", user=user, key=key, **more)


def test_retry_orders_exactly_what_is_missing_and_money_is_exact(studio, first):
    again = retry(first)
    assert (again.status, again.json["credits"]) == (202, 3)
    assert balance() == (96, 3)
    for number in (1, 2, 3):
        render(job_of(again), number)
    close(job_of(again))
    assert [job["seed"] for job in studio.jobs] == [8, 9, 10]
    assert {job["prompt"] for job in studio.jobs} == {
        "oil painting of ohwx woman at sea, rich brushwork on canvas",
    }
    assert balance() == (96, 0)
    assert len(images()) == 4
    reservations = [read_reservation("ada", row.operation) for row in generations()]
    assert [(int(one.used), int(one.units), one.state) for one in reservations] == [
        (1, 4, "SETTLED"),
        (3, 3, "SETTLED"),
    ]
    shown = read(again).json
    assert (shown["retry_of"], shown["relation"], [one["seed"] for one in shown["pictures"]]) == (
        first.json["id"],
        None,
        [8, 9, 10],
    )


def test_order_is_retried_once_and_names_its_retry(first):
    etag = read(first).headers["etag"]
    again = retry(first)
    changed = read(first, headers={"if-none-match": etag})
    assert (changed.status, changed.json["retried_by"]) == (200, again.json["id"])
    other = retry(first, key="another")
    assert (other.status, other.code, other.json["generation_id"]) == (409, "conflict", again.json["id"])
    assert retry(first).body == again.body
    assert (balance(), len(generations())) == ((96, 3), 2)


def test_two_retries_at_once_hold_once(first, monkeypatch):
    make = retrying.order_again

    def and_quicker(user_id, generation_id):
        order = make(user_id, generation_id)
        orders.place(user_id, make(user_id, generation_id), "quicker", "f")
        return order

    monkeypatch.setattr(retrying, "order_again", and_quicker)
    assert retry(first).code == "conflict"
    assert balance() == (96, 3)


def test_retry_that_misses_something_is_retried_from_the_retry(studio, first):
    again = retry(first)
    studio.flagged = {9}
    for number in (1, 2, 3):
        render(job_of(again), number)
    close(job_of(again))
    third = retry(again)
    assert (third.status, third.json["credits"]) == (202, 1)
    assert [one["seed"] for one in read(third).json["pictures"]] == [9]
    assert balance() == (96, 1)


def test_retry_of_a_cancelled_remix_keeps_its_lineage(first):
    (parent,) = images()
    remix = call(handler.handler, "POST", f"/v1/images/{parent.id}/remixes", {"count": 2}, user="ada", key="remix")
    cancel(remix)
    again = read(retry(remix)).json
    assert (again["relation"], again["parent_id"], again["count"]) == (Relation.REMIX.value, parent.id, 2)


def test_retry_of_a_pack_orders_the_missing_ones_of_it(first):
    body = {"pack": {"id": "painters"}, "model_id": row_of(first).ordered.model_id, "seed": 100}
    pack = call(handler.handler, "POST", "/v1/generations", body, user="ada", key="pack")
    render(job_of(pack), 1)
    render(job_of(pack), 3)
    cancel(pack)
    before, after = read(pack).json, read(retry(pack)).json
    missing = [one for one in before["pictures"] if one["state"] == "cancelled"]
    looks = ("style", "aspect_ratio", "width", "seed")
    assert [[one[name] for name in looks] for one in after["pictures"]] == [
        [one[name] for name in looks] for one in missing
    ]
    assert [one["prompt"] or after["prompt"] for one in after["pictures"]] == [one["prompt"] for one in missing]
    assert after["pack"] == before["pack"]


def test_order_that_runs_or_misses_nothing_is_not_retried():
    make_person("ada", 100)
    reply = order()
    assert retry(reply).code == "conflict"
    render(job_of(reply))
    close(job_of(reply))
    refused = retry(reply)
    assert (refused.status, refused.code) == (409, "conflict")
    assert balance() == (99, 0)


def test_samples_are_not_retried(first):
    row = row_of(first)
    row.update([Generation.request.set({**row.request, "relation": "sample"})])
    assert retry(first).code == "conflict"


def test_retry_wants_the_very_version(first):
    ordered = row_of(first).ordered
    Weights.of("ada", str(ordered.model_id), str(ordered.training_id)).delete()
    assert retry(first).code == "model_not_ready"
    assert balance() == (99, 0)


def test_order_of_somebody_else_is_not_found_and_a_key_is_wanted(first):
    make_person("eve", 100)
    for user, path in (("eve", first.json["id"]), ("ada", "nonesuch"), ("ada", "01J00000000000000000000000")):
        reply = call(handler.handler, "POST", f"/v1/generations/{path}/retry", user=user, key="k")
        assert (reply.status, reply.code) == (404, "not_found")
    assert retry(first, key=None).code == "idempotency_key_invalid"
