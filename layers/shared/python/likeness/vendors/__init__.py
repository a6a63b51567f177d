"""The AI vendors we call. A base model's `vendor` in the catalog names the one that does a job.

`protocol` says what they do for us, `fal` and `together` are the two there are, `wire` sends every
request, `download` takes every file, `webhook` proves who called us.
"""

from likeness.vendors.fal import FalRenderer, FalTrainer
from likeness.vendors.protocol import Endpoint, Renderer, Trainer
from likeness.vendors.together import TogetherRenderer

_TRAINERS: dict[str, Trainer] = {"fal": FalTrainer()}
_RENDERERS: dict[str, Renderer] = {"fal": FalRenderer(), "together": TogetherRenderer()}


def trainer(endpoint: Endpoint) -> Trainer:
    """Return the vendor that trains at this endpoint."""
    return _TRAINERS[endpoint["vendor"]]


def renderer(endpoint: Endpoint) -> Renderer:
    """Return the vendor that renders at this endpoint."""
    return _RENDERERS[endpoint["vendor"]]
