"""What happens to an uploaded file: inspected once, kept only as our own files, gone afterwards.

Apart from `service.py` because only this needs the pictures layer.
"""

from dataclasses import asdict, dataclass
from urllib.parse import unquote

from pynamodb.expressions.update import Action

from functions.upload.models import label
from likeness.aws import s3
from likeness.catalog.reader import catalog
from likeness.errors import AccountNotActive, AlreadyEnded, Conflict
from likeness.items.photo import Photo, PhotoCount, PhotoState, UniquePhoto
from likeness.items.row import now
from likeness.items.user import AccountState, Profile
from likeness.observability import count, logger
from likeness.pictures import PictureRefused, PreparedPhoto, prepare_photo_apart
from likeness.settings import settings
from likeness.storage import photo_files, photo_key, put, raw_key, remove
from likeness.table import Raw, Transaction


@dataclass(frozen=True)
class Upload:
    """The uploaded bytes, read once; `tag` tells them from any other file sent with the same form."""

    content: bytes
    tag: str
    filename: str


class _Duplicate(Conflict):
    def __init__(self, raw: Raw | None) -> None:
        super().__init__("This picture is there already.")
        self.photo_id = UniquePhoto.from_raw_data(raw or {}).photo_id


class _Rejected(Conflict):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = code


class _Superseded(AlreadyEnded):
    """The row is not ours to change: `state` and `upload` are what it says now, None when it is gone."""

    def __init__(self, raw: Raw | None) -> None:
        super().__init__("This photo has been decided.")
        stored = Photo.from_raw_data(raw) if raw else None
        self.state = stored.state if stored else None
        self.upload = stored.upload if stored else None


def inspect_upload(user_id: str, photo_id: str) -> None:
    """Decide over one uploaded file and remove it; safe to repeat, a decided photo never changes.

    Nothing is kept for a person whose account is being erased, nor of a photo deleted meanwhile.
    """
    upload = _fetch(user_id, photo_id)
    if upload is None:
        return
    try:
        _begin(user_id, photo_id, upload)
        _decide(user_id, photo_id, upload)
    except _Superseded as decided:
        logger.info("upload ignored", extra={"photo_id": photo_id, "state": decided.state})
        if decided.state not in {PhotoState.READY, PhotoState.PENDING}:  # a pending one's files are its own run's
            remove(photo_files(user_id, photo_id))
    except AccountNotActive:
        logger.info("upload of an erased account removed")
        remove(photo_files(user_id, photo_id))
    s3().delete_object(Bucket=settings().raw_bucket, Key=raw_key(user_id, photo_id))


def _fetch(user_id: str, photo_id: str) -> Upload | None:
    """Read the file, a byte over the limit at most; None when it was inspected or deleted before."""
    try:
        found = s3().get_object(Bucket=settings().raw_bucket, Key=raw_key(user_id, photo_id))
    except s3().exceptions.NoSuchKey:
        return None
    content = found["Body"].read(catalog().limits.photo_bytes + 1)
    return Upload(content, found["ETag"], label(unquote(found["Metadata"].get("filename", ""))))


def _begin(user_id: str, photo_id: str, upload: Upload) -> None:
    """Record that the inspection began, or go on with one that was cut short."""
    photo = Photo.of(user_id, photo_id)
    photo.state, photo.since = PhotoState.PENDING.value, now()
    photo.filename, photo.upload = upload.filename, upload.tag
    transaction = Transaction()
    transaction.put(photo, Photo.sk.does_not_exist(), otherwise=_Superseded)
    _demand_account(transaction, user_id)
    try:
        transaction.commit()
    except _Superseded as before:
        if (before.state, before.upload) != (PhotoState.PENDING, upload.tag):
            raise


def _decide(user_id: str, photo_id: str, upload: Upload) -> None:
    try:
        _keep(user_id, photo_id, _prepare(upload))
    except _Rejected as refused:
        remove(photo_files(user_id, photo_id))
        words: list[Action] = [Photo.code.set(refused.reason), Photo.reason.set(refused.detail)]
        _end(user_id, photo_id, PhotoState.REJECTED, words)
    except _Duplicate as twin:
        remove(photo_files(user_id, photo_id))
        _end(user_id, photo_id, PhotoState.DUPLICATE, [Photo.duplicate_of.set(twin.photo_id)])


def _prepare(upload: Upload) -> PreparedPhoto:
    if len(upload.content) > catalog().limits.photo_bytes:
        raise _Rejected("too_large", "The file is over 20 MB. Save it smaller.")
    try:
        return prepare_photo_apart(upload.content)
    except PictureRefused as refused:
        raise _Rejected(refused.code.value, refused.detail) from refused


def _keep(user_id: str, photo_id: str, prepared: PreparedPhoto) -> None:
    """Store the files, then make the photo ready, unique and counted in one write."""
    put(photo_key(user_id, photo_id), prepared.jpeg, "image/jpeg")
    for side, content in prepared.thumbnails.items():
        put(photo_key(user_id, photo_id, f"{side}.webp"), content, "image/webp")
    unique = UniquePhoto.of(user_id, prepared.sha256)
    unique.photo_id = photo_id
    limit = catalog().limits.photos_per_user
    full = _Rejected("quota_exceeded", f"You have {limit} photos, which is the limit. Delete some first.")
    checks = asdict(prepared.checks)
    dhash = checks.pop("dhash")
    transaction = Transaction()
    _move(transaction, user_id, photo_id, PhotoState.READY, [
        Photo.width.set(prepared.width),
        Photo.height.set(prepared.height),
        Photo.bytes.set(len(prepared.jpeg)),
        Photo.sha256.set(prepared.sha256),
        Photo.dhash.set(dhash),
        Photo.checks.set(checks),
    ])  # fmt: skip
    transaction.put(unique, UniquePhoto.sk.does_not_exist(), otherwise=_Duplicate)
    transaction.update(
        PhotoCount.of(user_id),
        [PhotoCount.photos.add(1)],
        PhotoCount.photos.does_not_exist() | (PhotoCount.photos < limit),
        full,
    )
    _demand_account(transaction, user_id)
    transaction.commit()
    count("PhotoReady")


def _end(user_id: str, photo_id: str, state: PhotoState, words: list[Action]) -> None:
    transaction = Transaction()
    _move(transaction, user_id, photo_id, state, words)
    transaction.commit()
    count("PhotoRejected" if state == PhotoState.REJECTED else "PhotoDuplicate")


def _move(transaction: Transaction, user_id: str, photo_id: str, state: PhotoState, more: list[Action]) -> None:
    transaction.update(
        Photo.of(user_id, photo_id),
        [Photo.state.set(state.value), *more],
        Photo.state == PhotoState.PENDING.value,
        otherwise=_Superseded,
    )


def _demand_account(transaction: Transaction, user_id: str) -> None:
    """Demand that the account is not being erased; a frozen one may upload, since that costs nothing."""
    transaction.check(
        Profile.of(user_id),
        ~Profile.state.is_in(AccountState.ERASING.value, AccountState.ERASED.value),
        AccountNotActive("This account is being erased."),
    )
