"""Keyed hashes: pseudonyms of addresses, and the proof that we made a token."""

import hashlib
import hmac

from likeness.aws import secret
from likeness.settings import settings


def mac(purpose: str, text: str) -> str:
    """Return the HMAC-SHA256 of a text for one purpose, as 64 hex digits."""
    key = bytes.fromhex(str(secret(settings().signing_secret)["mac_key"]))
    return hmac.new(key, f"{purpose}|{text}".encode(), hashlib.sha256).hexdigest()


def is_mac(shown: str, purpose: str, text: str) -> bool:
    """Say whether a hash is ours, in constant time; a prefix of at least 32 digits will do."""
    return len(shown) >= 32 and hmac.compare_digest(shown.encode(), mac(purpose, text)[: len(shown)].encode())
