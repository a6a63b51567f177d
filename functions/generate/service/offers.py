"""What everybody may see: the catalog without the vendors, the description of the API, and the public keys."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from functions.generate.models.offers import (
    CatalogView,
    KeysView,
    OfferedBaseModel,
    OfferedPack,
    OfferedPrices,
    OfferedStyle,
)
from likeness.catalog.ideas import packs
from likeness.catalog.reader import BaseModelEntry, Style, catalog
from likeness.errors import NotFound
from likeness.signature import public_keys


@dataclass(frozen=True)
class Document:
    """A public answer that changes only with the version of the service."""

    body: str
    etag: str


@cache
def read_catalog() -> Document:
    """Return what can be ordered, as JSON."""
    offered = catalog()
    plain = offered.model_dump(include=set(CatalogView.model_fields) - {"base_models", "styles", "packs"})
    view = CatalogView(
        **plain,
        styles=[_style(style) for style in offered.styles],
        packs=[OfferedPack.model_validate(pack) for pack in packs()],
        base_models=[_base_model(entry) for entry in offered.base_models],
    )
    return _document(view.model_dump_json())


@cache
def read_openapi() -> Document:
    """Return the description of this API, as JSON.

    Raises:
        NotFound: this build has none.
    """
    source = files("likeness").joinpath("openapi.json")
    if not source.is_file():
        raise NotFound("This build carries no description of the API.")
    return _document(source.read_text())


def read_keys() -> Document:
    """Return the public halves of the keys that the service signs with, as JSON."""
    return _document(KeysView(keys=public_keys()).model_dump_json())


def _style(style: Style) -> OfferedStyle:
    return OfferedStyle(id=style.id, name=style.name, version=style.version, sample=style.sample_path)


def _base_model(entry: BaseModelEntry) -> OfferedBaseModel:
    return OfferedBaseModel(
        id=entry.id,
        name=entry.name,
        licence=entry.licence,
        min_photos=entry.min_photos,
        max_photos=entry.max_photos,
        negative_prompt=entry.negative_prompt,
        is_trainable=entry.train is not None,
        renders_models=entry.render_lora is not None,
        renders_alone=entry.render is not None,
        credits=OfferedPrices(training=entry.credits.training, image=entry.credits.image),
    )


def _document(body: str) -> Document:
    return Document(body, f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"')
