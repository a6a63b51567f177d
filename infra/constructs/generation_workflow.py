"""GenerateImages: every picture on its own, four at a time, then close the account of the order."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.workflow import LAMBDA_FAULTS, VENDOR_ERRORS, Workflow, patient, retry

ALL = ["States.ALL"]


class GenerationWorkflow(Workflow):
    """Render each picture, give up on one without stopping the others, and close in any case.

    Render may be called again: it resumes from its own row and does not buy twice.
    """

    def __init__(self, scope: Construct, id_: str, *, steps: lambda_.IFunction) -> None:
        super().__init__(scope, id_, steps=steps)
        number = {"number": sfn.JsonPath.number_at("$.number")}
        error = {"error": sfn.JsonPath.object_at("$.error")}
        render = self.step("Render", 670, more=number)
        retry(render, *VENDOR_ERRORS, attempts=6, longest=Duration.minutes(1))
        retry(render, *LAMBDA_FAULTS, attempts=3, longest=Duration.minutes(1))
        give_up = patient(self.step("GiveUp", 60, call="give_up", more={**number, **error}))
        given_up = sfn.Pass(self, "GivenUp")
        give_up.add_catch(given_up, errors=ALL, result_path=sfn.JsonPath.DISCARD)
        render.add_catch(give_up, errors=ALL, result_path="$.error")

        pictures = sfn.Map(
            self,
            "Pictures",
            items_path="$.job.numbers",
            max_concurrency=4,
            item_selector={
                "job": sfn.JsonPath.object_at("$.job"),
                "number": sfn.JsonPath.number_at("$$.Map.Item.Value"),
            },
            result_path=sfn.JsonPath.DISCARD,
        )
        pictures.item_processor(render)
        give_up.next(given_up)
        close = patient(self.step("Close", 60), attempts=8)
        pictures.add_catch(close, errors=ALL, result_path=sfn.JsonPath.DISCARD)
        pictures.next(close).next(sfn.Succeed(self, "Closed"))
        self.machine = self.make(pictures, Duration.hours(3))
