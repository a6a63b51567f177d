"""fal as the train feature meets it."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from functions.train import handler
from tests.support import Reply, call
from tests.unit.vendors.samples import COMPLETED, FILES, IN_PROGRESS, IN_QUEUE, TRAINED, safetensors

JOB_URL = "https://queue.fal.run/fal-ai/flux-lora-fast-training/requests"
QUEUED, WORKING, FINISHED = IN_QUEUE, IN_PROGRESS, COMPLETED
FAILED = {**COMPLETED, "error": "boom", "error_type": "internal_error"}

Answer = httpx.Response | Exception


@dataclass
class Fal:
    """fal: `says` holds the answers of the status call, the last one for ever; `bought` is what it accepted."""

    says: list[dict[str, Any]] = field(default_factory=lambda: [COMPLETED])
    bought: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    asked: int = 0
    weights: bytes = field(default_factory=safetensors)
    result: Any = field(default_factory=lambda: TRAINED)
    refuses: Answer | None = None
    """What submit answers without having accepted anything."""
    loses: Answer | None = None
    """What submit answers although it has accepted."""
    silent: Answer | None = None
    """What every other call answers."""
    on_submit: Callable[[], object] = lambda: None
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if "jwks" in url:
            return self._keys()
        if url.startswith(FILES):
            return httpx.Response(200, content=self.weights)
        if request.method == "POST":
            return self._submit(request)
        return (
            _answer(self.silent) if self.silent else self._answer_about(request.method, url.split("?", maxsplit=1)[0])
        )

    def _answer_about(self, method: str, path: str) -> httpx.Response:
        if method == "PUT":
            self.cancelled.append(path)
            return httpx.Response(202, json={"status": "CANCELLATION_REQUESTED"})
        if path.endswith("/status"):
            self.asked += 1
            return httpx.Response(200, json=self.says.pop(0) if len(self.says) > 1 else self.says[0])
        return httpx.Response(200, json=self.result)

    def _submit(self, request: httpx.Request) -> httpx.Response:
        if self.refuses:
            return _answer(self.refuses)
        number = len(self.bought) + 1
        self.bought.append({"url": str(request.url), **json.loads(request.content)})
        self.on_submit()
        if self.loses:
            return _answer(self.loses)
        url = f"{JOB_URL}/r{number}"
        names = {"status_url": f"{url}/status", "response_url": url, "cancel_url": f"{url}/cancel"}
        return httpx.Response(200, json={"status": "IN_QUEUE", "request_id": f"r{number}", **names})

    def _keys(self) -> httpx.Response:
        if isinstance(self.silent, Exception):
            raise self.silent
        x = base64.urlsafe_b64encode(self.key.public_key().public_bytes_raw()).decode().rstrip("=")
        return httpx.Response(200, json={"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]})

    def hook_path(self, number: int = 0) -> str:
        """The path that fal was asked to call."""
        return urlsplit(parse_qs(urlsplit(self.bought[number]["url"]).query)["fal_webhook"][0]).path

    def calls(self, path: str, request_id: str = "r1", **changes: Any) -> Reply:
        """Call our webhook as fal does."""
        raw = json.dumps({"request_id": request_id, "gateway_request_id": request_id, "status": "OK"}).encode()
        sent = {
            "x-fal-webhook-request-id": request_id,
            "x-fal-webhook-user-id": "our-fal-user",
            "x-fal-webhook-timestamp": str(int(time.time())),
            **changes.pop("headers", {}),
        }
        names = ("request-id", "user-id", "timestamp")
        message = "\n".join((*(sent[f"x-fal-webhook-{name}"] for name in names), hashlib.sha256(raw).hexdigest()))
        sent["x-fal-webhook-signature"] = changes.pop("key", self.key).sign(message.encode()).hex()
        return call(handler.handler, "POST", path, headers=sent, raw=changes.pop("raw", raw))


def _answer(answer: Answer) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer
