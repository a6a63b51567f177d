"""The bucket that browsers post to: closed to other sites, inspected, empty after a day."""

from typing import Any

from tests.infra.stacks import Stacks, flat


def raw_bucket(stacks: Stacks) -> dict[str, Any]:
    (found,) = [bucket for _, bucket in stacks.properties("AWS::S3::Bucket") if "BucketName" in bucket]
    return found


def test_uploads_come_from_the_site_only_and_are_gone_in_a_day(every_stage: dict[str, Stacks]) -> None:
    for name, stacks in every_stage.items():
        bucket = raw_bucket(stacks)
        (rule,) = bucket["CorsConfiguration"]["CorsRules"]
        assert rule["AllowedMethods"] == ["POST"]
        site = "http://localhost:8787" if name == "local" else "https://<HouseSiteDistribution"
        assert [flat(allowed)[: len(site)] for allowed in rule["AllowedOrigins"]] == [site]
        assert [rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]] == [1]


def test_each_upload_is_inspected(stacks: Stacks) -> None:
    bucket = raw_bucket(stacks)

    (call,) = bucket["NotificationConfiguration"]["LambdaConfigurations"]
    assert "UploadEvents" in flat(call["Function"])
    assert call["Event"] == "s3:ObjectCreated:*"
    assert call["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "raw/"}]
    (permission,) = [
        permission
        for _, permission in stacks.properties("AWS::Lambda::Permission")
        if permission["Principal"] == "s3.amazonaws.com"
    ]
    assert flat(permission["SourceArn"]).endswith(f":s3:::{flat(bucket['BucketName'])}")
    assert flat(permission["SourceAccount"]) == (stacks.stage.account or "<AWS::AccountId>")
