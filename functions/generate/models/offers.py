"""The catalog as everybody sees it."""

from likeness.wire import View


class OfferedPrices(View):
    """Credits for one training and one picture; null: not for sale."""

    training: int | None
    image: int


class OfferedBaseModel(View):
    """A base model that can be trained or used."""

    id: str
    name: str
    licence: str
    min_photos: int | None
    max_photos: int | None
    negative_prompt: bool
    is_trainable: bool
    renders_models: bool
    """Whether pictures of models trained on it can be ordered."""
    renders_alone: bool
    """Whether pictures can be ordered without a trained model."""
    credits: OfferedPrices


class OfferedStyle(View):
    """A way pictures look."""

    id: str
    name: str
    version: int
    """Rises when pictures of it look another way."""
    sample: str
    """Path of a picture of it on this host, which anybody may see."""


class OfferedShot(View):
    """One picture of a pack."""

    prompt: str
    style: str
    aspect_ratio: str


class OfferedPack(View):
    """Pictures of a model that are ordered together, each at the price of one picture."""

    id: str
    version: int
    """Rises when its pictures change; an order may name the one that was shown."""
    name: str
    description: str
    subject_kinds: list[str]
    """The kinds of models it suits."""
    shots: list[OfferedShot]


class OfferedAspectRatio(View):
    """A shape of pictures, with its size in pixels."""

    id: str
    width: int
    height: int


class OfferedLimits(View):
    """How much of everything a person or a request may have."""

    photos_per_user: int
    photos_per_request: int
    photo_bytes: int
    models_per_user: int
    pictures_per_generation: int
    prompt_characters: int
    name_characters: int
    trash_days: int
    download_pictures: int
    download_bytes: int
    zip_pictures: int
    zip_bytes: int


class OfferedReport(View):
    """When the report on a model's photos warns or refuses."""

    short_side_refuse: int
    short_side_warn: int
    sharpness_warn: float
    dhash_distance_warn: int
    dark_warn: float
    bright_warn: float
    clipped_warn: float


class CatalogView(View):
    """Everything that can be ordered, at what price, within which limits."""

    version: int
    terms_version: str
    consent_version: str
    welcome_credits: int
    generation_deadline_seconds: int
    limits: OfferedLimits
    report: OfferedReport
    aspect_ratios: list[OfferedAspectRatio]
    styles: list[OfferedStyle]
    packs: list[OfferedPack]
    base_models: list[OfferedBaseModel]


class KeyView(View):
    """A public key, as a JWK: ECDSA with P-256 and SHA-256."""

    kty: str
    crv: str
    x: str
    y: str
    use: str
    alg: str
    kid: str
    """Its thumbprint (RFC 7638)."""


class KeysView(View):
    """Every key whose signatures count; the first one signs now."""

    keys: list[KeyView]
