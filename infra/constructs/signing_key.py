"""The keys that sign media addresses and manifests; made once by a function, never by the template."""

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.constructs.feature import EVERY_FUNCTION, code, log_group
from infra.constructs.layer import Layers
from infra.stages import Stage

ACTIONS = (
    "cloudfront:ListPublicKeys",
    "cloudfront:CreatePublicKey",
    "cloudfront:ListKeyGroups",
    "cloudfront:CreateKeyGroup",
)
FIELDS = "media_key service_key mac_key edge_secret"
"""What the secret holds. CloudFormation asks again when this changes, and the function adds what is missing."""


class SigningKey(Construct):
    """An EC P-256 key pair with its key group, the service's own key and the edge secret; all outlive the stack.

    What is private goes straight into Secrets Manager. No grant method exists for what the
    function does at CloudFront, whose keys have no resource level permissions on creation.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, layers: Layers) -> None:
        super().__init__(scope, id_)
        stack = Stack.of(self)
        self.secret_name = f"likeness/{stage.name}/signing"
        self.function = lambda_.Function(
            self,
            "Maker",
            code=code("signing_key", stage),
            handler="functions.signing_key.events.handler",
            runtime=lambda_.Runtime(stage.runtime),
            architecture=lambda_.Architecture.ARM_64,
            layers=[layers.libraries],
            memory_size=512,
            timeout=Duration.seconds(60),
            log_group=log_group(self, "Log"),
            tracing=lambda_.Tracing.ACTIVE,
        )
        # The suffix that Secrets Manager adds to an ARN is not part of the one checked at creation.
        secret = f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:secret:"
        self.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=[
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:CreateSecret",
                    "secretsmanager:PutSecretValue",
                ],
                resources=[f"{secret}{self.secret_name}*"],
            )
        )
        self.function.add_to_role_policy(iam.PolicyStatement(actions=list(ACTIONS), resources=["*"]))
        acknowledge(self.function, *EVERY_FUNCTION, "asked by somebody", "name of a secret")
        made = CustomResource(
            self,
            "Key",
            service_token=self.function.function_arn,
            resource_type="Custom::SigningKey",
            service_timeout=Duration.minutes(2),
            properties={"Name": f"likeness-{stage.name}", "SecretName": self.secret_name, "Fields": FIELDS},
        )
        # The policy must be in force before CloudFormation calls the function.
        made.node.add_dependency(self.function)
        self.key_pair_id = made.get_att_string("KeyPairId")
        self.key_group_id = made.get_att_string("KeyGroupId")
        self.edge_secret = made.get_att_string("EdgeSecret")
        self.key_group = cloudfront.KeyGroup.from_key_group_id(self, "Group", self.key_group_id)
