"""Only fal, about our own jobs and just now, gets through the webhook's door."""

import base64
import hashlib
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from likeness.errors import WebhookRefused, WebhookUnverifiable
from likeness.vendors.webhook import verify
from tests.unit.vendors.conftest import Net

NOW = 1_795_000_000.0
FAL_KEY = Ed25519PrivateKey.generate()
OLD_KEY = Ed25519PrivateKey.generate()
EVE_KEY = Ed25519PrivateKey.generate()
BODY = b'{"request_id": "r",  "status": "OK", "payload": null, "payload_error": "x"}'


def keys(*private: Ed25519PrivateKey) -> httpx.Response:
    found = [base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=") for key in private]
    others: list[Any] = [{"kty": "RSA", "n": "x"}, {"x": "short"}, "key"]
    return httpx.Response(200, json={"keys": [*others, *({"kty": "OKP", "crv": "Ed25519", "x": x} for x in found)]})


def signed(
    body: bytes = BODY, key: Ed25519PrivateKey = FAL_KEY, user: str = "our-fal-user", at: float = NOW
) -> dict[str, str]:
    message = "\n".join(("r", user, str(int(at)), hashlib.sha256(body).hexdigest())).encode()
    return {
        "X-Fal-Webhook-Request-Id": "r",
        "X-Fal-Webhook-User-Id": user,
        "X-Fal-Webhook-Timestamp": str(int(at)),
        "X-Fal-Webhook-Signature": key.sign(message).hex(),
    }


@pytest.fixture(autouse=True)
def jwks(net: Net) -> None:
    net.will(keys(OLD_KEY, FAL_KEY))


def test_signed_body_passes_whatever_the_case_of_the_headers(net: Net) -> None:
    verify(signed(), BODY, NOW)
    verify({name.lower(): value for name, value in signed().items()}, BODY, NOW + 299)
    verify(signed(at=NOW + 300), BODY, NOW)
    assert [str(request.url) for request in net.requests] == ["https://rest.fal.ai/.well-known/jwks.json"]
    assert "authorization" not in net.requests[0].headers


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in signed().items() if key != name}


FORGED: dict[str, tuple[dict[str, str], bytes]] = {
    "unsigned": ({}, BODY),
    "no signature": (without("X-Fal-Webhook-Signature"), BODY),
    "no timestamp": (without("X-Fal-Webhook-Timestamp"), BODY),
    "no user": (without("X-Fal-Webhook-User-Id"), BODY),
    "no request id": (without("X-Fal-Webhook-Request-Id"), BODY),
    "changed body": (signed(), BODY + b" "),
    "same json, other bytes": (signed(), BODY.replace(b"  ", b" ")),
    "wrong key": (signed(key=EVE_KEY), BODY),
    "too old": (signed(at=NOW - 301), BODY),
    "from the future": (signed(at=NOW + 301), BODY),
    "timestamp moved": ({**signed(at=NOW - 400), "X-Fal-Webhook-Timestamp": str(int(NOW))}, BODY),
    "timestamp in other digits": ({**signed(), "X-Fal-Webhook-Timestamp": "\u0661\u0662"}, BODY),
    "another customer of fal": (signed(user="eve"), BODY),
    "another customer's signature, our name": ({**signed(user="eve"), "X-Fal-Webhook-User-Id": "our-fal-user"}, BODY),
    "other request id": ({**signed(), "X-Fal-Webhook-Request-Id": "s"}, BODY),
    "short signature": ({**signed(), "X-Fal-Webhook-Signature": "ab"}, BODY),
    "signature that is no hex": ({**signed(), "X-Fal-Webhook-Signature": "zz" * 64}, BODY),
    "signature in base64": ({**signed(), "X-Fal-Webhook-Signature": "A" * 88}, BODY),
}


@pytest.mark.parametrize(("headers", "body"), FORGED.values(), ids=FORGED)
def test_forged_webhook_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        verify(headers, body, NOW)


def test_account_without_a_user_id_accepts_nobody(net: Net) -> None:
    net.secrets["likeness/test/fal"]["user_id"] = ""
    with pytest.raises(WebhookRefused):
        verify(signed(user=""), BODY, NOW)


def test_forged_signatures_fetch_the_keys_at_most_once_a_minute(net: Net) -> None:
    for second in range(0, 120, 10):
        with pytest.raises(WebhookRefused):
            verify(signed(key=EVE_KEY, at=NOW + second), BODY, NOW + second)
    assert len(net.requests) == 2


def test_undated_or_foreign_webhooks_fetch_no_keys(net: Net) -> None:
    for headers in (signed(at=NOW - 400), signed(user="eve"), without("X-Fal-Webhook-Signature")):
        with pytest.raises(WebhookRefused):
            verify(headers, BODY, NOW)
    assert net.requests == []


def test_new_key_of_fal_is_known_after_a_minute(net: Net) -> None:
    net.will(keys(OLD_KEY), keys(FAL_KEY))
    verify(signed(key=OLD_KEY), BODY, NOW)
    with pytest.raises(WebhookRefused):
        verify(signed(), BODY, NOW + 30)
    verify(signed(), BODY, NOW + 60)


def test_keys_are_read_again_after_a_day(net: Net) -> None:
    verify(signed(), BODY, NOW)
    net.will(keys(OLD_KEY))
    later = NOW + 24 * 3600 + 1
    with pytest.raises(WebhookRefused):
        verify(signed(at=later), BODY, later)


UNREADABLE = [
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("3 s"),
    httpx.Response(500),
    httpx.Response(302, headers={"location": "https://eve.test/"}),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={"keys": 7}),
]


@pytest.mark.parametrize("answer", UNREADABLE, ids=repr)
def test_webhook_whose_keys_cannot_be_read_is_to_be_sent_again(net: Net, answer: Any) -> None:
    net.will(answer)
    for second in range(5):
        with pytest.raises(WebhookUnverifiable):
            verify(signed(), BODY, NOW + second)
    assert len(net.requests) == 1
    net.will(keys(FAL_KEY))
    verify(signed(), BODY, NOW + 5)


def test_known_keys_work_on_while_fal_is_down(net: Net) -> None:
    verify(signed(), BODY, NOW)
    net.will(httpx.Response(500))
    later = NOW + 23 * 3600
    verify(signed(at=later), BODY, later)
    with pytest.raises(WebhookUnverifiable):
        verify(signed(key=EVE_KEY, at=later), BODY, later)
