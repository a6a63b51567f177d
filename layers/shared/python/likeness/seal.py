"""Keyed hashes: pseudonyms of addresses, and the proof that we made a token."""

import base64
import binascii
import hashlib
import hmac
import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from likeness.aws import secret
from likeness.settings import settings


def mac(purpose: str, text: str) -> str:
    """Return the HMAC-SHA256 of a text for one purpose, as 64 hex digits."""
    key = bytes.fromhex(str(secret(settings().signing_secret)["mac_key"]))
    return hmac.new(key, f"{purpose}|{text}".encode(), hashlib.sha256).hexdigest()


def is_mac(shown: str, purpose: str, text: str) -> bool:
    """Say whether a hash is ours, in constant time; a prefix of at least 32 digits will do."""
    return len(shown) >= 32 and hmac.compare_digest(shown.encode(), mac(purpose, text)[: len(shown)].encode())


def opaque_token(purpose: str, *parts: str) -> str:
    """Return a text for a URL that names something to us alone; equal parts make equal texts, others look random."""
    text = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_cipher(purpose).encrypt(text, None)).decode().rstrip("=")


def open_opaque_token(purpose: str, shown: str) -> list[str] | None:
    """Return the parts of an opaque token of ours, or None."""
    try:
        sealed = base64.b64decode(shown + "=" * (-len(shown) % 4), altchars=b"-_", validate=True)
        return [str(part) for part in json.loads(_cipher(purpose).decrypt(sealed, None))]
    except (binascii.Error, ValueError, InvalidTag):
        return None


def _cipher(purpose: str) -> AESSIV:
    return AESSIV(bytes.fromhex(mac("opaque token", purpose)))
