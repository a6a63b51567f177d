"""Webhooks as fal sends them: signed with Ed25519, retried, with keys to check them by."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from local.darkroom.faults import AT_WEBHOOK, FaultBook
from local.darkroom.jobs import Job

TIMEOUT: Final = 15.0
DELAYS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0)
"""Seconds between attempts: ten in all, shorter than fal's two hours."""


def load_key(folder: Path) -> Ed25519PrivateKey:
    """Return the signing key of this state folder, made at the first start."""
    path = folder / "webhook-key.pem"
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{path} is not an Ed25519 key")
        return key
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.touch(0o600)
    path.write_bytes(pem)
    return key


def jwks(key: Ed25519PrivateKey) -> dict[str, Any]:
    """Publish the public half as a JSON Web Key Set."""
    raw = key.public_key().public_bytes_raw()
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    kid = sha256(raw).hexdigest()[:16]
    return {"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": kid, "x": x}]}


def headers(key: Ed25519PrivateKey, user_id: str, request_id: str, raw: bytes) -> dict[str, str]:
    """Sign a body: request id, user id, time and the body's SHA-256, joined by newlines."""
    now = str(int(time.time()))
    message = "\n".join((request_id, user_id, now, sha256(raw).hexdigest())).encode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "fal-webhook/1.0",
        "X-Fal-Webhook-Request-Id": request_id,
        "X-Fal-Webhook-User-Id": user_id,
        "X-Fal-Webhook-Timestamp": now,
        "X-Fal-Webhook-Signature": key.sign(message).hex(),
    }


def event(job: Job) -> dict[str, Any]:
    """Tell how a job ended; one that has not ended is told without a payload."""
    told: dict[str, Any] = {"request_id": job.id, "gateway_request_id": job.id}
    if job.failure is None:
        return told | {"status": "OK", "payload": job.result}
    return told | {"status": "ERROR", "error": job.failure.text, "payload": job.failure.body}


class Postman:
    """Delivers webhooks, with the faults that are in force."""

    def __init__(
        self,
        key: Ed25519PrivateKey,
        user_id: str,
        faults: FaultBook,
        delays: Sequence[float] = DELAYS,
    ) -> None:
        self._key = key
        self._user_id = user_id
        self._faults = faults
        self._delays = delays

    async def deliver(self, job: Job) -> None:
        """Send a job's webhook until it is taken or the attempts are over."""
        if not job.webhook:
            return
        fault = self._faults.fire(AT_WEBHOOK, job.target)
        name = fault.name if fault else ""
        if fault and name == "webhook_late":
            await asyncio.sleep(fault.seconds(60))
        if name == "webhook_lost":
            return
        key = Ed25519PrivateKey.generate() if name == "webhook_forged" else self._key
        for _ in range(2 if name == "webhook_doubled" else 1):
            await self._send(job, key)

    async def _send(self, job: Job, key: Ed25519PrivateKey) -> None:
        raw = json.dumps(event(job)).encode()
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            for delay in (*self._delays, None):
                signed = headers(key, self._user_id, job.id, raw)
                try:
                    reply = await client.post(job.webhook, content=raw, headers=signed)
                    job.webhook_answers.append(reply.status_code)
                    taken = reply.is_success
                except httpx.HTTPError:
                    taken = False
                if taken or delay is None:
                    return
                await asyncio.sleep(delay)
