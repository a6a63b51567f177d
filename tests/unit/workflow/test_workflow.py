"""Executions: started once, stopped without complaint, woken or not."""

import pytest
from botocore.exceptions import ClientError

from likeness import workflow
from likeness.settings import settings

pytestmark = pytest.mark.usefixtures("aws")


class States:
    """Step Functions that refuses everything with one code."""

    def __init__(self, code):
        self.code = code

    def __getattr__(self, name):
        def refuse(**_):
            raise ClientError({"Error": {"Code": self.code, "Message": ""}}, name)

        return refuse


def refuse_with(monkeypatch, code):
    monkeypatch.setattr(workflow, "stepfunctions", lambda: States(code))


def test_started_execution_runs_until_it_is_stopped():
    machine = settings().training_machine
    workflow.start(machine, "job-1", {})
    assert workflow.is_running(machine, "job-1")
    workflow.stop(machine, "job-1")
    assert not workflow.is_running(machine, "job-1")


def test_execution_of_a_known_name_counts_as_started(monkeypatch):
    refuse_with(monkeypatch, "ExecutionAlreadyExists")
    workflow.start(settings().training_machine, "job-1", {})


def test_execution_that_never_started_does_not_run_and_needs_no_stop():
    machine = settings().training_machine
    assert not workflow.is_running(machine, "never")
    workflow.stop(machine, "never")


def test_execution_that_has_ended_needs_no_stop(monkeypatch):
    refuse_with(monkeypatch, "ValidationException")
    workflow.stop(settings().training_machine, "job-1")


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_nobody_is_woken_by_a_token_that_is_gone(monkeypatch, code):
    refuse_with(monkeypatch, code)
    assert not workflow.wake("token")


@pytest.mark.parametrize("call", ["start", "is_running", "stop", "wake"])
def test_any_other_refusal_is_an_error(monkeypatch, call):
    refuse_with(monkeypatch, "AccessDeniedException")
    words: dict[str, tuple[object, ...]] = {
        "start": ("machine", "name", {}),
        "is_running": ("machine", "name"),
        "stop": ("machine", "name"),
        "wake": ("token",),
    }
    with pytest.raises(ClientError):
        getattr(workflow, call)(*words[call])
