"""Accounts: opened once, healed when missing, welcomed once per person."""

import pytest

from likeness import account
from likeness.account import YEAR_SECONDS, find_profile, heal, healed, open_account, welcome_mark
from likeness.catalog.reader import catalog
from likeness.credit import check_active, read_balance
from likeness.errors import AccountNotActive, NotFound
from likeness.items.money import Entry
from likeness.items.row import now
from likeness.items.user import AccountState, Profile, Welcome
from likeness.seal import mac
from likeness.settings import settings
from likeness.table import Transaction
from tests.support import client

pytestmark = pytest.mark.usefixtures("aws")

WELCOME = catalog().welcome_credits


def opened(user="ada", email="ada@example.org", name=None):
    open_account(user, email, "2026-11-01", "2026-11-23T12:00:00+00:00", name)


def stored(user) -> Profile:
    return Profile.get(user, "PROFILE")


def credits_of(user="ada"):
    return int(read_balance(user).available)


def enlist(email="ada@example.org", *, is_confirmed=True) -> str:
    """Put somebody into the user pool; return their id."""
    pool = client("cognito-idp")
    named = {"UserPoolId": settings().user_pool_id, "Username": email}
    attributes = [("email", email), ("name", "Ada"), ("custom:terms_version", "v1"), ("custom:terms_at", "t1")]
    made = pool.admin_create_user(**named, UserAttributes=[{"Name": n, "Value": v} for n, v in attributes])["User"]
    if is_confirmed:
        pool.admin_set_user_password(**named, Password="lamp forest river", Permanent=True)
    return next(entry["Value"] for entry in made["Attributes"] if entry["Name"] == "sub")


def act(user):
    """What a paid feature does: something that demands an active account."""
    transaction = Transaction()
    check_active(transaction, user)
    transaction.put(Profile.of("written"))
    transaction.commit()
    return "done"


def test_an_account_is_opened_with_welcome_credits_and_its_consent():
    opened(name="Ada")
    profile = stored("ada")
    assert (profile.email, profile.name, profile.state) == ("ada@example.org", "Ada", "ACTIVE")
    assert (profile.terms_version, profile.terms_at) == ("2026-11-01", "2026-11-23T12:00:00+00:00")
    assert credits_of() == WELCOME


def test_opening_again_changes_nothing():
    opened()
    opened(email="other@example.org")
    assert stored("ada").email == "ada@example.org"
    assert credits_of() == WELCOME
    assert len(list(Entry.query("ada", Entry.sk.startswith(Entry.PREFIX)))) == 1


@pytest.mark.parametrize("state", [AccountState.ERASING, AccountState.ERASED, AccountState.FROZEN])
def test_an_account_that_is_there_keeps_its_state(state):
    profile = Profile.of("ada")
    profile.state = state.value
    profile.save()
    opened()
    assert stored("ada").state == state.value
    assert credits_of() == 0


def test_a_person_who_comes_back_gets_an_account_and_no_second_welcome():
    opened("ada")
    opened("ada2", email=" ADA@example.org ")
    assert stored("ada2").state == "ACTIVE"
    assert (credits_of("ada"), credits_of("ada2")) == (WELCOME, 0)


def test_a_person_who_comes_back_after_a_year_is_welcomed_again():
    mark = Welcome.of(mac("welcome", "ada@example.org"))
    mark.granted_at = now() - YEAR_SECONDS - 1
    mark.save()
    opened()
    assert credits_of() == WELCOME


def test_the_mark_of_a_welcome_does_not_name_the_person():
    opened()
    assert not [row for row in client("dynamodb").scan(TableName="users")["Items"] if "ada@" in str(row["pk"])]


def test_a_write_that_is_refused_leaves_neither_profile_nor_credits(monkeypatch):
    def killed(*_args, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr(Transaction, "commit", killed)
    with pytest.raises(KeyboardInterrupt):
        opened()
    assert find_profile("ada") is None
    assert credits_of() == 0


def test_healing_opens_the_account_of_a_confirmed_person():
    user = enlist()
    heal(user)
    profile = stored(user)
    assert (profile.email, profile.name, profile.terms_version, profile.terms_at) == (
        "ada@example.org",
        "Ada",
        "v1",
        "t1",
    )


def test_healing_refuses_who_is_unknown_unconfirmed_or_disabled():
    unconfirmed, disabled = enlist(is_confirmed=False), enlist("eve@example.org")
    client("cognito-idp").admin_disable_user(UserPoolId=settings().user_pool_id, Username=disabled)
    for user in ("nobody", unconfirmed, disabled):
        with pytest.raises(AccountNotActive):
            heal(user)
        assert find_profile(user) is None


def test_an_action_of_somebody_without_a_profile_is_healed_and_done():
    user = enlist()
    assert healed(user, lambda: act(user)) == "done"
    assert stored(user).state == "ACTIVE"
    assert find_profile("written")


def test_an_action_of_a_healthy_account_is_done_without_asking_the_pool(monkeypatch):
    opened()
    monkeypatch.setattr(account, "cognito", lambda: pytest.fail("the pool was asked"))
    assert healed("ada", lambda: act("ada")) == "done"


@pytest.mark.parametrize("state", [AccountState.FROZEN, AccountState.ERASING, AccountState.ERASED])
def test_an_account_that_may_not_act_is_not_healed(state):
    user = enlist()
    profile = Profile.of(user)
    profile.state = state.value
    profile.save()
    with pytest.raises(AccountNotActive):
        healed(user, lambda: act(user))
    assert find_profile("written") is None


def test_other_refusals_are_passed_on():
    def refused():
        raise NotFound("no")

    with pytest.raises(NotFound):
        healed("ada", refused)


def test_the_mark_of_a_welcome_goes_after_the_twelve_months_that_it_counts():
    opened(email="Ada@example.org")
    mark = welcome_mark("ada@example.org")
    mark.refresh()
    assert int(mark.expires_at) - int(mark.granted_at) == YEAR_SECONDS
