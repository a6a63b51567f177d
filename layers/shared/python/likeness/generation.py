"""How an order of pictures ends, whoever ends it: its workflow, its owner, the sweeper or the erasure of an account.

The reservation decides: its one transaction ends the credits and the order together. What is tidied up afterwards
(objects of pictures that were not delivered, the execution, the vendor's jobs) may fail without harm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from time import monotonic, time

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.expressions.update import Action

from likeness import pace
from likeness.credit import close
from likeness.errors import AppError
from likeness.items.generation import Generation, GenerationStatus, PictureState, Relation, Render
from likeness.items.money import Reservation
from likeness.items.row import born, numbered_id
from likeness.observability import count, logger
from likeness.settings import settings
from likeness.storage import image_key, remove
from likeness.table import Transaction
from likeness.vendors import renderer
from likeness.vendors.protocol import Ref
from likeness.workflow import stop

FILES = ("original.webp", "view.webp", "640.webp", "256.webp")
CANCEL_SECONDS = 8


@dataclass(frozen=True)
class _Cause:
    status: GenerationStatus
    state: PictureState
    code: str
    detail: str


class Cause(Enum):
    """Why an order ends; what was delivered before stays delivered and paid."""

    FINISHED = _Cause(GenerationStatus.FAILED, PictureState.FAILED, "internal_error", "Something broke on our side.")
    """Every picture has its outcome, or its workflow gave up."""
    CANCELLED = _Cause(GenerationStatus.CANCELLED, PictureState.CANCELLED, "cancelled", "Cancelled.")
    DEADLINE = _Cause(GenerationStatus.FAILED, PictureState.FAILED, "deadline_exceeded", "It was not finished in time.")


class _Moved(AppError):
    """The order has changed since it was read, or its row is gone."""


def find_generation(user_id: str, generation_id: str) -> Generation | None:
    """Return an order as it is now, or None."""
    try:
        return Generation.get(user_id, f"{Generation.PREFIX}{generation_id}", consistent_read=True)
    except Generation.DoesNotExist:
        return None


def generation_of(user_id: str, job: str) -> Generation | None:
    """Return the order that a reservation's `job` names, as it is now; None if it names none or it is gone."""
    kind, _, generation_id = job.partition("#")
    return find_generation(user_id, generation_id) if kind == "generation" else None


def end_generation(generation: Generation, cause: Cause) -> None:
    """End an order: pay what was delivered, give the rest back and say so. The given row is re-read.

    Called again, or by two at once, it ends once.

    Raises:
        NotFound: there is no such reservation.
        Busy: too much contention; nothing was written, call again.
    """
    was_over = generation.is_over
    try:
        _close(generation, cause)
    except Generation.DoesNotExist:
        close(generation.pk, generation.operation, also=lambda _transaction, _reservation: None)
    else:
        if cause is Cause.FINISHED and not was_over:
            _keep_pace(generation)
        _tidy("objects", lambda: remove_undelivered(generation))


def abandon_generation(generation: Generation, cause: Cause) -> None:
    """End an order from outside of its workflow: stop its execution and the vendor's jobs too; errors as above."""
    end_generation(generation, cause)
    _tidy("execution", lambda: stop(settings().generation_machine, execution_name(generation)))
    _tidy("vendor", lambda: _cancel_at_vendor(generation))


def execution_name(generation: Generation) -> str:
    """Name the execution of an order's current attempt."""
    return f"{generation.id}-{int(generation.attempt)}"


def image_files(user_id: str, image_id: str) -> list[str]:
    """Name every file of a picture."""
    return [image_key(user_id, image_id, name) for name in FILES]


def remove_undelivered(generation: Generation) -> None:
    """Remove objects of pictures that were stored and never delivered; there are hardly ever any."""
    numbers = [int(str(one["number"])) for one in generation.pictures if one["state"] != PictureState.DONE.value]
    remove([key for number in numbers for key in image_files(generation.pk, numbered_id(generation.id, number))])


