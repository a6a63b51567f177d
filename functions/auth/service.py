"""A person's own account: showing it, changing it, and asking for its erasure."""

from datetime import UTC, datetime

from pynamodb.expressions.update import Action

from functions.auth.models import ChangeMeRequest, MeView
from functions.auth.registration import demand_terms
from likeness import workflow
from likeness.account import find_profile, heal
from likeness.errors import AccountNotActive
from likeness.items.row import now
from likeness.items.user import AccountState, Profile
from likeness.settings import settings
from likeness.table import Transaction

LIVING = Profile.state.is_in(AccountState.ACTIVE.value, AccountState.FROZEN.value)
"""The condition under which an account may be changed."""


def read_me(user_id: str) -> MeView:
    """Return one's own account, opening it if a confirmed person has none yet.

    Raises:
        AccountNotActive: there is no such person any more.
    """
    profile = profile_of(user_id)
    if profile.state == AccountState.ERASED.value:
        raise gone()
    return MeView.model_validate(
        {
            "id": user_id,
            "email": profile.email,
            "name": profile.name,
            "state": profile.state,
            "created_at": profile.created_at,
            "terms_version": profile.terms_version,
            "terms_at": profile.terms_at,
        }
    )


def change_me(user_id: str, request: ChangeMeRequest) -> MeView:
    """Change one's name, or accept the present terms; what the request leaves out stays.

    Raises:
        TermsOutdated: other terms than the present ones were accepted.
        AccountNotActive: the account is being erased or is gone; nothing was changed.
    """
    profile_of(user_id)
    actions: list[Action] = []
    if "name" in request.model_fields_set:
        actions.append(Profile.name.remove() if request.name is None else Profile.name.set(request.name))
    if request.terms_version is not None:
        demand_terms(request.terms_version)
        actions += [Profile.terms_version.set(request.terms_version), Profile.terms_at.set(_moment())]
    if actions:
        change = Transaction()
        change.update(Profile.of(user_id), actions, LIVING, gone())
        change.commit()
    return read_me(user_id)


def start_erasure(user_id: str) -> None:
    """Make an account unusable and start to erase it; sent again, it goes on where it was stopped.

    Raises:
        AccountNotActive: there is no such person any more, and nothing of them.
    """
    profile = profile_of(user_id)
    if profile.state not in {AccountState.ERASING.value, AccountState.ERASED.value}:
        mark = Transaction()
        mark.update(
            Profile.of(user_id),
            [Profile.state.set(AccountState.ERASING.value), Profile.changed_at.set(_moment())],
            Profile.state != AccountState.ERASED.value,
            gone(),
        )
        mark.commit()
    _start(user_id)


def _start(user_id: str) -> None:
    """Start the erasure unless it runs. An execution's name is used once, so a second try has the minute in its."""
    machine, name, state = settings().erasure_machine, f"erase-{user_id}", {"job": {"user_id": user_id}}
    workflow.start(machine, name, state)
    if not workflow.is_running(machine, name):
        workflow.start(machine, f"{name}-{now() // 60}", state)


def profile_of(user_id: str) -> Profile:
    """Return a person's profile, whatever its state, opening it if a confirmed person has none yet.

    Raises:
        AccountNotActive: there is no such person any more.
    """
    found = find_profile(user_id)
    if found is None:
        heal(user_id)
        found = find_profile(user_id)
    if found is None:
        raise gone()
    return found


def gone() -> AccountNotActive:
    """Return the refusal of an account that is being erased or is gone."""
    return AccountNotActive("This account does not exist any more.")


def _moment() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
