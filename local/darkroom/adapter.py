"""Adapter files: safetensors written so that equal adapters are equal bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from local.darkroom.grid import Field
from local.darkroom.lowrank import Coded

FORMAT: Final = "darkroom-lowrank-1"
_NAMES: Final = {"F16": np.float16, "F32": np.float32, "I8": np.int8, "U8": np.uint8}
_CODES: Final = {np.dtype(kind): code for code, kind in _NAMES.items()}
_HEADER_LIMIT: Final = 1 << 20


class BadAdapter(Exception):
    """The bytes are not an adapter that the darkroom has written."""


@dataclass(frozen=True)
class Shot:
    """One photo inside an adapter: its code, where its subject is, and what is known about it."""

    code: Coded
    alpha: Field
    sharpness: float
    luminance: float
    confidence: float


@dataclass(frozen=True)
class Adapter:
    """A learned subject. It holds near copies of the photos: personal data."""

    basis: Field
    shots: list[Shot]
    metadata: dict[str, str]


def write_tensors(tensors: dict[str, Field], metadata: dict[str, str]) -> bytes:
    """Write a safetensors file; the same tensors and words give the same bytes."""
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    parts, at = [], 0
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        raw = array.tobytes()
        header[name] = {
            "dtype": _CODES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [at, at + len(raw)],
        }
        parts.append(raw)
        at += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def read_tensors(raw: bytes) -> tuple[dict[str, Field], dict[str, str]]:
    """Read a safetensors file back.

    Raises:
        BadAdapter: the bytes are something else.
    """
    try:
        size = int.from_bytes(raw[:8], "little")
        if not 2 <= size <= min(_HEADER_LIMIT, len(raw) - 8):
            raise BadAdapter("the header's length is wrong")
        header = json.loads(raw[8 : 8 + size])
        metadata = header.pop("__metadata__", {})
        body = memoryview(raw)[8 + size :]
        return {name: _tensor(body, entry) for name, entry in header.items()}, metadata
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadAdapter(f"not a safetensors file: {error}") from error


def _tensor(body: memoryview, entry: dict[str, Any]) -> Field:
    start, end = entry["data_offsets"]
    return np.frombuffer(body[start:end], _NAMES[entry["dtype"]]).reshape(entry["shape"])


def pack(adapter: Adapter) -> bytes:
    """Write an adapter as a safetensors file."""
    rank = adapter.basis.shape[1]
    tensors: dict[str, Field] = {
        "darkroom.detail.lora_down.weight": adapter.basis.T.astype(np.float16),
        "darkroom.detail.alpha": np.full(1, rank, np.float32),
        "darkroom.photo.meta": np.array([[s.sharpness, s.luminance, s.confidence] for s in adapter.shots], np.float32),
    }
    for number, shot in enumerate(adapter.shots):
        name = f"darkroom.photo.{number:02d}"
        tensors[f"{name}.detail.lora_up.weight"] = shot.code.up
        tensors[f"{name}.detail.scale"] = shot.code.scale
        tensors[f"{name}.base"] = shot.code.base
        tensors[f"{name}.alpha"] = (shot.alpha * 255 + 0.5).astype(np.uint8)
    words = {"format": FORMAT, "rank": str(rank), "photos": str(len(adapter.shots))}
    return write_tensors(tensors, adapter.metadata | words)


def unpack(raw: bytes) -> Adapter:
    """Read an adapter.

    Raises:
        BadAdapter: it is no safetensors file, or none of the darkroom's.
    """
    tensors, metadata = read_tensors(raw)
    if metadata.get("format") != FORMAT:
        raise BadAdapter("these weights were not made by the darkroom")
    try:
        meta = tensors["darkroom.photo.meta"]
        shots = [_shot(tensors, f"darkroom.photo.{n:02d}", row) for n, row in enumerate(meta)]
        basis = tensors["darkroom.detail.lora_down.weight"].T.astype(np.float32)
    except KeyError as error:
        raise BadAdapter(f"a tensor is missing: {error}") from error
    return Adapter(basis, shots, metadata)


def _shot(tensors: dict[str, Field], name: str, row: Field) -> Shot:
    code = Coded(
        tensors[f"{name}.base"],
        tensors[f"{name}.detail.lora_up.weight"],
        tensors[f"{name}.detail.scale"],
    )
    alpha = tensors[f"{name}.alpha"].astype(np.float32) / 255
    return Shot(code, alpha, *(float(value) for value in row))
