"""Ends: what was delivered is paid, the rest is back, and nothing comes after."""

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from functions.generate import tasks
from functions.generate.service import outcome
from likeness import credit, generation
from likeness.credit import read_reservation
from likeness.errors import VendorTransient
from likeness.items.generation import Generation
from tests.support import Reply, make_person, step
from tests.unit.generate.studio import (
    assert_missed,
    balance,
    cancel,
    close,
    images,
    job_of,
    make_model,
    order,
    read,
    render,
    row_of,
    stored_keys,
)


@pytest.fixture(autouse=True)
def ada(studio):
    make_person("ada", 100)


def test_order_ends_succeeded_when_every_picture_is_there():
    reply = order(count=2)
    job = job_of(reply)
    render(job, 1)
    render(job, 2)
    close(job)
    shown = read(reply).json
    assert (shown["status"], shown["error"], shown["credits_back"]) == ("succeeded", None, 0)
    assert shown["ended_at"]
    row = row_of(reply)
    assert row.open is None
    assert row.check_at is None
    reservation = read_reservation("ada", row.operation)
    assert (reservation.state, reservation.used) == ("SETTLED", 2)
    assert balance() == (98, 0)


def test_part_of_an_order_pays_for_what_was_made_and_says_so(studio):
    studio.flagged = {8, 9}
    reply = order(model_id=make_model(), count=4, seed=7)
    job = job_of(reply)
    for number in (1, 2, 3, 4):
        render(job, number)
    close(job)
    shown = read(reply).json
    assert [picture["state"] for picture in shown["pictures"]] == ["done", "flagged", "flagged", "done"]
    assert (shown["status"], shown["error_code"], shown["credits_back"]) == ("succeeded", "flagged", 2)
    assert shown["error"].endswith("2 of 4 pictures were made; 2 credits are back.")
    assert (balance(), len(images()), row_of(reply).operation) == ((98, 0), 2, row_of(reply).operation)
    assert read_reservation("ada", row_of(reply).operation).used == len(images())


def test_order_without_any_picture_fails_and_everything_is_back(studio):
    studio.once("together", *[httpx.Response(422, json={"error": {"message": "NSFW"}})] * 2)
    reply = order(count=2)
    job = job_of(reply)
    render(job, 1)
    render(job, 2)
    close(job)
    shown = read(reply).json
    assert (shown["status"], shown["error_code"]) == ("failed", "content_refused")
    assert shown["error"].endswith("No picture was made; 2 credits are back.")
    assert balance() == (100, 0)


def test_close_again_changes_nothing():
    reply = order()
    job = job_of(reply)
    close(job)
    version = row_of(reply).version
    close(job)
    assert (row_of(reply).version, balance()) == (version, (100, 0))


def test_done_picture_never_becomes_failed():
    reply = order()
    render(job_of(reply))
    version = row_of(reply).version
    step(tasks.handler, "give_up", job=job_of(reply), number=1, error={"Error": "VendorBusy", "Cause": "{}"})
    assert read(reply).json["pictures"][0]["state"] == "done"
    assert row_of(reply).version == version


@pytest.mark.parametrize(
    ("error", "code"),
    [("VendorBusy", "vendor_busy"), ("VendorTransient", "vendor_transient"), ("States.Timeout", "internal_error")],
)
def test_giving_up_says_why_and_the_credits_come_back(error, code):
    reply = order()
    step(tasks.handler, "give_up", job=job_of(reply), number=1, error={"Error": error, "Cause": "{}"})
    assert_missed(reply, code)


def test_picture_that_comes_after_the_end_is_neither_kept_nor_charged(studio, monkeypatch):
    counted = []
    monkeypatch.setattr(outcome, "count", lambda name, value=1: counted.append(name))
    reply = order()

    def end_meanwhile(_request):
        close(job_of(reply))

    studio.on("together", end_meanwhile)
    render(job_of(reply))
    assert (images(), stored_keys(), balance()) == ([], [], (100, 0))
    assert counted == ["LateDelivery"]
    assert read(reply).json["pictures"][0]["state"] == "failed"


