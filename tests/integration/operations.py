"""Every operation of the API as OpenAPI lists it, with a request that would be answered if it were allowed."""

import json
from dataclasses import dataclass
from typing import Any

from local.cloud import ROOT

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text())
PUBLIC = {
    "confirm",
    "forgot_password",
    "login",
    "logout",
    "refresh",
    "register",
    "resend_code",
    "reset_password",
    "read_erasure",
    "read_catalog",
    "read_keys",
    "read_openapi",
    "read_shared",
    "take_call",
}
BODIES: dict[str, Any] = {
    "confirm_move": {"code": "000000"},
    "move": {"email": "eve-moves@example.org"},
    "change_collection": {"name": "Best of all"},
    "change_image": {"favourite": True, "rating": 5, "tags": ["sea"]},
    "change_images": {"filters": {}, "change": {"add_tags": ["mine"]}},
    "change_me": {"name": "Eve"},
    "change_model": {"name": "Mine now"},
    "change_password": {"old": "a lamp beside the harbour", "new": "another lamp by the sea", "client": "native"},
    "change_share": {"title": "Mine now"},
    "create_collection": {"name": "Best", "filters": {"style": "oil", "rating_min": 4}},
    "create_model": {
        "name": "Me",
        "subject_kind": "object",
        "photo_ids": [],
        "consent": {"subject": "not_a_person", "text_version": "2026-11-01"},
    },
    "create_share": {"image_ids": ["01JD0000000000000000000000"]},
    "quote_generation": {"prompt": "a lamp", "base_model": "flux-2-dev", "count": 1},
    "start_download": {"filters": {}},
    "replay_image": {},
    "start_generation": {"prompt": "a lamp", "base_model": "flux-2-dev", "count": 1},
    "start_remix": {"prompt": "a lamp at night", "count": 1},
    "start_training": {},
    "start_variations": {"count": 1},
    "start_uploads": {"photos": [{"filename": "a.jpg", "content_type": "image/jpeg"}]},
}
"""A body that each private operation with a body accepts."""


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    name: str
    method: str
    path: str
    is_public: bool
    has_body: bool

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def at(self, ids: dict[str, str]) -> str:
        """Its path with the names filled in."""
        return self.path.format_map(ids)

    @property
    def request(self) -> dict[str, Any]:
        """What `Client.send` sends beside method and path; a body that this page does not know fails the test."""
        body = {"json": BODIES[self.name]} if self.has_body else {}
        return {**body, "headers": {"Idempotency-Key": f"key-of-{self.name}"}}


def operations() -> list[Operation]:
    """Every operation there is."""
    return [
        Operation(
            name=told["operationId"],
            method=method.upper(),
            path=path,
            is_public=not told["security"],
            has_body="requestBody" in told,
        )
        for path, methods in DOCUMENT["paths"].items()
        for method, told in methods.items()
    ]


PRIVATE = [operation for operation in operations() if not operation.is_public]
OF_A_THING = [operation for operation in PRIVATE if operation.parameters]
