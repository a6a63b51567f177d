"""Answers that a client may have already."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header

Known = Annotated[str | None, Header(alias="If-None-Match", description="ETag of what the client has.")]
"""What the client has already: the same is answered with 304 and no body."""


def is_known(etag: str, known: str | None) -> bool:
    """Say whether a client has what an ETag names."""
    return etag in {one.strip().removeprefix("W/") for one in (known or "").split(",")}


def unchanged(headers: dict[str, str]) -> Response[Any]:
    """Answer that the client has it."""
    return Response(HTTPStatus.NOT_MODIFIED, headers=headers)
