"""Asking for one's erasure."""

import json
import time

import pytest

from functions.auth import handler as auth
from likeness import workflow
from likeness.errors import AccountNotActive
from likeness.items.user import Profile
from likeness.settings import settings
from tests.support import call, claims, client
from tests.unit.auth.conftest import join, login, stored
from tests.unit.auth.erasure_world import begin, enlist, run, train


def delete(user, **named):
    return call(auth.handler, "DELETE", "/v1/me", user=user, **named)


def erasures() -> list[str]:
    found = client("stepfunctions").list_executions(stateMachineArn=settings().erasure_machine)
    return sorted(execution["name"] for execution in found["executions"])


def test_asking_for_erasure_shuts_the_account_and_starts_it():
    user = enlist()
    reply = delete(user)
    assert (reply.status, reply.json["state"]) == (202, "ERASING")
    assert len(reply.set_cookies) == 5
    assert all("Max-Age=0" in line for line in reply.set_cookies)
    assert stored(user).state == "ERASING"
    assert erasures() == [f"erase-{user}"]
    arn = client("stepfunctions").list_executions(stateMachineArn=settings().erasure_machine)["executions"][0]
    started = client("stepfunctions").describe_execution(executionArn=arn["executionArn"])
    assert json.loads(started["input"]) == {"job": {"user_id": user}}
    with pytest.raises(AccountNotActive):
        train(user, is_running=False)


def test_asking_again_while_it_runs_changes_nothing():
    user = enlist()
    delete(user)
    asked_at = stored(user).changed_at
    assert delete(user).status == 202
    assert erasures() == [f"erase-{user}"]
    assert stored(user).changed_at == asked_at


def test_asking_again_after_it_was_stopped_goes_on():
    user = enlist()
    delete(user)
    workflow.stop(settings().erasure_machine, f"erase-{user}")
    assert delete(user).status == 202
    assert len(erasures()) == 2
    assert erasures()[1].startswith(f"erase-{user}-")


def test_asking_when_the_start_was_lost_starts_it():
    user = enlist()
    begin(user)
    assert delete(user).status == 202
    assert erasures() == [f"erase-{user}"]


def test_erasure_wants_a_sign_in_of_the_last_15_minutes():
    user = enlist()
    old = claims(user, auth_time=str(int(time.time()) - 16 * 60))
    reply = call(auth.handler, "DELETE", "/v1/me", token=old)
    assert (reply.status, reply.code) == (403, "sign_in_again")
    assert stored(user).state == "ACTIVE"
    assert erasures() == []


def test_erasure_of_a_person_without_an_account_erases_them_too():
    user = enlist()
    Profile.of(user).delete()
    assert delete(user).status == 202
    assert stored(user).state == "ERASING"


def test_an_erased_person_cannot_sign_in():
    user = join()
    begin(user)
    run(user)
    assert login().code == "sign_in_failed"
