"""The document and the API are the same thing: routes, bytes, and answers to whatever a fuzzer makes of it."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.cloud import ROOT
from tests.deployed import CLOUD, make_person
from tests.integration.operations import operations
from tests.integration.stack import out, web

DOCUMENT = ROOT / "docs" / "openapi.json"
EXAMPLES = 20
PARTS = [
    "images",
    "models",
    "auth",
    "photos|shares|shared",
    "collections|downloads|prompts",
    "me|erasures|hooks|catalog|openapi|credits|keys",
    "generations",
]
"""The first parts of all paths, in groups of a size, the slow ones first."""
CONFIG = """
# Of the fuzzer's checks those that cannot hold here are off, each for its reason.
[checks]
# Names of the catalog and ids of things are not in the schema: 404 and 422 are right for a well-formed request.
positive_data_acceptance.enabled = false
# API Gateway knows no 405: an undeclared method is an unknown route, 404.
unsupported_method.enabled = false
# Without a token the gateway answers in its own words; test_privacy tries every route so.
ignored_auth.enabled = false
"""


def test_the_served_document_is_the_committed_one_byte_for_byte():
    answer = web().get(f"{CLOUD.site}/v1/openapi.json")
    assert answer.content == DOCUMENT.read_bytes()
    known = web().get(f"{CLOUD.site}/v1/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_the_gateway_has_exactly_the_routes_of_the_document():
    pages = CLOUD.client("apigatewayv2").get_paginator("get_routes").paginate(ApiId=out()["ApiId"])
    routes = {route["RouteKey"]: route for page in pages for route in page["Items"]}
    assert set(routes) == {f"{operation.method} {operation.path}" for operation in operations()} | {"$default"}
    for operation in operations():
        route = routes[f"{operation.method} {operation.path}"]
        scopes = route.get("AuthorizationScopes") or []
        assert (route["AuthorizationType"], scopes) == (
            ("NONE", []) if operation.is_public else ("JWT", ["aws.cognito.signin.user.admin"])
        ), operation.name


def test_an_unknown_path_is_told_so_in_our_own_words():
    answer = web().get(f"{CLOUD.site}/v1/no/such/thing")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_route")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, subprocess.CompletedProcess[str]]:
    """What the fuzzer says of each part of the API; three parts at a time, since some refusals wait by design."""
    token = make_person("fuzzed").token
    folders = {part: tmp_path_factory.mktemp("fuzzed") for part in PARTS}
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(PARTS, pool.map(lambda part: fuzz(part, token, folders[part]), PARTS), strict=True))


def fuzz(part: str, token: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Send twenty examples an operation, with a token that is valid."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run", str(DOCUMENT)),
        *("--url", CLOUD.site, "--header", f"Authorization: Bearer {token}", "--workers", "1"),
        *("--include-path-regex", rf"^/v1/({part})(/|\.|$)", "--exclude-operation-id", "delete_me"),
        *("--phases", "examples,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "1", "--no-shrink"),
        *("--continue-on-failure", "--suppress-health-check", "all", "--no-color", "--warnings", "off"),
    ]
    hooked = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.integration.fuzzing"}
    return subprocess.run(command, cwd=folder, env=hooked, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("part", PARTS)
def test_whatever_a_fuzzer_sends_is_answered_as_the_document_says_and_never_by_a_5xx(fuzzed, part):
    assert fuzzed[part].returncode == 0, fuzzed[part].stdout[-6000:]


def test_the_fuzzer_has_tried_every_operation_but_the_erasure_of_its_own_account(fuzzed):
    tested = [int(number) for run in fuzzed.values() for number in re.findall(r"Tested: (\d+)", run.stdout)]
    assert sum(tested) == len(operations()) - 1
