"""CloudFormation's request for the media signing key, its key group and the other keys of the service.

Made once: whatever exists is used again and only what is missing is added, and nothing is ever deleted, because
every signed address handed out depends on it. It talks to AWS by itself: it runs at deploy and not in the product.
"""

import json
import secrets
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import boto3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def client(service: str) -> Any:  # noqa: ANN401 (boto3 makes its clients' types at run time)
    """Return a client of an AWS service."""
    return boto3.client(service)  # noqa: TID251 (see the module)


def handler(event: dict[str, Any], _context: object) -> None:
    """Answer CloudFormation with the ids of the key; a failure is answered too, never swallowed.

    Raises:
        Exception: whatever went wrong, after CloudFormation has been told.
    """
    wanted = event["ResourceProperties"]
    identity = {"PhysicalResourceId": event.get("PhysicalResourceId", wanted["Name"])}
    if event["RequestType"] == "Delete":
        answer(event, {**identity, "Status": "SUCCESS"})
        return
    try:
        made = ensure(wanted["Name"], wanted["SecretName"])
    except Exception as error:
        answer(event, {**identity, "Status": "FAILED", "Reason": type(error).__name__})
        raise
    answer(event, {**identity, "Status": "SUCCESS", "NoEcho": True, "Data": made})


def ensure(name: str, secret_name: str) -> dict[str, str]:
    """Return the ids of key pair and group, and the first edge secret; make what is missing."""
    kept = ensure_secret(secret_name)
    key_id = ensure_public_key(name, public_half(kept["media_key"]))
    return {
        "KeyPairId": key_id,
        "KeyGroupId": ensure_key_group(name, key_id),
        "EdgeSecret": kept["edge_secret"].split()[0],
    }


def ensure_secret(name: str) -> dict[str, str]:
    """Return the stored secret with every field; add those it lacks, or store a new one.

    Two at once end with the same one: a version is made under an id that follows from the one before it.
    """
    manager = client("secretsmanager")
    with suppress(manager.exceptions.ResourceExistsException):
        manager.create_secret(Name=name, SecretString=json.dumps(new_secret()))
    found = manager.get_secret_value(SecretId=name)
    stored: dict[str, str] = json.loads(found["SecretString"])
    whole = new_secret() | stored
    if whole == stored:
        return stored
    following = str(uuid.uuid5(uuid.NAMESPACE_URL, found["VersionId"]))
    with suppress(manager.exceptions.ResourceExistsException):
        manager.put_secret_value(SecretId=name, SecretString=json.dumps(whole), ClientRequestToken=following)
    added: dict[str, str] = json.loads(manager.get_secret_value(SecretId=name)["SecretString"])
    return added


def new_secret() -> dict[str, str]:
    """Return fresh P-256 keys as PEM, for media and for manifests, and the keys for tokens and for the edge."""
    return {
        "media_key": new_key(),
        "service_key": new_key(),
        "mac_key": secrets.token_hex(32),
        "edge_secret": secrets.token_hex(32),
    }


def new_key() -> str:
    """Return a fresh P-256 key as PEM."""
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode()


def public_half(private_pem: str) -> str:
    """Return the public half of a private key, as PEM."""
    key = serialization.load_pem_private_key(private_pem.encode(), password=None).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def ensure_public_key(name: str, public_pem: str) -> str:
    """Return the id of this very key at CloudFront."""
    cloudfront = client("cloudfront")
    for found in listed(cloudfront.list_public_keys, "PublicKeyList"):
        if found["EncodedKey"].split() == public_pem.split():
            return str(found["Id"])
    reference = secrets.token_hex(8)
    made = cloudfront.create_public_key(
        PublicKeyConfig={
            "CallerReference": reference,
            "Name": f"{name}-{reference}",
            "EncodedKey": public_pem,
        }
    )
    return str(made["PublicKey"]["Id"])


def ensure_key_group(name: str, key_id: str) -> str:
    """Return the id of the group of this name.

    Raises:
        RuntimeError: the group exists but does not trust the key, so somebody has changed it.
    """
    cloudfront = client("cloudfront")
    for found in listed(cloudfront.list_key_groups, "KeyGroupList"):
        group = found["KeyGroup"]
        if group["KeyGroupConfig"]["Name"] == name:
            if key_id not in group["KeyGroupConfig"]["Items"]:
                message = f"key group {name} does not trust the key in the secret"
                raise RuntimeError(message)
            return str(group["Id"])
    made = cloudfront.create_key_group(KeyGroupConfig={"Name": name, "Items": [key_id]})
    return str(made["KeyGroup"]["Id"])


def listed(page: Callable[..., dict[str, Any]], field: str) -> Iterator[dict[str, Any]]:
    """Yield every entry of a list of CloudFront's, which has no paginator for these."""
    marker: dict[str, str] = {}
    while True:
        answered = page(**marker)[field]
        yield from answered.get("Items", [])
        if not answered.get("NextMarker"):
            return
        marker = {"Marker": answered["NextMarker"]}


def answer(event: dict[str, Any], result: dict[str, Any]) -> None:
    """Put a result where CloudFormation waits for it; its address takes no content type."""
    names = ("StackId", "RequestId", "LogicalResourceId")
    body = json.dumps({**{name: event[name] for name in names}, **result}).encode()
    request = urllib.request.Request(  # noqa: S310 (the address comes from CloudFormation)
        event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 (as above)
        pass
