"""A Lambda's world without a network: its environment, and AWS answers from below the SDK."""

import json
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "LAMBDA_TASK_ROOT": "/var/task",
    "STAGE": "bench",
    "USERS_TABLE": "users",
    "MODELS_TABLE": "models",
    "IMAGES_TABLE": "images",
    "CREDITS_TABLE": "credits",
    "RAW_BUCKET": "raw-bucket",
    "MEDIA_BUCKET": "media-bucket",
    "SITE_URL": "https://likeness.test",
    "SIGNING_SECRET": "signing",
    "FAL_SECRET": "fal",
    "TOGETHER_SECRET": "together",
    "MEDIA_KEY_PAIR_ID": "K1",
    "S3_ADDRESSING_STYLE": "virtual",
    "MAIL_FROM": "hello@likeness.test",
    "USER_POOL_ID": "us-east-1_pool",
    "USER_POOL_CLIENT_ID": "client",
    "TRAINING_MACHINE": "arn:aws:states:us-east-1:1:stateMachine:train",
    "GENERATION_MACHINE": "arn:aws:states:us-east-1:1:stateMachine:generate",
    "ERASURE_MACHINE": "arn:aws:states:us-east-1:1:stateMachine:erase",
    "DELIVERY_MACHINE": "arn:aws:states:us-east-1:1:stateMachine:deliver",
    "CHANGE_MACHINE": "arn:aws:states:us-east-1:1:stateMachine:change",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Likeness",
    "POWERTOOLS_LOG_LEVEL": "ERROR",
}
EDGE_SECRET = "edge"  # noqa: S105 (opens nothing)
_ONE = "304102010030" + "1306072a8648ce3d020106082a8648ce3d030107" + "04273025020101" + "0420" + f"{1:064x}"
"""PKCS #8 of the P-256 key 1: a key needs no making and no library here, whose import would be counted."""
_PEM = f"-----BEGIN PRIVATE KEY-----\n{b64encode(bytes.fromhex(_ONE)).decode()}\n-----END PRIVATE KEY-----"
SIGNING = {"edge_secret": EDGE_SECRET, "mac_key": "ab" * 32, "media_key": _PEM, "service_key": _PEM}
USER = "7d3f0c1e-6c1b-4a51-9a2e-0f6f2f1f9d11"
Answer = Callable[[str, dict[str, Any]], dict[str, Any]]


class Body:
    """A response body as urllib3 hands it over."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, **_: object) -> list[bytes]:
        """Return the body in one piece."""
        return [self.content]


def answer_with(answer: Answer) -> Counter[str]:
    """Replace the network by `answer(operation, request)`; return the count of calls by operation."""
    calls: Counter[str] = Counter()

    def send(_session: URLLib3Session, request: Any) -> AWSResponse:  # noqa: ANN401 (botocore's request)
        target = request.headers.get("X-Amz-Target", b"")
        named = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        operation = named or ("SES" if "//email." in request.url else "S3")
        calls[operation] += 1
        if operation == "GetSecretValue":
            found = {"SecretString": json.dumps(SIGNING)}
        else:
            found = {} if operation in {"S3", "SES"} else answer(operation, json.loads(request.body or b"{}"))
        content = b"" if operation == "S3" else json.dumps(found).encode()
        headers = {"content-type": "application/x-amz-json-1.0", "content-length": str(len(content))}
        return AWSResponse(request.url, 200, headers, Body(content))

    URLLib3Session.send = send  # type: ignore[method-assign]
    return calls


def enter() -> None:
    """Set the environment of a function."""
    os.environ.update(ENVIRONMENT)


def event(method: str, path: str, query: dict[str, str] | None = None, body: object = None) -> dict[str, Any]:
    """Return an HTTP API event of a signed-in caller."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
        "queryStringParameters": query,
        "headers": {
            "x-likeness-edge": EDGE_SECRET,
            "host": "likeness.test",
            "content-type": "application/json",
            "x-forwarded-for": "203.0.113.7, 198.51.100.9",
            "idempotency-key": "one",
        },
        "requestContext": {
            "stage": "$default",
            "requestId": "r-1",
            "domainName": "likeness.test",
            "http": {"method": method, "path": path, "sourceIp": "198.51.100.9", "protocol": "HTTP/1.1"},
            "authorizer": {
                "jwt": {
                    "claims": {"sub": USER, "token_use": "access", "auth_time": "9999999999"},
                    "scopes": ["aws.cognito.signin.user.admin"],
                }
            },
        },
        "isBase64Encoded": False,
        "body": json.dumps(body) if body is not None else None,
    }


class Context:
    """What Lambda tells a function of its invocation."""

    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:1:function:bench"
    aws_request_id = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left."""
        return 25_000


def gallery_rows(count: int = 24) -> list[dict[str, Any]]:
    """Return rows of the lean gallery index as DynamoDB writes them."""
    return [
        {
            "pk": {"S": USER},
            "sk": {"S": f"IMAGE#01JD{number:022d}"},
            "gallery": {"S": USER},
            "generation_id": {"S": "01JD0000000000000000000000"},
            "number": {"N": str(number % 16 + 1)},
            "model_id": {"S": "01JD0000000000000000000001"},
            "base_model": {"S": "flux-1-dev"},
            "aspect_ratio": {"S": "3:4"},
            "style": {"S": "oil"},
            "width": {"N": "888"},
            "height": {"N": "1184"},
            "bytes": {"N": str(1_400_000 + number)},
            "rating": {"N": str(number % 5 + 1)},
            "tags": {"SS": ["lantern", "sea"]},
            "favourite": {"BOOL": number % 5 == 0},
            "prompt_head": {"S": "a person walking along the sea at sunset with a paper lantern, wide angle"},
            "search": {"S": "a person walking along the sea at sunset with a paper lantern, wide angle"},
        }
        for number in range(count)
    ]
