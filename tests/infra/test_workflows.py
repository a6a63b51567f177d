"""The state machines keep their promises: time limits, one purchase, an end for every job."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.gallery import tasks as gallery_steps
from functions.gallery.service import jobs
from tests.infra.stacks import Stacks

State = dict[str, Any]
ENDS = {"Succeed", "Fail"}


def states(definition: dict[str, Any]) -> Iterator[tuple[str, State]]:
    """Yield every state, those inside a map included."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def step_of(state: State) -> str:
    """Return which step a task calls."""
    parameters = state["Parameters"]
    return str(parameters.get("Payload", parameters)["step"])


def tasks(stacks: Stacks) -> Iterator[tuple[str, str, State]]:
    for machine, definition in stacks.machines().items():
        for name, state in states(definition):
            if state["Type"] == "Task":
                yield machine, name, state


def exits(state: State) -> list[str]:
    """Return where a state may go next."""
    ways = [state.get("Next"), state.get("Default")]
    ways += [catch["Next"] for catch in state.get("Catch", [])]
    ways += [choice["Next"] for choice in state.get("Choices", [])]
    return [way for way in ways if way]


def ends_without(definition: dict[str, Any], step: str) -> set[str]:
    """Return the ends that a job may reach without having passed a step."""
    seen: set[str] = set()
    ahead = [definition["StartAt"]]
    while ahead:
        name = ahead.pop()
        state = definition["States"][name]
        if name in seen or (state["Type"] == "Task" and step_of(state) == step):
            continue
        seen.add(name)
        ahead += exits(state)
    return {
        name for name in seen if definition["States"][name]["Type"] in ENDS or definition["States"][name].get("End")
    }


def test_every_task_has_a_time_limit(stacks: Stacks) -> None:
    for machine, name, state in tasks(stacks):
        assert state.get("TimeoutSeconds", 0) > 0, (machine, name)


def test_every_machine_has_a_time_limit_trace_and_log_without_content(stacks: Stacks) -> None:
    for _, machine in stacks.properties("AWS::StepFunctions::StateMachine"):
        assert machine["TracingConfiguration"] == {"Enabled": True}
        assert machine["LoggingConfiguration"]["Level"] == "ALL"
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    for definition in stacks.machines().values():
        assert definition["TimeoutSeconds"] > 0


def test_purchase_of_a_training_is_never_called_twice(stacks: Stacks) -> None:
    submit = stacks.machines()["TrainModel"]["States"]["Submit"]

    assert step_of(submit) == "submit"
    assert "Retry" not in submit


def test_lost_answer_of_a_purchase_leads_to_the_wait(stacks: Stacks) -> None:
    submit = stacks.machines()["TrainModel"]["States"]["Submit"]

    assert submit["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Await"}]
    assert submit["Next"] == "Await"


def test_wait_ends_after_the_constant_of_the_stage(local: Stacks, prod: Stacks) -> None:
    waits = [stacks.machines()["TrainModel"]["States"]["Await"]["TimeoutSeconds"] for stacks in (local, prod)]

    assert waits == [3, 180]


def test_wait_hands_out_its_token(stacks: Stacks) -> None:
    wait = stacks.machines()["TrainModel"]["States"]["Await"]

    assert wait["Resource"].endswith("lambda:invoke.waitForTaskToken")
    assert wait["Parameters"]["Payload"] == {"step": "await", "job.$": "$.job", "token.$": "$$.Task.Token"}


def test_wait_that_cannot_wait_pauses_before_it_asks(stacks: Stacks) -> None:
    loop = stacks.machines()["TrainModel"]["States"]

    timed_out, broken = loop["Await"]["Catch"]
    assert loop["Await"]["Next"] == timed_out["Next"] == "Poll"
    assert timed_out["ErrorEquals"] == ["States.Timeout"]
    assert broken["ErrorEquals"] == ["States.ALL"]
    assert loop[broken["Next"]]["Type"] == "Wait"
    assert loop[broken["Next"]]["Next"] == "Poll"
    assert "Retry" not in loop["Await"]


def test_poll_decides(stacks: Stacks) -> None:
    loop = stacks.machines()["TrainModel"]["States"]

    ways = {choice["StringEquals"]: choice["Next"] for choice in loop[loop["Poll"]["Next"]]["Choices"]}
    assert ways == {"running": "Await", "done": "Collect", "submit": "Submit"}
    assert loop[loop["Poll"]["Next"]]["Default"] == "Close"
    assert loop["Collect"]["Next"] == "Close"


def test_training_of_a_day_stays_below_the_limit_of_events(prod: Stacks) -> None:
    """A round of the loop is about 13 events; a history may have 25,000."""
    machine = prod.machines()["TrainModel"]
    rounds = machine["TimeoutSeconds"] / machine["States"]["Await"]["TimeoutSeconds"]

    assert rounds * 13 < 25_000 / 3


@pytest.mark.parametrize("machine", ["TrainModel", "GenerateImages"])
def test_every_path_of_a_paid_job_closes_it(stacks: Stacks, machine: str) -> None:
    definition = stacks.machines()[machine]

    assert ends_without(definition, "close") == set()


@pytest.mark.parametrize("machine", ["TrainModel", "GenerateImages"])
def test_every_step_before_the_close_is_caught(stacks: Stacks, machine: str) -> None:
    for name, state in states(stacks.machines()[machine]):
        if state["Type"] in {"Task", "Map"} and not name.startswith("Close"):
            assert ["States.ALL"] in [catch["ErrorEquals"] for catch in state["Catch"]], name