def _close(generation: Generation, cause: Cause) -> None:
    while not generation.is_over:
        try:
            reservation = close(generation.pk, generation.operation, also=_writer(generation, cause))
        except _Moved:
            generation.refresh(consistent_read=True)
            continue
        generation.refresh(consistent_read=True)
        if not generation.is_over:
            message = f"the reservation is {reservation.state} and the order {generation.status}"
            raise RuntimeError(message)


def _writer(generation: Generation, cause: Cause) -> Callable[[Transaction, Reservation], None]:
    def also(transaction: Transaction, reservation: Reservation) -> None:
        transaction.update(
            Generation.of(generation.pk, generation.id),
            _ended(generation, cause.value, reservation),
            Generation.version == generation.version,
            _Moved("The order has moved."),
        )

    return also


def _ended(generation: Generation, cause: _Cause, reservation: Reservation) -> list[Action]:
    pictures = [_outcome(picture, cause) for picture in generation.pictures]
    used, units = int(reservation.used), int(reservation.units)
    status = cause.status
    if used and cause.status is GenerationStatus.FAILED:
        status = GenerationStatus.SUCCEEDED
    actions: list[Action] = [
        Generation.status.set(status.value),
        Generation.pictures.set(pictures),
        Generation.ended_at.set(datetime.now(UTC).isoformat(timespec="seconds")),
        Generation.credits_back.set((units - used) * int(reservation.unit_price)),
        Generation.open.remove(),
        Generation.check_at.remove(),
        Generation.version.add(1),
    ]
    if used < units:
        code, detail = _reason(pictures, cause)
        actions.append(Generation.error_code.set(code))
        actions.append(Generation.error.set(f"{detail} {_settlement(used, units, int(reservation.unit_price))}"))
    return actions


def _outcome(picture: dict[str, object], cause: _Cause) -> dict[str, object]:
    if picture["state"] != PictureState.WAITING.value:
        return dict(picture)
    return {**picture, "state": cause.state.value, "error_code": cause.code, "error": cause.detail}


def _reason(pictures: list[dict[str, object]], cause: _Cause) -> tuple[str, str]:
    """Return what the pictures that were not made have in common."""
    if cause is Cause.CANCELLED.value:
        return cause.code, cause.detail
    reasons = {(str(one["error_code"]), str(one["error"])) for one in pictures if one["state"] != "done"}
    return reasons.pop() if len(reasons) == 1 else ("pictures_missing", "Not every picture could be made.")


def _settlement(used: int, units: int, unit_price: int) -> str:
    back = (units - used) * unit_price
    returned = "1 credit is back" if back == 1 else f"{back} credits are back"
    if used == 0:
        return f"No picture was made; {returned}."
    verb = "was" if used == 1 else "were"
    return f"{used} of {units} pictures {verb} made; {returned}."


def _keep_pace(generation: Generation) -> None:
    """Remember how long an order took that was left to itself; the id of samples is older than their order."""
    ordered = generation.ordered
    if generation.status == GenerationStatus.SUCCEEDED.value and ordered.relation != Relation.SAMPLE:
        took = time() - born(generation.id).timestamp()
        pace.of_pictures(ordered.endpoint, int(generation.units)).keep(took)


def _cancel_at_vendor(generation: Generation) -> None:
    """Ask the vendor to stop what runs, for eight seconds at most: a running step does so itself too."""
    vendor = renderer(generation.ordered.endpoint)
    done = {int(str(one["number"])) for one in generation.pictures if one["state"] == PictureState.DONE.value}
    ends_at = monotonic() + CANCEL_SECONDS
    prefix = f"{Render.PREFIX}{generation.id}#"
    for render in Render.query(generation.pk, Render.sk.startswith(prefix), consistent_read=True):
        if render.vendor_ref and render.number not in done and monotonic() < ends_at:
            vendor.cancel(Ref.from_json(render.vendor_ref))


def _tidy(what: str, act: Callable[[], None]) -> None:
    """Go on when tidying up fails: the order has ended and nothing depends on it."""
    try:
        act()
    except (AppError, BotoCoreError, ClientError) as error:
        logger.warning("tidying up failed", extra={"what": what, "error": type(error).__name__})
        count("TidyingFailed")
