"""The environment of a function, and `aws`: moto with empty tables."""

import json
import os
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwk
from moto import mock_aws
from moto.cognitoidp import models as pools

from tests.support import EDGE_SECRET, TABLES, client, forget_secrets

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "STAGE": "test",
    "USERS_TABLE": "users",
    "MODELS_TABLE": "models",
    "IMAGES_TABLE": "images",
    "CREDITS_TABLE": "credits",
    "RAW_BUCKET": "raw-bucket",
    "MEDIA_BUCKET": "media-bucket",
    "SITE_URL": "https://likeness.test",
    "SIGNING_SECRET": "likeness/test/signing",
    "FAL_SECRET": "likeness/test/fal",
    "TOGETHER_SECRET": "likeness/test/together",
    "MEDIA_KEY_PAIR_ID": "K2TESTKEYPAIR",
    "S3_ADDRESSING_STYLE": "virtual",
    "MAIL_FROM": "hello@likeness.test",
    "TRAINING_MACHINE": "arn:aws:states:us-east-1:123456789012:stateMachine:train",
    "GENERATION_MACHINE": "arn:aws:states:us-east-1:123456789012:stateMachine:generate",
    "ERASURE_MACHINE": "arn:aws:states:us-east-1:123456789012:stateMachine:erase",
    "DELIVERY_MACHINE": "arn:aws:states:us-east-1:123456789012:stateMachine:deliver",
    "CHANGE_MACHINE": "arn:aws:states:us-east-1:123456789012:stateMachine:change",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Likeness",
    "POWERTOOLS_LOG_LEVEL": "ERROR",
}
os.environ.update(ENVIRONMENT)

SECRETS = {
    "likeness/test/fal": {
        "base_url": "https://queue.fal.run",
        "jwks_url": "https://rest.fal.ai/.well-known/jwks.json",
        "result_origins": ["https://v3b.fal.media"],
        "user_id": "our-fal-user",
        "key": "id:secret",
    },
    "likeness/test/together": {
        "base_url": "https://api.together.ai/v1",
        "jwks_url": "",
        "result_origins": ["https://api.together.ai"],
        "user_id": "",
        "key": "together-key",
    },
}


def make_key() -> str:
    """An EC P-256 key as the signing secret holds it."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="session")
def media_key() -> str:
    """The key that signs media addresses."""
    return make_key()


@pytest.fixture(scope="session")
def service_key() -> str:
    """The key that signs manifests."""
    return make_key()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, media_key: str, service_key: str) -> Iterator[None]:
    """Moto with empty tables and buckets, the secrets, a user pool and the state machines."""
    with mock_aws():
        forget_secrets()
        _make_tables()
        s3 = client("s3")
        for bucket in ("raw-bucket", "media-bucket"):
            s3.create_bucket(Bucket=bucket)
        signing = {
            "media_key": media_key,
            "service_key": service_key,
            "mac_key": "ab" * 32,
            "edge_secret": EDGE_SECRET,
        }
        manager = client("secretsmanager")
        for name, value in {**SECRETS, "likeness/test/signing": signing}.items():
            manager.create_secret(Name=name, SecretString=json.dumps(value))
        _make_machines()
        monkeypatch.setattr(pools, "jwk", OneKey)
        pool = _make_pool()
        monkeypatch.setenv("USER_POOL_ID", pool["UserPoolId"])
        monkeypatch.setenv("USER_POOL_CLIENT_ID", pool["ClientId"])
        client("sesv2").create_email_identity(EmailIdentity="hello@likeness.test")
        yield


def _make_tables() -> None:
    dynamodb = client("dynamodb")
    for name, extra in TABLES.items():
        keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        names = {"pk": "S", "sk": "S", **extra.get("attributes", {})}
        dynamodb.create_table(
            TableName=name,
            KeySchema=keys,
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in names.items()],
            BillingMode="PAY_PER_REQUEST",
            **extra.get("indexes", {}),
        )


def _make_machines() -> None:
    states = client("stepfunctions")
    definition = json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 9, "End": True}}})
    for name in ("train", "generate", "erase", "deliver", "change"):
        states.create_state_machine(name=name, definition=definition, roleArn="arn:aws:iam::123456789012:role/machine")


NO_RULES = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")


@cache
def _read_key(text: str) -> jwk.RSAKey:
    return jwk.RSAKey.import_key(json.loads(text))


class OneKey:
    """Stands for joserfc's module in moto, which would check its one packaged RSA key anew for every pool: 130 ms."""

    RSAKey = SimpleNamespace(import_key=lambda key: _read_key(json.dumps(key)))


def _make_pool() -> dict[str, str]:
    cognito = client("cognito-idp")
    attributes = ("terms_version", "terms_at", "adult")
    schema = [{"Name": name, "AttributeDataType": "String", "Mutable": True} for name in attributes]
    pool = cognito.create_user_pool(
        PoolName="people",
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        Schema=schema,
        Policies={"PasswordPolicy": {"MinimumLength": 12, **dict.fromkeys(NO_RULES, False)}},
    )["UserPool"]
    app = cognito.create_user_pool_client(
        UserPoolId=pool["Id"],
        ClientName="service",
        GenerateSecret=True,
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED",
    )["UserPoolClient"]
    return {"UserPoolId": pool["Id"], "ClientId": app["ClientId"]}
