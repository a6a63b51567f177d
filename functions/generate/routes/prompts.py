"""HTTP routes of words: worth trying, and used before."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.generate.models.prompts import PromptHistory, SuggestionList
from functions.generate.service import history, suggesting
from likeness.http import Cursor, PageSize, UserId, answers, create_router, json_response

PRIVATE = {"Cache-Control": "private, max-age=300"}

router = create_router()


@router.get("/v1/prompts/suggestions", responses=answers(SuggestionList))
def list_suggestions(
    _user_id: UserId,
    category: Annotated[str | None, Query(max_length=40)] = None,
    style: Annotated[str | None, Query(max_length=40, description="Only what suits this style.")] = None,
    limit: PageSize = 100,
) -> Response[Any]:
    """List words worth trying."""
    return json_response(suggesting.suggest(category, style, limit), headers=PRIVATE)


@router.get("/v1/prompts/history", responses=answers(PromptHistory))
def list_prompts(
    user_id: UserId,
    limit: PageSize = 24,
    cursor: Cursor = None,
    text: Annotated[str | None, Query(max_length=100, description="All words, in the prompt.")] = None,
) -> Response[Any]:
    """List the words you have ordered with, newest first, each once a page."""
    return json_response(history.list_prompts(user_id, limit, cursor, text))
