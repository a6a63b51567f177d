"""Orders: what they cost, and the one way an order is placed, whatever it was made out of."""

from collections.abc import Callable
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from functions.generate.models.orders import GenerationRequest, QuoteView, StartedView
from functions.generate.service.requests import Order, resolve
from likeness import limit, workflow
from likeness.account import healed
from likeness.catalog.reader import catalog
from likeness.credit import find_repeat, read_balance, reserve
from likeness.errors import AppError, Conflict, ModelNotReady
from likeness.items.generation import Generation, Ordered, PictureState
from likeness.items.model import TrainedModel, Weights
from likeness.items.money import Reservation, ReservationState
from likeness.items.row import OPEN, born, new_id, now
from likeness.observability import count, logger
from likeness.pace import of_pictures
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
    order = resolve(user_id, request)
    price = order.units * order.unit_price
    available = int(read_balance(user_id).available)
    return QuoteView(
        unit_price=order.unit_price,
        units=order.units,
        credits=price,
        available=max(0, available),
        is_enough=available >= price,
        seconds=of_pictures(order.ordered.endpoint, order.units).seconds(),
    )


def start_generation(user_id: str, request: GenerationRequest, operation: str, fingerprint: str) -> StartedView:
    """Place the order that a request means; errors as those of `resolve` and `place`."""
    return take(user_id, lambda: resolve(user_id, request), operation, fingerprint)


def take(user_id: str, make: Callable[[], Order], operation: str, fingerprint: str) -> StartedView:
    """Place the order that `make` returns; a repeat answers as the first one did, even if `make` refuses by now.

    Raises:
        AppError: what `make` or `place` says; nothing was written.
    """
    try:
        order = make()
    except AppError:
        held = find_repeat(user_id, operation, fingerprint)
        if held is None:
            raise
        return _start(user_id, held)
    return place(user_id, order, operation, fingerprint)


def place(user_id: str, order: Order, operation: str, fingerprint: str) -> StartedView:
    """Hold the price of a complete order, record it and start its workflow; a repeat answers as the first one did.

    The price may be 0.

    Raises:
        ModelNotReady: the model or its version is gone.
        AppError: what `reserve` or the order's `also` says. In every case nothing was written.
    """
    row = _row(user_id, order)
    row.operation = operation
    held = healed(user_id, lambda: _hold(row, order, fingerprint))
    return _start(user_id, held)


def start_workflow(user_id: str, generation_id: str, attempt: int, numbers: list[int]) -> None:
    """Start one try of an order; where that fails, the sweeper will."""
    job = {"user_id": user_id, "generation_id": generation_id, "attempt": attempt, "numbers": numbers}
    try:
        workflow.start(settings().generation_machine, f"{generation_id}-{attempt}", {"job": job})
    except (BotoCoreError, ClientError):
        logger.exception("workflow not started", extra={"generation_id": generation_id})
        count("WorkflowNotStarted")


def _start(user_id: str, held: Reservation) -> StartedView:
    generation_id = held.job.removeprefix(JOB)
    if held.state == ReservationState.HELD.value:
        start_workflow(user_id, generation_id, 1, list(range(1, int(held.units) + 1)))
    return StartedView(
        id=generation_id,
        credits=int(held.units) * int(held.unit_price),
        deadline=datetime.fromtimestamp(int(held.deadline), UTC),
        created_at=born(generation_id).replace(microsecond=0),
    )


def _hold(row: Generation, order: Order, fingerprint: str) -> Reservation:
    def also(transaction: Transaction) -> None:
        if order.also is not None:
            order.also(transaction)
        _demand_version(transaction, row.pk, order.ordered)
        transaction.put(row, Generation.sk.does_not_exist(), Conflict("Send the same request again."))

    return reserve(
        row.pk,
        row.operation,
        order.units,
        order.unit_price,
        fingerprint=fingerprint,
        job=f"{JOB}{row.id}",
        deadline=int(row.deadline),
        also=also,
    )


def _demand_version(transaction: Transaction, user_id: str, ordered: Ordered) -> None:
    """Demand that the version of the model an order names is still there."""
    if ordered.model_id is None:
        return
    gone = ModelNotReady("This model has changed, or that version of it is gone. Look at it and order again.")
    is_there = TrainedModel.name.exists() & TrainedModel.deleted_at.does_not_exist()
    transaction.check(TrainedModel.of(user_id, ordered.model_id), is_there, gone)
    weights = Weights.of(user_id, ordered.model_id, str(ordered.training_id))
    transaction.check(weights, Weights.key == ordered.weights_key, gone)


def _row(user_id: str, order: Order) -> Generation:
    row, units = Generation.of(user_id, order.generation_id or new_id()), order.units
    row.request = order.ordered.to_json()
    row.units, row.unit_price, row.credits = units, order.unit_price, units * order.unit_price
    row.pictures = [{"number": number, "state": PictureState.WAITING.value} for number in range(1, units + 1)]
    row.created_at = born(row.id).isoformat(timespec="seconds")
    row.deadline = now() + catalog().generation_deadline_seconds
    row.open, row.check_at = OPEN, now() + START_SECONDS
    return row
