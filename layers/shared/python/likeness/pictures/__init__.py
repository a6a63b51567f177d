"""Photos and generated pictures: opened safely, cleaned, measured, marked and written anew.

Needs the pictures layer (Pillow, pi-heif): only upload and generate import it.
"""

from likeness.pictures.apart import prepare_photo_apart
from likeness.pictures.checks import bits_apart
from likeness.pictures.mark import digital_source_type
from likeness.pictures.opening import PictureRefused, Refusal, open_picture
from likeness.pictures.photo import PreparedPhoto, prepare_photo
from likeness.pictures.render import PreparedRender, dhash_of, prepare_render

__all__ = [
    "PictureRefused",
    "PreparedPhoto",
    "PreparedRender",
    "Refusal",
    "bits_apart",
    "dhash_of",
    "digital_source_type",
    "open_picture",
    "prepare_photo",
    "prepare_photo_apart",
    "prepare_render",
]
