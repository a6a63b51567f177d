"""The words a person has ordered with, read out of their orders."""

import json
from typing import Any

from functions.generate.models.prompts import PromptHistory, UsedPrompt
from likeness.items.generation import Generation, Relation
from likeness.items.image import fold
from likeness.items.row import born
from likeness.listing import behind, list_own

CALLS = 3
ORDERS_A_CALL = 100
_OWN = {None, Relation.REMIX.value}


def list_prompts(user_id: str, limit: int, cursor: str | None, text: str | None) -> PromptHistory:
    """Return distinct prompts, newest first, by at most three queries; a short page with a cursor has more behind it.

    `text` keeps those that have all its words. Packs, samples, replays, variations and retries are left out: nobody
    wrote anything for them.

    Raises:
        CursorInvalid: the cursor is none of this list.
    """
    words = fold(text or "").split()
    found: dict[str, UsedPrompt] = {}
    position = None
    for _ in range(CALLS):
        page = list_own(Generation, user_id, Generation.PREFIX, ORDERS_A_CALL, cursor, ("sk", "request"))
        for row in page.rows:
            generation_id = row["sk"]["S"].removeprefix(Generation.PREFIX)
            ordered = json.loads(row["request"]["S"])
            if _is_wanted(ordered, words):
                if ordered["prompt"] not in found and len(found) == limit:
                    return _page(found, position)
                _note(found, generation_id, ordered)
            position = generation_id
        cursor = page.cursor
        if cursor is None:
            return _page(found, None)
    return _page(found, position)


def _is_wanted(ordered: dict[str, Any], words: list[str]) -> bool:
    is_own = ordered.get("relation") in _OWN and not ordered.get("retry_of") and not ordered.get("pack")
    folded = fold(ordered["prompt"])
    return is_own and all(word in folded for word in words)


def _note(found: dict[str, UsedPrompt], generation_id: str, ordered: dict[str, Any]) -> None:
    known = found.get(ordered["prompt"])
    if known is not None:
        known.uses += 1
        return
    found[ordered["prompt"]] = UsedPrompt(
        prompt=ordered["prompt"],
        style=ordered["style"],
        aspect_ratio=ordered["aspect_ratio"],
        model_id=ordered["model_id"],
        base_model=ordered["base_model"],
        uses=1,
        last_used_at=born(generation_id).replace(microsecond=0),
    )


def _page(found: dict[str, UsedPrompt], position: str | None) -> PromptHistory:
    return PromptHistory(prompts=list(found.values()), cursor=behind(position))
