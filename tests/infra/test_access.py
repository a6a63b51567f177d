"""Who may touch what: stricter than cdk-nag where we know more than it does."""

import re
from collections import defaultdict

import pytest

from tests.infra.stacks import Stacks, flat, listed

ON_A_STAR = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "states:SendTaskSuccess",
    "cloudfront:ListPublicKeys",
    "cloudfront:CreatePublicKey",
    "cloudfront:ListKeyGroups",
    "cloudfront:CreateKeyGroup",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
WILDCARDS = re.compile(
    r"""
    .*:s3:::.*/(media|media/v|raw)/\*             # objects of one prefix of one bucket
    | .*:states:.*:execution:<.*>:\*              # executions of one machine
    | <(\w+Tasks|GenerateEvents)\w+\.Arn>:\*      # versions of the functions that are a machine's steps
    | .*:secretsmanager:.*:secret:likeness/\w+/signing\*
    """,
    re.VERBOSE,
)
LEDGER = frozenset({"GetItem", "Query", "ConditionCheckItem", "PutItem", "UpdateItem"})
READ = frozenset({"GetItem", "Query"})


def granted(stacks: Stacks, service: str, resource: str) -> dict[str, frozenset[str]]:
    """Return by owner which actions of a service it has on resources whose spelling holds a word."""
    found: dict[str, set[str]] = defaultdict(set)
    for owner, statement in stacks.statements():
        if any(resource in flat(one) for one in listed(statement["Resource"])):
            for action in listed(statement["Action"]):
                if action.startswith(f"{service}:"):
                    found[owner].add(action.removeprefix(f"{service}:"))
    return {owner: frozenset(actions) for owner, actions in found.items()}


def test_no_action_has_a_star(stacks: Stacks) -> None:
    for owner, statement in stacks.statements():
        assert statement["Effect"] == "Allow"
        assert not [action for action in listed(statement["Action"]) if "*" in action], owner


def test_star_as_resource_is_for_what_has_no_resource(stacks: Stacks) -> None:
    for owner, statement in stacks.statements():
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= ON_A_STAR, owner


def test_wildcard_stands_behind_a_named_thing(stacks: Stacks) -> None:
    for owner, statement in stacks.statements():
        for resource in listed(statement["Resource"]):
            text = flat(resource)
            assert text == "*" or "*" not in text or WILDCARDS.fullmatch(text), (owner, text)


def test_every_function_has_a_role_of_its_own(stacks: Stacks) -> None:
    roles = [flat(function["Role"]) for function in stacks.functions().values()]

    assert len(roles) == len(set(roles))


def test_credits_move_where_paid_work_is_done_and_nobody_deletes_them(stacks: Stacks) -> None:
    assert granted(stacks, "dynamodb", "CreditsTable") == {
        "AuthHandler": LEDGER,
        "AuthTasks": LEDGER,
        "BillingHandler": READ,
        "GenerateEvents": LEDGER,
        "GenerateHandler": LEDGER,
        "GenerateTasks": LEDGER,
        "TrainEvents": LEDGER,
        "TrainHandler": LEDGER,
        "TrainTasks": LEDGER,
    }


def test_nobody_scans_a_table(stacks: Stacks) -> None:
    for table in ("Users", "Models", "Images", "Credits"):
        for owner, actions in granted(stacks, "dynamodb", f"{table}Table").items():
            assert "Scan" not in actions, owner


@pytest.mark.parametrize("vendor", ["fal", "together"])
def test_vendor_keys_are_read_by_what_calls_vendors(stacks: Stacks, vendor: str) -> None:
    readers = granted(stacks, "secretsmanager", f"likeness/{stacks.stage.name}/{vendor}")

    jobs = {f"{feature}{entry}" for feature in ("Train", "Generate") for entry in ("Handler", "Tasks", "Events")}
    assert set(readers) == jobs | {"AuthTasks"}  # an erasure ends what runs
    for owner, actions in readers.items():
        assert actions == {"GetSecretValue", "DescribeSecret"}, owner


def test_every_handler_reads_the_secret_that_proves_the_edge(stacks: Stacks) -> None:
    readers = granted(stacks, "secretsmanager", f"likeness/{stacks.stage.name}/signing")

    handlers = {name for name in stacks.functions() if name.endswith(".handler")}
    assert {f"{name.partition('.')[0].title()}Handler" for name in handlers} <= set(readers)
    for made in ("CreateSecret", "PutSecretValue"):
        assert {owner for owner, actions in readers.items() if made in actions} == {"HouseSigningKeyMaker"}


def test_only_the_jobs_of_a_machine_start_and_stop_it(stacks: Stacks) -> None:
    assert granted(stacks, "states", "TrainModelMachine") == {
        "AuthTasks": {"StopExecution"},
        "TrainEvents": {"StartExecution", "DescribeExecution", "StopExecution"},
        "TrainHandler": {"StartExecution", "StopExecution"},
    }
    assert granted(stacks, "states", "GenerateImagesMachine") == {
        "AuthTasks": {"StopExecution"},
        "GenerateEvents": {"StartExecution", "DescribeExecution", "StopExecution"},
        "GenerateHandler": {"StartExecution", "StopExecution"},
    }
    for machine in ("DeliverMachine", "ChangeMachine"):
        assert granted(stacks, "states", machine) == {
            "GalleryEvents": {"StartExecution", "DescribeExecution", "StopExecution"},
            "GalleryHandler": {"StartExecution", "StopExecution"},
        }
    assert granted(stacks, "states", "EraseMachine") == {"AuthHandler": {"StartExecution", "DescribeExecution"}}


def test_waiting_trainings_are_woken_by_training_only(stacks: Stacks) -> None:
    wakers = {
        owner for owner, statement in stacks.statements() if "states:SendTaskSuccess" in listed(statement["Action"])
    }

    assert wakers == {"TrainHandler", "TrainTasks"}


def test_sign_in_records_are_changed_by_auth_only(stacks: Stacks) -> None:
    grants = granted(stacks, "cognito-idp", "Pool")

    assert grants["TrainHandler"] == grants["GenerateHandler"] == {"AdminGetUser"}
    assert set(grants) == {"AuthHandler", "AuthTasks", "TrainHandler", "GenerateHandler"}


def test_objects_are_written_by_what_makes_them(stacks: Stacks) -> None:
    media = granted(stacks, "s3", "MediaBucket")

    makers = {"GalleryHandler", "GalleryTasks", "GenerateTasks", "TrainTasks"}
    assert {owner for owner, actions in media.items() if "PutObject" in actions} == makers | {"UploadEvents"}
    assert {owner for owner, actions in media.items() if "GetObject" in actions} == makers | {"TrainHandler"}
    raw = granted(stacks, "s3", f"likeness-{stacks.stage.name}-raw-")
    assert {owner for owner, actions in raw.items() if "PutObject" in actions} == {"UploadHandler"}
    assert {owner for owner, actions in raw.items() if "GetObject" in actions} == {"UploadEvents"}


def test_rows_are_deleted_by_what_ends_them(stacks: Stacks) -> None:
    def deleters(table: str) -> set[str]:
        grants = granted(stacks, "dynamodb", f"{table}Table")
        return {owner for owner, actions in grants.items() if actions & {"DeleteItem", "BatchWriteItem"}}

    assert deleters("Users") == {"AuthHandler", "AuthTasks"}
    assert deleters("Models") == {"AuthTasks", "TrainHandler", "TrainTasks", "TrainEvents"}
    gallery = {"GalleryHandler", "GalleryTasks", "GalleryEvents"}
    assert deleters("Images") == gallery | {"AuthTasks", "UploadHandler"}
