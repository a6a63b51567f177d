"""What fails is seen, what a stage may switch on works, and what we accept is counted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.acknowledged import ACCEPTED
from infra.app_stack import AppStack
from infra.data_stack import DataStack
from infra.stages import stage
from local.cloud import MAIL_FROM
from tests.infra.stacks import FLAGS, Stacks, flat

ACCEPTED_REASONS = 20


@pytest.fixture(scope="module")
def everything(layers_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """A stage with every option switched on."""
    chosen = replace(
        stage("prod", layers_dir=str(layers_dir)),
        site_url="https://likeness.example",
        certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/one",
        mail_from="hello@likeness.example",
        alarm_email="ops@likeness.example",
        reserved_concurrency={"UploadEvents": 20},
        customer_managed_keys=True,
        threat_protection=True,
        web_acl_arn="arn:aws:wafv2:us-east-1:123456789012:global/webacl/one/two",
    )
    app = cdk.App(context=FLAGS, outdir=str(tmp_path_factory.mktemp("everything")))
    data = DataStack(app, "likeness-prod-data", stage=chosen)
    AppStack(app, "likeness-prod-app", stage=chosen, data=data)
    return Stacks.read(chosen, app.synth())


def alarms(stacks: Stacks) -> list[dict[str, Any]]:
    return [alarm for _, alarm in stacks.properties("AWS::CloudWatch::Alarm")]


def watched(stacks: Stacks, metric: str) -> set[str]:
    """Return the values of the dimensions of every alarm on a metric."""
    return {
        flat(dimension["Value"])
        for alarm in alarms(stacks)
        if alarm.get("MetricName") == metric
        for dimension in alarm["Dimensions"]
    }


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_function_has_an_alarm(every_stage: dict[str, Stacks], name: str, metric: str) -> None:
    stacks = every_stage[name]

    functions = {f"<{id_}>" for id_, _ in stacks.properties("AWS::Lambda::Function")}
    assert watched(stacks, metric) == functions


def test_every_machine_the_api_and_the_undelivered_have_an_alarm(prod: Stacks) -> None:
    machines = {f"<{id_}>" for id_, _ in prod.properties("AWS::StepFunctions::StateMachine")}

    assert watched(prod, "ExecutionsFailed") == watched(prod, "ExecutionsTimedOut") == machines
    assert len(watched(prod, "5xx")) == 1
    assert len(watched(prod, "ApproximateNumberOfMessagesVisible")) == 1


def test_every_alarm_reaches_the_topic(prod: Stacks) -> None:
    for alarm in alarms(prod):
        assert len(alarm["AlarmActions"]) == 1
        assert alarm["TreatMissingData"] == "notBreaching"


def test_silence_is_local_only(local: Stacks) -> None:
    assert set(local.templates) == {"data", "app"}
    assert alarms(local) == []


def test_operations_watch_the_whole_and_its_cost(prod: Stacks) -> None:
    ops = prod.templates["ops"]["Resources"].values()

    (outage,) = [one["Properties"] for one in ops if one["Type"] == "AWS::CloudWatch::CompositeAlarm"]
    assert flat(outage["AlarmRule"]).count("ALARM(") == 7
    (burning,) = [one["Properties"] for one in ops if one["Type"] == "AWS::CloudWatch::Alarm"]
    assert {metric.get("Expression") for metric in burning["Metrics"]} == {
        "IF(all >= 100, 100 * failed / all, 0)",
        None,
    }
    (budget,) = [one["Properties"] for one in ops if one["Type"] == "AWS::Budgets::Budget"]
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 500, "Unit": "USD"}


def test_stages_differ_in_what_they_say(every_stage: dict[str, Stacks]) -> None:
    def said(field: str) -> dict[str, object]:
        return {name: getattr(stacks.stage, field) for name, stacks in every_stage.items()}

    assert said("retained") == {"local": False, "dev": True, "prod": True}
    assert said("s3_addressing_style") == {"local": "path", "dev": "virtual", "prod": "virtual"}
    assert said("library_layer") == {"local": "layer-local", "dev": "layer-base", "prod": "layer-base"}
    assert said("mail_from") == {"local": MAIL_FROM, "dev": "", "prod": ""}


def test_stage_without_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no stage 'staging'"):
        stage("staging")


def test_missing_libraries_are_named(tmp_path: Path) -> None:
    chosen = stage("prod", layers_dir=str(tmp_path))
    app = cdk.App(context=FLAGS)
    data = DataStack(app, "likeness-prod-data", stage=chosen)

    with pytest.raises(FileNotFoundError, match=r"layer-base is missing: run scripts/layer\.py"):
        AppStack(app, "likeness-prod-app", stage=chosen, data=data)


def test_local_cannot_be_deployed_to_a_real_account(local: Stacks) -> None:
    assert local.stage.account == "000000000000"


def test_own_keys_encrypt_every_table(everything: Stacks) -> None:
    for _, table in everything.properties("AWS::DynamoDB::GlobalTable"):
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert everything.only("AWS::KMS::Key")["EnableKeyRotation"] is True
    users = {owner for owner, s in everything.statements() if "kms:Decrypt" in s["Action"]}
    assert {"AuthHandler", "BillingHandler", "GenerateTasks", "TrainTasks"} <= users


def test_threat_protection_takes_the_plan_that_has_it(everything: Stacks) -> None:
    pool = everything.only("AWS::Cognito::UserPool")

    assert pool["UserPoolTier"] == "PLUS"
    assert pool["UserPoolAddOns"] == {"AdvancedSecurityMode": "ENFORCED"}


def test_domain_and_firewall_are_put_on_the_cdn(everything: Stacks) -> None:
    config = everything.only("AWS::CloudFront::Distribution")["DistributionConfig"]

    assert config["Aliases"] == ["likeness.example"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["WebACLId"].endswith("webacl/one/two")


def test_reserved_concurrency_is_for_the_named_function(everything: Stacks) -> None:
    reserved = {n: f.get("ReservedConcurrentExecutions") for n, f in everything.functions().items()}

    assert {name: number for name, number in reserved.items() if number} == {"upload.events": 20}


def test_mail_goes_out_from_the_stage_s_sender(everything: Stacks, prod: Stacks) -> None:
    def senders(stacks: Stacks) -> set[str]:
        return {owner for owner, statement in stacks.statements() if "ses:SendEmail" in statement["Action"]}

    assert everything.only("AWS::Cognito::UserPool")["EmailConfiguration"]["EmailSendingAccount"] == "DEVELOPER"
    assert senders(everything) == {"AuthHandler", "AuthTasks"}
    assert senders(prod) == set()


def test_alarms_are_mailed_where_there_is_an_address(everything: Stacks, prod: Stacks) -> None:
    assert everything.only("AWS::SNS::Subscription")["Endpoint"] == "ops@likeness.example"
    assert list(prod.properties("AWS::SNS::Subscription")) == []


def test_accepted_findings_are_counted_and_reasoned() -> None:
    assert len(ACCEPTED) == ACCEPTED_REASONS
    for name, accepted in ACCEPTED.items():
        assert len(accepted.reason) > 50, name
        assert accepted.reason.endswith("."), name
        assert accepted.findings, name
