"""TrainModel: buy a training once, then ask until it is over, whoever forgets to call back."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.workflow import Workflow, patient, retry

ALL = ["States.ALL"]
QUIET = sfn.JsonPath.DISCARD


class TrainingWorkflow(Workflow):
    """Prepare, Submit, then one loop of Await and Poll, then Collect; Close ends every path, samples come after.

    Submit buys, so it is never retried: whatever it answers, even nothing, only Poll finds out what came
    of it, and leads back only where the row says that the vendor surely took nothing. Await waits for a
    webhook, which carries no truth and only wakes.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        steps: lambda_.IFunction,
        await_seconds: int,
        sampler: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, id_, steps=steps)
        error = {"error": sfn.JsonPath.object_at("$.error")}
        prepare = patient(self.step("Prepare", 310))
        submit = self.step("Submit", 60)
        await_ = self.wait_step("Await", await_seconds)
        pause = sfn.Wait(self, "Pause", time=sfn.WaitTime.duration(Duration.seconds(min(5, await_seconds))))
        poll = self.step("Poll", 60, result="$.poll")
        # Only a bug may end a training that somebody has paid for, so a bad half hour does not.
        retry(poll, *ALL, attempts=12, longest=Duration.minutes(5))
        collect = patient(self.step("Collect", 310))
        close = patient(self.step("Close", 60), attempts=8)
        close_failed = patient(self.step("CloseFailed", 60, call="close", more=error), attempts=8)

        prepare.next(submit).next(await_).next(poll)
        submit.add_catch(await_, errors=ALL, result_path=QUIET)
        await_.add_catch(poll, errors=["States.Timeout"], result_path=QUIET)
        # Without the pause an Await that cannot wait would spin through the machine's history.
        await_.add_catch(pause, errors=ALL, result_path=QUIET)
        pause.next(poll)
        poll.next(
            sfn.Choice(self, "Finished?")
            .when(sfn.Condition.string_equals("$.poll.state", "running"), await_)
            .when(sfn.Condition.string_equals("$.poll.state", "done"), collect)
            .when(sfn.Condition.string_equals("$.poll.state", "submit"), submit)
            .otherwise(close)
        )
        collect.next(close)
        closed = sfn.Succeed(self, "Closed")
        sample = patient(self.step("Sample", 60, call="order_samples", function=sampler))
        sample.add_catch(closed, errors=ALL, result_path=QUIET)
        close.next(sample).next(closed)
        for state in (prepare, poll, collect):
            state.add_catch(close_failed, errors=ALL, result_path="$.error")
        close_failed.next(sfn.Fail(self, "Failed", error="TrainingFailed"))
        self.machine = self.make(prepare, Duration.hours(26))
