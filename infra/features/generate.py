"""Generate: the catalog, orders of pictures, and the workflow that makes them."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.access import LEDGER, READ, WRITE, grant_list, grant_lookup, grant_objects, grant_run
from infra.constructs.generation_workflow import GenerationWorkflow
from infra.constructs.house import House
from infra.data_stack import DataStack


def generate(scope: Construct, house: House, data: DataStack) -> tuple[GenerationWorkflow, lambda_.Function]:
    """Deploy the feature; the function is the one that orders the samples of a fresh model."""
    tasks = house.entry("generate", "tasks", memory=1769, timeout=Duration.minutes(11), pictures=True)
    workflow = GenerationWorkflow(scope, "GenerateImages", steps=tasks)
    machine = {"GENERATION_MACHINE": workflow.machine.state_machine_arn}
    handler = house.entry("generate", "handler", environment={**machine, **house.people})
    sweeper = house.entry("generate", "events", unattended=True, environment=machine)
    house.schedule("SweepGenerations", Duration.minutes(1), sweeper, "sweep")
    for function in (handler, tasks, sweeper):
        house.fal.grant_read(function)
        house.together.grant_read(function)
        data.images.grant(function, *WRITE)
        data.credits.grant(function, *LEDGER)
        grant_objects(house.media, function, "media/", "Delete")
    house.signing.grant_read(handler)
    house.signing.grant_read(tasks)
    data.users.grant(sweeper, *READ)
    data.models.grant(sweeper, *READ)
    data.users.grant(handler, *WRITE)
    data.models.grant(handler, *READ)
    grant_objects(house.media, tasks, "media/", "Get Put")
    grant_list(house.media, tasks)
    grant_run(workflow.machine, handler, "Stop")
    grant_run(workflow.machine, sweeper, "Describe Stop")
    grant_lookup(data.identity.pool, handler)
    house.api.route(handler, "GET /v1/catalog", "GET /v1/openapi.json", "GET /v1/keys", public=True)
    house.api.route(
        handler,
        "POST /v1/generations/quote",
        "GET POST /v1/generations",
        "GET /v1/generations/{generation_id}",
        "POST /v1/generations/{generation_id}/cancel",
        "POST /v1/generations/{generation_id}/retry",
        "POST /v1/images/{image_id}/remixes",
        "POST /v1/images/{image_id}/variations",
        "POST /v1/images/{image_id}/replay",
        "GET /v1/prompts/suggestions",
        "GET /v1/prompts/history",
    )
    house.api.otherwise(handler)
    return workflow, sweeper
