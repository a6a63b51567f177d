"""Gallery: pictures, collections, links, downloads, and the workflows over many pictures."""

from aws_cdk import Duration
from constructs import Construct

from infra.access import DELETE, READ, WRITE, grant_list, grant_objects, grant_run
from infra.constructs.house import House
from infra.constructs.loop_workflow import LoopWorkflow
from infra.data_stack import DataStack

STEP_SECONDS = 890
"""How long one step may take: a whole zip, of 4 GB at most."""


def gallery(scope: Construct, house: House, data: DataStack) -> dict[str, LoopWorkflow]:
    """Deploy the feature; return its workflows by name."""
    tasks = house.entry("gallery", "tasks", memory=1024, timeout=Duration.seconds(STEP_SECONDS))
    workflows = {
        name: LoopWorkflow(
            scope,
            name,
            steps=tasks,
            seconds=STEP_SECONDS + 5,
            attempts=4,
            timeout=Duration.hours(6),
            give_up="fail",
        )
        for name in ("Deliver", "Change")
    }
    machines = {
        "DELIVERY_MACHINE": workflows["Deliver"].machine.state_machine_arn,
        "CHANGE_MACHINE": workflows["Change"].machine.state_machine_arn,
    }
    handler = house.entry("gallery", "handler", environment=machines)
    events = house.entry("gallery", "events", timeout=Duration.minutes(5), unattended=True, environment=machines)
    house.schedule("PurgeTrash", Duration.days(1), events, "purge")
    house.schedule("SweepGallery", Duration.minutes(1), events, "sweep")
    house.signing.grant_read(handler)
    house.signing.grant_read(tasks)
    data.users.grant(handler, *WRITE)
    data.users.grant(tasks, *READ)
    data.models.grant(tasks, *READ)
    for function in (handler, tasks, events):
        data.images.grant(function, *DELETE)
        grant_list(house.media, function)
    grant_objects(house.media, handler, "media/", "Get Put Delete")
    grant_objects(house.media, tasks, "media/", "Get Put Delete")
    grant_objects(house.media, events, "media/", "Delete")
    for workflow in workflows.values():
        grant_run(workflow.machine, handler, "Stop")
        grant_run(workflow.machine, events, "Describe Stop")
    house.api.route(handler, "GET /v1/shared/{token}", public=True)
    house.api.route(
        handler,
        "GET /v1/images",
        "GET /v1/images/facets",
        "POST /v1/images/changes",
        "GET DELETE /v1/images/changes/{change_id}",
        "GET PATCH DELETE /v1/images/{image_id}",
        "GET /v1/images/{image_id}/download",
        "GET /v1/images/{image_id}/manifest",
        "GET POST /v1/collections",
        "GET PATCH DELETE /v1/collections/{collection_id}",
        "GET POST /v1/shares",
        "GET PATCH DELETE /v1/shares/{share_id}",
        "POST /v1/shares/{share_id}/revoke",
        "GET POST /v1/downloads",
        "GET DELETE /v1/downloads/{download_id}",
    )
    return workflows
