"""fal's webhook: it carries no truth, it only wakes the step that asks fal itself.

So a forged, doubled, early, late or missing webhook can neither lose nor change a result. One thing is taken from
a proved one: the id of a job whose purchase was never answered. What that job is worth, fal is asked like any other.
"""

import base64
import json
import re
from collections.abc import Mapping

from pynamodb.expressions.update import Action

from functions.train.training_views import HookView
from likeness import workflow
from likeness.errors import NotFound, WebhookRefused
from likeness.items.model import Submission, Training
from likeness.items.row import changed
from likeness.job import endpoint_of
from likeness.observability import count
from likeness.seal import is_mac, mac
from likeness.vendors import fal_queue, webhook

_PURPOSE = "webhook"
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def token_of(training: Training) -> str:
    """Return the path part of a training's webhook: it names the job and proves that we wrote it."""
    named = [training.pk, training.model_id, training.id, int(training.attempt)]
    text = base64.urlsafe_b64encode(json.dumps(named).encode()).decode().rstrip("=")
    return f"{text}.{mac(_PURPOSE, text)}"


def take_call(token: str, headers: Mapping[str, str], raw: bytes) -> HookView:
    """Wake the training that fal calls about; a repeated or late call changes nothing.

    Raises:
        NotFound: this is no token. Nothing was read.
        WebhookRefused: we did not write the token, or fal did not send this.
        WebhookUnverifiable: fal's keys cannot be read now.
    """
    training = _training(token)
    webhook.verify(headers, raw)
    if not changed(training, [Training.woken.set(True)], Training.open.exists()):
        return HookView(state="ended")
    if not training.vendor_ref:
        _learn_ref(training, raw)
    woken = workflow.wake(training.task_token) if training.task_token else False
    return HookView(state="woken" if woken else "noted")


def _training(token: str) -> Training:
    text, dot, shown = token.partition(".")
    if not dot or not text:
        raise NotFound("There is no such webhook.")
    if len(shown) != 64 or not is_mac(shown, _PURPOSE, text):
        raise WebhookRefused("This webhook is not ours.")
    user_id, model_id, training_id, _attempt = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return Training.of(user_id, model_id, training_id)


def _learn_ref(training: Training, raw: bytes) -> None:
    """Store the vendor's job of a purchase whose answer was lost."""
    try:
        request_id = json.loads(raw)["request_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
        return
    lost = Training.submission.is_in(Submission.SUBMITTING.value, Submission.UNKNOWN.value)
    actions: list[Action] = [
        Training.vendor_ref.set(fal_queue.job_named(endpoint_of(training), request_id).to_json()),
        Training.submission.set(Submission.SUBMITTED.value),
    ]
    if changed(training, actions, Training.open.exists() & Training.vendor_ref.does_not_exist() & lost):
        count("PurchaseFound")
