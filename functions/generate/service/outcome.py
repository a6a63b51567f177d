"""The outcome of one picture: delivered and paid in one write, or said to be missing."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from functions.generate.service.rows import try_update
from functions.generate.service.verdict import compare
from likeness import __version__, storage
from likeness.credit import DeliveredBefore, LateDelivery, deliver
from likeness.generation import image_files
from likeness.items.generation import Generation, Ordered, PictureState
from likeness.items.image import Image, gallery_of
from likeness.items.row import numbered_id
from likeness.observability import count
from likeness.pictures import PreparedRender
from likeness.table import Transaction

WEBP = "image/webp"

SENTENCES = {
    "flagged": "The safety check held this picture back. You do not pay for it.",
    "content_refused": "The AI vendor's moderation refused this order. Change the words.",
    "input_refused": "The AI vendor could not use this order.",
    "vendor_busy": "The AI vendor was too busy.",
    "vendor_transient": "The AI vendor could not be reached.",
    "vendor_account": "The AI vendor does not serve us now. We are looking at it.",
    "vendor_unknown": "The AI vendor's answer was lost.",
    "vendor_bad_response": "The AI vendor sent something that is not a picture.",
    "vendor_error": "The AI vendor could not make this picture.",
    "deadline_exceeded": "It was not finished in time.",
    "internal_error": "Something broke on our side.",
}
"""What a missing picture's stable code means, in a sentence."""


def deliver_picture(generation: Generation, number: int, ordered: Ordered, render: PreparedRender) -> None:
    """Store a picture, then pay for it in the write that puts it into the gallery; repeatable.

    What comes after the order's end is neither kept nor charged.
    """
    replay = compare(generation.pk, ordered, render)
    image = _image(generation, number, ordered, render)
    image.manifest["replay"] = replay
    _store(generation.pk, image.id, render)
    done = {"number": number, "state": PictureState.DONE.value, "image_id": image.id}
    if replay is not None:
        done["replay"] = replay

    def also(transaction: Transaction) -> None:
        transaction.put(image, Image.sk.does_not_exist(), DeliveredBefore("Delivered before."))
        transaction.update(
            Generation.of(generation.pk, generation.id),
            [Generation.pictures[number - 1].set(done), Generation.version.add(1)],
            Generation.open.exists(),
            LateDelivery("The order has ended."),
        )

    try:
        deliver(generation.pk, generation.operation, also=also)
    except LateDelivery:
        storage.remove(image_files(generation.pk, image.id))
        count("LateDelivery")
    except DeliveredBefore:
        return
    else:
        count("PictureDelivered")


def miss_picture(generation: Generation, number: int, code: str) -> None:
    """Say that a picture will not come and why; one that has an outcome, or whose order has ended, keeps it."""
    state = PictureState.FLAGGED if code in {"flagged", "content_refused"} else PictureState.FAILED
    missed = {"number": number, "state": state.value, "error_code": code, "error": SENTENCES[code]}
    place = Generation.pictures[number - 1]
    changed = try_update(
        generation,
        [place.set(missed), Generation.version.add(1)],
        (place["state"] == PictureState.WAITING.value) & Generation.open.exists(),
    )
    if changed:
        count("PictureFlagged" if state is PictureState.FLAGGED else "PictureFailed")


def _store(user_id: str, image_id: str, render: PreparedRender) -> None:
    contents = (render.original, render.view, render.thumbnails[640], render.thumbnails[256])
    for key, content in zip(image_files(user_id, image_id), contents, strict=True):
        storage.put(key, content, WEBP)


def _image(generation: Generation, number: int, ordered: Ordered, render: PreparedRender) -> Image:
    image = Image.of(generation.pk, numbered_id(generation.id, number))
    image.gallery = gallery_of(generation.pk)
    image.generation_id, image.number = generation.id, number
    image.model_id, image.base_model = ordered.model_id, ordered.base_model
    shot = ordered.shot(number)
    image.aspect_ratio, image.style = shot.aspect_ratio, shot.style
    image.relation, image.parent_id = ordered.relation, ordered.parent_id
    image.width, image.height = render.width, render.height
    image.bytes, image.sha256 = len(render.original), _sha256(render.original)
    image.describe(shot.prompt)
    image.manifest = _manifest(generation, number, ordered, render)
    return image


def _manifest(generation: Generation, number: int, ordered: Ordered, render: PreparedRender) -> dict[str, Any]:
    """Return all it takes to make the picture again, and to prove which one it is."""
    endpoint, shot = ordered.endpoint, ordered.shot(number)
    return {
        "generation_id": generation.id,
        "number": number,
        "prompt": shot.prompt,
        "prompt_sent": shot.prompt_sent,
        "negative_prompt": ordered.negative_prompt,
        "style": shot.style,
        "style_version": shot.style_version,
        "catalog_version": ordered.catalog_version,
        "base_model": ordered.base_model,
        "model_id": ordered.model_id,
        "training_id": ordered.training_id,
        "weights_sha256": ordered.weights_sha256,
        "weights_scale": endpoint["lora_scale"] if ordered.weights_key else None,
        "seed": shot.seed,
        "aspect_ratio": shot.aspect_ratio,
        "width": render.width,
        "height": render.height,
        "size_sent": {"width": shot.width, "height": shot.height},
        "vendor": endpoint["vendor"],
        "endpoint": endpoint["endpoint"],
        "steps": endpoint["steps"],
        "input": endpoint["input"],
        "credits": int(generation.unit_price),
        "ordered_at": generation.created_at,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "original_sha256": _sha256(render.original),
        "view_sha256": _sha256(render.view),
        "pixels_sha256": render.sha256,
        "dhash": render.dhash,
        "relation": ordered.relation,
        "parent_id": ordered.parent_id,
        "pack": ordered.pack,
        "digital_source_type": "trainedAlgorithmicMedia",
        "software": f"likeness {__version__}",
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
