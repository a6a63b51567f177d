"""Erasing a person: everything of theirs goes, the ledger stays and names nobody.

Each phase looks for what is left to do and does it, so that it may be killed anywhere and run again. Their order
is the order of what must not happen: nobody signs in, nothing is bought, nothing is delivered, then objects go
before the rows that name them, and the person leaves the user pool when nothing else of them is left.
"""

from collections.abc import Callable

from functions.auth import identity, mail, receipts, tally
from likeness import credit, generation, job, ledger, workflow
from likeness.errors import AppError
from likeness.generation import Cause, abandon_generation, generation_of
from likeness.items.generation import Generation
from likeness.items.model import Training, TrainingStatus
from likeness.items.row import now
from likeness.items.user import AccountState, Erasure, Profile
from likeness.job import End, abandon_training, training_of
from likeness.settings import settings
from likeness.table import Transaction

Phase = Callable[[str], bool]
"""Does one piece of work for a user; says whether there may be more of it."""

_LONGEST_JOB_SECONDS = 24 * 3600
_END = End(TrainingStatus.CANCELLED, "account_erased", "The account was erased.")


class _Moved(AppError):
    """Another run removed something meanwhile: read again."""


def erase(user_id: str, cursor: int | None, is_time_up: Callable[[], bool]) -> int | None:
    """Do the work of erasing a person, from the phase `cursor` on, until it is done or the time is up.

    Returns the phase to go on with, or None when everything is gone; each call does at least one piece of work. An
    account that nobody asked to erase is left alone.
    """
    if _state(user_id) not in {AccountState.ERASING.value, AccountState.ERASED.value}:
        return None
    for number, phase in enumerate(PHASES):
        if number < (cursor or 0):
            continue
        while phase(user_id):
            if is_time_up():
                return number
    return None


def _shut_out(user_id: str) -> bool:
    """Nobody signs in, and no session is renewed."""
    identity.disable(user_id)
    identity.sign_out_everywhere(user_id)
    return False


def _end_jobs(user_id: str) -> bool:
    """Nothing is bought or delivered any more; what was held comes back."""
    held = credit.open_reservations(user_id)
    for reservation in held[:1]:
        training, order = training_of(user_id, reservation.job), generation_of(user_id, reservation.job)
        if training is not None:
            tally.remove_private(user_id, [training.zip_key or ""])
            abandon_training(training, _END)
        elif order is not None:
            abandon_generation(order, Cause.CANCELLED)
        else:
            credit.close(user_id, reservation.operation, also=lambda _transaction, _reservation: None)
    return len(held) > 1


def _stop_executions(user_id: str) -> bool:
    """No execution goes on: closing a job and stopping it are two steps, and the second may have been lost."""
    since = now() - _LONGEST_JOB_SECONDS
    for training in Training.query(user_id, Training.sk.startswith(Training.PREFIX), Training.deadline > since):
        workflow.stop(settings().training_machine, job.execution_name(training))
    for order in Generation.query(user_id, Generation.sk.startswith(Generation.PREFIX), Generation.deadline > since):
        workflow.stop(settings().generation_machine, generation.execution_name(order))
    return False


def _forfeit(user_id: str) -> bool:
    """Nothing is left to spend."""
    ledger.forfeit(user_id)
    return False


def _remove_objects(user_id: str) -> bool:
    """No photo, picture or thumbnail is left."""
    is_more = tally.remove_objects(user_id, settings().media_bucket, f"media/u/{user_id}/")
    return tally.remove_objects(user_id, settings().raw_bucket, f"raw/{user_id}/") or is_more


def _remove_rows(user_id: str) -> bool:
    """No row is left but the profile and the ledger; the private files that rows name go before them."""
    tables = (settings().images_table, settings().models_table, settings().users_table)
    return any(tally.remove_rows(user_id, table) for table in tables)


def _shrink_profile(user_id: str) -> bool:
    """The profile says when it was erased, what went and what stays, and whom to ask at Stripe; nothing else."""
    profile = Profile.get(user_id, "PROFILE", consistent_read=True)
    removed = tally.read(user_id)
    if profile.state == AccountState.ERASED.value and removed is None:
        return False
    left = Profile.of(user_id)
    left.state, left.created_at = AccountState.ERASED.value, None
    left.changed_at, left.stripe_customer = profile.changed_at, profile.stripe_customer
    left.receipt = receipts.write(profile, removed)
    transaction = Transaction()
    transaction.delete(Erasure.of(user_id), tally.unmoved(removed), _Moved("More was removed meanwhile."))
    transaction.put(left)
    try:
        transaction.commit()
    except _Moved:
        return True
    return False


def _mail_receipt(user_id: str) -> bool:
    """The person is told, as long as the pool knows their address: once at most, and mail holds nothing up."""
    person = identity.find(user_id) if mail.is_on() else None
    removed = receipts.claim_mail(user_id) if person is not None else None
    if person is not None and removed is not None:
        lines = [f"{number} {label.replace('_', ' ')}" for label, number in removed.items() if number]
        mail.send_receipt(person.email, "\n".join(lines) or "nothing was there", receipts.path_of(user_id))
    return False


def _leave_pool(user_id: str) -> bool:
    """The address may be registered again."""
    identity.delete(user_id)
    return False


def _finish(user_id: str) -> bool:
    """The receipt says that it is over."""
    receipts.finish(user_id)
    return False


PHASES: tuple[Phase, ...] = (
    _shut_out,
    _end_jobs,
    _stop_executions,
    _forfeit,
    _remove_objects,
    _remove_rows,
    _remove_objects,
    _shrink_profile,
    _mail_receipt,
    _leave_pool,
    _finish,
)
"""Objects twice: a Lambda that ran while its job was closed may have stored one between the first time and the rows."""


def _state(user_id: str) -> str | None:
    try:
        return Profile.get(user_id, "PROFILE", consistent_read=True).state
    except Profile.DoesNotExist:
        return None
