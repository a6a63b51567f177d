"""Least privilege as IAM enforces it: what the role of each function may do to each table, bucket and secret."""

from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import REGION
from tests.deployed import CLOUD
from tests.integration.stack import TABLES, environment, functions, out, table_name

KEY = {"pk": {"S": "nobody"}, "sk": {"S": "NOTHING"}}
IS_THERE = {"ConditionExpression": "attribute_exists(pk)"}

TABLE_ACCESS = {
    "auth.handler": "users:GPUD credits:GPU",
    "auth.tasks": "users:GPUD models:GPUD images:GPUD credits:GPU",
    "upload.handler": "models:G images:GPUD",
    "upload.events": "users:G images:GPU",
    "train.handler": "users:GPU models:GPUD images:G credits:GPU",
    "train.tasks": "models:GPUD credits:GPU",
    "train.events": "models:GPUD credits:GPU",
    "generate.handler": "users:GPU models:G images:GPU credits:GPU",
    "generate.tasks": "images:GPU credits:GPU",
    "generate.events": "users:G models:G images:GPU credits:GPU",
    "gallery.handler": "users:GPU images:GPUD",
    "gallery.tasks": "users:G models:G images:GPUD",
    "gallery.events": "images:GPUD",
    "billing.handler": "credits:G",
    "signing_key.events": "",
}
"""Get, Put, Update, Delete: the access matrix as it must be on the running stack."""

SECRET_ACCESS = {
    "auth.handler": "signing",
    "auth.tasks": "signing fal together",
    "upload.handler": "signing",
    "upload.events": "",
    "train.handler": "signing fal together",
    "train.tasks": "signing fal together",
    "train.events": "fal together",
    "generate.handler": "signing fal together",
    "generate.tasks": "signing fal together",
    "generate.events": "fal together",
    "gallery.handler": "signing",
    "gallery.tasks": "signing",
    "gallery.events": "",
    "billing.handler": "signing",
}

FORBIDDEN_OBJECTS = [
    ("gallery.handler", "RawBucket", "get_object"),
    ("gallery.tasks", "RawBucket", "get_object"),
    ("gallery.events", "MediaBucket", "get_object"),
    ("gallery.events", "MediaBucket", "put_object"),
    ("upload.handler", "RawBucket", "get_object"),
    ("upload.handler", "MediaBucket", "get_object"),
    ("upload.events", "MediaBucket", "get_object"),
    ("generate.tasks", "RawBucket", "get_object"),
    ("generate.handler", "MediaBucket", "get_object"),
    ("generate.events", "MediaBucket", "get_object"),
    ("train.handler", "MediaBucket", "get_object"),
    ("train.handler", "MediaBucket", "put_object"),
    ("train.tasks", "RawBucket", "get_object"),
    ("billing.handler", "MediaBucket", "get_object"),
    ("auth.tasks", "MediaBucket", "get_object"),
    ("auth.handler", "MediaBucket", "get_object"),
    ("auth.handler", "MediaBucket", "delete_object"),
]


@cache
def as_role(function: str, service: str) -> Any:
    """A client with the credentials that a function has."""
    role = functions()[f"functions.{function}.handler"]["Role"]
    held = CLOUD.client("sts").assume_role(RoleArn=role, RoleSessionName="access-test")["Credentials"]
    session = boto3.Session(held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"], region_name=REGION)
    config = Config(proxies={}, s3={"addressing_style": "path"})
    make: Any = session.client
    return make(service, endpoint_url=CLOUD.endpoint, config=config)


def is_allowed(call: Any, **what: Any) -> bool:
    """Whether IAM lets a call pass; none of the calls here has anything to work on."""
    try:
        call(**what)
    except ClientError as error:
        return "AccessDenied" not in error.response["Error"]["Code"]
    return True


def allowed_on(function: str, table: str) -> str:
    dynamo, name = as_role(function, "dynamodb"), table_name(table)
    update = {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}
    calls = {
        "G": is_allowed(dynamo.get_item, TableName=name, Key=KEY),
        "P": is_allowed(dynamo.put_item, TableName=name, Item=KEY, **IS_THERE),
        "U": is_allowed(dynamo.update_item, TableName=name, Key=KEY, **update, **IS_THERE),
        "D": is_allowed(dynamo.delete_item, TableName=name, Key=KEY, **IS_THERE),
    }
    return "".join(letter for letter, passes in calls.items() if passes)


def test_every_function_is_in_the_matrix():
    assert {f"functions.{name}.handler" for name in TABLE_ACCESS} == set(functions())


@pytest.mark.parametrize("function", TABLE_ACCESS)
def test_a_role_may_do_to_the_tables_what_the_matrix_says_and_nothing_else(function):
    found = {table: allowed_on(function, table) for table in TABLES}
    assert " ".join(f"{table}:{verbs}" for table, verbs in found.items() if verbs) == TABLE_ACCESS[function]


@pytest.mark.parametrize("function", TABLE_ACCESS)
def test_nobody_deletes_from_the_ledger_in_a_transaction_or_a_batch(function):
    dynamo, name = as_role(function, "dynamodb"), table_name("credits")
    delete = [{"Delete": {"TableName": name, "Key": KEY, **IS_THERE}}]
    batch = {name: [{"DeleteRequest": {"Key": KEY}}]}
    assert not is_allowed(dynamo.transact_write_items, TransactItems=delete)
    assert not is_allowed(dynamo.batch_write_item, RequestItems=batch)


@pytest.mark.parametrize("function", SECRET_ACCESS)
def test_a_role_reads_only_the_secrets_it_needs(function):
    manager, names = as_role(function, "secretsmanager"), environment()
    found = [
        secret
        for secret in ("signing", "fal", "together")
        if is_allowed(manager.get_secret_value, SecretId=names[f"{secret.upper()}_SECRET"])
    ]
    assert " ".join(found) == SECRET_ACCESS[function]


@pytest.mark.parametrize(("function", "bucket", "verb"), FORBIDDEN_OBJECTS)
def test_a_role_cannot_reach_objects_that_are_not_its_business(function, bucket, verb):
    call = getattr(as_role(function, "s3"), verb)
    prefix = "raw" if bucket == "RawBucket" else "media/u"
    assert not is_allowed(call, Bucket=out()[bucket], Key=f"{prefix}/nobody/nothing")


def test_the_role_that_inspects_uploads_can_read_them():
    call = as_role("upload.events", "s3").get_object
    assert is_allowed(call, Bucket=out()["RawBucket"], Key="raw/nobody/nothing")


def test_the_role_that_hands_out_weights_can_read_them():
    call = as_role("train.handler", "s3").get_object
    assert is_allowed(call, Bucket=out()["MediaBucket"], Key="media/v/nothing/lora.safetensors")


NOT_ABOUT_PEOPLE = ["gallery.handler", "gallery.tasks", "billing.handler", "upload.handler", "upload.events"]


@pytest.mark.parametrize("function", NOT_ABOUT_PEOPLE)
def test_a_role_that_knows_no_people_cannot_ask_the_pool_for_one(function):
    pool = {"UserPoolId": out()["UserPoolId"], "Username": "nobody"}
    assert not is_allowed(as_role(function, "cognito-idp").admin_get_user, **pool)
