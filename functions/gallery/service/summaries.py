"""Pictures as lists and pages show them, out of their rows."""

from datetime import UTC, datetime
from typing import Any

from functions.gallery.models.images import ImageIndexRow, ImageMedia, ImageSummary
from functions.gallery.service.filters import id_of
from likeness.items.row import born
from likeness.table import Raw

INDEX_ATTRIBUTES = ("width", "height", "favourite", "rating")


def summary(user_id: str, row: Raw) -> ImageSummary:
    """Return a picture in a list, out of a row as DynamoDB writes it: lean or whole."""
    return ImageSummary(**fields(user_id, id_of(row), _plain(row)))


def index_row(row: Raw) -> ImageIndexRow:
    """Return the light form of a picture, out of a row that has at least `INDEX_ATTRIBUTES`."""
    plain, image_id = _plain(row), id_of(row)
    return ImageIndexRow(
        id=image_id,
        width=int(plain["width"]),
        height=int(plain["height"]),
        created_at=born(image_id).replace(microsecond=0),
        favourite=plain["favourite"],
        rating=int(plain.get("rating") or 0),
    )


def fields(user_id: str, image_id: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return what every form of a picture shows; attributes that an old row lacks have their empty value."""
    below = f"/media/u/{user_id}/images/{image_id}/"
    deleted_at = row.get("deleted_at")
    return {
        "id": image_id,
        "generation_id": row["generation_id"],
        "number": int(row["number"]),
        "model_id": row.get("model_id"),
        "base_model": row["base_model"],
        "style": row["style"],
        "aspect_ratio": row["aspect_ratio"],
        "width": int(row["width"]),
        "height": int(row["height"]),
        "bytes": int(row["bytes"]),
        "prompt": row["prompt_head"],
        "favourite": row["favourite"],
        "rating": int(row.get("rating") or 0),
        "tags": sorted(row.get("tags") or ()),
        "collection_ids": sorted(row.get("collections") or ()),
        "is_shared": bool(row.get("shares")),
        "relation": row.get("relation"),
        "parent_id": row.get("parent_id"),
        "created_at": born(image_id).replace(microsecond=0),
        "trashed_at": datetime.fromtimestamp(int(deleted_at), UTC) if deleted_at is not None else None,
        "media": ImageMedia(
            original=f"{below}original.webp",
            view=f"{below}view.webp",
            thumbnail_640=f"{below}640.webp",
            thumbnail_256=f"{below}256.webp",
        ),
    }


def _plain(row: Raw) -> dict[str, Any]:
    return {name: next(iter(value.values())) for name, value in row.items()}
