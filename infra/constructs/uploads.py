"""Where browsers post photos: a bucket in which nothing stays."""

from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.stages import Stage


class Uploads(Construct):
    """The raw bucket; it has a name of its own because three things must know it before it exists.

    The content security policy of the site, the CORS rule (which names the site) and the function
    it calls would otherwise wait for each other. Nothing in it lives longer than a day, so a rename
    loses nothing.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self.name = f"likeness-{stage.name}-raw-{Stack.of(self).account}"
        self.named = s3.Bucket.from_bucket_name(self, "Named", self.name)

    def make(self, *, site_url: str, inspect: lambda_.Function) -> None:
        """Make the bucket: forms from the site only, each new photo is inspected."""
        bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=self.name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=self._stage.tls_only,
            removal_policy=RemovalPolicy.DESTROY,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(1))],
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.POST],
                    allowed_origins=[site_url],
                    allowed_headers=["*"],
                    max_age=3600,
                )
            ],
        )
        acknowledge(bucket, "bucket access logs")
        permission = lambda_.CfnPermission(
            self,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=inspect.function_arn,
            principal="s3.amazonaws.com",
            source_account=Stack.of(self).account,
            source_arn=self.named.bucket_arn,
        )
        template = cast("s3.CfnBucket", bucket.node.default_child)
        # The bucket's own method would bring one more function, which may change every bucket.
        template.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            lambda_configurations=[
                s3.CfnBucket.LambdaConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    function=inspect.function_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(
                            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value="raw/")]
                        )
                    ),
                )
            ]
        )
        template.node.add_dependency(permission)
