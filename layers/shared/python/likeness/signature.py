"""The service's own signature: documents that anybody can check with the keys of `GET /v1/keys`.

A document is written as canonical JSON (RFC 8785) and signed with ES256 as a flattened JWS (RFC 7515). The key has this
one purpose. The secret may hold several keys as PEM, one behind the other: the first signs, all are published.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from likeness.aws import secret
from likeness.settings import settings

_BYTES = 32
"""Of a coordinate of P-256 and of each half of a signature."""
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


@dataclass(frozen=True)
class Jws:
    """A signed document in flattened JSON serialisation, each part base64url."""

    payload: str
    """The document as canonical JSON."""
    protected: str
    """The header: algorithm, key id and type."""
    signature: str


def signed(document: dict[str, Any], kind: str) -> Jws:
    """Sign a document of a kind; the same one gives the same signature (RFC 6979)."""
    header = {"alg": "ES256", "kid": public_keys()[0]["kid"], "typ": f"likeness-{kind}+jws"}
    payload, protected = _encode(rfc8785.dumps(document)), _encode(rfc8785.dumps(header))
    return Jws(payload, protected, sign(f"{protected}.{payload}".encode()))


def sign(content: bytes) -> str:
    """Return the ES256 signature of bytes: both halves one behind the other, base64url."""
    halves = decode_dss_signature(_keys()[0].sign(content, ECDSA(SHA256(), deterministic_signing=True)))
    return _encode(b"".join(half.to_bytes(_BYTES) for half in halves))


def public_keys() -> list[dict[str, str]]:
    """Return the public halves as JWKs (RFC 7517), the one that signs first."""
    return [_public(key) for key in _keys()]


def _public(key: EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    x, y = (_encode(number.to_bytes(_BYTES)) for number in (numbers.x, numbers.y))
    needed = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    thumbprint = hashlib.sha256(rfc8785.dumps(needed)).digest()  # RFC 7638
    return {**needed, "use": "sig", "alg": "ES256", "kid": _encode(thumbprint)}


def _keys() -> tuple[EllipticCurvePrivateKey, ...]:
    return _load(str(secret(settings().signing_secret)["service_key"]))


@cache
def _load(pems: str) -> tuple[EllipticCurvePrivateKey, ...]:
    keys = tuple(load_pem_private_key(pem.encode(), password=None) for pem in _PEM.findall(pems))
    if not keys or not all(isinstance(key, EllipticCurvePrivateKey) for key in keys):
        message = "the service key must be one EC key or more"
        raise TypeError(message)
    return keys  # type: ignore[return-value]  # each was just looked at


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
