"""Train: models, their photos, and the workflow that trains them."""

from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.access import DELETE, LEDGER, READ, WRITE, grant_list, grant_lookup, grant_objects, grant_run, grant_wake
from infra.constructs.house import House
from infra.constructs.training_workflow import TrainingWorkflow
from infra.data_stack import DataStack

WEIGHTS_DISK = Size.gibibytes(3)
"""Room for the largest weights we take (2 GB)."""


def train(
    scope: Construct, house: House, data: DataStack, *, await_seconds: int, sampler: lambda_.IFunction
) -> TrainingWorkflow:
    """Deploy the feature; `sampler` orders the samples of a model that has just been trained."""
    tasks = house.entry("train", "tasks", memory=1024, disk=WEIGHTS_DISK, timeout=Duration.minutes(5))
    workflow = TrainingWorkflow(scope, "TrainModel", steps=tasks, await_seconds=await_seconds, sampler=sampler)
    machine = {"TRAINING_MACHINE": workflow.machine.state_machine_arn}
    handler = house.entry("train", "handler", environment={**machine, **house.people})
    sweeper = house.entry("train", "events", unattended=True, environment=machine)
    house.schedule("SweepTrainings", Duration.minutes(1), sweeper, "sweep")
    for function in (handler, tasks, sweeper):
        house.fal.grant_read(function)
        house.together.grant_read(function)
        data.models.grant(function, *DELETE)
        data.credits.grant(function, *LEDGER)
        grant_objects(house.media, function, "media/", "Delete")
    house.signing.grant_read(handler)
    house.signing.grant_read(tasks)
    data.users.grant(handler, *WRITE)
    data.images.grant(handler, *READ)
    grant_objects(house.media, handler, "media/v/", "Get")
    grant_objects(house.media, tasks, "media/", "Get Put")
    grant_list(house.media, tasks)
    grant_run(workflow.machine, handler, "Stop")
    grant_run(workflow.machine, sweeper, "Describe Stop")
    grant_wake(handler, tasks)
    grant_lookup(data.identity.pool, handler)
    training = "/v1/models/{model_id}/trainings"
    house.api.route(
        handler,
        "GET POST /v1/models",
        "GET PATCH DELETE /v1/models/{model_id}",
        "GET /v1/models/{model_id}/report",
        "GET /v1/models/{model_id}/versions",
        "GET /v1/models/{model_id}/versions/{training_id}/weights",
        f"GET POST {training}",
        f"GET {training}/{{training_id}}",
        f"POST {training}/{{training_id}}/cancel",
    )
    house.api.route(handler, "POST /v1/hooks/fal/{token}", public=True)
    return workflow
