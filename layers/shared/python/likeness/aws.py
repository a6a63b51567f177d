"""Every AWS client, made once each; the only place that calls boto3.

A function makes the clients it needs while it is imported (`client()` of its feature module), because
in the first invoke they cost 70-100 ms there.
"""

import json
import time
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config

from likeness.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_stepfunctions import SFNClient

SECRET_SECONDS = 300
_QUICK = Config(connect_timeout=2, read_timeout=8, retries={"total_max_attempts": 3, "mode": "standard"})
_secrets: dict[str, tuple[float, dict[str, Any]]] = {}


@cache
def s3() -> "S3Client":
    """Return the S3 client: SigV4, regional host, which is the one that the web app may post to."""
    style = {"addressing_style": settings().s3_addressing_style, "us_east_1_regional_endpoint": "regional"}
    made: S3Client = boto3.client(
        "s3",
        config=Config(
            signature_version="s3v4",
            s3=cast("Any", style),
            connect_timeout=2,
            read_timeout=30,
            retries={"total_max_attempts": 3, "mode": "standard"},
        ),
    )
    return made


@cache
def cognito() -> "CognitoIdentityProviderClient":
    """Return the Cognito client."""
    made: CognitoIdentityProviderClient = boto3.client("cognito-idp", config=_QUICK)
    return made


@cache
def stepfunctions() -> "SFNClient":
    """Return the Step Functions client."""
    made: SFNClient = boto3.client("stepfunctions", config=_QUICK)
    return made


@cache
def mail() -> "SESV2Client":
    """Return the SES client."""
    made: SESV2Client = boto3.client("sesv2", config=_QUICK)
    return made


@cache
def _secretsmanager() -> "SecretsManagerClient":
    made: SecretsManagerClient = boto3.client("secretsmanager", config=_QUICK)
    return made


def secret(name: str, *, fresh: bool = False) -> dict[str, Any]:
    """Return a JSON secret by name; read at most every five minutes, or now if `fresh`."""
    read_at, value = _secrets.get(name, (0.0, {}))
    if fresh or time.monotonic() - read_at > SECRET_SECONDS or not value:
        value = json.loads(_secretsmanager().get_secret_value(SecretId=name)["SecretString"])
        _secrets[name] = (time.monotonic(), value)
    return value
