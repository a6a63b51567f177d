"""One's own account."""

import pytest

from functions.auth import handler as auth
from likeness.catalog.reader import catalog
from likeness.credit import read_balance
from likeness.items.user import AccountState, Profile
from tests.support import call
from tests.unit.auth.conftest import EMAIL, join, stored


def me(user, method="GET", body=None, **named):
    return call(auth.handler, method, "/v1/me", body, user=user, **named)


def test_an_account_is_shown_to_its_owner():
    user = join(name="Ada")
    shown = me(user).json
    assert set(shown) == {"id", "email", "name", "state", "created_at", "terms_version", "terms_at"}
    assert (shown["id"], shown["email"], shown["name"]) == (user, EMAIL, "Ada")
    assert (shown["state"], shown["terms_version"]) == ("ACTIVE", catalog().terms_version)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_nobody_is_served_without_an_access_token(method):
    body: dict[str, str] | None = {} if method == "PATCH" else None
    assert me(None, method, body).code == "unauthorized"
    assert call(auth.handler, method, "/v1/me", body, token={"sub": "ada", "token_use": "id"}).code == "unauthorized"


def test_a_missing_account_of_a_confirmed_person_is_opened_once_with_its_credits():
    user = join(name="Ada")
    Profile.of(user).delete()
    assert me(user).json["name"] == "Ada"
    assert stored(user).terms_at
    assert int(read_balance(user).available) == catalog().welcome_credits


def test_nobody_gets_an_account_who_is_not_in_the_pool():
    reply = me("00000000-0000-4000-8000-000000000000")
    assert (reply.status, reply.code) == (403, "account_not_active")


def test_a_name_is_changed_and_removed():
    user = join(name="Ada")
    assert me(user, "PATCH", {"name": " Countess "}).json["name"] == "Countess"
    assert me(user, "PATCH", {}).json["name"] == "Countess"
    assert me(user, "PATCH", {"name": None}).json["name"] is None
    assert stored(user).email == EMAIL


def test_the_present_terms_are_accepted_anew():
    user = join()
    Profile.of(user).update(
        [Profile.terms_version.set("2019-01-01"), Profile.terms_at.set("2019-01-01T00:00:00+00:00")]
    )
    shown = me(user, "PATCH", {"terms_version": catalog().terms_version}).json
    assert shown["terms_version"] == catalog().terms_version
    assert not shown["terms_at"].startswith("2019")


def test_other_terms_cannot_be_accepted():
    user = join()
    assert me(user, "PATCH", {"terms_version": "2019-01-01"}).code == "terms_outdated"


@pytest.mark.parametrize(
    "body", [{"email": "eve@example.org"}, {"state": "ACTIVE"}, {"stripe_customer": "c"}, {"credits": 5}, {"name": ""}]
)
def test_what_is_not_ones_own_to_change_is_refused(body):
    user = join()
    before = stored(user).serialize()
    assert me(user, "PATCH", body).code == "invalid_request"
    assert stored(user).serialize() == before


@pytest.mark.parametrize("state", [AccountState.ERASING, AccountState.ERASED])
def test_an_account_being_erased_is_not_changed(state):
    user = join()
    Profile.of(user).update([Profile.state.set(state.value)])
    assert me(user, "PATCH", {"name": "Eve"}).code == "account_not_active"
    assert stored(user).name is None


def test_an_account_being_erased_says_so_and_an_erased_one_is_gone():
    user = join()
    Profile.of(user).update([Profile.state.set(AccountState.ERASING.value)])
    assert me(user).json["state"] == "ERASING"
    Profile.of(user).update([Profile.state.set(AccountState.ERASED.value)])
    assert me(user).code == "account_not_active"
