"""Whether a model's photos make a good training: what keeps a photo out, and what would make the result better.

Advice never blocks. Only too few usable photos, and photos that are still being checked or were rejected, do.
"""

from collections.abc import Iterable, Iterator

from functions.train.library import find_model, photos_of
from functions.train.views import Finding, PhotoReport, ReportView, Severity
from likeness.catalog.reader import BaseModelEntry, catalog
from likeness.errors import Unprocessable
from likeness.items.model import TrainedModel
from likeness.items.photo import Photo, PhotoState

NOT_READY = {"photo_pending", "photo_rejected"}
_UNUSABLE = NOT_READY | {"photo_missing", "photo_duplicate", "too_small"}
_STATES = {
    PhotoState.PENDING: ("photo_pending", Severity.REFUSE, "Still being checked: wait a moment."),
    PhotoState.REJECTED: ("photo_rejected", Severity.REFUSE, "Could not be used: take these photos out of the model."),
    PhotoState.DUPLICATE: ("photo_duplicate", Severity.WARN, "Uploaded before: these are left out."),
}


def read_report(user_id: str, model_id: str, base_model: str) -> ReportView:
    """Judge one of the caller's own models for a base model.

    Raises:
        NotFound: there is no such model.
        Unprocessable: the base model cannot be trained.
    """
    return judge(find_model(user_id, model_id), trainable_base(base_model))


def trainable_base(base_model: str) -> BaseModelEntry:
    """Return a base model that can be trained; Unprocessable names those there are."""
    entry = catalog().base_model(base_model)
    if entry is None or entry.train is None or entry.credits.training is None:
        known = ", ".join(model.id for model in catalog().base_models if model.train)
        message = f"Train one of: {known}."
        raise Unprocessable(message, fields=[{"field": "base_model", "message": message}])
    return entry


def judge(model: TrainedModel, base: BaseModelEntry) -> ReportView:
    """Judge a model's photos as they are now; `usable` photos are those a training would take."""
    photo_ids = list(model.photo_ids)
    photos = photos_of(model.pk, photo_ids)
    findings = [*_unready(photo_ids, photos), *_judged([photo for photo in photos.values() if _is_ready(photo)])]
    unusable = {photo_id for finding in findings if finding.code in _UNUSABLE for photo_id in finding.photo_ids}
    usable = [photo_id for photo_id in photo_ids if photo_id not in unusable]
    minimum, maximum = base.min_photos or 1, base.max_photos or len(photo_ids)
    findings += _number(usable, minimum, maximum)
    usable = usable[:maximum]
    return ReportView(
        model_id=model.id,
        base_model=base.id,
        minimum=minimum,
        maximum=maximum,
        usable=len(usable),
        trainable=len(usable) >= minimum and not any(finding.code in NOT_READY for finding in findings),
        findings=findings,
        photos=[
            PhotoReport(
                photo_id=photo_id,
                state=PhotoState(photos[photo_id].state) if photo_id in photos else "missing",
                usable=photo_id in usable,
                findings=[finding.code for finding in findings if photo_id in finding.photo_ids],
            )
            for photo_id in photo_ids
        ],
    )


def _is_ready(photo: Photo) -> bool:
    return photo.state == PhotoState.READY.value


def _number(usable: list[str], minimum: int, maximum: int) -> Iterator[Finding]:
    if len(usable) < minimum:
        detail = f"{len(usable)} usable photos, {minimum} are needed: add {minimum - len(usable)} more."
        yield Finding(code="too_few_photos", severity=Severity.REFUSE, photo_ids=[], detail=detail)
    if len(usable) > maximum:
        detail = f"Only the first {maximum} photos are used: put the best ones first, or take these out."
        yield Finding(code="too_many_photos", severity=Severity.WARN, photo_ids=usable[maximum:], detail=detail)


def _unready(photo_ids: list[str], photos: dict[str, Photo]) -> Iterator[Finding]:
    missing = [photo_id for photo_id in photo_ids if photo_id not in photos]
    yield from _finding("photo_missing", Severity.WARN, missing, "Deleted: these are left out.")
    for state, (code, severity, detail) in _STATES.items():
        in_state = [photo_id for photo_id in photo_ids if photo_id in photos and photos[photo_id].state == state.value]
        yield from _finding(code, severity, in_state, detail)


def _judged(photos: list[Photo]) -> Iterator[Finding]:
    limits = catalog().report
    too_small = [photo.id for photo in photos if _short_side(photo) < limits.short_side_refuse]
    small = [photo.id for photo in photos if limits.short_side_refuse <= _short_side(photo) < limits.short_side_warn]
    yield from _finding(
        "too_small",
        Severity.REFUSE,
        too_small,
        f"Shorter side under {limits.short_side_refuse} pixels, these are left out: upload the originals.",
    )
    yield from _finding(
        "small",
        Severity.WARN,
        small,
        f"Shorter side under {limits.short_side_warn} pixels: larger photos keep more detail.",
    )
    blurry = _measured(photos, "sharpness", high=limits.sharpness_warn)
    yield from _finding("blurry", Severity.WARN, blurry, "Looks blurred: sharper photos make a sharper likeness.")
    yield from _exposure(photos)
    for group in _alike(photos, limits.dhash_distance_warn):
        detail = "Nearly the same picture: keep one and add photos from other days, places and angles."
        yield from _finding("near_duplicate", Severity.WARN, group, detail)


def _exposure(photos: list[Photo]) -> Iterator[Finding]:
    limits = catalog().report
    dark = _measured(photos, "brightness", high=limits.dark_warn)
    bright = _measured(photos, "brightness", low=limits.bright_warn)
    clipped = {
        photo_id
        for share in ("dark_share", "bright_share")
        for photo_id in _measured(photos, share, low=limits.clipped_warn)
    }
    harsh = [photo.id for photo in photos if photo.id in clipped.difference(dark, bright)]
    yield from _finding("too_dark", Severity.WARN, dark, "Very dark: take it in daylight or by a lamp.")
    yield from _finding("too_bright", Severity.WARN, bright, "Very bright: avoid glare and flash.")
    yield from _finding("harsh_light", Severity.WARN, harsh, "Large parts are black or white: softer light shows more.")


def _measured(photos: list[Photo], name: str, *, low: float = float("-inf"), high: float = float("inf")) -> list[str]:
    """Return the photos with this measurement above `low` and below `high`; unmeasured ones are none of them."""
    values = ((photo.id, (photo.checks or {}).get(name)) for photo in photos)
    return [photo_id for photo_id, value in values if value is not None and low < value < high]


def _alike(photos: list[Photo], distance: int) -> Iterator[list[str]]:
    """Group photos of which each is within `distance` bits of another one of its group."""
    groups: list[dict[str, int]] = []
    for photo in photos:
        if not photo.dhash:
            continue
        bits = int(photo.dhash, 16)
        near = [group for group in groups if any((bits ^ other).bit_count() <= distance for other in group.values())]
        merged = {photo_id: other for group in near for photo_id, other in group.items()} | {photo.id: bits}
        groups = [group for group in groups if group not in near] + [merged]
    return (list(group) for group in groups if len(group) > 1)


def _short_side(photo: Photo) -> int:
    return int(min(photo.width or 0, photo.height or 0))


def _finding(code: str, severity: Severity, photo_ids: Iterable[str], detail: str) -> Iterator[Finding]:
    """Say something about some photos; about none there is nothing to say."""
    if found := list(photo_ids):
        yield Finding(code=code, severity=severity, photo_ids=found, detail=detail)
