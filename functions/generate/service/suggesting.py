"""Words worth trying."""

from functions.generate.models.prompts import PromptSuggestion, SuggestionList
from likeness.catalog.ideas import suggestions
from likeness.catalog.reader import catalog
from likeness.errors import Unprocessable


def suggest(category: str | None, style: str | None, limit: int) -> SuggestionList:
    """Return suggestions of a category that suit a style; without either, of all.

    Raises:
        Unprocessable: there is no such category or style.
    """
    known = suggestions()
    unknown = {
        "category": category is not None and category not in known.categories,
        "style": style is not None and catalog().style(style) is None,
    }
    fields = [{"field": field, "message": "is not in the catalog"} for field, is_so in unknown.items() if is_so]
    if fields:
        raise Unprocessable(f"Not valid: {', '.join(field['field'] for field in fields)}.", fields=fields)
    found = [
        PromptSuggestion.model_validate(one)
        for one in known.suggestions
        if category in {None, one.category} and (style is None or style in one.styles)
    ]
    return SuggestionList(version=known.version, categories=known.categories, suggestions=found[:limit])
