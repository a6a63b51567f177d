"""Words worth trying, and words that were used before."""

from datetime import datetime

from likeness.wire import View


class PromptSuggestion(View):
    """Words worth trying; `[me]` stands for the person of a model."""

    id: str
    category: str
    prompt: str
    styles: list[str]
    """The styles that suit them, the best first."""


class SuggestionList(View):
    """Suggestions in the order they are shown in."""

    version: int
    categories: list[str]
    """All there are."""
    suggestions: list[PromptSuggestion]


class UsedPrompt(View):
    """Words of the caller's own, as they were ordered last."""

    prompt: str
    style: str
    aspect_ratio: str
    model_id: str | None
    base_model: str
    uses: int
    """How many of the orders that this page went through have these words."""
    last_used_at: datetime


class PromptHistory(View):
    """A page of words, newest first; words of a page may come again on a later one."""

    prompts: list[UsedPrompt]
    cursor: str | None
