"""Check a manifest of a picture: `verify_manifest.py MANIFEST.json JWKS.json [ORIGINAL.webp]`.

MANIFEST.json is what `GET /v1/images/{image_id}/manifest` answers, or a manifest out of a zip. JWKS.json is what
`GET /v1/keys` answers, fetched from the service that is said to have made the picture. Needs `cryptography`.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


def verify(signed: dict[str, Any], jwks: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest that was signed by one of the keys.

    Raises:
        ValueError: it is not what was signed, or nobody of `jwks` has signed it.
    """
    jws = signed["jws"]
    header = json.loads(decode(jws["protected"]))
    key = next((key for key in jwks["keys"] if key["kid"] == header["kid"]), None)
    if key is None or (header["alg"], header["typ"]) != ("ES256", "likeness-manifest+jws"):
        raise ValueError("the signature is of another kind, or by a key that is not in the set")
    x, y = (int.from_bytes(decode(key[name])) for name in ("x", "y"))
    both = decode(jws["signature"])
    signature = encode_dss_signature(int.from_bytes(both[:32]), int.from_bytes(both[32:]))
    content = f"{jws['protected']}.{jws['payload']}".encode()
    try:
        EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key().verify(signature, content, ECDSA(SHA256()))
    except InvalidSignature:
        raise ValueError("the signature does not hold") from None
    manifest: dict[str, Any] = json.loads(decode(jws["payload"]))
    if manifest != signed["manifest"]:
        raise ValueError("the manifest is not the one that was signed")
    return manifest


def decode(text: str) -> bytes:
    """Undo base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main() -> None:
    """Check the files that are named; exit 1 and say why if something is wrong."""
    signed, jwks = (json.loads(Path(name).read_text()) for name in sys.argv[1:3])
    try:
        manifest = verify(signed, jwks)
    except (ValueError, KeyError, TypeError) as error:
        sys.exit(f"not valid: {error}")
    if sys.argv[3:] and hashlib.sha256(Path(sys.argv[3]).read_bytes()).hexdigest() != manifest["original_sha256"]:
        sys.exit("not valid: the picture is not the one of the manifest")
    sys.stdout.write(f"valid: picture {manifest['image_id']}, made {manifest['created_at']}\n")


if __name__ == "__main__":
    main()
