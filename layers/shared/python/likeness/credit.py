"""Credits: the protocol every paid job rests on. Each function is one transaction with its conditions inside.

reserve holds credits before a vendor is called, deliver pays one delivered thing in the write that delivers it,
close ends a job and gives back what was not delivered; money in and back is in `likeness.ledger`. Whatever is
repeated, lost or killed between them, the invariants of `docs/credits.md` hold.
"""

from collections.abc import Callable

from likeness.errors import (
    AccountNotActive,
    AppError,
    InsufficientCredits,
    KeyReused,
    NotFound,
)
from likeness.items.money import (
    Balance,
    Reservation,
    ReservationState,
    moment,
)
from likeness.items.user import AccountState, Profile
from likeness.table import Raw, Transaction

Also = Callable[[Transaction], None]


class _Repeated(AppError):
    """The operation has a reservation already: `stored`."""

    def __init__(self, raw: Raw | None) -> None:
        super().__init__("repeated")
        self.stored = Reservation.from_raw_data(raw or {})


class _Stale(AppError):
    """A value that the write rests on has moved: read again."""


class LateDelivery(AppError):
    """The job has ended: what arrives now is neither kept nor charged."""


class DeliveredBefore(AppError):
    """This very thing was delivered and paid before."""


def reserve(  # noqa: PLR0913 (the protocol of design section 5, by keyword)
    user_id: str,
    operation: str,
    units: int,
    unit_price: int,
    *,
    fingerprint: str,
    job: str,
    deadline: int,
    also: Also,
) -> Reservation:
    """Hold credits and write the rows of the job they pay for, all or nothing.

    A repeat of the same operation returns the stored reservation, whatever else has changed since. `deadline` is
    in seconds since 1970; `also` adds the feature's own rows and conditions.
    Who owes may still reserve what is free.

    Raises:
        KeyReused: the operation was used for another request.
        AccountNotActive: the account may not spend, or has no profile yet.
        InsufficientCredits: fewer than `units * unit_price` are left; `available` and `required` say how many.
        AppError: what a condition of `also` says.
    In every case nothing was written.
    """
    price = units * unit_price
    held = Reservation.of(user_id, operation)
    held.units, held.undelivered, held.unit_price = units, units, unit_price
    held.fingerprint, held.job, held.deadline = fingerprint, job, deadline
    balance = Balance.of(user_id)
    transaction = Transaction()
    transaction.put(held, Reservation.sk.does_not_exist(), _Repeated)
    check_active(transaction, user_id)
    also(transaction)
    transaction.update(
        balance,
        [Balance.available.add(-price), Balance.reserved.add(price), Balance.version.add(1)],
        Balance.available >= price if price else None,  # who owes may still have what is free
        lambda raw: _insufficient(raw, price),
    )
    try:
        transaction.commit()
    except _Repeated as repeat:
        return _same(repeat.stored, fingerprint)
    return held


def find_repeat(user_id: str, operation: str, fingerprint: str) -> Reservation | None:
    """Return what an earlier request of this operation reserved, or None: for refusals that come before `reserve`.

    Raises:
        KeyReused: the operation was used for another request.
    """
    try:
        return _same(read_reservation(user_id, operation), fingerprint)
    except NotFound:
        return None


def _same(stored: Reservation, fingerprint: str) -> Reservation:
    if stored.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request. Use a new key.") from None
    return stored


def check_active(transaction: Transaction, user_id: str) -> None:
    """Demand in a transaction that the account is active; refused, it says AccountNotActive."""
    transaction.check(
        Profile.of(user_id),
        Profile.state == AccountState.ACTIVE.value,
        AccountNotActive("This account cannot do that now."),
    )


def deliver(user_id: str, operation: str, *, also: Also, units: int = 1) -> None:
    """Pay for `units` delivered things in the one write that delivers them; `also` puts their row if absent.

    The put in `also` must say `otherwise=DeliveredBefore(...)`, so that a repeat pays nothing.

    Raises:
        LateDelivery: the reservation is not HELD any more: nothing was written, delete the object.
        DeliveredBefore: the row is there: nothing was written, nothing is owed.
    """
    transaction = Transaction()
    also(transaction)
    transaction.update(
        Reservation.of(user_id, operation),
        [Reservation.used.add(units), Reservation.undelivered.add(-units)],
        (Reservation.state == ReservationState.HELD.value) & (Reservation.undelivered >= units),
        LateDelivery("The job has ended."),
    )
    transaction.commit()


def close(user_id: str, operation: str, *, also: Callable[[Transaction, Reservation], None]) -> Reservation:
    """End a job: keep what was delivered, give back the rest, and write the job's end state, all or nothing.

    Called again, or by two at once, it changes nothing and returns the ended reservation.

    Raises:
        NotFound: there is no such reservation.
    """
    while True:
        reservation = read_reservation(user_id, operation)
        if reservation.state != ReservationState.HELD.value:
            return reservation
        try:
            return _end(user_id, reservation, also)
        except _Stale:
            continue


def read_reservation(user_id: str, operation: str) -> Reservation:
    """Return a reservation as it is now.

    Raises:
        NotFound: there is none.
    """
    try:
        return Reservation.get(user_id, Reservation.of(user_id, operation).sk, consistent_read=True)
    except Reservation.DoesNotExist:
        raise NotFound("No such reservation.") from None


def open_reservations(user_id: str) -> list[Reservation]:
    """Return every reservation of a user that is still HELD."""
    rows = Reservation.query(
        user_id,
        Reservation.sk.startswith(Reservation.PREFIX),
        Reservation.state == ReservationState.HELD.value,
        consistent_read=True,
    )
    return list(rows)


def read_balance(user_id: str) -> Balance:
    """Return a user's balance as it is now; a missing one is zero."""
    balance = Balance.of(user_id)
    try:
        balance.refresh(consistent_read=True)
    except Balance.DoesNotExist:
        return Balance.of(user_id)
    return balance


def _end(user_id: str, reservation: Reservation, also: Callable[[Transaction, Reservation], None]) -> Reservation:
    used, price = int(reservation.used), int(reservation.unit_price)
    undelivered = int(reservation.units) - used
    state = ReservationState.SETTLED if used else ReservationState.RELEASED
    transaction = Transaction()
    ended_at = moment()
    transaction.update(
        Reservation.of(user_id, reservation.operation),
        [Reservation.state.set(state.value), Reservation.ended_at.set(ended_at)],
        (Reservation.state == ReservationState.HELD.value) & (Reservation.used == used),
        _Stale("The reservation has moved."),
    )
    also(transaction, reservation)
    transaction.update(
        Balance.of(user_id),
        [
            Balance.reserved.add(-int(reservation.units) * price),
            Balance.available.add(undelivered * price),
            Balance.version.add(1),
        ],
    )
    transaction.commit()
    reservation.state, reservation.ended_at = state.value, ended_at
    return reservation


def _insufficient(raw: Raw | None, price: int) -> InsufficientCredits:
    available = int(Balance.from_raw_data(raw).available) if raw else 0
    return InsufficientCredits(
        f"This costs {price} credits and {max(0, available)} are available.",
        available=max(0, available),
        required=price,
    )
