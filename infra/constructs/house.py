"""What every feature stands on: layers, API, CDN, keys, secrets, and the environment of a function."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.constructs.api import Api
from infra.constructs.feature import Entry
from infra.constructs.layer import Layers
from infra.constructs.signing_key import SigningKey
from infra.constructs.site import Site
from infra.constructs.uploads import Uploads
from infra.data_stack import DataStack
from infra.stages import Stage


class House(Construct):
    """One of everything that features share; it knows no feature."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, data: DataStack) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self.functions: list[lambda_.Function] = []
        # By name, so that the bucket's policy stays where the bucket is.
        self.media = s3.Bucket.from_bucket_attributes(
            self,
            "Media",
            bucket_name=data.media.bucket.bucket_name,
            region=Stack.of(self).region,
        )
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            retention_period=Duration.days(14),
            enforce_ssl=stage.tls_only,
        )
        acknowledge(self.undelivered, "is the dead letters")
        if not stage.tls_only:
            acknowledge(self, "local transport")
        self.layers = Layers(self, "Layers", stage=stage)
        self.api = Api(self, "Api", identity=data.identity)
        self.uploads = Uploads(self, "Uploads", stage=stage)
        self.signing_key = SigningKey(self, "SigningKey", stage=stage, layers=self.layers)
        self.functions.append(self.signing_key.function)
        self.site = Site(
            self,
            "Site",
            stage=stage,
            api_id=self.api.http.api_id,
            media=self.media,
            signing_key=self.signing_key,
            upload_origin=stage.upload_origin(self.uploads.name),
        )
        self.signing = self._secret("Signing", self.signing_key.secret_name)
        self.fal = self._secret("Fal", f"likeness/{stage.name}/fal")
        self.together = self._secret("Together", f"likeness/{stage.name}/together")
        self.environment = {
            "STAGE": stage.name,
            "USERS_TABLE": data.users.name,
            "MODELS_TABLE": data.models.name,
            "IMAGES_TABLE": data.images.name,
            "CREDITS_TABLE": data.credits.name,
            "RAW_BUCKET": self.uploads.name,
            "MEDIA_BUCKET": self.media.bucket_name,
            "SITE_URL": self.site.url,
            "SIGNING_SECRET": self.signing.secret_name,
            "FAL_SECRET": self.fal.secret_name,
            "TOGETHER_SECRET": self.together.secret_name,
            "MEDIA_KEY_PAIR_ID": self.signing_key.key_pair_id,
            "S3_ADDRESSING_STYLE": stage.s3_addressing_style,
            "MAIL_FROM": stage.mail_from,
        }
        self.people = {
            "USER_POOL_ID": data.identity.pool.user_pool_id,
            "USER_POOL_CLIENT_ID": data.identity.client.user_pool_client_id,
        }

    def entry(self, feature: str, entry: str, **more: Any) -> Entry:  # noqa: ANN401 (as of Entry)
        """Deploy the function of `functions/<feature>/<entry>.py`."""
        function = Entry(
            Stack.of(self),
            feature,
            entry,
            stage=self._stage,
            layers=self.layers,
            shared=self.environment,
            undelivered=self.undelivered,
            **more,
        )
        self.functions.append(function)
        return function

    def schedule(self, id_: str, every: Duration, function: lambda_.Function, step: str) -> None:
        """Call one step of a function again and again."""
        event = events.RuleTargetInput.from_object({"step": step})
        target = targets.LambdaFunction(function, dead_letter_queue=self.undelivered, event=event)
        events.Rule(self, id_, schedule=events.Schedule.rate(every), targets=[target])

    def grant_mail(self, function: lambda_.Function) -> None:
        """Grant the sending of product mail, where the stage has a sender."""
        if self._stage.mail_from:
            sender = ses.EmailIdentity.from_email_identity_name(
                self, f"{function.node.id}Sender", self._stage.mail_from
            )
            sender.grant_send_email(function)

    def _secret(self, id_: str, name: str) -> secretsmanager.ISecret:
        """Return a secret that was made outside of the stacks."""
        return secretsmanager.Secret.from_secret_name_v2(self, id_, name)
