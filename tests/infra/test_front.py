"""The one host: CDN, API and the bucket that browsers post to."""

import json
import subprocess
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.constructs.site import EDGE_HEADER, REWRITE
from likeness import gate
from tests.infra.stacks import ROOT, Stacks, flat

OPENAPI = ROOT / "layers" / "shared" / "python" / "likeness" / "openapi.json"
PUBLIC = {
    "$default",
    "GET /v1/catalog",
    "GET /v1/erasures/{token}",
    "GET /v1/keys",
    "GET /v1/openapi.json",
    "GET /v1/shared/{token}",
    "POST /v1/auth/confirm",
    "POST /v1/auth/forgot-password",
    "POST /v1/auth/login",
    "POST /v1/auth/logout",
    "POST /v1/auth/refresh",
    "POST /v1/auth/register",
    "POST /v1/auth/resend-code",
    "POST /v1/auth/reset-password",
    "POST /v1/hooks/fal/{token}",
}
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""CloudFront's own cache policy CachingDisabled."""


def routes(stacks: Stacks) -> dict[str, dict[str, Any]]:
    return {route["RouteKey"]: route for _, route in stacks.properties("AWS::ApiGatewayV2::Route")}


def distribution(stacks: Stacks) -> dict[str, Any]:
    config: dict[str, Any] = stacks.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    return config


def behaviours(stacks: Stacks) -> dict[str, dict[str, Any]]:
    config = distribution(stacks)
    return {"/": config["DefaultCacheBehavior"], **{one["PathPattern"]: one for one in config["CacheBehaviors"]}}


def origin(stacks: Stacks, path: str) -> dict[str, Any]:
    wanted = behaviours(stacks)[path]["TargetOriginId"]
    (found,) = [one for one in distribution(stacks)["Origins"] if one["Id"] == wanted]
    return dict(found)


def content_policy(stacks: Stacks) -> dict[str, str]:
    headers = stacks.only("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    text = flat(headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    return {name: value for name, _, value in (part.partition(" ") for part in text.split("; "))}


def test_routes_are_the_operations_of_the_api_description(stacks: Stacks) -> None:
    described = {
        f"{method.upper()} {path}"
        for path, operations in json.loads(OPENAPI.read_text())["paths"].items()
        for method in operations
        if method in {"get", "post", "patch", "put", "delete"}
    }

    assert set(routes(stacks)) - {"$default"} == described


def test_route_wants_an_access_token_unless_it_is_listed_as_public(stacks: Stacks) -> None:
    for key, route in routes(stacks).items():
        if key in PUBLIC:
            assert route["AuthorizationType"] == "NONE", key
            assert not route.get("AuthorizationScopes"), key
        else:
            assert route["AuthorizationType"] == "JWT", key
            assert route["AuthorizationScopes"] == ["aws.cognito.signin.user.admin"], key
    assert set(routes(stacks)) >= PUBLIC


def test_tokens_are_those_of_our_pool_and_client(stacks: Stacks) -> None:
    authorizer = stacks.only("AWS::ApiGatewayV2::Authorizer")

    issuer = flat(authorizer["JwtConfiguration"]["Issuer"])
    assert issuer.startswith("https://cognito-idp.us-east-1.amazonaws.com/")
    assert "UserPool" in issuer or "IdentityPool" in issuer
    (audience,) = authorizer["JwtConfiguration"]["Audience"]
    assert "IdentityPoolClient" in flat(audience)
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]


def test_api_is_throttled_and_logged_without_people(stacks: Stacks) -> None:
    stage = stacks.only("AWS::ApiGatewayV2::Stage")

    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 200, "ThrottlingBurstLimit": 400}
    assert set(json.loads(stage["AccessLogSettings"]["Format"])) == {
        "requestId",
        "routeKey",
        "status",
        "responseLatency",
        "integrationErrorMessage",
    }


def test_function_has_one_permission_for_all_of_its_routes(stacks: Stacks) -> None:
    permitted = [
        flat(permission["FunctionName"])
        for _, permission in stacks.properties("AWS::Lambda::Permission")
        if permission["Principal"] == "apigateway.amazonaws.com"
    ]

    assert len(permitted) == len(set(permitted)) == 6


def test_one_host_serves_three_things(stacks: Stacks) -> None:
    assert set(behaviours(stacks)) == {"/", "/v1/*", "/media/*"}
    assert "CustomErrorResponses" not in distribution(stacks)
    (headers,) = {flat(one["ResponseHeadersPolicyId"]) for one in behaviours(stacks).values()}
    assert "Headers" in headers


def test_plain_http_is_redirected_except_on_this_machine(every_stage: dict[str, Stacks]) -> None:
    policies = {
        name: {one["ViewerProtocolPolicy"] for one in behaviours(stacks).values()}
        for name, stacks in every_stage.items()
    }

    assert policies == {"local": {"allow-all"}, "dev": {"redirect-to-https"}, "prod": {"redirect-to-https"}}


