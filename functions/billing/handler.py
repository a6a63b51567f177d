"""HTTP routes of the billing feature."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.billing import service
from functions.billing.models import CreditEntriesView, CreditsView
from likeness.http import Cursor, PageSize, UserId, answers, create_app, create_handler, json_response

app = create_app()


@app.get("/v1/credits", responses=answers(CreditsView))
def read_credits(user_id: UserId) -> Response[Any]:
    """Show the caller's credits."""
    return json_response(service.read_credits(user_id))


@app.get("/v1/credits/entries", responses=answers(CreditEntriesView))
def list_entries(user_id: UserId, limit: PageSize = 24, cursor: Cursor = None) -> Response[Any]:
    """List what came and went, newest first, with the balance after each line."""
    return json_response(service.list_entries(user_id, limit, cursor))


handler = create_handler(app)
