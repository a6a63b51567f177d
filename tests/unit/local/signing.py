"""A signer by CloudFront's documented rules, written apart from the product's own."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PRIVATE = ec.generate_private_key(ec.SECP256R1())
KEYS = {"K1": PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()}


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode().translate(str.maketrans("+=/", "-_~"))


def signed(
    resource: str,
    end: float | str,
    key: ec.EllipticCurvePrivateKey = PRIVATE,
    **conditions: dict[str, object],
) -> dict[str, str]:
    condition = {"DateLessThan": {"AWS:EpochTime": end if isinstance(end, str) else int(end)}, **conditions}
    policy = json.dumps({"Statement": [{"Resource": resource, "Condition": condition}]}).encode()
    return {
        "Policy": encode(policy),
        "Signature": encode(key.sign(policy, ec.ECDSA(SHA256()))),
        "Key-Pair-Id": "K1",
        "Hash-Algorithm": "SHA256",
    }


def cookies(parameters: dict[str, str]) -> dict[str, str]:
    return {f"CloudFront-{name}": value for name, value in parameters.items()}
