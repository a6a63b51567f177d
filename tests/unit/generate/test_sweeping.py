"""No order hangs: the sweeper closes it past its deadline, or starts its workflow again."""

import json
import os
from typing import Any

import boto3
import pytest
from pynamodb.expressions.update import Action

from functions.generate import events
from functions.generate.service import sweeping
from likeness import generation
from likeness.errors import VendorTransient
from likeness.items.generation import Generation
from likeness.items.row import now
from tests.support import Context, make_person
from tests.unit.generate.studio import balance, images, job_of, make_model, order, read, render, row_of


@pytest.fixture(autouse=True)
def ada(studio):
    make_person("ada", 100)


def sweep() -> None:
    context: Any = Context()
    events.handler({"source": "aws.scheduler"}, context)


def due(reply, seconds: int = 0):
    """Make an order due, and let its deadline be so many seconds away if not 0."""
    actions: list[Action] = [Generation.check_at.set(now() - 1)]
    if seconds:
        actions.append(Generation.deadline.set(now() + seconds))
    Generation.of("ada", reply.json["id"]).update(actions)


def arn(reply, attempt: int = 1) -> str:
    return f"arn:aws:states:us-east-1:123456789012:execution:generate:{reply.json['id']}-{attempt}"


def kill(reply, attempt: int = 1) -> None:
    boto3.client("stepfunctions").stop_execution(executionArn=arn(reply, attempt))


def names() -> list[str]:
    states = boto3.client("stepfunctions")
    found = states.list_executions(stateMachineArn=os.environ["GENERATION_MACHINE"])["executions"]
    return sorted(one["name"] for one in found)


def test_order_that_is_not_due_is_left_alone():
    reply = order()
    kill(reply)
    sweep()
    assert names() == [f"{reply.json['id']}-1"]


def test_order_whose_workflow_runs_is_looked_at_later():
    reply = order()
    due(reply)
    version = row_of(reply).version
    sweep()
    assert row_of(reply).check_at > now() + 100
    assert (row_of(reply).version, len(names())) == (version, 1)


def test_order_whose_workflow_is_gone_is_started_again_for_what_is_missing():
    reply = order(count=3)
    render(job_of(reply), 2)
    kill(reply)
    due(reply)
    sweep()
    assert names() == [f"{reply.json['id']}-1", f"{reply.json['id']}-2"]
    states = boto3.client("stepfunctions")
    sent = json.loads(states.describe_execution(executionArn=arn(reply, 2))["input"])["job"]
    assert (sent["attempt"], sent["numbers"]) == (2, [1, 3])
    due(reply)
    sweep()
    assert len(names()) == 2


def test_order_that_never_started_is_started(monkeypatch):
    machine = os.environ["GENERATION_MACHINE"]
    monkeypatch.setenv("GENERATION_MACHINE", machine.replace(":generate", ":gone"))
    reply = order()
    monkeypatch.setenv("GENERATION_MACHINE", machine)
    due(reply)
    sweep()
    assert names() == [f"{reply.json['id']}-2"]


def test_order_past_its_deadline_ends_and_its_credits_are_back(studio):
    studio.polls_until_done = 10_000
    reply = order(model_id=make_model(), count=2)
    with pytest.raises(VendorTransient):
        render(job_of(reply), 2)
    due(reply, seconds=-1)
    sweep()
    shown = read(reply).json
    assert (shown["status"], shown["error_code"]) == ("failed", "deadline_exceeded")
    assert shown["error"] == "It was not finished in time. No picture was made; 2 credits are back."
    assert (balance(), studio.cancelled) == ((100, 0), ["job1"])
    assert boto3.client("stepfunctions").describe_execution(executionArn=arn(reply))["status"] == "ABORTED"


def test_deadline_keeps_what_was_delivered():
    reply = order(count=2)
    render(job_of(reply), 1)
    due(reply, seconds=-1)
    sweep()
    shown = read(reply).json
    assert (shown["status"], len(images()), balance()) == ("succeeded", 1, (99, 0))
    assert shown["error"] == "It was not finished in time. 1 of 2 pictures was made; 1 credit is back."


def test_order_with_every_outcome_and_no_workflow_is_closed():
    reply = order()
    render(job_of(reply))
    kill(reply)
    due(reply)
    sweep()
    assert (read(reply).json["status"], balance()) == ("succeeded", (99, 0))
    assert len(names()) == 1


def test_ended_order_leaves_the_index():
    reply = order()
    due(reply, seconds=-1)
    assert sweeping.sweep() == 1
    assert sweeping.sweep() == 0


def test_one_bad_order_does_not_stop_the_others(monkeypatch):
    bad, good = order(), order()
    for reply in (bad, good):
        due(reply, seconds=-1)
    find = generation.find_generation

    def broken(user_id, generation_id):
        if generation_id == bad.json["id"]:
            raise RuntimeError
        return find(user_id, generation_id)

    monkeypatch.setattr(sweeping, "find_generation", broken)
    sweep()
    assert read(good).json["status"] == "failed"
    assert read(bad).json["status"] == "queued"


def test_sweep_is_bounded(monkeypatch):
    for _ in range(3):
        due(order(), seconds=-1)
    monkeypatch.setattr(sweeping, "AT_MOST", 2)
    assert [sweeping.sweep(), sweeping.sweep(), sweeping.sweep()] == [2, 1, 0]


def test_repeat_of_the_order_starts_it_at_once():
    reply = order(key="k")
    assert order(key="k").body == reply.body
    assert len(names()) == 1
