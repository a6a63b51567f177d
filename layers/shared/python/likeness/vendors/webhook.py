"""Who called our webhook: fal's Ed25519 signature over the raw body, and our own account in it."""

import base64
import hashlib
import json
import re
import time
from collections.abc import Mapping
from functools import cache

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from likeness.errors import WebhookRefused, WebhookUnverifiable
from likeness.vendors import wire
from likeness.vendors.fal_queue import FAL

TOLERANCE_SECONDS = 300
KEYS_SECONDS = 24 * 3600
REFETCH_SECONDS = 60
RETRY_SECONDS = 5
KEYS_TIMEOUT_SECONDS = 3  # fal gives a delivery 15 seconds


class KeySet:
    """fal's public keys from one address: kept for a day, read anew at most once a minute."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: list[Ed25519PublicKey] = []
        self._read_at = self._tried_at = float("-inf")

    def holds(self, signature: bytes, message: bytes, now: float) -> bool:
        """Say whether one of the keys made the signature.

        Raises:
            WebhookUnverifiable: the keys that would decide it cannot be read now.
        """
        is_old = now - self._read_at > KEYS_SECONDS
        if not is_old and self._verifies(signature, message):
            return True
        if is_old or now - self._read_at >= REFETCH_SECONDS:
            self._refresh(now)
            return self._verifies(signature, message)
        return False

    def _refresh(self, now: float) -> None:
        if now - self._tried_at < RETRY_SECONDS:
            raise WebhookUnverifiable("The vendor's keys could not be read a moment ago.")
        self._tried_at = now
        try:
            answer = wire.client().get(self._url, timeout=KEYS_TIMEOUT_SECONDS).raise_for_status()
            found = [_public_key(key) for key in json.loads(answer.content)["keys"]]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, RecursionError) as error:
            raise WebhookUnverifiable("The vendor's keys cannot be read now.") from error
        self._keys = [key for key in found if key]
        self._read_at = now
        self._tried_at = float("-inf")

    def _verifies(self, signature: bytes, message: bytes) -> bool:
        return any(_is_made_by(key, signature, message) for key in self._keys)


@cache
def key_set(url: str) -> KeySet:
    """Return the keys behind an address, kept for the life of the process."""
    return KeySet(url)


def verify(headers: Mapping[str, str], raw: bytes, now: float | None = None) -> None:
    """Prove that fal sent exactly these bytes within the last five minutes, about a job of ours.

    Raises:
        WebhookRefused: it did not. Nothing of the body may be used.
        WebhookUnverifiable: the keys cannot be read now; fal shall deliver again.
    """
    moment = time.time() if now is None else now
    sent = {name.lower(): value for name, value in headers.items()}
    request_id, user_id, timestamp, signature = (
        sent.get(f"x-fal-webhook-{part}", "") for part in ("request-id", "user-id", "timestamp", "signature")
    )
    account = FAL.account()
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(moment - int(timestamp)) > TOLERANCE_SECONDS:
        raise WebhookRefused("The webhook is too old or not dated.")
    # every customer of fal is signed for with the same keys
    if not request_id or not account.user_id or user_id != account.user_id:
        raise WebhookRefused("The webhook is not about a job of ours.")
    if not re.fullmatch(r"[0-9a-fA-F]{128}", signature):
        raise WebhookRefused("The webhook is not signed.")
    message = "\n".join((request_id, user_id, timestamp, hashlib.sha256(raw).hexdigest())).encode()
    if not key_set(account.jwks_url).holds(bytes.fromhex(signature), message, moment):
        raise WebhookRefused("The webhook's signature does not hold.")


def _public_key(key: object) -> Ed25519PublicKey | None:
    """Read one key of the set; other kinds of keys are passed over."""
    text = key.get("x") if isinstance(key, dict) else None
    if not isinstance(text, str):
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None


def _is_made_by(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
