"""HTTP routes of what everybody may see."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.generate.models.offers import CatalogView, KeysView
from functions.generate.routes.etags import Known, is_known, unchanged
from functions.generate.service import offers
from functions.generate.service.offers import Document
from likeness.http import JSON, answers, create_router

PUBLIC = "public, max-age=300"

router = create_router()


@router.get("/v1/catalog", responses=answers(CatalogView))
def read_catalog(known: Known = None) -> Response[Any]:
    """Show everything that can be ordered, at what price, within which limits."""
    return _public(offers.read_catalog(), known)


@router.get("/v1/openapi.json")
def read_openapi(known: Known = None) -> Response[Any]:
    """Show this description of the API."""
    return _public(offers.read_openapi(), known)


@router.get("/v1/keys", responses=answers(KeysView))
def read_keys(known: Known = None) -> Response[Any]:
    """Show the keys that prove what the service has signed, as a JWK Set (RFC 7517)."""
    return _public(offers.read_keys(), known)


def _public(document: Document, known: str | None) -> Response[Any]:
    headers = {"ETag": document.etag, "Cache-Control": PUBLIC}
    if is_known(document.etag, known):
        return unchanged(headers)
    return Response(HTTPStatus.OK, content_type=JSON, body=document.body, headers=headers)
