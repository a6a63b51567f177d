"""What goes into a zip for one picture: its file, by the name its owner wished for, and its manifest."""

from datetime import datetime

from functions.gallery.service.manifest import signed_manifest
from functions.gallery.service.naming import Names, fill
from functions.gallery.service.zips import ZipUpload
from likeness.items.gallery import Download
from likeness.items.image import Image
from likeness.items.model import TrainedModel
from likeness.items.row import born


class Entries:
    """The entries of one zip."""

    def __init__(self, download: Download) -> None:
        self._user_id, self._pattern, self._manifests = download.pk, download.pattern, download.manifests
        self._names = Names()
        self._models: dict[str, str | None] = {}

    def add(self, upload: ZipUpload, image: Image, content: bytes) -> None:
        """Store a picture and, if wished for, its manifest beside it; both are dated with its making."""
        moment = born(image.id)
        name = self._names.give(fill(self._pattern, self._values(image, moment)) or image.id)
        upload.add(f"{name}.webp", content, moment)
        if self._manifests:
            upload.add(f"{name}.json", signed_manifest(image).model_dump_json().encode(), moment)

    def _values(self, image: Image, moment: datetime) -> dict[str, str]:
        return {
            "date": f"{moment:%Y-%m-%d}",
            "time": f"{moment:%H-%M-%S}",
            "id": image.id,
            "number": str(int(image.number)),
            "style": image.style,
            "aspect_ratio": image.aspect_ratio,
            "model": self._model(image),
            "seed": str(image.manifest.get("seed", "")),
            "prompt": image.prompt_head,
        }

    def _model(self, image: Image) -> str:
        """Return the name of the picture's likeness, or of its base model where there is none any more."""
        if not image.model_id or "{model}" not in self._pattern:
            return str(image.base_model)
        if image.model_id not in self._models:
            self._models[image.model_id] = _name_of(self._user_id, image.model_id)
        return self._models[image.model_id] or str(image.base_model)


def _name_of(user_id: str, model_id: str) -> str | None:
    try:
        model = TrainedModel.get(user_id, TrainedModel.of(user_id, model_id).sk)
    except TrainedModel.DoesNotExist:
        return None
    return None if model.deleted_at else model.name
