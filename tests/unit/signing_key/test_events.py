"""CloudFormation asks for the signing key; a small server stands where it waits for the answer."""

import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from moto import mock_aws

from functions.signing_key.events import ensure_secret, handler, listed, public_half
from infra.constructs.signing_key import FIELDS

NAME, SECRET = "likeness-test", "likeness/test/new-signing"


class Stack:
    """CloudFormation's side: sends requests and keeps the answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[Any] = []
        self.content_types: list[str | None] = []

    def send(self, kind: str, **more: str) -> Any:
        """Send one request and return its answer."""
        properties = {"Name": NAME, "SecretName": SECRET}
        handler(
            {
                "RequestType": kind,
                "ResponseURL": self.url,
                "StackId": "stack",
                "RequestId": "request",
                "LogicalResourceId": "Key",
                "ResourceProperties": properties,
                **more,
            },
            None,
        )
        return self.answers[-1]


@pytest.fixture
def stack() -> Iterator[Stack]:
    """CloudFormation and an AWS account without a key."""

    class Waiting(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.answers.append(json.loads(body))
            found.content_types.append(self.headers["Content-Type"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with mock_aws(config={"core": {"passthrough": {"urls": [r"http://127\.0\.0\.1.*"]}}}):
        server = HTTPServer(("127.0.0.1", 0), Waiting)
        found = Stack(f"http://127.0.0.1:{server.server_port}/answer?signature=s")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()
        server.server_close()


def secret() -> Any:
    return json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"])


def keys() -> Any:
    return boto3.client("cloudfront").list_public_keys()["PublicKeyList"].get("Items", [])


def test_first_deploy_makes_a_key_its_group_and_the_secret(stack: Stack) -> None:
    answer = stack.send("Create")

    assert answer["Status"] == "SUCCESS"
    kept = secret()
    assert set(kept) == set(FIELDS.split())
    assert kept["media_key"] != kept["service_key"]
    for name in ("media_key", "service_key"):
        private = load_pem_private_key(kept[name].encode(), password=None)
        assert isinstance(private, EllipticCurvePrivateKey)
        assert private.curve.name == "secp256r1"
    assert len(bytes.fromhex(kept["mac_key"])) == len(bytes.fromhex(kept["edge_secret"])) == 32
    (key,) = keys()
    assert key["EncodedKey"].split() == public_half(kept["media_key"]).split()
    group = boto3.client("cloudfront").get_key_group(Id=answer["Data"]["KeyGroupId"])["KeyGroup"]
    assert group["KeyGroupConfig"]["Items"] == [key["Id"]] == [answer["Data"]["KeyPairId"]]
    assert answer["Data"]["EdgeSecret"] == kept["edge_secret"]


def test_answer_is_hidden_and_holds_no_private_key(stack: Stack) -> None:
    answer = stack.send("Create")

    assert answer["NoEcho"] is True
    assert set(answer["Data"]) == {"KeyPairId", "KeyGroupId", "EdgeSecret"}
    assert stack.content_types == [""]
    assert {answer[name] for name in ("StackId", "RequestId", "LogicalResourceId")} == {"stack", "request", "Key"}


@pytest.mark.parametrize("again", ["Create", "Update"])
def test_second_request_keeps_everything(stack: Stack, again: str) -> None:
    first, kept = stack.send("Create"), secret()

    second = stack.send(again)

    assert second["Data"] == first["Data"]
    assert second["PhysicalResourceId"] == first["PhysicalResourceId"] == NAME
    assert secret() == kept
    assert len(keys()) == 1


def store(value: dict[str, str]) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=json.dumps(value))


def test_update_adds_the_field_that_an_older_secret_lacks_and_replaces_none(stack: Stack) -> None:
    first, kept = stack.send("Create"), secret()
    older = {name: value for name, value in kept.items() if name != "service_key"} | {"edge_secret": "new old"}
    store(older)

    assert stack.send("Update")["Data"] == first["Data"] | {"EdgeSecret": "new"}
    added = secret()
    assert added == older | {"service_key": added["service_key"]}
    stack.send("Update")
    assert secret() == added


def test_two_that_add_a_field_at_once_end_with_the_same_one(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.send("Create")
    store({name: value for name, value in secret().items() if name != "service_key"})
    named, ends = uuid.uuid5, []

    def meanwhile(space: uuid.UUID, name: str) -> uuid.UUID:
        monkeypatch.setattr(uuid, "uuid5", named)
        ends.append(ensure_secret(SECRET))
        return named(space, name)

    monkeypatch.setattr(uuid, "uuid5", meanwhile)
    ends.append(ensure_secret(SECRET))
    assert len(ends) == 2
    assert ends[0] == ends[1] == secret()


def test_group_that_trusts_another_key_is_left_to_an_operator(stack: Stack) -> None:
    first, kept = stack.send("Create"), secret()
    cloudfront = boto3.client("cloudfront")
    cloudfront.delete_public_key(Id=first["Data"]["KeyPairId"], IfMatch="any")

    with pytest.raises(RuntimeError, match="does not trust"):
        stack.send("Create")

    assert stack.answers[-1]["Status"] == "FAILED"
    assert secret() == kept


def test_second_edge_secret_of_a_rotation_is_not_sent(stack: Stack) -> None:
    stack.send("Create")
    store({**secret(), "edge_secret": "new old"})

    assert stack.send("Update")["Data"]["EdgeSecret"] == "new"


def test_many_keys_of_others_do_not_hide_ours(stack: Stack) -> None:
    cloudfront = boto3.client("cloudfront")
    for number in range(101):
        cloudfront.create_public_key(
            PublicKeyConfig={"CallerReference": str(number), "Name": f"k{number}", "EncodedKey": f"other{number}"}
        )
    first = stack.send("Create")

    assert stack.send("Update")["Data"] == first["Data"]
    assert len(list(listed(cloudfront.list_public_keys, "PublicKeyList"))) == 102


def test_delete_keeps_everything(stack: Stack) -> None:
    made, kept = stack.send("Create"), secret()

    answer = stack.send("Delete", PhysicalResourceId=made["PhysicalResourceId"])

    assert answer["Status"] == "SUCCESS"
    assert secret() == kept
    assert len(keys()) == 1


def test_failure_is_answered_before_it_is_raised(stack: Stack) -> None:
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString="[]")

    with pytest.raises(TypeError):
        stack.send("Create")

    assert stack.answers[-1]["Status"] == "FAILED"
    assert stack.answers[-1]["Reason"] == "TypeError"
