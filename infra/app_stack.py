"""What may be replaced: functions, routes, workflows, CDN; and who may touch what.

Read it as the access matrix: a function may do what a `grant` line beside its feature says, and
nothing else. `READ`, `WRITE` and `LEDGER` are spelled out in `infra.access`.
"""

import aws_cdk as cdk
from aws_cdk import Duration, Size
from aws_cdk import aws_events as events
from constructs import Construct

from infra.access import (
    DELETE,
    ERASE,
    LEDGER,
    LEDGER_READ,
    READ,
    SIGN_IN,
    WRITE,
    grant_list,
    grant_lookup,
    grant_objects,
    grant_run,
    grant_wake,
)
from infra.acknowledged import acknowledge
from infra.constructs.erasure_workflow import ErasureWorkflow
from infra.constructs.generation_workflow import GenerationWorkflow
from infra.constructs.house import House
from infra.constructs.monitoring import Monitoring
from infra.constructs.training_workflow import TrainingWorkflow
from infra.data_stack import DataStack
from infra.stages import Stage

EVERY_MINUTE = events.Schedule.rate(Duration.minutes(1))
WEIGHTS_DISK = Size.gibibytes(3)
"""Room for the largest weights we take (2 GB)."""
EVERY_DAY = events.Schedule.rate(Duration.days(1))


