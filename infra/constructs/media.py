"""Where pictures live: one private bucket that only the CDN and our functions read."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.stages import Stage


class Media(Construct):
    """The media bucket; any distribution of the account may read `media/*` of it.

    Naming one distribution would make the data stack depend on the app stack.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        stack = Stack.of(self)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=stage.tls_only,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1))],
            removal_policy=stage.removal,
        )
        acknowledge(self.bucket, "bucket access logs")
        if not stage.tls_only:
            acknowledge(self.bucket, "local transport")
        distributions = f"arn:{stack.partition}:cloudfront::{stack.account}:distribution/*"
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
                actions=["s3:GetObject"],
                resources=[self.bucket.arn_for_objects("media/*")],
                conditions={"ArnLike": {"AWS:SourceArn": distributions}},
            )
        )
