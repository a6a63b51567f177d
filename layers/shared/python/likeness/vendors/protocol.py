"""What every AI vendor can do for us, whatever its wire looks like."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, Self

from likeness.errors import VendorError

Endpoint = Mapping[str, Any]
"""How one vendor sells one job: `train`, `render_lora` or `render` of a base model in the catalog."""


def fixed_input(endpoint: Endpoint) -> dict[str, Any]:
    """Return the input that never varies; no data can switch a safety checker on or off."""
    return {name: value for name, value in endpoint["input"].items() if "safety_checker" not in name}


@dataclass(frozen=True)
class TrainingOrder:
    """One training to buy."""

    endpoint: Endpoint
    zip_url: str
    trigger: str
    class_word: str
    steps: int
    webhook_url: str
    start_timeout_seconds: int


@dataclass(frozen=True)
class RenderOrder:
    """One picture to buy; the endpoint's own steps and scale stand where none are given."""

    endpoint: Endpoint
    prompt: str
    width: int
    height: int
    seed: int
    start_timeout_seconds: int
    negative_prompt: str | None = None
    weights_url: str | None = None
    weights_scale: float | None = None
    steps: int | None = None


@dataclass(frozen=True)
class Ref:
    """A job at a vendor. The vendor names its URLs; they cannot be rebuilt from the id."""

    request_id: str
    status_url: str
    response_url: str
    cancel_url: str

    def to_json(self) -> str:
        """Return the text that is stored in a row."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Progress:
    """What a vendor says of a job.

    `error` is what ended a failed job; while a job runs, it is what kept the vendor from answering now.
    """

    state: Literal["queued", "running", "done", "failed"]
    fraction: float | None = None
    queue_position: int | None = None
    error: VendorError | None = None


@dataclass(frozen=True)
class Weights:
    """Trained weights at the vendor: nothing about them is believed before they are fetched."""

    url: str


@dataclass(frozen=True)
class Fetched:
    """What a download really was."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Picture:
    """A rendered picture as the vendor sent it; a flagged one has no content and is never shown."""

    content: bytes
    content_type: str
    seed: int | None = None
    flagged: bool = False


class Sink(Protocol):
    """Where a download goes: an open file, or the parts of an upload."""

    def write(self, chunk: bytes, /) -> object:
        """Take the next bytes."""


class Trainer(Protocol):
    """A vendor that trains weights."""

    def submit(self, order: TrainingOrder) -> Ref:
        """Buy a training with exactly one request.

        Raises:
            VendorTransient: not sent; may be tried again.
            VendorBusy: refused for now; may be tried again.
            VendorUnknown: perhaps bought; must never be submitted again.
            VendorError: any other kind was refused for good.
        """

    def poll(self, ref: Ref) -> Progress:
        """Ask how a job stands; a vendor that cannot say leaves it running, no VendorError is raised."""

    def result(self, ref: Ref) -> Weights:
        """Name the weights of a job that is done.

        Raises:
            VendorTransient, VendorBusy: no answer now.
            VendorError: any other kind is final: there are no weights.
        """

    def fetch(self, weights: Weights, sink: Sink) -> Fetched:
        """Copy weights to a sink and prove on the way that they are safetensors.

        Raises:
            VendorTransient: the copy broke off; what the sink holds is worthless.
            VendorError: these weights will never be taken.
        """

    def cancel(self, ref: Ref) -> None:
        """Ask the vendor to stop; a job that is over or unknown is no error.

        Raises:
            VendorError: the vendor did not take the request.
        """


class Renderer(Protocol):
    """A vendor that renders pictures."""

    def submit(self, order: RenderOrder) -> Ref | Picture:
        """Buy a picture with exactly one request; errors as `Trainer.submit`, and ContentRefused.

        A vendor without a queue answers with the picture itself.
        """

    def poll(self, ref: Ref) -> Progress:
        """Ask how a job stands, as `Trainer.poll`."""

    def result(self, ref: Ref) -> Picture:
        """Return the picture of a job that is done.

        Raises:
            VendorTransient, VendorBusy: no answer now; the picture may still be had.
            VendorError: any other kind is final: there is no picture.
        """

    def cancel(self, ref: Ref) -> None:
        """Ask the vendor to stop, as `Trainer.cancel`."""
