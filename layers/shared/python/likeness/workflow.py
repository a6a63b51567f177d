"""Step Functions as the jobs use it: start once, look, stop, wake."""

import json
from typing import Any

from botocore.exceptions import ClientError

from likeness.aws import stepfunctions
from likeness.observability import logger

_GONE = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
_NOT_RUNNING = {"ExecutionDoesNotExist", "ValidationException"}
"""What StopExecution says of an execution that never started or has ended."""


def start(machine: str, name: str, state: dict[str, Any]) -> None:
    """Start an execution; one of this name that exists already counts as started."""
    try:
        stepfunctions().start_execution(stateMachineArn=machine, name=name, input=json.dumps(state))
    except ClientError as error:
        if _code(error) != "ExecutionAlreadyExists":
            raise


def is_running(machine: str, name: str) -> bool:
    """Say whether an execution runs; one that never started does not."""
    try:
        found = stepfunctions().describe_execution(executionArn=_arn(machine, name))
    except ClientError as error:
        if _code(error) != "ExecutionDoesNotExist":
            raise
        return False
    return found["status"] == "RUNNING"


def stop(machine: str, name: str) -> None:
    """Stop an execution if it runs. A Lambda that runs for it goes on until it ends."""
    try:
        stepfunctions().stop_execution(executionArn=_arn(machine, name))
    except ClientError as error:
        if _code(error) not in _NOT_RUNNING:
            raise


def wake(token: str) -> bool:
    """Complete a waiting step; say whether anybody waited. A token that is gone is no error."""
    try:
        stepfunctions().send_task_success(taskToken=token, output="{}")
    except ClientError as error:
        if _code(error) not in _GONE:
            raise
        logger.info("nobody waits for this token")
        return False
    return True


def _arn(machine: str, name: str) -> str:
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]
