"""HTTP routes of the generate feature, the catalog and the description of the API."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from functions.generate.models import (
    CatalogView,
    GenerationList,
    GenerationRequest,
    GenerationView,
    QuoteView,
    StartedView,
)
from functions.generate.service import offers, orders, reading
from functions.generate.service.offers import Document
from likeness import aws
from likeness.http import (
    JSON,
    ClientAddress,
    Cursor,
    Operation,
    PageSize,
    UserId,
    answers,
    create_app,
    create_handler,
    json_response,
)
from likeness.wire import fingerprint

PUBLIC = "public, max-age=300"

Known = Annotated[str | None, Header(alias="If-None-Match", description="ETag of what the client has.")]
"""What the client has already: the same is answered with 304 and no body."""

app = create_app()


@app.get("/v1/catalog", responses=answers(CatalogView))
def read_catalog(known: Known = None) -> Response[Any]:
    """Show everything that can be ordered, at what price, within which limits."""
    return _public(offers.read_catalog(), known)


@app.get("/v1/openapi.json")
def read_openapi(known: Known = None) -> Response[Any]:
    """Show this description of the API."""
    return _public(offers.read_openapi(), known)


@app.post("/v1/generations/quote", responses=answers(QuoteView))
def quote_generation(user_id: UserId, request: GenerationRequest) -> Response[Any]:
    """Say what an order of pictures would cost."""
    return json_response(orders.quote_generation(user_id, request))


@app.post("/v1/generations", responses=answers(StartedView, HTTPStatus.ACCEPTED))
def start_generation(
    user_id: UserId, operation: Operation, address: ClientAddress, request: GenerationRequest
) -> Response[Any]:
    """Order pictures: the price is held now, and what is not delivered comes back."""
    orders.admit(user_id, address)
    started = orders.start_generation(user_id, request, operation, fingerprint(request))
    return json_response(started, HTTPStatus.ACCEPTED)


@app.get("/v1/generations", responses=answers(GenerationList))
def list_generations(user_id: UserId, limit: PageSize = 24, cursor: Cursor = None) -> Response[Any]:
    """List orders, newest first."""
    return json_response(reading.list_generations(user_id, limit, cursor))


@app.get("/v1/generations/<generation_id>", responses=answers(GenerationView))
def read_generation(user_id: UserId, generation_id: str, known: Known = None) -> Response[Any]:
    """Show one order and its pictures; made to be polled with If-None-Match."""
    generation = reading.read_generation(user_id, generation_id)
    headers = {"ETag": f'"{int(generation.version)}"', "Cache-Control": "no-store"}
    if _is_known(headers["ETag"], known):
        return Response(HTTPStatus.NOT_MODIFIED, headers=headers)
    return json_response(reading.view(generation), headers=headers)


@app.post("/v1/generations/<generation_id>/cancel", responses=answers(GenerationView))
def cancel_generation(user_id: UserId, generation_id: str) -> Response[Any]:
    """End an order now; pictures that are done stay and are paid, the other credits are back."""
    return json_response(reading.view(reading.cancel_generation(user_id, generation_id)))


def _public(document: Document, known: str | None) -> Response[Any]:
    headers = {"ETag": document.etag, "Cache-Control": PUBLIC}
    if _is_known(document.etag, known):
        return Response(HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(HTTPStatus.OK, content_type=JSON, body=document.body, headers=headers)


def _is_known(etag: str, known: str | None) -> bool:
    return etag in {one.strip().removeprefix("W/") for one in (known or "").split(",")}


handler = create_handler(app, aws.stepfunctions)
