"""What must survive: the tables, the media bucket and the user pool.

Nothing here may name anything of the app stack, which is replaced freely.
"""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.identity import Identity
from infra.constructs.media import Media
from infra.constructs.table import Table, text
from infra.stages import Stage

GALLERY_ATTRIBUTES = (
    "generation_id",
    "number",
    "model_id",
    "base_model",
    "aspect_ratio",
    "style",
    "width",
    "height",
    "bytes",
    "favourite",
    "rating",
    "tags",
    "collections",
    "shares",
    "relation",
    "parent_id",
    "prompt_head",
    "search",
    "deleted_at",
)
"""What the lean index of pictures holds; a test compares it with the stored item."""


def due() -> dynamodb.GlobalSecondaryIndexPropsV2:
    """Describe the sparse index of open jobs, in the order in which the sweeper looks at them."""
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name="open",
        partition_key=text("open"),
        sort_key=dynamodb.Attribute(name="check_at", type=dynamodb.AttributeType.NUMBER),
        projection_type=dynamodb.ProjectionType.KEYS_ONLY,
    )


class DataStack(cdk.Stack):
    """The four tables, the media bucket and the user pool of a stage."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_, env=stage.env, synthesizer=stage.synthesizer())
        key = (
            kms.Key(self, "Key", enable_key_rotation=True, removal_policy=stage.removal)
            if stage.customer_managed_keys
            else None
        )
        by_customer = dynamodb.GlobalSecondaryIndexPropsV2(
            index_name="stripe",
            partition_key=text("stripe_customer"),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        gallery = dynamodb.GlobalSecondaryIndexPropsV2(
            index_name="gallery",
            partition_key=text("gallery"),
            sort_key=text("sk"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=list(GALLERY_ATTRIBUTES),
        )
        by_time = dynamodb.LocalSecondaryIndexProps(
            index_name="by_time",
            sort_key=text("at"),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        self.users = Table(self, "Users", indexes=[by_customer], expires_by="expires_at", stage=stage, key=key)
        self.models = Table(self, "Models", indexes=[due()], stage=stage, key=key)
        self.images = Table(self, "Images", indexes=[due(), gallery], stage=stage, key=key)
        self.credits = Table(self, "Credits", local_indexes=[by_time], stage=stage, key=key)
        self.media = Media(self, "Media", stage=stage)
        self.identity = Identity(self, "Identity", stage=stage)
