"""How a picture was made, signed."""

from datetime import datetime
from typing import Any

from likeness.items.replay import ReplayView
from likeness.wire import View


class SentSize(View):
    """The size that was ordered at the vendor, in pixels."""

    width: int
    height: int


class Manifest(View):
    """How a picture was made: all it takes to make it again, and to prove which one it is.

    Null: there is none, or it was not written down when the picture was made. Hashes are SHA-256, hex.
    """

    schema_version: int = 1
    image_id: str
    generation_id: str
    number: int
    """Of the picture in its order, from 1."""
    prompt: str | None = None
    """As it was written."""
    prompt_sent: str | None = None
    """As the vendor got it."""
    negative_prompt: str | None = None
    style: str
    style_version: int | None = None
    pack: str | None = None
    catalog_version: int | None = None
    base_model: str
    model_id: str | None = None
    training_id: str | None = None
    """The version of the model."""
    weights_sha256: str | None = None
    weights_scale: float | None = None
    seed: int | None = None
    aspect_ratio: str
    size_sent: SentSize | None = None
    vendor: str | None = None
    endpoint: str | None = None
    input: dict[str, Any] | None = None
    """What the vendor got beside what is named here, in its own words."""
    steps: int | None = None
    credits: int | None = None
    relation: str | None = None
    """Why it was made out of `parent_id`."""
    parent_id: str | None = None
    replay: ReplayView | None = None
    """If it is a replay: how it compares with its parent."""
    width: int
    height: int
    bytes: int
    """Of the original file."""
    original_sha256: str
    view_sha256: str | None = None
    pixels_sha256: str | None = None
    """Over `<width>x<height>:` and the RGB pixels, row by row: the same in every lossless file."""
    dhash: str | None = None
    """What it looks like: 64 bits, of which few differ between pictures that look the same."""
    digital_source_type: str | None = None
    """IPTC's word for how it came to be."""
    software: str | None = None
    ordered_at: datetime | None = None
    created_at: datetime | None = None


class ManifestSignature(View):
    """A flattened JWS (RFC 7515), each part base64url; `GET /v1/keys` has the key that its header names."""

    payload: str
    """The manifest as canonical JSON (RFC 8785)."""
    protected: str
    signature: str


class SignedManifest(View):
    """A manifest, and the proof that this service wrote it."""

    manifest: Manifest
    jws: ManifestSignature
