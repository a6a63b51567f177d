"""What must survive does, and is shaped as the code expects it."""

from typing import Any

import pytest

from infra.data_stack import GALLERY_ATTRIBUTES
from likeness.items.image import LEAN, GalleryIndex
from likeness.items.user import Limit
from tests.infra.stacks import Stacks, flat

STATEFUL = ("AWS::DynamoDB::GlobalTable", "AWS::Cognito::UserPool", "AWS::S3::Bucket")
OPEN = [{"AttributeName": "open", "KeyType": "HASH"}, {"AttributeName": "check_at", "KeyType": "RANGE"}]


def tables(stacks: Stacks) -> dict[str, dict[str, Any]]:
    found = stacks.properties("AWS::DynamoDB::GlobalTable")
    return {name.partition("Table")[0]: properties for name, properties in found}


def keys(shape: dict[str, Any]) -> list[str]:
    return [key["AttributeName"] for key in shape["KeySchema"]]


def test_there_are_four_tables_on_demand(stacks: Stacks) -> None:
    assert set(tables(stacks)) == {"Users", "Models", "Images", "Credits"}
    for name, table in tables(stacks).items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert keys(table) == ["pk", "sk"], name


def test_every_table_can_be_restored_to_any_second_of_35_days(stacks: Stacks) -> None:
    for name, table in tables(stacks).items():
        for replica in table["Replicas"]:
            assert replica["PointInTimeRecoverySpecification"] == {
                "PointInTimeRecoveryEnabled": True,
                "RecoveryPeriodInDays": 35,
            }, name


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_people_s_data_is_kept_and_protected_on_aws(every_stage: dict[str, Stacks], name: str) -> None:
    stacks = every_stage[name]
    kept = {
        id_: resource["DeletionPolicy"]
        for id_, resource in stacks.resources(*STATEFUL)
        if id_ in stacks.templates["data"]["Resources"]
    }

    assert len(kept) == 6
    assert set(kept.values()) == {"Retain"}
    for table in tables(stacks).values():
        assert [replica["DeletionProtectionEnabled"] for replica in table["Replicas"]] == [True]
    assert stacks.only("AWS::Cognito::UserPool")["DeletionProtection"] == "ACTIVE"


def test_local_data_goes_with_its_stack(local: Stacks) -> None:
    assert {resource["DeletionPolicy"] for _, resource in local.resources(*STATEFUL)} == {"Delete"}
    for table in tables(local).values():
        assert [replica["DeletionProtectionEnabled"] for replica in table["Replicas"]] == [False]


def test_only_rate_windows_expire_by_themselves(stacks: Stacks) -> None:
    expiring = {
        name: table["TimeToLiveSpecification"]
        for name, table in tables(stacks).items()
        if "TimeToLiveSpecification" in table
    }

    assert expiring == {"Users": {"AttributeName": "expires_at", "Enabled": True}}
    assert "expires_at" in Limit.get_attributes()


def test_open_jobs_are_found_by_the_time_to_look_at_them(stacks: Stacks) -> None:
    for name in ("Models", "Images"):
        (index,) = [i for i in tables(stacks)[name]["GlobalSecondaryIndexes"] if i["IndexName"] == "open"]
        assert index["KeySchema"] == OPEN
        assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
        assert {"AttributeName": "check_at", "AttributeType": "N"} in tables(stacks)[name]["AttributeDefinitions"]


def test_gallery_index_carries_what_the_item_says(stacks: Stacks) -> None:
    (index,) = [i for i in tables(stacks)["Images"]["GlobalSecondaryIndexes"] if i["IndexName"] == "gallery"]

    assert keys(index) == ["gallery", "sk"]
    assert GalleryIndex.Meta.index_name == "gallery"
    assert sorted(index["Projection"]["NonKeyAttributes"]) == sorted(GALLERY_ATTRIBUTES) == sorted(LEAN)


def test_credits_can_be_read_in_the_order_of_time(stacks: Stacks) -> None:
    (index,) = tables(stacks)["Credits"]["LocalSecondaryIndexes"]

    assert index["IndexName"] == "by_time"
    assert keys(index) == ["pk", "at"]
    assert index["Projection"] == {"ProjectionType": "ALL"}


def test_data_names_nothing_of_the_app(stacks: Stacks) -> None:
    assert not stacks.templates["data"].get("Parameters", {}).keys() - {"BootstrapVersion"}
    assert "Fn::ImportValue" not in str(stacks.templates["data"])


def test_sign_in_is_by_e_mail_and_long_password(stacks: Stacks) -> None:
    pool = stacks.only("AWS::Cognito::UserPool")

    assert pool["UsernameAttributes"] == ["email"]
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert pool["AccountRecoverySetting"]["RecoveryMechanisms"] == [{"Name": "verified_email", "Priority": 1}]
    policy = pool["Policies"]["PasswordPolicy"]
    assert policy.pop("MinimumLength") == 12
    assert not any(policy.values())
    assert {attribute["Name"] for attribute in pool["Schema"]} >= {"terms_version", "terms_at", "adult"}


def test_only_our_functions_can_sign_people_in(stacks: Stacks) -> None:
    client = stacks.only("AWS::Cognito::UserPoolClient")

    assert client["GenerateSecret"] is True
    assert sorted(client["ExplicitAuthFlows"]) == ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["AllowedOAuthFlowsUserPoolClient"] is False
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True
    assert client["AccessTokenValidity"] == client["IdTokenValidity"] == 15
    assert client["TokenValidityUnits"]["AccessToken"] == "minutes"


def test_sign_up_may_write_its_record_of_consent(stacks: Stacks) -> None:
    written = set(stacks.only("AWS::Cognito::UserPoolClient")["WriteAttributes"])
    assert written == {"email", "name", "custom:terms_version", "custom:terms_at", "custom:adult"}


def test_every_bucket_is_private(stacks: Stacks) -> None:
    buckets = list(stacks.properties("AWS::S3::Bucket"))

    assert len(buckets) == 3
    for name, bucket in buckets:
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4, name
        rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256", name
        assert "VersioningConfiguration" not in bucket, name


def test_media_bucket_drops_uploads_that_nobody_finished(stacks: Stacks) -> None:
    (bucket,) = [bucket for name, bucket in stacks.properties("AWS::S3::Bucket") if name.startswith("Media")]
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}} in rules


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_bucket_and_queue_refuses_plain_http_on_aws(every_stage: dict[str, Stacks], name: str) -> None:
    policies = list(
        every_stage[name].properties("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
    )

    assert len(policies) == 5
    for id_, policy in policies:
        refused = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert [s["Condition"] for s in refused] == [{"Bool": {"aws:SecureTransport": "false"}}], id_


def test_media_is_read_by_the_account_s_cdn_only(stacks: Stacks) -> None:
    allowed = [
        (id_, statement)
        for id_, policy in stacks.properties("AWS::S3::BucketPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and id_.startswith("Media")
    ]

    ((_, statement),) = allowed
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Action"] == "s3:GetObject"
    assert flat(statement["Resource"]).endswith("/media/*")
    assert ":cloudfront::" in flat(statement["Condition"]["ArnLike"]["AWS:SourceArn"])
