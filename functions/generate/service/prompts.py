"""The words that are sent: the person of a model is in them, in the style of the order."""

import re

from likeness.catalog.reader import Style
from likeness.items.model import TrainedModel

ME = re.compile(r"\[me\]", re.IGNORECASE)


def compose(prompt: str, style: Style, model: TrainedModel | None) -> str:
    """Return the prompt as it is sent: `[me]` becomes the person, who comes first where nobody named them."""
    return style.apply(_with_person(prompt, model) if model else prompt)


def _with_person(prompt: str, model: TrainedModel) -> str:
    person = f"{model.trigger} {model.class_word}"
    if ME.search(prompt):
        return ME.sub(lambda _: person, prompt)
    if re.search(rf"(?<!\w){re.escape(model.trigger)}(?!\w)", prompt, re.IGNORECASE):
        return prompt
    return f"{person}, {prompt}"
