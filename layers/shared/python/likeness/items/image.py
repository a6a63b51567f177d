"""A picture in the gallery."""

import unicodedata
from typing import Self

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from likeness.items.row import ImageRow

LEAN = [
    "generation_id",
    "number",
    "model_id",
    "base_model",
    "aspect_ratio",
    "style",
    "width",
    "height",
    "bytes",
    "favourite",
    "rating",
    "tags",
    "collections",
    "shares",
    "relation",
    "parent_id",
    "prompt_head",
    "search",
    "deleted_at",
]
"""What the gallery's index carries beside the keys. The index in `infra/` must name the same."""


HEAD_CHARACTERS = 200


def fold(text: str) -> str:
    """Return a text as search compares it: without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold()


class GalleryIndex(GlobalSecondaryIndex["Image"]):  # type: ignore[no-untyped-call]  # PynamoDB types no __init_subclass__
    """A person's pictures, newest last, without their manifests; trashed ones in a partition of their own."""

    class Meta:
        index_name = "gallery"
        projection = IncludeProjection(LEAN)

    gallery = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class Image(ImageRow, discriminator="IMAGE"):
    """One delivered picture."""

    gallery = UnicodeAttribute()
    generation_id = UnicodeAttribute()
    number = NumberAttribute()
    model_id = UnicodeAttribute(null=True)
    base_model = UnicodeAttribute()
    aspect_ratio = UnicodeAttribute()
    style = UnicodeAttribute()
    width = NumberAttribute()
    height = NumberAttribute()
    bytes = NumberAttribute()
    sha256 = UnicodeAttribute()
    """Of the original file as stored (lossless WebP with the mark)."""
    favourite = BooleanAttribute(default=False)
    rating = NumberAttribute(null=True)
    """From 1 to 5; absent: not rated, which is 0."""
    tags = UnicodeSetAttribute(null=True)
    collections = UnicodeSetAttribute(null=True)
    """Ids of the collections it was put into."""
    shares = UnicodeSetAttribute(null=True)
    """Ids of the links that show it: the truth of what a link opens."""
    withdrawn = UnicodeSetAttribute(null=True)
    """Of those that showed it when it was trashed: whose copies of it are still to be removed."""
    relation = UnicodeAttribute(null=True)
    """Why it was made out of `parent_id`: a `Relation`."""
    parent_id = UnicodeAttribute(null=True)
    """The picture it was made out of."""
    prompt_head = UnicodeAttribute()
    """The first 200 characters of the prompt as ordered."""
    search = UnicodeAttribute()
    """The same, folded: what a text filter looks at."""
    manifest: JSONAttribute = JSONAttribute()
    deleted_at = NumberAttribute(null=True)
    """When it was trashed, seconds since 1970."""
    open = UnicodeAttribute(null=True)
    """`TRASH` while trashed: the index `open` then finds it for the purge, by `check_at`."""
    check_at = NumberAttribute(null=True)

    by_gallery = GalleryIndex()

    PREFIX = "IMAGE#"

    @classmethod
    def of(cls, user_id: str, image_id: str) -> Self:
        """Name a user's picture."""
        return cls(user_id, f"{cls.PREFIX}{image_id}")

    @property
    def id(self) -> str:
        """The picture's id."""
        return self.sk.removeprefix(self.PREFIX)

    def describe(self, prompt: str) -> None:
        """Take over the head of a prompt, as it is shown and as it is searched."""
        self.prompt_head = prompt[:HEAD_CHARACTERS]
        self.search = fold(self.prompt_head)


def gallery_of(user_id: str) -> str:
    """Name the partition of a person's pictures in the gallery index."""
    return user_id


def trash_of(user_id: str) -> str:
    """Name the partition of a person's trashed pictures in the gallery index."""
    return f"{user_id}#trash"
