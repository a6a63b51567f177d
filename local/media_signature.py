"""What CloudFront checks on a signed URL or signed cookies, by its documented rules.

The emulator stores the key groups of a distribution and enforces nothing, so the edge and the test
client use this. It knows ECDSA P-256 keys with SHA-256, canned and custom policies.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

PARAMETERS = frozenset({"Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"})
COOKIE_PREFIX = "CloudFront-"
PLAIN_ALPHABET = str.maketrans("-_~+=/", "+=/!!!")


class Refused(Exception):
    """CloudFront would answer 403; the text says which rule was broken."""


@dataclass(frozen=True)
class Visit:
    """One request for a protected file: its whole URL, its cookies and where it comes from."""

    url: str
    cookies: Mapping[str, str]
    address: str = "127.0.0.1"


def verify(visit: Visit, keys: Mapping[str, str], now: float) -> None:
    """Accept a visit that carries a valid signature by one of `keys` (key pair id to public PEM).

    A signature in the query is the one that counts, whatever the cookies hold.

    Raises:
        Refused: the signature is missing, malformed, made for something else, early or late.
    """
    given = _given(visit)
    if given.get("Hash-Algorithm", "SHA1") != "SHA256":
        message = "an ECDSA key of ours signs with SHA256 only"
        raise Refused(message)
    if given.get("Key-Pair-Id") not in keys:
        message = "no trusted key group holds this key"
        raise Refused(message)
    policy = _policy(given, visit)
    _check_signature(keys[given["Key-Pair-Id"]], given.get("Signature", ""), policy)
    _check_policy(policy, visit, now)


def without_signature(url: str) -> str:
    """Return the URL as the origin gets it; CloudFront keeps its own parameters to itself."""
    parts = urlsplit(url)
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in PARAMETERS]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _given(visit: Visit) -> dict[str, str]:
    query = {k: v for k, v in parse_qsl(urlsplit(visit.url).query) if k in PARAMETERS}
    if "Signature" in query:
        return query
    names = {COOKIE_PREFIX + name: name for name in PARAMETERS}
    return {names[name]: value for name, value in visit.cookies.items() if name in names}


def _policy(given: Mapping[str, str], visit: Visit) -> bytes:
    if "Policy" in given:
        return _decode(given["Policy"])
    if not given.get("Expires", "").isdigit():
        message = "neither a policy nor an end"
        raise Refused(message)
    resource = json.dumps(without_signature(visit.url))
    end = f'{{"AWS:EpochTime":{int(given["Expires"])}}}'
    condition = f'{{"DateLessThan":{end}}}'
    return f'{{"Statement":[{{"Resource":{resource},"Condition":{condition}}}]}}'.encode()


def _check_signature(pem: str, signature: str, policy: bytes) -> None:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        message = "the key is not an ECDSA P-256 key"
        raise Refused(message)
    try:
        key.verify(_decode(signature), policy, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        message = "the signature is not of this policy"
        raise Refused(message) from error


def _check_policy(policy: bytes, visit: Visit, now: float) -> None:
    try:
        (statement,) = json.loads(policy)["Statement"]
        condition = statement["Condition"]
        end = condition["DateLessThan"]["AWS:EpochTime"]
        begin = condition.get("DateGreaterThan", {}).get("AWS:EpochTime", 0)
        network = condition.get("IpAddress", {}).get("AWS:SourceIp", "0.0.0.0/0")
        resource = statement.get("Resource", "*")
        rules = {
            "made for another file": _matches(resource, without_signature(visit.url)),
            "over": now < end,
            "not valid yet": now >= begin,
            "made for another address": network == "0.0.0.0/0"
            or ip_address(visit.address) in ip_network(network, strict=False),
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = "the policy is malformed"
        raise Refused(message) from error
    for broken, is_kept in rules.items():
        if not is_kept:
            message = f"the policy is {broken}"
            raise Refused(message)


def _matches(resource: str, url: str) -> bool:
    """Compare with `*` for any characters and `?` for exactly one."""
    wild = {"*": ".*", "?": "."}
    pattern = "".join(wild.get(letter, re.escape(letter)) for letter in resource)
    return re.fullmatch(pattern, url, re.DOTALL) is not None


def _decode(text: str) -> bytes:
    """Undo CloudFront's base64, which writes `-_~` for `+=/` and knows no other letters."""
    try:
        return base64.b64decode(text.translate(PLAIN_ALPHABET), validate=True)
    except ValueError as error:
        message = "not CloudFront's base64"
        raise Refused(message) from error


def trusted_keys(cloudfront: Any, key_groups: Iterable[str]) -> dict[str, str]:  # noqa: ANN401 - boto3 has no types for it here
    """Read the public keys of key groups back from the CDN: key pair id to PEM."""
    keys: dict[str, str] = {}
    for group in key_groups:
        for key in cloudfront.get_key_group(Id=group)["KeyGroup"]["KeyGroupConfig"]["Items"]:
            stored = cloudfront.get_public_key(Id=key)["PublicKey"]["PublicKeyConfig"]
            keys[key] = stored["EncodedKey"]
    return keys
