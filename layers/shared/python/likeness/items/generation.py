"""An order of pictures and the vendor job of each."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from pynamodb.attributes import JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from likeness.items.row import ImageRow, OpenGenerations


class GenerationStatus(StrEnum):
    """Where an order stands; the last three are ends. `succeeded`: at least one picture was delivered."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PictureState(StrEnum):
    """Where one picture of an order stands."""

    WAITING = "waiting"
    DONE = "done"
    FLAGGED = "flagged"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Relation(StrEnum):
    """Why an order was made out of something that was there before."""

    REMIX = "remix"
    """All of a picture but its seed, with changes."""
    VARIATION = "variation"
    """All of a picture but its seed."""
    REPLAY = "replay"
    """All of a picture: what it takes to make it again."""
    SAMPLE = "sample"
    """What a freshly trained model can do; nobody pays for it."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What one picture of an order shows."""

    prompt: str
    prompt_sent: str
    style: str
    style_version: int
    aspect_ratio: str
    width: int
    height: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """What was ordered, complete: later changes of the model or the catalog do not touch it.

    Rows of before a field was known have its default.
    """

    prompt: str
    """As the person wrote it."""
    prompt_sent: str
    """As every vendor job gets it."""
    negative_prompt: str | None
    style: str
    aspect_ratio: str
    width: int
    height: int
    seed: int
    """Of picture 1; picture n has the n - 1st after it."""
    base_model: str
    base_model_name: str
    model_id: str | None
    weights_key: str | None
    weights_sha256: str | None
    endpoint: dict[str, Any]
    """How the vendor is called, as the catalog had it."""
    catalog_version: int
    style_version: int = 1
    training_id: str | None = None
    """The version of the model."""
    shots: list[dict[str, Any]] = field(default_factory=list)
    """Per picture, by number, the fields of its `Shot` that differ from the above; empty: only the seed does."""
    relation: str | None = None
    parent_id: str | None = None
    """The picture that `relation` is to."""
    retry_of: str | None = None
    """The order whose missing pictures these are."""
    pack: str | None = None
    """`<id>@<version>` of the pack that was ordered."""
    replayed: dict[str, Any] | None = None
    """Of a replay: `{sha256, pixels_sha256, dhash}` of the picture that it is compared with."""

    def shot(self, number: int) -> Shot:
        """Return what picture `number` (from 1) shows; seeds are from 0 to 2^32 - 1."""
        common = {name: getattr(self, name) for name in Shot.__dataclass_fields__}
        seed = (self.seed + number - 1) % 2**32
        return Shot(**{**common, "seed": seed, **(self.shots[number - 1] if self.shots else {})})

    def showing(self, shots: Sequence[Shot]) -> Self:
        """Return the same order of exactly these pictures, of which there is at least one."""
        plain = replace(self, **asdict(shots[0]), shots=[])
        differences = [_difference(shot, plain.shot(number)) for number, shot in enumerate(shots, 1)]
        return replace(plain, shots=differences if any(differences) else [])

    def to_json(self) -> dict[str, Any]:
        """Return what a row stores."""
        return asdict(self)


def _difference(shot: Shot, common: Shot) -> dict[str, Any]:
    known = asdict(common)
    return {name: value for name, value in asdict(shot).items() if value != known[name]}


class Generation(ImageRow, discriminator="GENERATION"):
    """One order of n pictures."""

    status = UnicodeAttribute(default=GenerationStatus.QUEUED.value)
    request: JSONAttribute = JSONAttribute()
    """What was ordered: `Ordered`."""
    operation = UnicodeAttribute()
    credits = NumberAttribute()
    unit_price = NumberAttribute()
    units = NumberAttribute()
    """How many pictures were ordered."""
    pictures: ListAttribute[dict[str, object]] = ListAttribute()
    """`[{number, state, image_id?, error_code?, error?}]`, by number from 1."""
    created_at = UnicodeAttribute()
    ended_at = UnicodeAttribute(null=True)
    deadline = NumberAttribute()
    credits_back = NumberAttribute(null=True)
    """Of `credits`, what came back at the end."""
    attempt = NumberAttribute(default=1)
    version = NumberAttribute(default=1)
    """Rises with every change a client can see; the ETag of a poll."""
    retried_by = UnicodeAttribute(null=True)
    """The order of the pictures that are missing here."""
    error_code = UnicodeAttribute(null=True)
    error = UnicodeAttribute(null=True)
    open = UnicodeAttribute(null=True)
    check_at = NumberAttribute(null=True)

    by_check = OpenGenerations()

    PREFIX = "GENERATION#"

    @classmethod
    def of(cls, user_id: str, generation_id: str) -> Self:
        """Name a user's order."""
        return cls(user_id, f"{cls.PREFIX}{generation_id}")

    @property
    def id(self) -> str:
        """The order's id."""
        return self.sk.removeprefix(self.PREFIX)

    @property
    def ordered(self) -> Ordered:
        """What was ordered."""
        return Ordered(**self.request)

    @property
    def is_over(self) -> bool:
        """Whether it has ended: nothing can be delivered any more."""
        return self.status not in {GenerationStatus.QUEUED.value, GenerationStatus.RUNNING.value}

    @property
    def waiting(self) -> list[int]:
        """The numbers of the pictures whose outcome is open."""
        return [int(str(one["number"])) for one in self.pictures if one["state"] == PictureState.WAITING.value]


class Render(ImageRow, discriminator="RENDER"):
    """The vendor job of one picture."""

    submission = UnicodeAttribute()
    vendor_ref = UnicodeAttribute(null=True)
    submitted_at = NumberAttribute(null=True)

    PREFIX = "RENDER#"

    @classmethod
    def of(cls, user_id: str, generation_id: str, number: int) -> Self:
        """Name the job of picture `number` (from 1) of an order."""
        return cls(user_id, f"{cls.PREFIX}{generation_id}#{number:02d}")

    @property
    def number(self) -> int:
        """The number of its picture."""
        return int(self.sk.rpartition("#")[2])