def test_pictures_want_a_signature_and_stay_out_of_the_edge(stacks: Stacks) -> None:
    media = behaviours(stacks)["/media/*"]

    (group,) = media["TrustedKeyGroups"]
    assert flat(group).endswith(".KeyGroupId>")
    assert media["CachePolicyId"] == DISABLED
    assert "AllowedMethods" not in media
    for path in ("/", "/v1/*"):
        assert "TrustedKeyGroups" not in behaviours(stacks)[path]


def test_api_is_never_cached_and_gets_every_header_and_cookie(stacks: Stacks) -> None:
    api = behaviours(stacks)["/v1/*"]

    assert api["CachePolicyId"] == DISABLED
    assert api["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"  # AllViewerExceptHostHeader
    assert len(api["AllowedMethods"]) == 7


def test_edge_proves_itself_to_the_api_and_to_nothing_else(stacks: Stacks) -> None:
    (header,) = origin(stacks, "/v1/*")["OriginCustomHeaders"]

    assert header["HeaderName"] == EDGE_HEADER
    assert flat(header["HeaderValue"]).endswith(".EdgeSecret>")
    assert f'"{EDGE_HEADER}"' in (ROOT / "layers/shared/python/likeness/gate.py").read_text(), gate.__name__
    for path in ("/", "/media/*"):
        assert "OriginCustomHeaders" not in origin(stacks, path)


def test_api_origin_is_the_gateway_or_the_emulator(local: Stacks, prod: Stacks) -> None:
    assert flat(origin(prod, "/v1/*")["DomainName"]).endswith(".execute-api.us-east-1.amazonaws.com")
    assert origin(prod, "/v1/*")["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    here = origin(local, "/v1/*")
    assert here["DomainName"] == "localhost"
    assert here["CustomOriginConfig"]["HTTPPort"] == 4577
    assert flat(here["OriginPath"]).startswith("/_aws/execute-api/<")


def test_buckets_are_reached_by_signed_requests_of_the_cdn_only(stacks: Stacks) -> None:
    for path in ("/", "/media/*"):
        assert "OriginAccessControlId" in origin(stacks, path)
        assert origin(stacks, path)["S3OriginConfig"] == {"OriginAccessIdentity": ""}


def test_every_answer_has_the_security_headers(stacks: Stacks) -> None:
    headers = stacks.only("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = headers["SecurityHeadersConfig"]

    assert all(one["Override"] is True for one in security.values())
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert security["FrameOptions"]["FrameOption"] == "DENY"
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "strict-origin-when-cross-origin"
    assert "ContentTypeOptions" in security


def test_pages_run_our_scripts_only(stacks: Stacks) -> None:
    policy = content_policy(stacks)

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self' 'unsafe-inline'"
    assert policy["img-src"] == "'self' blob:"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def test_pages_talk_to_us_and_to_the_one_bucket(local: Stacks, prod: Stacks) -> None:
    bucket = "likeness-prod-raw-<AWS::AccountId>.s3.us-east-1.amazonaws.com"
    assert content_policy(prod)["connect-src"] == f"'self' https://{bucket}"
    assert content_policy(local)["connect-src"] == "'self' http://localhost:4577"


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/", "/index.html"),
        ("/gallery", "/index.html"),
        ("/models/01J/trainings", "/index.html"),
        ("/assets/app-1a2b.js", "/assets/app-1a2b.js"),
        ("/favicon.ico", "/favicon.ico"),
        ("/docs", "/docs/index.html"),
        ("/docs/", "/docs/index.html"),
        ("/docs/start.js", "/docs/start.js"),
    ],
)
def test_web_app_answers_its_own_paths(path: str, served: str) -> None:
    program = f"{REWRITE}; console.log(handler({{request: {{uri: {json.dumps(path)}}}}}).uri)"

    answered = subprocess.run(["node", "-e", program], check=True, capture_output=True, text=True).stdout

    assert answered.strip() == served


def test_rewriting_never_touches_api_or_pictures(stacks: Stacks) -> None:
    assert len(behaviours(stacks)["/"]["FunctionAssociations"]) == 1
    for path in ("/v1/*", "/media/*"):
        assert "FunctionAssociations" not in behaviours(stacks)[path]


def test_addresses_of_a_second_local_copy_come_from_the_context(local: Stacks) -> None:
    assert urlsplit(local.stage.emulator_url).port == 4577
    sites = {
        f["Environment"]["Variables"]["SITE_URL"] for n, f in local.functions().items() if n != "signing_key.events"
    }
    assert sites == {"http://localhost:8787"}
