"""Work that is too long for one invocation: one step, called again and again with the cursor it returned."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.workflow import Workflow, patient, retry


class LoopWorkflow(Workflow):
    """One step, called until the cursor it returns is null.

    The step is `id_` in lower case, it is tried `attempts` times before the machine fails, which raises an alarm;
    `give_up` names a step that says so to whoever waits.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        steps: lambda_.IFunction,
        seconds: int,
        attempts: int,
        timeout: Duration,
        give_up: str = "",
    ) -> None:
        super().__init__(scope, id_, steps=steps)
        # A null in a fixed result gets lost on its way through CDK.
        null = sfn.JsonPath.string_to_json("null")
        start = sfn.Pass(self, "Start", parameters={"cursor": null}, result_path="$.loop")
        more = {"cursor": sfn.JsonPath.object_at("$.loop.cursor")}
        step = self.step(id_, seconds, result="$.loop", more=more)
        retry(step, "States.ALL", attempts=attempts, longest=Duration.minutes(15))
        if give_up:
            error = {"error": sfn.JsonPath.object_at("$.error")}
            over = patient(self.step("GiveUp", 60, call=give_up, more=error), attempts=8)
            step.add_catch(over, errors=["States.ALL"], result_path="$.error")
            over.next(sfn.Fail(self, "Failed", error=f"{id_}Failed"))
        finished = (
            sfn.Choice(self, "Everything?")
            .when(sfn.Condition.is_null("$.loop.cursor"), sfn.Succeed(self, "Done"))
            .otherwise(step)
        )
        self.machine = self.make(start.next(step).next(finished), timeout)
