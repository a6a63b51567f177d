"""What differs between the stages: `local`, `dev` and `prod` differ here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins

REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One deployment of Likeness; the defaults are those of AWS."""

    name: str
    account: str | None = None
    """None: the account of whoever deploys."""
    layers_dir: Path = Path(".build")
    library_layer: str = "layer-base"
    pictures_layer: str = "layer-pictures"
    """Empty: the library layer holds the picture libraries too."""
    runtime: str = "python3.13"

    site_url: str = ""
    """The public address when it is not the distribution's own; no trailing slash."""
    certificate_arn: str = ""
    """ACM certificate (us-east-1) for the host of `site_url`; empty: CloudFront's own."""
    emulator_url: str = ""
    """Where the local emulator listens; empty on AWS."""
    s3_addressing_style: str = "virtual"
    tls_only: bool = True
    """Refuse plain HTTP: bucket and queue policies, and the redirect of the CDN."""
    retained: bool = True
    """What holds people's data outlives its stack and cannot be deleted by accident."""

    await_seconds: int = 180
    """How long a training waits for the vendor's webhook before it asks by itself."""
    mail_from: str = ""
    """Verified SES sender; empty: Cognito's own sender and no product mail."""
    alarms: bool = True
    alarm_email: str = ""
    monthly_budget_usd: int = 100

    reserved_concurrency: Mapping[str, int] = field(default_factory=dict)
    """By function (`UploadEvents`); a new account's limit refuses any reservation."""
    customer_managed_keys: bool = False
    threat_protection: bool = False
    web_acl_arn: str = ""

    @property
    def env(self) -> cdk.Environment:
        """Return where the stage is deployed."""
        return cdk.Environment(account=self.account, region=REGION)

    @property
    def removal(self) -> cdk.RemovalPolicy:
        """Return what happens to people's data when its stack is destroyed."""
        return cdk.RemovalPolicy.RETAIN if self.retained else cdk.RemovalPolicy.DESTROY

    @property
    def viewer_protocol(self) -> cloudfront.ViewerProtocolPolicy:
        """Return what the CDN does with plain HTTP."""
        policy = cloudfront.ViewerProtocolPolicy
        return policy.REDIRECT_TO_HTTPS if self.tls_only else policy.ALLOW_ALL

    def synthesizer(self) -> cdk.IReusableStackSynthesizer:
        """Return how assets are published: the emulator refuses the roles of a bootstrap."""
        if self.emulator_url:
            return cdk.CliCredentialsStackSynthesizer()
        return cdk.DefaultStackSynthesizer()

    def api_origin(self, api_id: str, headers: Mapping[str, str]) -> origins.HttpOrigin:
        """Return where the CDN finds the API, and what it says there besides what the viewer says."""
        if not self.emulator_url:
            return origins.HttpOrigin(f"{api_id}.execute-api.{REGION}.amazonaws.com", custom_headers=headers)
        emulator = urlsplit(self.emulator_url)
        return origins.HttpOrigin(
            emulator.hostname or "",
            http_port=emulator.port,
            origin_path=f"/_aws/execute-api/{api_id}/$default",
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY,
            custom_headers=headers,
        )

    def upload_origin(self, bucket: str) -> str:
        """Return the origin that browsers post photos to."""
        return self.emulator_url or f"https://{bucket}.s3.{REGION}.amazonaws.com"


def stage(name: str, *, site_url: str = "", emulator_url: str = "", layers_dir: str = "") -> Stage:
    """Return a stage by name; the addresses matter to `local` only.

    Raises:
        ValueError: no such stage.
    """
    layers = Path(layers_dir or ".build")
    if name == "local":
        return Stage(
            name=name,
            account="000000000000",
            layers_dir=layers,
            library_layer="layer-local",
            pictures_layer="",
            site_url=site_url or "http://localhost:8787",
            emulator_url=emulator_url or "http://localhost:4577",
            s3_addressing_style="path",
            tls_only=False,
            retained=False,
            await_seconds=3,
            mail_from="hello@likeness.test",
            alarms=False,
        )
    if name == "dev":
        return Stage(name=name, layers_dir=layers, monthly_budget_usd=50)
    if name == "prod":
        return Stage(name=name, layers_dir=layers, monthly_budget_usd=500)
    message = f"no stage {name!r}: local, dev or prod"
    raise ValueError(message)
