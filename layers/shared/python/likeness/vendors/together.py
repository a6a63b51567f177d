"""Together: renders base models without weights, in one synchronous call that cannot be polled."""

import base64
import re
from typing import Any

import httpx

from likeness.errors import (
    ContentRefused,
    InputRefused,
    VendorAccount,
    VendorBusy,
    VendorError,
    VendorUnknown,
)
from likeness.vendors import download
from likeness.vendors.protocol import Picture, Progress, Ref, RenderOrder, fixed_input
from likeness.vendors.wire import Reply, Vendor, buying, send

SUBMIT_SECONDS = 90  # the picture is made meanwhile
TOGETHER = Vendor("together_secret", "Bearer")

_SAFETY = re.compile(r"safety|nsfw|moderat|inappropriate|content.?policy|harmful", re.IGNORECASE)
_LOST = "The AI vendor's picture was lost on the way."


class TogetherRenderer:
    """Renders pictures on Together."""

    def submit(self, order: RenderOrder) -> Picture:
        """Buy a picture and return it."""
        request = httpx.Request("POST", f"{TOGETHER.account().base_url}/images/generations", json=render_input(order))
        with buying():
            reply = send(TOGETHER, request, SUBMIT_SECONDS)
        if reply.status >= 300:
            raise error_of(reply)
        return _picture(reply.fields, order.seed)

    def poll(self, ref: Ref) -> Progress:  # noqa: ARG002 (the shape of a Renderer)
        """Answer as for a lost job: there is nothing to ask for."""
        return Progress("failed", error=VendorUnknown(_LOST))

    def result(self, ref: Ref) -> Picture:  # noqa: ARG002 (the shape of a Renderer)
        """Raise VendorUnknown: the picture came with `submit` or never."""
        raise VendorUnknown(_LOST)

    def cancel(self, ref: Ref) -> None:
        """Do nothing: a picture is finished before anybody could cancel it."""


def render_input(order: RenderOrder) -> dict[str, Any]:
    """Return the body of the images call; the safety checker is never switched off."""
    endpoint = order.endpoint
    if order.weights_url:
        raise ValueError("Together renders without weights")
    body = fixed_input(endpoint) | {
        "model": endpoint["endpoint"],
        "prompt": order.prompt,
        "width": order.width,
        "height": order.height,
        "seed": order.seed,
    }
    if steps := order.steps or endpoint["steps"]:
        body[endpoint["steps_field"]] = steps
    if order.negative_prompt and endpoint["negative_prompt_field"]:
        body[endpoint["negative_prompt_field"]] = order.negative_prompt
    return body


def error_of(reply: Reply) -> VendorError:
    """Return what an answer other than 2xx says. A 5xx may have been billed, except the busy 503."""
    if reply.status in {401, 402, 403}:
        return VendorAccount("The AI vendor does not accept our account.")
    if reply.status in {429, 503}:
        return VendorBusy("The AI vendor is busy.")
    if reply.status == 422 and not _names_a_field(reply.fields):
        return ContentRefused("The AI vendor's moderation refused this.")
    if reply.status in {400, 413, 422}:
        return InputRefused("The AI vendor cannot use what it was sent.")
    if reply.status >= 500 or reply.status < 400 or reply.status == 408:
        return VendorUnknown(_LOST)
    return VendorError("The AI vendor does not offer this model any more.")


def _names_a_field(fields: dict[str, Any]) -> bool:
    """Say whether a 422 is about a field: the checker's own 422 has no documented mark."""
    error = fields.get("error")
    if not isinstance(error, dict) or _SAFETY.search(str(error)):
        return False
    return bool(error.get("param"))


def _picture(fields: dict[str, Any], seed: int) -> Picture:
    """Read the picture by what is there: the documents disagree about `type` and `object`."""
    images = fields.get("data")
    first = images[0] if isinstance(images, list) and images else None
    if not isinstance(first, dict):
        raise VendorUnknown(_LOST)
    try:
        if isinstance(first.get("b64_json"), str):
            content = base64.b64decode(first["b64_json"], validate=True)
            if len(content) > download.PICTURE_BYTES:
                raise VendorUnknown(_LOST)
            return Picture(content, download.picture_type(content), seed)
        content, content_type = download.picture(first.get("url"), TOGETHER.account().result_origins)
    except (ValueError, VendorError) as error:
        raise VendorUnknown(_LOST) from error
    return Picture(content, content_type, seed)
