"""Making pictures for tests: rows as `generate` writes them."""

from typing import Any

from likeness.items.image import Image, gallery_of
from likeness.items.row import new_id


def make_image(user: str = "ada", **more: Any) -> str:
    """A delivered picture, old enough to have nothing of what its owner may add; returns its id."""
    image_id = more.pop("id", None) or new_id()
    image = Image.of(user, image_id)
    values = {
        "generation_id": "01JD0000000000000000000000",
        "number": 1,
        "base_model": "flux-1-dev",
        "aspect_ratio": "1:1",
        "style": "oil",
        "width": 1024,
        "height": 1024,
        "bytes": 9,
        "sha256": "ab",
        "manifest": {"prompt": "a castle", "seed": 4294967295},
        **more,
    }
    image.gallery = gallery_of(user)
    image.describe(values.pop("prompt", "A castle by the sea"))
    for name, value in values.items():
        setattr(image, name, value)
    image.save()
    return str(image_id)
