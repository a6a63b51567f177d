"""Money in and back: entries that come once, whatever is repeated."""

from likeness.credit import Also, read_balance
from likeness.errors import AlreadyEnded, AppError, NotFound
from likeness.items.money import Balance, Entry, EntryKind, Payment
from likeness.table import Transaction


class _Stale(AppError):
    """The payment has moved: read again."""


def grant(user_id: str, kind: EntryKind, ref: str, amount: int, *, also: Also | None = None) -> bool:
    """Add `amount` credits (or take, if negative) once for this kind and ref; say whether it was this call.

    Raises:
        AppError: what a condition of `also` says; nothing was written.
    """
    transaction = Transaction()
    entry = Entry.of(user_id, kind.value, ref)
    entry.amount = amount
    transaction.put(entry, Entry.sk.does_not_exist(), AlreadyEnded("Granted before."))
    if also is not None:
        also(transaction)
    transaction.update(Balance.of(user_id), [Balance.available.add(amount), Balance.version.add(1)])
    try:
        transaction.commit()
    except AlreadyEnded:
        return False
    return True


def claw_back(user_id: str, session: str, refunded: int, *, kind: EntryKind, ref: str) -> int:
    """Take back the credits of a payment in proportion to the money refunded so far; return how many now.

    `refunded` is the cumulative amount in the currency's smallest unit. Never takes more than was bought, in
    whatever order and however often refunds and disputes arrive. May bring `available` below zero: the debt.

    Raises:
        NotFound: there is no such payment.
    """
    while True:
        try:
            payment = Payment.get(user_id, Payment.of(user_id, session).sk, consistent_read=True)
        except Payment.DoesNotExist:
            raise NotFound("No such payment.") from None
        due = min(int(payment.credits), int(payment.credits) * refunded // int(payment.amount)) - int(payment.taken)
        if due <= 0:
            return 0
        try:
            taken = grant(user_id, kind, ref, -due, also=_raise_taken(user_id, payment, due))
        except _Stale:
            continue
        return due if taken else 0


def forfeit(user_id: str) -> None:
    """Take away all that is left of an account being erased; repeatable."""
    left = int(read_balance(user_id).available)
    if left > 0:
        grant(user_id, EntryKind.FORFEITURE, "erasure", -left)


def _raise_taken(user_id: str, payment: Payment, due: int) -> Also:
    session = payment.sk.removeprefix("PAYMENT#")

    def also(transaction: Transaction) -> None:
        transaction.update(
            Payment.of(user_id, session),
            [Payment.taken.add(due)],
            Payment.taken == payment.taken,
            _Stale("The payment has moved."),
        )

    return also
