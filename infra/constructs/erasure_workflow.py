"""Erase: remove everything of a person, a few minutes of it at a time."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.workflow import Workflow, retry


class ErasureWorkflow(Workflow):
    """One step, called with the cursor it returned until that is null.

    It is tried for hours before it fails, and what fails raises an alarm: an erasure may be late,
    never forgotten.
    """

    def __init__(self, scope: Construct, id_: str, *, steps: lambda_.IFunction) -> None:
        super().__init__(scope, id_, steps=steps)
        # A null in a fixed result gets lost on its way through CDK.
        null = sfn.JsonPath.string_to_json("null")
        start = sfn.Pass(self, "Start", parameters={"cursor": null}, result_path="$.erased")
        erase = self.step(
            "Erase",
            670,
            result="$.erased",
            more={"cursor": sfn.JsonPath.object_at("$.erased.cursor")},
        )
        retry(erase, "States.ALL", attempts=24, longest=Duration.minutes(15))
        over = (
            sfn.Choice(self, "Everything?")
            .when(sfn.Condition.is_null("$.erased.cursor"), sfn.Succeed(self, "Erased"))
            .otherwise(erase)
        )
        self.machine = self.make(start.next(erase).next(over), Duration.days(2))
