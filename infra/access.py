"""The words of the access matrix: what a grant in `features/` means, and grants CDK has not."""

from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn

READ = (
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:ConditionCheckItem",
)
WRITE = (*READ, "dynamodb:PutItem", "dynamodb:UpdateItem")
DELETE = (*WRITE, "dynamodb:DeleteItem")
LEDGER = (
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:ConditionCheckItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
"""What moves credits: nobody deletes from the ledger."""
LEDGER_READ = ("dynamodb:GetItem", "dynamodb:Query")

SIGN_IN = tuple(
    f"cognito-idp:{action}"
    for action in (
        "AdminDeleteUser",
        "AdminDisableUser",
        "AdminGetUser",
        "AdminInitiateAuth",
        "AdminSetUserPassword",
        "AdminUpdateUserAttributes",
        "AdminUserGlobalSignOut",
        "DescribeUserPoolClient",
    )
)


def grant_objects(bucket: s3.IBucket, grantee: iam.IGrantable, prefix: str, verbs: str) -> None:
    """Grant `Get`, `Put` (in parts too) or `Delete` of the objects under a prefix, and nothing about the bucket.

    The grants of the bucket itself come with wildcards in their actions.
    """
    parts = ["s3:AbortMultipartUpload"] if "Put" in verbs else []
    iam.Grant.add_to_principal(
        grantee=grantee,
        actions=[*(f"s3:{verb}Object" for verb in verbs.split()), *parts],
        resource_arns=[bucket.arn_for_objects(f"{prefix}*")],
    )


def grant_list(bucket: s3.IBucket, *grantees: iam.IGrantable) -> None:
    """Grant the list of what a bucket holds; without it an absent object looks like a forbidden one."""
    for grantee in grantees:
        iam.Grant.add_to_principal(grantee=grantee, actions=["s3:ListBucket"], resource_arns=[bucket.bucket_arn])


def grant_wake(*grantees: iam.IGrantable) -> None:
    """Grant the completion of waiting steps: the token is the capability, no resource type exists."""
    for grantee in grantees:
        iam.Grant.add_to_principal(grantee=grantee, actions=["states:SendTaskSuccess"], resource_arns=["*"])


def grant_run(machine: sfn.StateMachine, grantee: iam.IGrantable, verbs: str) -> None:
    """Grant the start of a machine and `Describe` or `Stop` of its executions."""
    machine.grant_start_execution(grantee)
    machine.grant_execution(grantee, *(f"states:{verb}Execution" for verb in verbs.split()))


def grant_lookup(pool: cognito.IUserPool, *grantees: iam.IGrantable) -> None:
    """Grant the look at a person's sign-in record, from which a missing profile is made."""
    for grantee in grantees:
        pool.grant(grantee, "cognito-idp:AdminGetUser")
