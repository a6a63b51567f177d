"""What the state machines share: steps of one function, retries, logs."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.constructs.feature import log_group

VENDOR_ERRORS = ["VendorBusy", "VendorTransient", "Busy"]
LAMBDA_FAULTS = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
]


class Workflow(Construct):
    """One standard state machine whose steps are calls of one function.

    A step gets `{"step": name, "job": ...}`. It has a timeout always, and no retry unless one is
    declared: the default of CDK would call a purchase seven times.
    """

    machine: sfn.StateMachine

    def __init__(self, scope: Construct, id_: str, *, steps: lambda_.IFunction) -> None:
        super().__init__(scope, id_)
        self._steps = steps

    def step(
        self,
        name: str,
        seconds: int,
        *,
        call: str = "",
        result: str = sfn.JsonPath.DISCARD,
        more: Mapping[str, Any] | None = None,
        function: lambda_.IFunction | None = None,
    ) -> tasks.LambdaInvoke:
        """Make a state that calls one step, of another function if one is given, and keeps its result."""
        return tasks.LambdaInvoke(
            self,
            name,
            lambda_function=function or self._steps,
            payload_response_only=True,
            retry_on_service_exceptions=False,
            payload=self._payload(call or name.lower(), more),
            task_timeout=sfn.Timeout.duration(Duration.seconds(seconds)),
            result_path=result,
        )

    def wait_step(self, name: str, seconds: int) -> tasks.LambdaInvoke:
        """Make a state that hands out its token and waits for it to come back."""
        return tasks.LambdaInvoke(
            self,
            name,
            lambda_function=self._steps,
            integration_pattern=sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
            retry_on_service_exceptions=False,
            payload=self._payload(name.lower(), {"token": sfn.JsonPath.task_token}),
            task_timeout=sfn.Timeout.duration(Duration.seconds(seconds)),
            result_path=sfn.JsonPath.DISCARD,
        )

    def make(self, definition: sfn.IChainable, timeout: Duration) -> sfn.StateMachine:
        """Make the machine; its log names the states, never what is in them."""
        machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_chainable(definition),
            timeout=timeout,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group(self, "Log"),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        acknowledge(machine, "no resource", "versions of a step")
        return machine

    def _payload(self, step: str, more: Mapping[str, Any] | None) -> sfn.TaskInput:
        job = sfn.JsonPath.object_at("$.job")
        return sfn.TaskInput.from_object({"step": step, "job": job, **(more or {})})


def retry(state: tasks.LambdaInvoke, *errors: str, attempts: int, longest: Duration) -> None:
    """Call a step again after these errors, ever more slowly, and never in step with others."""
    state.add_retry(
        errors=list(errors),
        interval=Duration.seconds(2),
        backoff_rate=2,
        max_delay=longest,
        max_attempts=attempts,
        jitter_strategy=sfn.JitterType.FULL,
    )


def patient(state: tasks.LambdaInvoke, attempts: int = 5) -> tasks.LambdaInvoke:
    """Make a step that may safely be called again survive a bad minute of anything it needs."""
    retry(state, "States.ALL", attempts=attempts, longest=Duration.minutes(1))
    return state
