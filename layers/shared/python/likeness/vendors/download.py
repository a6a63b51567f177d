"""Files that a vendor points at: only from allowed origins, bounded in size and time."""

import hashlib
from collections.abc import Iterable, Iterator
from time import monotonic

import httpx

from likeness.errors import VendorError, VendorTransient
from likeness.vendors import wire
from likeness.vendors.protocol import Fetched, Sink
from likeness.vendors.safetensors import HeaderCheck

PICTURE_BYTES = 25 * 1024 * 1024
PICTURE_SECONDS = 20
WEIGHTS_BYTES = 2 * 1024 * 1024 * 1024
WEIGHTS_SECONDS = 300
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port as the HTTP client will use them; None for a URL that is not plain."""
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        return None
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    if parsed.userinfo or not parsed.host or parsed.scheme not in _DEFAULT_PORTS:
        return None
    return parsed.scheme, parsed.host, parsed.port or _DEFAULT_PORTS[parsed.scheme]


def is_allowed(url: object, origins: Iterable[str]) -> bool:
    """Say whether a URL has exactly one of the allowed origins."""
    found = origin(url) if isinstance(url, str) else None
    return found is not None and found in {origin(allowed) for allowed in origins}


def picture(url: object, origins: Iterable[str]) -> tuple[bytes, str]:
    """Fetch a picture and say what it is by its first bytes: PNG, JPEG or WebP, at most 25 MB.

    Raises:
        VendorTransient: the host did not deliver now.
        VendorError: another origin, a redirect, too large, or not a picture.
    """
    content = b"".join(_chunks(url, origins, PICTURE_BYTES, PICTURE_SECONDS))
    return content, picture_type(content)


def picture_type(content: bytes) -> str:
    """Name the content type of a picture; VendorError if it is none that we take."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    for signature, content_type in _SIGNATURES.items():
        if content.startswith(signature):
            return content_type
    raise VendorError("The AI vendor sent something that is not a picture.")


def weights(url: object, origins: Iterable[str], sink: Sink) -> Fetched:
    """Stream weights to a sink, refusing on the way whatever is not safetensors; at most 2 GB.

    Raises:
        VendorTransient: the host did not deliver now, or broke off.
        VendorError: another origin, a redirect, too large, or not safetensors.
    """
    digest, check = hashlib.sha256(), HeaderCheck()
    for chunk in _chunks(url, origins, WEIGHTS_BYTES, WEIGHTS_SECONDS):
        check.feed(chunk)
        digest.update(chunk)
        sink.write(chunk)
    check.finish()
    return Fetched(check.size, digest.hexdigest())


def _chunks(url: object, origins: Iterable[str], limit: int, seconds: float) -> Iterator[bytes]:
    if not isinstance(url, str) or not is_allowed(url, origins):
        raise VendorError("The AI vendor named a file outside of its own hosts.")
    timeout = httpx.Timeout(min(seconds, 10), connect=wire.CONNECT_SECONDS)
    ends_at, size = monotonic() + seconds, 0
    headers = {"accept-encoding": "identity", "user-agent": wire.USER_AGENT}
    with wire.reading(), wire.client().stream("GET", url, headers=headers, timeout=timeout) as response:
        _check_answer(response, limit)
        for chunk in response.iter_bytes(64 * 1024):
            size += len(chunk)
            if size > limit:
                raise VendorError("The AI vendor's file is too large.")
            if monotonic() > ends_at:
                raise VendorTransient("The AI vendor's file takes too long.")
            yield chunk


def _check_answer(response: httpx.Response, limit: int) -> None:
    if response.is_redirect:
        raise VendorError("The AI vendor's file is elsewhere, and redirects are not followed.")
    if response.status_code != 200:
        raise VendorTransient("The AI vendor's file is not there.")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise VendorError("The AI vendor's file is packed, which was not asked for.")
    length = response.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > limit:
        raise VendorError("The AI vendor's file is too large.")
