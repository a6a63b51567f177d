"""The zip a trainer learns from: clean photos under flat names, each with its caption."""

from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from functions.train.purchase import condemn, looked_after
from likeness.aws import s3
from likeness.catalog.reader import catalog
from likeness.items.model import Submission, TrainedModel, Training
from likeness.items.row import changed
from likeness.job import endpoint_of
from likeness.settings import settings
from likeness.storage import IMMUTABLE, photo_key, private_key, read, remove


def pack(training: Training) -> None:
    """Write the zip unless the training was submitted before; the same photos make the same bytes.

    Photos that were deleted meanwhile are left out; too few of them end the training.
    """
    named = [Training.zip_key.set(Training.zip_key | private_key("photos.zip")), looked_after()]
    if not changed(training, named, Training.open.exists() & (Training.submission == Submission.NONE.value)):
        return
    with TemporaryFile() as file:
        packed = _write(file, training)
        if packed < minimum_photos(training):
            condemn(training, "too_few_photos", f"Only {packed} of its photos are left.")
            return
        file.seek(0)
        upload(file, training.zip_key, "application/zip")
    if not changed(training, [looked_after()], Training.open.exists()):
        remove([training.zip_key])


def upload(file: IO[bytes], key: str, content_type: str) -> None:
    """Store a file of any size as a media object, in parts."""
    extra = {"ContentType": content_type, "CacheControl": IMMUTABLE}
    s3().upload_fileobj(file, settings().media_bucket, key, ExtraArgs=extra)


def minimum_photos(training: Training) -> int:
    """Return how many photos the base model needs."""
    entry = catalog().base_model(training.base_model)
    return (entry.min_photos if entry else None) or 1


def _write(file: IO[bytes], training: Training) -> int:
    caption = _caption(training).encode()
    number = 0
    with ZipFile(file, "w", ZIP_STORED) as archive:
        for photo_id in training.photo_ids:
            content = read(photo_key(training.pk, photo_id))
            if content is not None:
                number += 1
                archive.writestr(ZipInfo(f"{number:03d}.jpg"), content)
                archive.writestr(ZipInfo(f"{number:03d}.txt"), caption)
    return number


def _caption(training: Training) -> str:
    model = TrainedModel.get(training.pk, TrainedModel.of(training.pk, training.model_id).sk, consistent_read=True)
    return str(endpoint_of(training)["caption"]).format(trigger=model.trigger, class_word=model.class_word)
