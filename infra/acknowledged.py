"""Findings of cdk-nag that we accept, each with its reason; a test counts them.

The wildcards that our grants may hold are judged a second time, by a rule of our own, in
`tests/infra/test_access.py`.
"""

from typing import NamedTuple

import aws_cdk as cdk
from constructs import IConstruct

AWS, SERVERLESS = "AwsSolutions::AwsSolutions-", "Serverless::Serverless-"
WILDCARD = f"{AWS}IAM5[Resource::"
ARN = f"{WILDCARD}arn:<AWS::Partition>:"
MEDIA = "STAGE-data:ExportsOutputRefMediaBucket4022EBBF1EAE4563"
MACHINES = (
    "TrainModelMachineF46F8C3A",
    "GenerateImagesMachineF03D25D3",
    "EraseMachineCC4FB7A9",
    "DeliverMachine20432169",
    "ChangeMachine80A76AA1",
)
EXECUTION = 'execution:{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"MACHINE"}]}]}:*]'


class Accepted(NamedTuple):
    """One reason and the findings it answers."""

    reason: str
    findings: tuple[str, ...]


def runs(machine: str) -> str:
    """Return the finding about the executions of a machine."""
    return f"{ARN}states:us-east-1:ACCOUNT:{EXECUTION}".replace("MACHINE", machine)


ACCEPTED = {
    "basic execution role": Accepted(
        "It grants the writing of the function's own log and nothing else.",
        (f"{AWS}IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",),
    ),
    "runtime": Accepted(
        "The runtime is a field of the stage: libraries are compiled for it, and it changes with "
        "them, by decision and not with a release of CDK.",
        (f"{AWS}L1", f"{SERVERLESS}LambdaLatestVersion"),
    ),
    "no resource": Accepted(
        "X-Ray, log delivery, task tokens and new CloudFront keys have no resource to name; our own "
        "rule lists the actions that may stand on a star.",
        (f"{WILDCARD}*]",),
    ),
    "asked by somebody": Accepted(
        "Its caller (API Gateway, Step Functions, CloudFormation) sees the error and repeats or "
        "reports it; nothing is queued that a dead letter could hold.",
        (f"{SERVERLESS}LambdaDLQ",),
    ),
    "has a destination": Accepted(
        "It has an on-failure destination, which holds the error beside the event; a dead letter "
        "queue would hold the event alone.",
        (f"{SERVERLESS}LambdaDLQ",),
    ),
    "public route": Accepted(
        "Public by design: sign-in, catalogue, API description, webhooks (which carry their own "
        "proof) and the answer to unknown paths. A test lists them.",
        (f"{AWS}APIG4",),
    ),
    "is the dead letters": Accepted(
        "This queue is where undelivered events end; there is nothing behind it.",
        (f"{AWS}SQS3", f"{SERVERLESS}SQSRedrivePolicy"),
    ),
    "password rules": Accepted(
        "Length counts, composition does not (NIST 800-63B, ASVS 6.2): 12 characters at least.",
        (f"{AWS}COG1",),
    ),
    "second factor": Accepted(
        "People of a photo service are not forced to have a second factor; sensitive actions want a fresh sign-in.",
        (f"{AWS}COG2",),
    ),
    "pool plan": Accepted(
        "Threat protection costs per person and is a field of the stage; our limits count failed "
        "sign-ins by address and by account.",
        (f"{AWS}COG8",),
    ),
    "bucket access logs": Accepted(
        "The log of a bucket would hold signed addresses; people reach it through the CDN only.",
        (f"{AWS}S1",),
    ),
    "cdn access logs": Accepted(
        "The log of the CDN would hold signed addresses and every person's IP; the API's own log holds neither.",
        (f"{AWS}CFR3",),
    ),
    "cdn options": Accepted(
        "Geographic limits and a web application firewall are decisions of the operator; the "
        "firewall is a field of the stage.",
        (f"{AWS}CFR1", f"{AWS}CFR2"),
    ),
    "cdn certificate": Accepted(
        "CloudFront's own certificate fixes the protocol version; a stage with a certificate of "
        "its own gets TLS 1.2_2021.",
        (f"{AWS}CFR4",),
    ),
    "local transport": Accepted(
        "The emulator listens on the loopback interface and speaks plain HTTP.",
        (f"{AWS}S10", f"{AWS}SQS4", f"{AWS}CFR5"),
    ),
    "alarm topic": Accepted(
        "CloudWatch cannot publish to a topic encrypted with the key that AWS manages; alarms name "
        "functions and never people.",
        (f"{AWS}SNS2",),
    ),
    "objects of a prefix": Accepted(
        "Objects are named by person and picture; a function may touch one prefix of one bucket.",
        (
            f"{ARN}s3:::{MEDIA}/media/*]",
            f"{ARN}s3:::{MEDIA}/media/v/*]",
            f"{ARN}s3:::STAGE-raw-ACCOUNT/raw/*]",
        ),
    ),
    "runs of a machine": Accepted(
        "Executions are named by job; a function may look at or stop those of one machine.",
        tuple(runs(machine) for machine in MACHINES),
    ),
    "versions of a step": Accepted(
        "CDK lets a machine call every version of the functions that are its steps.",
        tuple(
            f"{WILDCARD}<{steps}.Arn>:*]"
            for steps in (
                "AuthTasksF445ABE4",
                "GalleryTasks77D8D6E5",
                "GenerateEvents8107FCC7",
                "GenerateTasksE54AF1CF",
                "TrainTasks6DD72746",
            )
        ),
    ),
    "name of a secret": Accepted(
        "Secrets Manager adds six characters to a name, which are not yet there at creation.",
        (f"{ARN}secretsmanager:us-east-1:ACCOUNT:secret:likeness/NAME/signing*]",),
    ),
}


def acknowledge(construct: IConstruct, *names: str) -> None:
    """Accept the named findings on one construct and what is below it."""
    stack = cdk.Stack.of(construct)
    account = "<AWS::AccountId>" if cdk.Token.is_unresolved(stack.account) else stack.account
    prefix = stack.stack_name.rpartition("-")[0]
    for name in names:
        accepted = ACCEPTED[name]
        for finding in accepted.findings:
            spelled = finding.replace("STAGE", prefix).replace("ACCOUNT", account)
            spelled = spelled.replace("NAME", prefix.removeprefix("likeness-"))
            cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=spelled, reason=accepted.reason))
