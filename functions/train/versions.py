"""Versions of a model: one for every training that delivered."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from functions.train.library import find_model, find_version
from functions.train.views import VersionList, VersionView, VersionWeights, WeightsDownload
from likeness.catalog.reader import catalog
from likeness.items.generation import Generation
from likeness.items.model import TrainedModel, Weights
from likeness.listing import list_own
from likeness.query import fetch
from likeness.storage import download_url

DOWNLOAD_SECONDS = 300


def list_versions(user_id: str, model_id: str, limit: int, cursor: str | None) -> VersionList:
    """Return a page of a model's versions, newest first.

    Raises:
        NotFound: there is no such model.
    """
    model = find_model(user_id, model_id)
    prefix = f"{Weights.PREFIX}{model_id}#"
    page = list_own(Weights, user_id, prefix, limit, cursor)
    versions = [Weights.from_raw_data(row) for row in page.rows]
    ordered = _ordered(user_id, [version.samples_id for version in versions])
    return VersionList(
        versions=[_view(version, model, ordered) for version in versions],
        cursor=page.cursor,
    )


def make_download(user_id: str, model_id: str, training_id: str) -> WeightsDownload:
    """Return where the weights of a version can be fetched for five minutes.

    Raises:
        NotFound: there is no such model or version.
    """
    model = find_model(user_id, model_id)
    version = find_version(user_id, model_id, training_id)
    base = catalog().base_model(version.base_model)
    filename = f"{_plain(model.name)}-v{int(version.number)}.safetensors"
    return WeightsDownload(
        url=download_url(version.key, filename, DOWNLOAD_SECONDS),
        filename=filename,
        bytes=int(version.bytes),
        sha256=version.sha256,
        base_model=version.base_model,
        licence=base.licence if base else None,
        expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=DOWNLOAD_SECONDS),
    )


def _ordered(user_id: str, generation_ids: list[str]) -> set[str]:
    """Return which of these orders there are."""
    found = fetch(Generation, user_id, [f"{Generation.PREFIX}{one}" for one in generation_ids])
    return {row["sk"]["S"].removeprefix(Generation.PREFIX) for row in found}


def _view(version: Weights, model: TrainedModel, ordered: set[str]) -> VersionView:
    return VersionView(
        training_id=version.training_id,
        number=int(version.number),
        base_model=version.base_model,
        steps=int(version.steps),
        photo_count=int(version.photo_count),
        created_at=datetime.fromisoformat(version.created_at),
        is_default=version.training_id == model.training_id,
        weights=VersionWeights(sha256=version.sha256, bytes=int(version.bytes)),
        sample_generation_id=version.samples_id if version.samples_id in ordered else None,
    )


def _plain(name: str) -> str:
    """Return a name as it is safe in a header and on every disk."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", letters).strip("-") or "model"