def test_cancel_while_the_vendor_works_stops_it_and_gives_everything_back(studio):
    studio.polls_until_done = 10_000
    reply = order(model_id=make_model(), count=2)
    answers: list[Reply] = []
    studio.during_sleep = lambda: answers.append(cancel(reply)) if not answers else None
    render(job_of(reply))
    assert answers[0].status == 200
    shown = answers[0].json
    assert (shown["status"], shown["error"]) == ("cancelled", "Cancelled. No picture was made; 2 credits are back.")
    assert {picture["state"] for picture in shown["pictures"]} == {"cancelled"}
    assert set(studio.cancelled) == {"job1"}
    assert (images(), stored_keys(), balance()) == ([], [], (100, 0))


def test_cancel_while_the_purchase_is_under_way_stops_the_vendor(studio):
    reply = order(model_id=make_model())

    def cancel_meanwhile(_request):
        cancel(reply)

    studio.on("submit", cancel_meanwhile)
    render(job_of(reply))
    assert studio.cancelled == ["job1"]
    assert (images(), balance()) == ([], (100, 0))


def test_cancel_keeps_and_charges_what_is_done():
    reply = order(count=3)
    render(job_of(reply), 2)
    shown = cancel(reply).json
    assert [picture["state"] for picture in shown["pictures"]] == ["cancelled", "done", "cancelled"]
    assert shown["error"] == "Cancelled. 1 of 3 pictures was made; 2 credits are back."
    assert (len(images()), balance()) == (1, (99, 0))
    states = boto3.client("stepfunctions")
    name = f"arn:aws:states:us-east-1:123456789012:execution:generate:{reply.json['id']}-1"
    assert states.describe_execution(executionArn=name)["status"] == "ABORTED"


def test_cancel_of_what_has_ended_is_a_conflict():
    reply = order()
    close(job_of(reply))
    again = cancel(reply)
    assert (again.status, again.code) == (409, "already_ended")
    assert cancel(order()).status == 200


def test_cancel_works_when_tidying_up_fails(studio, monkeypatch):
    reply = order(model_id=make_model())
    studio.polls_until_done = 10_000
    with pytest.raises(VendorTransient):
        render(job_of(reply))
    studio.on("cancel", lambda _: httpx.Response(500, json={}))
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "StopExecution")

    def refuse(*_args):
        raise denied

    monkeypatch.setattr("likeness.generation.stop", refuse)
    assert cancel(reply).json["status"] == "cancelled"
    assert balance() == (100, 0)


def order_killed_before_delivery(monkeypatch) -> Reply:
    reply = order()

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outcome, "deliver", die)
        with pytest.raises(KeyboardInterrupt):
            render(job_of(reply))
    assert len(stored_keys()) == 4
    return reply


def test_objects_of_a_killed_delivery_are_removed_when_the_order_ends(monkeypatch):
    reply = order_killed_before_delivery(monkeypatch)
    cancel(reply)
    assert (stored_keys(), balance()) == ([], (100, 0))


def test_objects_of_a_killed_delivery_are_removed_by_a_repeat_after_the_end(monkeypatch):
    reply = order_killed_before_delivery(monkeypatch)

    def fail(_generation):
        raise ClientError({"Error": {"Code": "SlowDown"}}, "DeleteObjects")

    with monkeypatch.context() as patch:
        patch.setattr(generation, "remove_undelivered", fail)
        assert cancel(reply).status == 200
    assert len(stored_keys()) == 4
    render(job_of(reply))
    assert stored_keys() == []


def test_delivery_in_the_moment_of_the_end_is_kept_and_paid(monkeypatch):
    reply = order(count=2)
    end = credit.close
    delivered: list[int] = []

    def deliver_first(*args, **kwargs):
        if not delivered:
            delivered.append(1)
            render(job_of(reply), 1)
        return end(*args, **kwargs)

    monkeypatch.setattr(generation, "close", deliver_first)
    close(job_of(reply))
    shown = read(reply).json
    assert [picture["state"] for picture in shown["pictures"]] == ["done", "failed"]
    assert (shown["credits_back"], len(images()), balance()) == (1, 1, (99, 0))


def test_steps_of_an_order_that_is_gone_do_nothing(studio):
    reply = order()
    Generation.of("ada", reply.json["id"]).delete()
    job = job_of(reply)
    render(job)
    close(job)
    step(tasks.handler, "give_up", job=job, number=1, error={"Error": "VendorBusy"})
    assert studio.jobs == []
