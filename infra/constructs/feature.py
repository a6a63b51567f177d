"""One deployed function: an entry file of a feature, with the defaults of the house."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.constructs.layer import Layers, sources
from infra.stages import Stage

EVERY_FUNCTION = ("basic execution role", "no resource", "runtime")


def code(feature: str, stage: Stage) -> lambda_.Code:
    """Pack exactly one feature under its real import path."""
    root, excluded = sources(stage)
    return lambda_.Code.from_asset(
        str(root),
        ignore_mode=cdk.IgnoreMode.GIT,
        exclude=[
            "/*",
            "!/functions",
            "/functions/*",
            "!/functions/__init__.py",
            f"!/functions/{feature}",
            *excluded,
        ],
    )


class Entry(lambda_.Function):
    """The function of `functions/<feature>/<entry>.py`.

    An `unattended` one is invoked without a caller who would see its error: what fails three times
    lands in the queue of the undelivered.
    """

    def __init__(  # noqa: PLR0913 (keywords, with the defaults of the house)
        self,
        scope: Construct,
        feature: str,
        entry: str,
        *,
        stage: Stage,
        layers: Layers,
        shared: Mapping[str, str],
        undelivered: sqs.IQueue,
        timeout: Duration | None = None,
        memory: int = 512,
        disk: Size | None = None,
        pictures: bool = False,
        unattended: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        id_ = f"{feature.title()}{entry.title()}"
        super().__init__(
            scope,
            id_,
            code=code(feature, stage),
            handler=f"functions.{feature}.{entry}.handler",
            runtime=lambda_.Runtime(stage.runtime),
            architecture=lambda_.Architecture.ARM_64,
            layers=layers.of(pictures=pictures),
            memory_size=memory,
            ephemeral_storage_size=disk,
            timeout=timeout or Duration.seconds(25),
            environment={
                **shared,
                **(environment or {}),
                "POWERTOOLS_SERVICE_NAME": feature,
                "POWERTOOLS_METRICS_NAMESPACE": "Likeness",
            },
            log_group=log_group(scope, f"{id_}Log"),
            tracing=lambda_.Tracing.ACTIVE,
            reserved_concurrent_executions=stage.reserved_concurrency.get(id_),
            on_failure=destinations.SqsDestination(undelivered) if unattended else None,
            retry_attempts=2 if unattended else None,
        )
        acknowledge(self, *EVERY_FUNCTION)
        acknowledge(self, "has a destination" if unattended else "asked by somebody")


def log_group(scope: Construct, id_: str) -> logs.LogGroup:
    """Make a log group that keeps 30 days."""
    return logs.LogGroup(
        scope,
        id_,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
