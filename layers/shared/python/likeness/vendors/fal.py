"""fal: trains weights and renders with them."""

from collections.abc import Mapping
from typing import Any

from likeness.errors import VendorError
from likeness.vendors import download, fal_queue
from likeness.vendors.fal_queue import FAL
from likeness.vendors.protocol import (
    Fetched,
    Picture,
    Progress,
    Ref,
    RenderOrder,
    Sink,
    TrainingOrder,
    Weights,
    fixed_input,
)


class FalTrainer:
    """Trains weights on fal."""

    def submit(self, order: TrainingOrder) -> Ref:
        """Buy a training; fal calls the webhook when it ends."""
        body = training_input(order)
        return fal_queue.submit(order.endpoint, body, order.start_timeout_seconds, order.webhook_url)

    def poll(self, ref: Ref) -> Progress:
        """Ask how the training stands, with its log."""
        return fal_queue.poll(ref, with_log=True)

    def result(self, ref: Ref) -> Weights:
        """Name the trained weights."""
        return fal_queue.result(ref, _weights)

    def fetch(self, weights: Weights, sink: Sink) -> Fetched:
        """Copy the weights."""
        return download.weights(weights.url, FAL.account().result_origins, sink)

    def cancel(self, ref: Ref) -> None:
        """Ask fal to stop the training."""
        fal_queue.cancel(ref)


class FalRenderer:
    """Renders pictures on fal."""

    def submit(self, order: RenderOrder) -> Ref:
        """Buy a picture."""
        return fal_queue.submit(order.endpoint, render_input(order), order.start_timeout_seconds, None)

    def poll(self, ref: Ref) -> Progress:
        """Ask how the picture stands."""
        return fal_queue.poll(ref, with_log=False)

    def result(self, ref: Ref) -> Picture:
        """Fetch the picture, unless fal has flagged it."""
        return fal_queue.result(ref, _picture)

    def cancel(self, ref: Ref) -> None:
        """Ask fal to stop rendering."""
        fal_queue.cancel(ref)


def training_input(order: TrainingOrder) -> dict[str, Any]:
    """Return the input of a trainer, in the field names of its endpoint."""
    endpoint = order.endpoint
    body = fixed_input(endpoint) | {endpoint["zip_field"]: order.zip_url, endpoint["steps_field"]: order.steps}
    if endpoint["trigger_field"]:
        body[endpoint["trigger_field"]] = order.trigger
    if endpoint["caption_field"]:
        body[endpoint["caption_field"]] = endpoint["caption"].format(trigger=order.trigger, class_word=order.class_word)
    return body


def render_input(order: RenderOrder) -> dict[str, Any]:
    """Return the input of a renderer; the safety checker is always on."""
    endpoint = order.endpoint
    body = fixed_input(endpoint) | {
        "prompt": order.prompt,
        "seed": order.seed,
        endpoint["size_field"]: {"width": order.width, "height": order.height},
        endpoint["steps_field"]: order.steps or endpoint["steps"],
        "enable_safety_checker": True,
    }
    if order.negative_prompt and endpoint["negative_prompt_field"]:
        body[endpoint["negative_prompt_field"]] = order.negative_prompt
    if order.weights_url:
        scale = endpoint["lora_scale"] if order.weights_scale is None else order.weights_scale
        body[endpoint["loras_field"]] = [{"path": order.weights_url, "scale": scale}]
    return body


def _weights(fields: Mapping[str, Any]) -> Weights:
    for name in ("diffusers_lora_file", "lora_file"):
        file = fields.get(name)
        if isinstance(file, dict) and isinstance(file.get("url"), str):
            return Weights(file["url"])
    raise VendorError("The AI vendor's result has no weights.")


def _picture(fields: Mapping[str, Any]) -> Picture:
    images, flags, seed = fields.get("images"), fields.get("has_nsfw_concepts"), fields.get("seed")
    number = seed if type(seed) is int else None
    if flags is True or (isinstance(flags, list) and any(flags)):
        return Picture(b"", "", number, flagged=True)
    first = images[0] if isinstance(images, list) and images else None
    if not isinstance(first, dict):
        raise VendorError("The AI vendor's result has no picture.")
    content, content_type = download.picture(first.get("url"), FAL.account().result_origins)
    return Picture(content, content_type, number)
