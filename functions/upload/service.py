"""What the upload feature does over HTTP: forms to upload by, and the photos that came of them."""

from datetime import UTC, datetime
from urllib.parse import quote

from functions.upload.models import (
    PhotoChecks,
    PhotoMedia,
    PhotoRequest,
    PhotosView,
    PhotoView,
    UploadsRequest,
    UploadsView,
    UploadView,
)
from likeness.aws import s3
from likeness.catalog.reader import catalog
from likeness.errors import Conflict, NotFound, PhotoInUse
from likeness.items.model import TrainedModel
from likeness.items.photo import PATIENCE_SECONDS, Photo, PhotoCount, PhotoState, UniquePhoto
from likeness.items.row import born, new_id, now
from likeness.listing import FIRST, LAST, list_own
from likeness.query import query
from likeness.settings import settings
from likeness.storage import media_path, photo_files, photo_key, raw_key, remove
from likeness.table import Transaction

FORM_SECONDS = 300


def start_uploads(user_id: str, request: UploadsRequest) -> UploadsView:
    """Sign one form a photo; no table is touched, a photo exists once its file has arrived."""
    expires_at = now() + FORM_SECONDS
    return UploadsView(uploads=[_form(user_id, photo, expires_at) for photo in request.photos])


def list_photos(user_id: str, limit: int, cursor: str | None) -> PhotosView:
    """Return a page of photos, newest first, by one query."""
    page = list_own(Photo, user_id, Photo.PREFIX, limit, cursor)
    photos = [Photo.from_raw_data(row) for row in page.rows]
    shown = [_view(photo) for photo in photos if photo.state != PhotoState.DELETING]
    return PhotosView(photos=shown, cursor=page.cursor)


def read_photo(user_id: str, photo_id: str) -> PhotoView:
    """Return one of the caller's own photos.

    Raises:
        NotFound: there is no such photo.
    """
    photo = _stored(user_id, photo_id)
    if photo.state == PhotoState.DELETING:
        raise NotFound("No such photo.")
    return _view(photo)


def delete_photo(user_id: str, photo_id: str) -> None:
    """Remove a photo, what was uploaded and its place in the quota; cut short, it is finished by a repeat.

    Raises:
        NotFound: there is no such photo.
        PhotoInUse: a running training learns from it; nothing was changed.
    """
    photo = _stored(user_id, photo_id)
    if photo.state != PhotoState.DELETING:
        _withdraw(user_id, photo)
    s3().delete_object(Bucket=settings().raw_bucket, Key=raw_key(user_id, photo_id))
    remove(photo_files(user_id, photo_id))
    photo.delete()


def _withdraw(user_id: str, photo: Photo) -> None:
    """Hide a photo, free its picture and its place, unless a training uses it: all at once or not."""
    transaction = Transaction()
    moved = Conflict("The photo has just changed. Try again.")
    transaction.update(photo, [Photo.state.set(PhotoState.DELETING.value)], Photo.state == photo.state, otherwise=moved)
    in_use = PhotoInUse("A running training learns from this photo. Wait for its end, or cancel it.")
    for model in _models_with(user_id, photo.id):
        transaction.check(model, TrainedModel.open_training.does_not_exist(), in_use)
    if photo.sha256 is not None:
        transaction.delete(UniquePhoto.of(user_id, photo.sha256))
        transaction.update(PhotoCount.of(user_id), [PhotoCount.photos.add(-1)])
    transaction.commit()


def _models_with(user_id: str, photo_id: str) -> list[TrainedModel]:
    between = ("sk", f"{TrainedModel.PREFIX}{FIRST}", f"{TrainedModel.PREFIX}{LAST}")
    rows = query(TrainedModel, ("pk", user_id), between).rows
    models = [TrainedModel.from_raw_data(row) for row in rows]
    return [model for model in models if photo_id in model.photo_ids]


def _form(user_id: str, photo: PhotoRequest, expires_at: int) -> UploadView:
    photo_id = new_id()
    fixed = {
        "Content-Type": photo.content_type,
        "x-amz-meta-filename": quote(photo.filename, safe=""),
    }
    form = s3().generate_presigned_post(
        settings().raw_bucket,
        raw_key(user_id, photo_id),
        Fields=fixed,
        Conditions=[
            *({name: value} for name, value in fixed.items()),
            ["content-length-range", 1, catalog().limits.photo_bytes],
        ],
        ExpiresIn=FORM_SECONDS,
    )
    return UploadView(
        photo_id=photo_id,
        url=form["url"],
        fields=form["fields"],
        expires_at=datetime.fromtimestamp(expires_at, UTC),
    )


def _stored(user_id: str, photo_id: str) -> Photo:
    photo = Photo.of(user_id, photo_id)
    try:
        photo.refresh(consistent_read=True)
    except Photo.DoesNotExist as error:
        raise NotFound("No such photo.") from error
    return photo


def _view(photo: Photo) -> PhotoView:
    state, code, detail = PhotoState(photo.state), photo.code, photo.reason
    if state == PhotoState.PENDING and now() - int(photo.since or 0) > PATIENCE_SECONDS:
        state, code = PhotoState.REJECTED, "processing_failed"
        detail = "Checking this photo failed on our side. Delete it and upload it again."
    return PhotoView(
        id=photo.id,
        state=state,
        filename=photo.filename or "photo",
        created_at=born(photo.id),
        code=code,
        detail=detail,
        duplicate_of=photo.duplicate_of,
        width=photo.width,
        height=photo.height,
        checks=PhotoChecks.model_validate(photo.checks) if photo.checks else None,
        media=_media(photo) if state == PhotoState.READY else None,
    )


def _media(photo: Photo) -> PhotoMedia:
    return PhotoMedia(
        photo=media_path(photo_key(photo.pk, photo.id)),
        thumbnail_640=media_path(photo_key(photo.pk, photo.id, "640.webp")),
        thumbnail_256=media_path(photo_key(photo.pk, photo.id, "256.webp")),
    )
