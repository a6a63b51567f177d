"""The verifier refuses what CloudFront documents that it refuses."""

from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from local.media_signature import Refused, Visit, trusted_keys, verify, without_signature
from tests.unit.local.signing import KEYS, PRIVATE, cookies, encode, signed

SITE = "http://localhost:8787"
FILE = f"{SITE}/media/u/ada/image.webp"
HERS = "http*://localhost:8787/media/u/ada/*"
NOW = 1_000


def query(parameters: dict[str, str], file: str = FILE) -> str:
    return f"{file}?{urlencode(parameters)}"


def test_signed_cookies_open_every_file_under_the_wildcard():
    verify(Visit(FILE, cookies(signed(HERS, NOW + 1))), KEYS, NOW)


def test_signed_query_opens_the_file_without_cookies():
    verify(Visit(query(signed(HERS, NOW + 1)), {}), KEYS, NOW)


def test_question_mark_stands_for_exactly_one_character():
    verify(Visit(FILE, cookies(signed(f"{SITE}/media/u/ad?/*", NOW + 1))), KEYS, NOW)
    with pytest.raises(Refused, match="another file"):
        verify(Visit(FILE, cookies(signed(f"{SITE}/media/u/ada?/*", NOW + 1))), KEYS, NOW)


def test_policy_sees_the_query_without_the_signature():
    verify(
        Visit(query({"size": "2", **signed(f"{FILE}[?]size=2".replace("[?]", "?"), NOW + 1)}), {}),
        KEYS,
        NOW,
    )
    with pytest.raises(Refused, match="another file"):
        verify(Visit(query({"size": "2", **signed(FILE, NOW + 1)}), {}), KEYS, NOW)


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({}, "SHA256"),
        ({**signed(HERS, NOW + 1), "Hash-Algorithm": "SHA1"}, "SHA256"),
        ({**signed(HERS, NOW + 1), "Key-Pair-Id": "K2"}, "no trusted key group"),
        ({**signed(HERS, NOW + 1), "Signature": ""}, "not of this policy"),
        ({**signed(HERS, NOW + 1), "Signature": "A+B="}, "base64"),
        ({**signed(HERS, NOW + 1), "Policy": signed("*", NOW + 1)["Policy"]}, "not of this policy"),
        (signed(HERS, NOW + 1, ec.generate_private_key(ec.SECP256R1())), "not of this policy"),
        (signed(HERS, NOW), "over"),
        (signed("http*://localhost:8787/media/u/eve/*", NOW + 1), "another file"),
        (signed("https://localhost:8787/media/u/ada/*", NOW + 1), "another file"),
        (signed(HERS, NOW + 1, DateGreaterThan={"AWS:EpochTime": NOW + 1}), "not valid yet"),
        (signed(HERS, NOW + 1, IpAddress={"AWS:SourceIp": "10.0.0.0/8"}), "another address"),
        (signed(HERS, "soon"), "malformed"),
    ],
)
def test_a_broken_rule_is_refused_by_name(parameters, why):
    with pytest.raises(Refused, match=why):
        verify(Visit(FILE, cookies(parameters)), KEYS, NOW)


def test_query_counts_before_cookies():
    late = query(signed(HERS, NOW - 1))
    with pytest.raises(Refused, match="over"):
        verify(Visit(late, cookies(signed(HERS, NOW + 1))), KEYS, NOW)


def test_canned_policy_opens_one_file_until_its_end():
    policy = (
        f'{{"Statement":[{{"Resource":"{FILE}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{NOW + 1}}}}}}}]}}'
    ).encode()
    given = {
        "Expires": str(NOW + 1),
        "Signature": encode(PRIVATE.sign(policy, ec.ECDSA(SHA256()))),
        "Key-Pair-Id": "K1",
        "Hash-Algorithm": "SHA256",
    }
    verify(Visit(query(given), {}), KEYS, NOW)
    with pytest.raises(Refused, match="not of this policy"):
        verify(Visit(query(given, f"{SITE}/media/u/ada/other.webp"), {}), KEYS, NOW)
    with pytest.raises(Refused, match="over"):
        verify(Visit(query(given), {}), KEYS, NOW + 1)


def test_origin_gets_the_url_without_the_signature():
    assert without_signature(query({"size": "2", **signed(HERS, 1)})) == f"{FILE}?size=2"
    assert without_signature(query(signed(HERS, 1))) == FILE


def test_keys_are_read_from_every_key_group():
    class CloudFront:
        def get_key_group(self, Id):  # noqa: N803 - boto3's spelling
            return {"KeyGroup": {"KeyGroupConfig": {"Items": [f"{Id}-old", f"{Id}-new"]}}}

        def get_public_key(self, Id):  # noqa: N803 - boto3's spelling
            return {"PublicKey": {"PublicKeyConfig": {"EncodedKey": f"pem of {Id}"}}}

    assert trusted_keys(CloudFront(), ["g"]) == {"g-new": "pem of g-new", "g-old": "pem of g-old"}