class AppStack(cdk.Stack):
    """The product of one stage, feature by feature."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, data: DataStack) -> None:
        super().__init__(scope, id_, env=stage.env, synthesizer=stage.synthesizer())
        self._stage, self._data = stage, data
        self.house = House(self, "House", stage=stage, data=data)
        self._upload()
        self.training = self._train()
        self.generation = self._generate()
        self._gallery()
        self._billing()
        self.erasure = self._auth()
        self.monitoring = self._monitor() if stage.alarms else None
        self._outputs()
        acknowledge(self, "objects of a prefix", "runs of a machine")

    def _upload(self) -> None:
        handler = self.house.entry("upload", "handler")
        inspect = self.house.entry(
            "upload",
            "events",
            memory=2048,
            timeout=Duration.seconds(60),
            pictures=True,
            unattended=True,
        )
        self.house.uploads.make(site_url=self.house.site.url, inspect=inspect)
        raw = self.house.uploads.named
        self.house.signing.grant_read(handler)
        self._data.users.grant(inspect, *READ)
        self._data.models.grant(handler, *READ)
        self._data.images.grant(handler, *DELETE)
        self._data.images.grant(inspect, *WRITE)
        grant_objects(raw, handler, "raw/", "Put Delete")
        grant_objects(raw, inspect, "raw/", "Get Delete")
        grant_list(raw, inspect)
        grant_objects(self.house.media, handler, "media/", "Delete")
        grant_objects(self.house.media, inspect, "media/", "Put Delete")
        self.house.api.route(handler, "GET POST /v1/photos", "GET DELETE /v1/photos/{photo_id}")

    def _train(self) -> TrainingWorkflow:
        tasks = self.house.entry("train", "tasks", memory=1024, disk=WEIGHTS_DISK, timeout=Duration.minutes(5))
        workflow = TrainingWorkflow(self, "TrainModel", steps=tasks, await_seconds=self._stage.await_seconds)
        machine = {"TRAINING_MACHINE": workflow.machine.state_machine_arn}
        handler = self.house.entry("train", "handler", environment={**machine, **self.house.people})
        sweeper = self.house.entry("train", "events", unattended=True, environment=machine)
        self.house.schedule("SweepTrainings", EVERY_MINUTE, sweeper)
        for function in (handler, tasks, sweeper):
            self.house.fal.grant_read(function)
            self.house.together.grant_read(function)
            self._data.models.grant(function, *DELETE)
            self._data.credits.grant(function, *LEDGER)
            grant_objects(self.house.media, function, "media/", "Delete")
        self.house.signing.grant_read(handler)
        self.house.signing.grant_read(tasks)
        self._data.users.grant(handler, *WRITE)
        self._data.images.grant(handler, *READ)
        grant_objects(self.house.media, tasks, "media/", "Get Put")
        grant_list(self.house.media, tasks)
        grant_run(workflow.machine, handler, "Stop")
        grant_run(workflow.machine, sweeper, "Describe Stop")
        grant_wake(handler, tasks)
        grant_lookup(self._data.identity.pool, handler)
        training = "/v1/models/{model_id}/trainings"
        self.house.api.route(
            handler,
            "GET POST /v1/models",
            "GET PATCH DELETE /v1/models/{model_id}",
            "GET /v1/models/{model_id}/report",
            f"GET POST {training}",
            f"GET {training}/{{training_id}}",
            f"POST {training}/{{training_id}}/cancel",
        )
        self.house.api.route(handler, "POST /v1/hooks/fal/{token}", public=True)
        return workflow

    def _generate(self) -> GenerationWorkflow:
        tasks = self.house.entry("generate", "tasks", memory=1769, timeout=Duration.minutes(11), pictures=True)
        workflow = GenerationWorkflow(self, "GenerateImages", steps=tasks)
        machine = {"GENERATION_MACHINE": workflow.machine.state_machine_arn}
        handler = self.house.entry("generate", "handler", environment={**machine, **self.house.people})
        sweeper = self.house.entry("generate", "events", unattended=True, environment=machine)
        self.house.schedule("SweepGenerations", EVERY_MINUTE, sweeper)
        for function in (handler, tasks, sweeper):
            self.house.fal.grant_read(function)
            self.house.together.grant_read(function)
            self._data.images.grant(function, *WRITE)
            self._data.credits.grant(function, *LEDGER)
            grant_objects(self.house.media, function, "media/", "Delete")
        self.house.signing.grant_read(handler)
        self.house.signing.grant_read(tasks)
        self._data.users.grant(handler, *WRITE)
        self._data.models.grant(handler, *READ)
        grant_objects(self.house.media, tasks, "media/", "Put")
        grant_run(workflow.machine, handler, "Stop")
        grant_run(workflow.machine, sweeper, "Describe Stop")
        grant_lookup(self._data.identity.pool, handler)
        self.house.api.route(handler, "GET /v1/catalog", "GET /v1/openapi.json", public=True)
        self.house.api.route(
            handler,
            "POST /v1/generations/quote",
            "GET POST /v1/generations",
            "GET /v1/generations/{generation_id}",
            "POST /v1/generations/{generation_id}/cancel",
        )
        self.house.api.otherwise(handler)
        return workflow

    def _gallery(self) -> None:
        handler = self.house.entry("gallery", "handler")
        purge = self.house.entry("gallery", "events", timeout=Duration.minutes(5), unattended=True)
        self.house.schedule("PurgeTrash", EVERY_DAY, purge)
        self.house.signing.grant_read(handler)
        self._data.users.grant(handler, *READ)
        self._data.images.grant(handler, *WRITE)
        self._data.images.grant(purge, *DELETE)
        grant_objects(self.house.media, handler, "media/", "Get")
        grant_objects(self.house.media, purge, "media/", "Delete")
        grant_list(self.house.media, purge)
        self.house.api.route(
            handler,
            "GET /v1/images",
            "GET PATCH DELETE /v1/images/{image_id}",
            "GET /v1/images/{image_id}/download",
        )

    def _billing(self) -> None:
        handler = self.house.entry("billing", "handler")
        self.house.signing.grant_read(handler)
        self._data.credits.grant(handler, *LEDGER_READ)
        self.house.api.route(handler, "GET /v1/credits", "GET /v1/credits/entries")

    def _auth(self) -> ErasureWorkflow:
        pool = self._data.identity.pool
        machines = {
            "TRAINING_MACHINE": self.training.machine.state_machine_arn,
            "GENERATION_MACHINE": self.generation.machine.state_machine_arn,
        }
        tasks = self.house.entry(
            "auth", "tasks", timeout=Duration.minutes(11), environment={**machines, **self.house.people}
        )
        workflow = ErasureWorkflow(self, "Erase", steps=tasks)
        erasure = {"ERASURE_MACHINE": workflow.machine.state_machine_arn}
        handler = self.house.entry("auth", "handler", environment={**erasure, **self.house.people})
        self.house.signing.grant_read(handler)
        self.house.fal.grant_read(tasks)
        self.house.together.grant_read(tasks)
        self._data.users.grant(handler, *WRITE)
        self._data.users.grant(tasks, *ERASE)
        self._data.models.grant(tasks, *ERASE)
        self._data.images.grant(tasks, *ERASE)
        self._data.credits.grant(handler, *LEDGER)
        self._data.credits.grant(tasks, *LEDGER)
        grant_objects(self.house.media, tasks, "media/", "Delete")
        grant_objects(self.house.uploads.named, tasks, "raw/", "Delete")
        grant_list(self.house.media, tasks)
        grant_list(self.house.uploads.named, tasks)
        self.training.machine.grant_execution(tasks, "states:StopExecution")
        self.generation.machine.grant_execution(tasks, "states:StopExecution")
        grant_run(workflow.machine, handler, "Describe")
        pool.grant(handler, *SIGN_IN)
        pool.grant(tasks, *SIGN_IN)
        self.house.grant_mail(handler)
        steps = ("register", "confirm", "resend-code", "login", "refresh", "logout")
        forgotten = ("forgot-password", "reset-password")
        for step in (*steps, *forgotten):
            self.house.api.route(handler, f"POST /v1/auth/{step}", public=True)
        self.house.api.route(handler, "GET PATCH DELETE /v1/me", "POST /v1/me/password")
        return workflow

    def _monitor(self) -> Monitoring:
        return Monitoring(
            self,
            "Monitoring",
            functions=self.house.functions,
            machines={
                "TrainModel": self.training.machine,
                "GenerateImages": self.generation.machine,
                "Erase": self.erasure.machine,
            },
            api=self.house.api.http,
            undelivered=self.house.undelivered,
            email=self._stage.alarm_email,
        )

    def _outputs(self) -> None:
        house = self.house
        outputs = {
            "DistributionId": house.site.distribution.distribution_id,
            "DistributionDomain": house.site.distribution.distribution_domain_name,
            "ApiId": house.api.http.api_id,
            "UserPoolId": house.people["USER_POOL_ID"],
            "UserPoolClientId": house.people["USER_POOL_CLIENT_ID"],
            "MediaBucket": house.media.bucket_name,
            "RawBucket": house.uploads.name,
            "WebBucket": house.site.bucket.bucket_name,
            "KeyGroupId": house.signing_key.key_group_id,
            "SiteUrl": house.site.url,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
