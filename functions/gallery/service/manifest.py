"""Signed manifests: how a picture was made, for anybody to check."""

from dataclasses import asdict

from functions.gallery.models.manifest import Manifest, ManifestSignature, SignedManifest
from likeness.items.image import Image
from likeness.signature import signed


def signed_manifest(image: Image) -> SignedManifest:
    """Return a picture's manifest with its signature: the same bytes each time, until the service's key changes.

    It names nobody: no user id and no storage key.
    """
    known = {name: value for name, value in image.manifest.items() if name in Manifest.model_fields}
    facts = {
        "image_id": image.id,
        "generation_id": image.generation_id,
        "number": int(image.number),
        "model_id": image.model_id,
        "base_model": image.base_model,
        "style": image.style,
        "aspect_ratio": image.aspect_ratio,
        "relation": image.relation,
        "parent_id": image.parent_id,
        "width": int(image.width),
        "height": int(image.height),
        "bytes": int(image.bytes),
        "original_sha256": image.sha256,
    }
    manifest = Manifest.model_validate({**known, **facts})
    jws = signed(manifest.model_dump(mode="json"), "manifest")
    return SignedManifest(manifest=manifest, jws=ManifestSignature(**asdict(jws)))
