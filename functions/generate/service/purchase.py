"""Buying one picture at a vendor, once: the RENDER row says how far it got."""

from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.update import Action

from likeness.errors import VendorBusy, VendorError, VendorTransient, VendorUnknown
from likeness.items.generation import Generation, Ordered, Render
from likeness.items.model import Submission
from likeness.items.row import now
from likeness.observability import count
from likeness.storage import HOUR, WEEK, signed_url
from likeness.vendors.protocol import Picture, Ref, Renderer, RenderOrder

_LOST = "The AI vendor's answer was lost."


def buy(generation: Generation, number: int, ordered: Ordered, vendor: Renderer) -> Ref | Picture:
    """Return the vendor's job of a picture, submitted now or by an earlier try; never a second one.

    Raises:
        VendorTransient, VendorBusy: nothing was bought; call again.
        VendorUnknown: perhaps bought, and never submitted again.
        VendorError: any other kind was refused for good.
    """
    row = _read(generation, number)
    if row is not None and row.submission == Submission.SUBMITTED.value:
        return Ref.from_json(str(row.vendor_ref))
    if row is not None and row.submission != Submission.NONE.value:
        _record(row, Submission.UNKNOWN)
        count("PurchaseUnknown")
        raise VendorUnknown(_LOST)
    # signed before the row says SUBMITTING: a failure here has bought nothing
    order = _order(number, ordered)
    claimed = _claim(generation, number)
    return _submit(claimed, order, vendor)


def _submit(row: Render, order: RenderOrder, vendor: Renderer) -> Ref | Picture:
    try:
        bought = vendor.submit(order)
    except (VendorBusy, VendorTransient):
        _record(row, Submission.NONE)
        raise
    except VendorUnknown:
        _record(row, Submission.UNKNOWN)
        count("PurchaseUnknown")
        raise
    if isinstance(bought, Ref) and not _record(row, Submission.SUBMITTED, bought):
        vendor.cancel(bought)
        raise VendorError("The order is gone.")
    return bought


def _read(generation: Generation, number: int) -> Render | None:
    try:
        return Render.get(generation.pk, Render.of(generation.pk, generation.id, number).sk, consistent_read=True)
    except Render.DoesNotExist:
        return None


def _claim(generation: Generation, number: int) -> Render:
    """Say that a purchase is under way, before it is; of two at once one is told to come again."""
    row = Render.of(generation.pk, generation.id, number)
    row.submission, row.submitted_at = Submission.SUBMITTING.value, now()
    try:
        row.save(condition=Render.sk.does_not_exist() | (Render.submission == Submission.NONE.value))
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise VendorTransient("Another try is buying this picture.") from None
    return row


def _record(row: Render, submission: Submission, ref: Ref | None = None) -> bool:
    """Write how far a purchase got; say whether the row is still there."""
    actions: list[Action] = [Render.submission.set(submission.value)]
    if ref is not None:
        actions.append(Render.vendor_ref.set(ref.to_json()))
    try:
        row.update(actions, condition=Render.sk.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _order(number: int, ordered: Ordered) -> RenderOrder:
    shot = ordered.shot(number)
    return RenderOrder(
        endpoint=ordered.endpoint,
        prompt=shot.prompt_sent,
        width=shot.width,
        height=shot.height,
        seed=shot.seed,
        start_timeout_seconds=int(ordered.endpoint["start_timeout_seconds"]),
        negative_prompt=ordered.negative_prompt,
        # the same string for a week: vendors keep weights by their URL
        weights_url=signed_url(ordered.weights_key, HOUR, round_to=WEEK) if ordered.weights_key else None,
    )
