"""What a replay turned out to be, beside the picture it was made after."""

import hashlib
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from likeness import storage
from likeness.items.generation import Ordered
from likeness.items.replay import ReplayView, Verdict
from likeness.observability import logger
from likeness.pictures import PictureRefused, PreparedRender, bits_apart, dhash_of

NEAR_BITS = 5
"""At most so many of 64 bits apart looks the same: other encoders, noise and a shift by two pixels stay below it, other
seeds of the same words nearly always above (measured on the stand-in's pictures, see decision 19)."""


def compare(user_id: str, ordered: Ordered, render: PreparedRender) -> dict[str, Any] | None:
    """Return a `ReplayView` of a fresh picture beside the one it was made after, as rows store it; None: no replay."""
    if ordered.replayed is None or ordered.parent_id is None:
        return None
    dhash = ordered.replayed["dhash"] or _look(user_id, ordered.parent_id)
    distance = bits_apart(dhash, render.dhash) if dhash else None
    if render.sha256 == ordered.replayed["pixels_sha256"]:
        verdict = Verdict.IDENTICAL
    elif distance is not None and distance <= NEAR_BITS:
        verdict = Verdict.NEAR
    else:
        verdict = Verdict.VENDOR_CHANGED
    files_identical = hashlib.sha256(render.original).hexdigest() == ordered.replayed["sha256"]
    view = ReplayView(of=ordered.parent_id, verdict=verdict, distance=distance, files_identical=files_identical)
    return view.model_dump(mode="json")


def _look(user_id: str, image_id: str) -> str | None:
    """Measure a picture of before `dhash` was written down; what goes wrong must not cost the fresh one."""
    try:
        original = storage.read(storage.image_key(user_id, image_id, "original.webp"))
        return dhash_of(original) if original is not None else None
    except (BotoCoreError, ClientError, PictureRefused):
        logger.exception("picture not compared", extra={"image_id": image_id})
        return None
