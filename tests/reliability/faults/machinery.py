"""The machinery below a job, taken hold of: its processes, its executions and its sweepers."""

import os
import signal
from pathlib import Path
from typing import Any

from tests.deployed import CLOUD
from tests.integration.stack import functions

STEPS = {feature: f"functions.{feature}.tasks.handler" for feature in ("generate", "train", "gallery")}
SWEEPERS = ("functions.generate.events.handler", "functions.train.events.handler")
MACHINES = {
    "generate": ("generate", "GENERATION_MACHINE"),
    "train": ("train", "TRAINING_MACHINE"),
    "download": ("gallery", "DELIVERY_MACHINE"),
    "change": ("gallery", "CHANGE_MACHINE"),
}
"""What runs a kind of job: the feature, and how its functions call the state machine."""


def kill_steps(feature: str) -> int:
    """Kill every process that serves the workflow steps of a feature, at once; say how many there were."""
    victims = _serving(feature)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    return len(victims)


def peak_memory(feature: str) -> int:
    """The most bytes that a process serving the workflow steps of a feature has held since it was started."""
    found = [line for pid in _serving(feature) for line in _status(pid) if line.startswith("VmHWM:")]
    return max((int(line.split()[1]) * 1024 for line in found), default=0)


def _status(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return []


def _serving(feature: str) -> list[int]:
    name = functions()[STEPS[feature]]["FunctionName"]
    return [pid for pid in _children(CLOUD.emulator.pid()) if _serves(pid, name)]


def _children(pid: int | None) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _serves(pid: int, function: str) -> bool:
    try:
        return f"AWS_LAMBDA_FUNCTION_NAME={function}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def sweep() -> None:
    """Let both sweepers look now, as they do every minute."""
    for handler in SWEEPERS:
        answer = CLOUD.client("lambda").invoke(FunctionName=functions()[handler]["FunctionName"])
        assert "FunctionError" not in answer, answer["Payload"].read()


def _execution(kind: str, name: str) -> str:
    feature, variable = MACHINES[kind]
    machine = functions()[f"functions.{feature}.events.handler"]["Environment"]["Variables"][variable]
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def status_of(kind: str, job_id: str, attempt: int) -> str:
    """How one try of a job stands: RUNNING, SUCCEEDED, FAILED, ABORTED."""
    arn = _execution(kind, f"{job_id}-{attempt}")
    return str(CLOUD.client("stepfunctions").describe_execution(executionArn=arn)["status"])


def errors_of(kind: str, job_id: str, attempt: int = 1) -> list[str]:
    """The errors of the steps of one try, in order."""
    arn = _execution(kind, f"{job_id}-{attempt}")
    pages: Any = CLOUD.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
    details = [value for page in pages for event in page["events"] for value in event.values()]
    return [value["error"] for value in details if isinstance(value, dict) and "error" in value]
