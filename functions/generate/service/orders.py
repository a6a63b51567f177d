"""Orders: what they cost, and taking one."""

from datetime import UTC, datetime
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from functions.generate.models import GenerationRequest, QuoteView, StartedView
from functions.generate.service.requests import resolve
from likeness import limit, workflow
from likeness.account import healed
from likeness.catalog.reader import catalog
from likeness.credit import find_repeat, read_balance, reserve
from likeness.errors import AppError, Conflict, ModelNotReady
from likeness.items.generation import Generation, Ordered, PictureState
from likeness.items.model import TrainedModel
from likeness.items.money import Reservation, ReservationState
from likeness.items.row import OPEN, born, new_id, now
from likeness.observability import count, logger
from likeness.settings import settings
from likeness.table import Transaction

JOB = "generation#"
START_SECONDS = 60
ORDERS_PER_MINUTE = 120
ORDERS_PER_MINUTE_OF_AN_ADDRESS = 600


def admit(user_id: str, address: str) -> None:
    """Count an order against the limits.

    Raises:
        TooManyRequests: the person or the address has ordered too often within a minute.
    """
    limit.take("generate", user_id, ORDERS_PER_MINUTE, 60)
    limit.take("generate", address, ORDERS_PER_MINUTE_OF_AN_ADDRESS, 60)


def quote_generation(user_id: str, request: GenerationRequest) -> QuoteView:
    """Return what an order would cost; errors as those of the order, nothing is written."""
    _, unit_price = resolve(user_id, request)
    price = request.count * unit_price
    available = int(read_balance(user_id).available)
    return QuoteView(
        unit_price=unit_price,
        units=request.count,
        credits=price,
        available=max(0, available),
        is_enough=available >= price,
    )


def start_generation(user_id: str, request: GenerationRequest, operation: str, fingerprint: str) -> StartedView:
    """Hold the price, record the order and start its workflow; a repeat answers as the first one did.

    Raises:
        AppError: what `resolve` or `reserve` says; nothing was written.
    """
    try:
        ordered, unit_price = resolve(user_id, request)
    except AppError:
        # what was orderable once may not be now: a repeat is answered all the same
        held = find_repeat(user_id, operation, fingerprint)
        if held is None:
            raise
    else:
        hold = partial(_hold, user_id, operation, fingerprint, ordered, request.count, unit_price)
        held = healed(user_id, hold)
    generation_id = held.job.removeprefix(JOB)
    if held.state == ReservationState.HELD.value:
        start_workflow(user_id, generation_id, 1, list(range(1, int(held.units) + 1)))
    return StartedView(
        id=generation_id,
        credits=int(held.units) * int(held.unit_price),
        deadline=datetime.fromtimestamp(int(held.deadline), UTC),
        created_at=born(generation_id).replace(microsecond=0),
    )


def start_workflow(user_id: str, generation_id: str, attempt: int, numbers: list[int]) -> None:
    """Start one try of an order; where that fails, the sweeper will."""
    job = {"user_id": user_id, "generation_id": generation_id, "attempt": attempt, "numbers": numbers}
    try:
        workflow.start(settings().generation_machine, f"{generation_id}-{attempt}", {"job": job})
    except (BotoCoreError, ClientError):
        logger.exception("workflow not started", extra={"generation_id": generation_id})
        count("WorkflowNotStarted")


def _hold(user_id: str, operation: str, fingerprint: str, ordered: Ordered, units: int, unit_price: int) -> Reservation:
    deadline = now() + catalog().generation_deadline_seconds
    row = _row(user_id, ordered, units, unit_price)
    row.operation, row.deadline = operation, deadline

    def also(transaction: Transaction) -> None:
        if ordered.model_id is not None:
            transaction.check(
                TrainedModel.of(user_id, ordered.model_id),
                TrainedModel.weights_key == ordered.weights_key,
                ModelNotReady("The model has just changed. Look at it and order again."),
            )
        transaction.put(row, Generation.sk.does_not_exist(), Conflict("Send the same request again."))

    return reserve(
        user_id,
        operation,
        units,
        unit_price,
        fingerprint=fingerprint,
        job=f"{JOB}{row.id}",
        deadline=deadline,
        also=also,
    )


def _row(user_id: str, ordered: Ordered, units: int, unit_price: int) -> Generation:
    row = Generation.of(user_id, new_id())
    row.request = ordered.to_json()
    row.units, row.unit_price, row.credits = units, unit_price, units * unit_price
    row.pictures = [{"number": number, "state": PictureState.WAITING.value} for number in range(1, units + 1)]
    row.created_at = born(row.id).isoformat(timespec="seconds")
    row.open, row.check_at = OPEN, now() + START_SECONDS
    return row
