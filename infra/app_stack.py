"""What may be replaced: functions, routes, workflows, CDN.

Who may touch what is in `infra.features`, one file a feature: read it as the access matrix. A function may do what a
`grant` line there says, and nothing else. `READ`, `WRITE` and `LEDGER` are spelled out in `infra.access`.
"""

import aws_cdk as cdk
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.constructs.house import House
from infra.constructs.monitoring import Monitoring
from infra.data_stack import DataStack
from infra.features.auth import auth
from infra.features.billing import billing
from infra.features.gallery import gallery
from infra.features.generate import generate
from infra.features.train import train
from infra.features.upload import upload
from infra.stages import Stage


class AppStack(cdk.Stack):
    """The product of one stage, feature by feature."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, data: DataStack) -> None:
        super().__init__(scope, id_, env=stage.env, synthesizer=stage.synthesizer())
        self._stage = stage
        self.house = house = House(self, "House", stage=stage, data=data)
        upload(house, data)
        generation, sampler = generate(self, house, data)
        training = train(self, house, data, await_seconds=stage.await_seconds, sampler=sampler)
        jobs = {"TRAINING_MACHINE": training, "GENERATION_MACHINE": generation}
        erasure = auth(self, house, data, jobs)
        billing(house, data)
        workflows = {"TrainModel": training, "GenerateImages": generation, "Erase": erasure}
        self.workflows = {**workflows, **gallery(self, house, data)}
        self.monitoring = self._monitor() if stage.alarms else None
        self._outputs()
        acknowledge(self, "objects of a prefix", "runs of a machine")

    def _monitor(self) -> Monitoring:
        return Monitoring(
            self,
            "Monitoring",
            functions=self.house.functions,
            machines={name: workflow.machine for name, workflow in self.workflows.items()},
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
