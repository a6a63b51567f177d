"""Auth: sign-in, accounts, and the erasure of a person."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.access import DELETE, LEDGER, SIGN_IN, grant_list, grant_objects, grant_run
from infra.constructs.house import House
from infra.constructs.loop_workflow import LoopWorkflow
from infra.constructs.workflow import Workflow
from infra.data_stack import DataStack


def auth(scope: Construct, house: House, data: DataStack, jobs: Mapping[str, Workflow]) -> LoopWorkflow:
    """Deploy the feature; `jobs` are the workflows that an erasure stops, by the setting that names each."""
    pool = data.identity.pool
    machines = {name: job.machine.state_machine_arn for name, job in jobs.items()}
    tasks = house.entry("auth", "tasks", timeout=Duration.minutes(11), environment={**machines, **house.people})
    workflow = LoopWorkflow(scope, "Erase", steps=tasks, seconds=670, attempts=24, timeout=Duration.days(2))
    erasure = {"ERASURE_MACHINE": workflow.machine.state_machine_arn}
    handler = house.entry("auth", "handler", environment={**erasure, **house.people})
    house.signing.grant_read(handler)
    house.fal.grant_read(tasks)
    house.together.grant_read(tasks)
    data.users.grant(handler, *DELETE)
    data.users.grant(tasks, *DELETE)
    data.models.grant(tasks, *DELETE)
    data.images.grant(tasks, *DELETE)
    data.credits.grant(handler, *LEDGER)
    data.credits.grant(tasks, *LEDGER)
    grant_objects(house.media, tasks, "media/", "Delete")
    grant_objects(house.uploads.named, tasks, "raw/", "Delete")
    grant_list(house.media, tasks)
    grant_list(house.uploads.named, tasks)
    for job in jobs.values():
        job.machine.grant_execution(tasks, "states:StopExecution")
    grant_run(workflow.machine, handler, "Describe")
    pool.grant(handler, *SIGN_IN)
    pool.grant(tasks, *SIGN_IN)
    house.grant_mail(handler)
    house.grant_mail(tasks)
    house.signing.grant_read(tasks)
    _routes(house, handler)
    return workflow


def _routes(house: House, handler: lambda_.Function) -> None:
    steps = ("register", "confirm", "resend-code", "login", "refresh", "logout")
    forgotten = ("forgot-password", "reset-password")
    for step in (*steps, *forgotten):
        house.api.route(handler, f"POST /v1/auth/{step}", public=True)
    house.api.route(handler, "GET /v1/erasures/{token}", public=True)
    house.api.route(
        handler,
        "GET PATCH DELETE /v1/me",
        "POST /v1/me/password",
        "POST /v1/me/email",
        "POST /v1/me/email/confirm",
        "DELETE /v1/me/sessions",
    )