def test_close_is_tried_again_whatever_happens(stacks: Stacks) -> None:
    closing = [state for _, _, state in tasks(stacks) if step_of(state) == "close"]

    assert len(closing) == 3
    for state in closing:
        (retry,) = state["Retry"]
        assert retry["ErrorEquals"] == ["States.ALL"]
        assert retry["MaxAttempts"] >= 8


def test_failed_training_is_closed_with_its_error(stacks: Stacks) -> None:
    machine = stacks.machines()["TrainModel"]["States"]

    for name in ("Prepare", "Poll", "Collect"):
        (catch,) = machine[name]["Catch"]
        assert (catch["Next"], catch["ResultPath"]) == ("CloseFailed", "$.error"), name
    assert machine["CloseFailed"]["Parameters"] == {"step": "close", "job.$": "$.job", "error.$": "$.error"}
    assert machine[machine["CloseFailed"]["Next"]]["Type"] == "Fail"


def test_samples_come_after_the_close_and_cannot_fail_a_training(stacks: Stacks) -> None:
    machine = stacks.machines()["TrainModel"]["States"]
    sample = machine[machine["Close"]["Next"]]

    assert sample["Resource"].startswith("<GenerateEvents")
    assert sample["Parameters"] == {"step": "order_samples", "job.$": "$.job"}
    assert [(catch["ErrorEquals"], catch["Next"]) for catch in sample["Catch"]] == [(["States.ALL"], sample["Next"])]
    assert machine[sample["Next"]]["Type"] == "Succeed"


def test_repeats_are_spread_out(stacks: Stacks) -> None:
    for machine, name, state in tasks(stacks):
        for retry in state.get("Retry", []):
            assert retry["JitterStrategy"] == "FULL", (machine, name)
            assert retry["BackoffRate"] >= 2, (machine, name)
            assert retry["MaxDelaySeconds"] <= 900, (machine, name)


def test_pictures_are_made_four_at_a_time(stacks: Stacks) -> None:
    pictures = stacks.machines()["GenerateImages"]["States"]["Pictures"]

    assert pictures["MaxConcurrency"] == 4
    assert pictures["ItemsPath"] == "$.job.numbers"
    assert pictures["ItemSelector"] == {"job.$": "$.job", "number.$": "$$.Map.Item.Value"}


def test_render_is_repeated_for_named_reasons_only(stacks: Stacks) -> None:
    render = stacks.machines()["GenerateImages"]["States"]["Pictures"]["ItemProcessor"]["States"]["Render"]

    names = [name for retry in render["Retry"] for name in retry["ErrorEquals"]]
    assert names[:3] == ["VendorBusy", "VendorTransient", "Busy"]
    assert all(name.startswith(("Lambda.", "Sandbox.", "States.Timeout", "Runtime.ExitError")) for name in names[3:])
    assert "Runtime.ExitError" in names
    assert render["TimeoutSeconds"] > stacks.functions()["generate.tasks"]["Timeout"]


def test_picture_that_fails_does_not_stop_the_others(stacks: Stacks) -> None:
    inner = stacks.machines()["GenerateImages"]["States"]["Pictures"]["ItemProcessor"]["States"]

    assert inner["Render"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "GiveUp"}]
    assert step_of(inner["GiveUp"]) == "give_up"
    assert inner["GiveUp"]["Catch"][0]["Next"] == inner["GiveUp"]["Next"] == "GivenUp"
    assert inner["GivenUp"]["End"] is True


LOOPS = ("Erase", "Deliver", "Change")


@pytest.mark.parametrize("name", LOOPS)
def test_long_work_goes_on_until_nothing_is_left(stacks: Stacks, name: str) -> None:
    machine = stacks.machines()[name]["States"]

    assert machine["Start"]["Parameters"] == {"cursor.$": "States.StringToJson('null')"}
    assert machine[name]["Parameters"] == {"step": name.lower(), "job.$": "$.job", "cursor.$": "$.loop.cursor"}
    assert machine[name]["ResultPath"] == machine["Start"]["ResultPath"] == "$.loop"
    choice = machine[machine[name]["Next"]]
    assert choice["Choices"] == [{"Variable": "$.loop.cursor", "IsNull": True, "Next": "Done"}]
    assert choice["Default"] == name


@pytest.mark.parametrize("name", ["Deliver", "Change"])
def test_work_on_pictures_that_fails_again_and_again_is_ended_with_its_error(stacks: Stacks, name: str) -> None:
    machine = stacks.machines()[name]["States"]

    assert machine[name]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "GiveUp"}]
    assert machine["GiveUp"]["Parameters"] == {"step": "fail", "job.$": "$.job", "error.$": "$.error"}
    assert machine["GiveUp"]["Retry"][0]["MaxAttempts"] >= 8
    assert machine[machine["GiveUp"]["Next"]]["Type"] == "Fail"
    assert machine[name]["Retry"][0]["MaxAttempts"] == 4


def test_step_over_pictures_outlasts_its_function_and_is_over_before_a_job_s_leftovers_go(prod: Stacks) -> None:
    timeout = prod.functions()["gallery.tasks"]["Timeout"]

    for name in ("Deliver", "Change"):
        machine = prod.machines()[name]
        assert timeout < machine["States"][name]["TimeoutSeconds"] <= jobs.STEP_SECONDS, name
        assert machine["TimeoutSeconds"] > jobs.JOB_SECONDS, name
    assert timeout > 1.5 * gallery_steps.WORK_SECONDS


def test_erasure_is_tried_for_hours(stacks: Stacks) -> None:
    (retry,) = stacks.machines()["Erase"]["States"]["Erase"]["Retry"]

    waits = [min(retry["IntervalSeconds"] * 2**n, retry["MaxDelaySeconds"]) for n in range(retry["MaxAttempts"])]
    assert sum(waits) > 3 * 3600
    assert retry["ErrorEquals"] == ["States.ALL"]
