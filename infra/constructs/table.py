"""One table of the house: rows under `pk` and `sk`, restorable, with the indexes it is given."""

from collections.abc import Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.stages import Stage


def text(name: str) -> dynamodb.Attribute:
    """Describe a string key."""
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


class Table(Construct):
    """A table on demand that can be restored to any second of the last 35 days."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        key: kms.IKey | None,
        indexes: Sequence[dynamodb.GlobalSecondaryIndexPropsV2] = (),
        local_indexes: Sequence[dynamodb.LocalSecondaryIndexProps] = (),
        expires_by: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        encryption = dynamodb.TableEncryptionV2
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=text("pk"),
            sort_key=text("sk"),
            global_secondary_indexes=list(indexes) or None,
            local_secondary_indexes=list(local_indexes) or None,
            time_to_live_attribute=expires_by,
            encryption=(encryption.customer_managed_key(key) if key else encryption.dynamo_owned_key()),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True, recovery_period_in_days=35
            ),
            deletion_protection=stage.retained,
            removal_policy=stage.removal,
        )
        self.name = self.table.table_name
        self._key = key
        self._indexes = [index.index_name for index in (*indexes, *local_indexes)]

    def grant(self, grantee: iam.IGrantable, *actions: str) -> None:
        """Grant actions on the rows and on each index by name; CDK's own grant says `index/*`."""
        arn = self.table.table_arn
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=list(actions),
            resource_arns=[arn, *(f"{arn}/index/{index}" for index in self._indexes)],
        )
        if self._key:
            self._key.grant_encrypt_decrypt(grantee)
