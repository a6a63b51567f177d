"""What fal's endpoints accept: fields, limits, and errors in fal's shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

PRESETS: Final = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
MAX_SEED: Final = 2**63 - 1


class Refused(Exception):
    """An input that fal would refuse, with the list it would answer under `detail`."""

    def __init__(self, detail: list[dict[str, Any]]) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class Trainer:
    """A training endpoint: its base model and the names of its fields."""

    base_model: str
    zip_field: str
    trigger_field: str
    captions_needed: bool = False
    least_images: int = 4


@dataclass(frozen=True)
class Renderer:
    """A rendering endpoint: its base model and its limits."""

    base_model: str
    formats: tuple[str, ...]
    max_loras: int
    sides: tuple[int, int]


TRAINERS: Final = {
    "fal-ai/flux-lora-fast-training": Trainer("flux1-dev", "images_data_url", "trigger_word"),
    "fal-ai/flux-lora-portrait-trainer": Trainer("flux1-dev", "images_data_url", "trigger_phrase"),
    "fal-ai/flux-2-trainer": Trainer("flux2-dev", "image_data_url", "default_caption", captions_needed=True),
    "fal-ai/flux-2-trainer-v2": Trainer("flux2-dev", "image_data_url", "default_caption", captions_needed=True),
}
RENDERERS: Final = {
    "fal-ai/flux-lora": Renderer("flux1-dev", ("jpeg", "png"), 100, (64, 2048)),
    "fal-ai/flux-2/lora": Renderer("flux2-dev", ("png", "jpeg", "webp"), 3, (512, 2048)),
}


def refusal(kind: str, message: str, *loc: str | int, given: object = None, **ctx: object) -> Refused:
    """Make one error in fal's shape; programs branch on its type, never on its message."""
    entry: dict[str, Any] = {"loc": ["body", *loc], "msg": message, "type": kind, "input": given}
    if ctx:
        entry["ctx"] = ctx
    return Refused([entry | {"url": f"https://docs.fal.ai/errors#{kind}"}])


def _whole(body: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise refusal("int_type", "Input should be a valid integer", name, given=value)
    _within(value, low, high, name)
    return value


def _within(value: float, low: float, high: float, *loc: str | int) -> None:
    if value < low:
        message = f"Input should be greater than or equal to {low}"
        raise refusal("greater_than_equal", message, *loc, given=value, ge=low)
    if value > high:
        message = f"Input should be less than or equal to {high}"
        raise refusal("less_than_equal", message, *loc, given=value, le=high)


def _text(body: dict[str, Any], name: str) -> str:
    if name not in body or body[name] is None:
        raise refusal("missing", "Field required", name, given=body)
    value = body[name]
    if not isinstance(value, str):
        raise refusal("string_type", "Input should be a valid string", name, given=value)
    return value


def read_training(rule: Trainer, body: dict[str, Any]) -> dict[str, Any]:
    """Check the input of a trainer and name its parts.

    Raises:
        Refused: a field is missing or out of range.
    """
    return {
        "zip_url": _text(body, rule.zip_field),
        "zip_field": rule.zip_field,
        "trigger": str(body.get(rule.trigger_field) or ""),
        "steps": _whole(body, "steps", 1000, 1, 10_000),
        "base_model": rule.base_model,
        "captions_needed": rule.captions_needed,
        "least_images": rule.least_images,
    }


def read_rendering(rule: Renderer, body: dict[str, Any]) -> dict[str, Any]:
    """Check the input of a renderer and name its parts.

    Raises:
        Refused: a field is missing or out of range.
    """
    prompt = _text(body, "prompt")
    width, height = _size(rule, body.get("image_size") or "landscape_4_3")
    kind = body.get("output_format") or rule.formats[0]
    if kind not in rule.formats:
        allowed = " or ".join(f"'{name}'" for name in rule.formats)
        raise refusal("literal_error", f"Input should be {allowed}", "output_format", given=kind)
    return {
        "prompt": prompt,
        "width": width,
        "height": height,
        "kind": kind,
        "count": _whole(body, "num_images", 1, 1, 4),
        "seed": _whole(body, "seed", -1, 0, MAX_SEED),
        "loras": _loras(rule, body.get("loras") or []),
        "base_model": rule.base_model,
    }


def _size(rule: Renderer, wanted: object) -> tuple[int, int]:
    if isinstance(wanted, str) and wanted in PRESETS:
        return PRESETS[wanted]
    if not isinstance(wanted, dict):
        raise refusal("enum", "Input should be a preset or an object", "image_size", given=wanted)
    sides = []
    for name in ("width", "height"):
        value = wanted.get(name, 512)
        if isinstance(value, bool) or not isinstance(value, int):
            raise refusal("int_type", "Input should be a valid integer", "image_size", name, given=value)
        _within(value, *rule.sides, "image_size", name)
        sides.append(value)
    return sides[0], sides[1]


def _loras(rule: Renderer, wanted: object) -> list[dict[str, Any]]:
    if not isinstance(wanted, list):
        raise refusal("list_type", "Input should be a valid list", "loras", given=wanted)
    if len(wanted) > rule.max_loras:
        message = f"List should have at most {rule.max_loras} items"
        raise refusal("too_long", message, "loras", given=len(wanted), max_length=rule.max_loras)
    read = []
    for number, lora in enumerate(wanted):
        if not isinstance(lora, dict) or not isinstance(lora.get("path"), str):
            raise refusal("missing", "Field required", "loras", number, "path", given=lora)
        scale = lora.get("scale", 1.0)
        if isinstance(scale, bool) or not isinstance(scale, int | float):
            raise refusal("float_type", "Input should be a valid number", "loras", number, "scale", given=scale)
        _within(float(scale), 0, 4, "loras", number, "scale")
        read.append({"path": lora["path"], "scale": float(scale)})
    return read
