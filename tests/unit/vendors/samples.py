"""The requests and answers of the vendors' documents, once for all vendor tests."""

import json
import struct
from typing import Any

from likeness.catalog.reader import catalog
from likeness.vendors.protocol import Endpoint, Ref, RenderOrder, TrainingOrder

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
QUEUE = "https://queue.fal.run/fal-ai/flux-2/requests/764c"
REF = Ref("764c", f"{QUEUE}/status", QUEUE, f"{QUEUE}/cancel")
FILES = "https://v3b.fal.media/files/b"

SUBMITTED = {
    "status": "IN_QUEUE",
    "request_id": "764c",
    "queue_position": 0,
    "response_url": QUEUE,
    "status_url": f"{QUEUE}/status",
    "cancel_url": f"{QUEUE}/cancel",
}
IN_QUEUE = {"status": "IN_QUEUE", "request_id": "764c", "queue_position": 3, "response_url": QUEUE}
IN_PROGRESS = {"status": "IN_PROGRESS", "request_id": "764c", "response_url": QUEUE, "logs": []}
COMPLETED = {"status": "COMPLETED", "request_id": "764c", "logs": [], "metrics": {"inference_time": 2.1}}
TRAINED = {
    "diffusers_lora_file": {
        "url": f"{FILES}/pytorch_lora_weights.safetensors",
        "content_type": "application/octet-stream",
        "file_name": "pytorch_lora_weights.safetensors",
        "file_size": 89745224,
    },
    "config_file": {
        "url": f"{FILES}/config.json",
        "content_type": "application/octet-stream",
        "file_name": "config.json",
        "file_size": 452,
    },
}
RENDERED = {
    "images": [{"url": f"{FILES}/a.png", "width": 1024, "height": 1024, "content_type": "image/png"}],
    "seed": 196619188014358660,
    "has_nsfw_concepts": [False],
    "prompt": "a photo of ohwx woman",
    "timings": {"inference": 2.1},
}
VALIDATION_ERROR = {
    "detail": [
        {
            "loc": ["body", "images_data_url"],
            "msg": "Failed to download the file.",
            "type": "file_download_error",
            "input": "https://likeness.test/zip",
            "ctx": {},
            "url": "https://docs.fal.ai/errors#file_download_error",
        }
    ]
}
INFRASTRUCTURE_ERROR = {"detail": "Request timed out", "error_type": "request_timeout"}


def detail(kind: str) -> dict[str, Any]:
    """A validation error of one type."""
    return {"detail": [{"loc": ["body", "prompt"], "msg": "whatever it says", "type": kind}]}


def endpoint(base_model: str, job: str) -> Endpoint:
    """One job of a base model, as the catalog has it."""
    entry = catalog().base_model(base_model)
    assert entry is not None
    found = getattr(entry, job)
    assert found is not None
    return dict(found)


def training_order(base_model: str = "flux-1-dev") -> TrainingOrder:
    """A training of a base model."""
    return TrainingOrder(
        endpoint=endpoint(base_model, "train"),
        zip_url="https://likeness.test/media/zip?Signature=x",
        trigger="ohwx",
        class_word="woman",
        steps=1000,
        webhook_url="https://likeness.test/v1/hooks/fal/t%2Fk?a=1&b=2",
        start_timeout_seconds=3600,
    )


def render_order(base_model: str = "flux-1-dev", job: str = "render_lora", **changes: Any) -> RenderOrder:
    """A picture of a base model."""
    weights = "https://likeness.test/media/w.safetensors?Signature=x" if job == "render_lora" else None
    order: dict[str, Any] = {
        "endpoint": endpoint(base_model, job),
        "prompt": "a photo of ohwx woman on the moon",
        "width": 912,
        "height": 1144,
        "seed": 2**32 - 1,
        "start_timeout_seconds": 300,
        "weights_url": weights,
    }
    return RenderOrder(**(order | changes))


def safetensors(tensors: dict[str, Any] | None = None, data: bytes = bytes(8), raw: bytes | None = None) -> bytes:
    """A safetensors file with any header: an honest one unless told otherwise."""
    honest = {"a": {"dtype": "F16", "shape": [2, 2], "data_offsets": [0, 8]}}
    header = raw if raw is not None else json.dumps(honest if tensors is None else tensors).encode()
    return struct.pack("<Q", len(header)) + header + data
