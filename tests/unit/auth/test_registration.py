"""Opening an account, and what strangers learn of an address: nothing."""

import pytest
from botocore.exceptions import ClientError

from functions.auth import handler as auth
from likeness.catalog.reader import catalog
from likeness.credit import read_balance
from likeness.items.user import AccountState, Profile
from tests.support import call
from tests.unit.auth.conftest import EMAIL, OTHER, join, login, mails, post, registration, stored
from tests.unit.auth.pool import CONFIRM_CODE, refuse, sub


def credits_of(user):
    return int(read_balance(user).available)


def test_registering_and_confirming_opens_an_account_with_welcome_credits():
    user = join(name="Ada")
    profile = stored(user)
    assert profile.email == EMAIL
    assert profile.name == "Ada"
    assert profile.state == AccountState.ACTIVE.value
    assert profile.terms_version == catalog().terms_version
    assert profile.terms_at
    assert credits_of(user) == catalog().welcome_credits


def test_sign_up_records_consent_and_age_in_the_pool(pool):
    post("register", registration())
    attributes = {entry["Name"]: entry["Value"] for entry in pool._find(EMAIL)["UserAttributes"]}
    assert attributes["custom:adult"] == "true"
    assert attributes["custom:terms_version"] == catalog().terms_version
    assert attributes["custom:terms_at"]


def test_register_answers_alike_for_new_unconfirmed_and_known_addresses(clock):
    join("known@example.org")
    clock.slept.clear()
    answers = [post("register", registration(email)) for email in ("new@example.org", "new@example.org")]
    answers.append(post("register", registration("known@example.org")))
    assert {answer.status for answer in answers} == {202}
    assert [answer.json for answer in answers] == [
        {"email": "new@example.org"},
        {"email": "new@example.org"},
        {"email": "known@example.org"},
    ]
    assert len(clock.slept) == 3
    assert clock.now % 1 == 0


def test_register_leaves_at_a_whole_step_however_long_the_work_took(pool, clock, monkeypatch):
    slow = pool.sign_up

    def sign_up(**sent):
        clock.now += 0.7
        return slow(**sent)

    monkeypatch.setattr(pool, "sign_up", sign_up)
    post("register", registration())
    assert clock.slept == [pytest.approx(0.3)]


def test_registering_a_known_address_mails_its_owner_and_changes_nothing(pool):
    user = join()
    before = list(pool.mails)
    post("register", registration(password=OTHER))
    assert mails() == [([EMAIL], "You have an account already")]
    assert pool.mails == before
    assert login().json["user_id"] == user
    assert login(password=OTHER).code == "sign_in_failed"


def test_registering_a_known_address_without_a_sender_mails_nothing(monkeypatch):
    join()
    monkeypatch.setenv("MAIL_FROM", "")
    assert post("register", registration()).status == 202
    assert mails() == []


def test_mail_that_cannot_be_sent_does_not_show(monkeypatch):
    join()
    monkeypatch.setenv("MAIL_FROM", "nobody@unverified.test")
    assert post("register", registration()).status == 202
    assert mails() == []


def test_registering_an_unconfirmed_address_again_leaves_no_password_of_a_stranger(pool):
    post("register", registration(password="a stranger was here before"))
    first = sub(pool._find(EMAIL))
    post("register", registration())
    assert sub(pool._find(EMAIL)) != first
    post("confirm", {"email": EMAIL, "code": CONFIRM_CODE})
    assert login(password="a stranger was here before").code == "sign_in_failed"
    assert login().status == 200


def test_two_who_register_at_once_get_the_same_answer(pool, monkeypatch):
    post("register", registration())
    monkeypatch.setattr(pool, "sign_up", lambda **_: refuse("UsernameExistsException"))
    assert post("register", registration()).status == 202


def test_a_mail_that_the_pool_cannot_deliver_does_not_show(pool, monkeypatch):
    monkeypatch.setattr(pool, "sign_up", lambda **_: refuse("CodeDeliveryFailureException"))
    assert post("register", registration()).status == 202


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"adult": False}, "adult"),
        ({"adult": None}, "adult"),
        ({"password": "elevenchars"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"email": "ada"}, "email"),
        ({"email": "ada@example"}, "email"),
        ({"email": "ada@ex ample.org"}, "email"),
        ({"email": "ada@-example.org"}, "email"),
        ({"email": "Ada <ada@example.org>"}, "email"),
        ({"email": "a" * 300 + "@example.org"}, "email"),
        ({"name": "x" * 41}, "name"),
        ({"credits": 1000}, "credits"),
        ({"state": "ACTIVE"}, "state"),
    ],
)
def test_a_registration_that_is_not_valid_is_refused_by_field(pool, change, field):
    reply = post("register", registration() | change)
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert [found["field"] for found in reply.json["fields"]] == [field]
    assert pool.mails == []


def test_registration_without_the_say_of_being_adult_is_refused():
    body = registration()
    del body["adult"]
    assert post("register", body).json["fields"][0]["field"] == "adult"


def test_other_terms_than_the_present_ones_are_refused_and_named():
    reply = post("register", registration(terms_version="2019-01-01"))
    assert (reply.status, reply.code) == (422, "terms_outdated")
    assert reply.json["terms_version"] == catalog().terms_version


def test_an_easily_guessed_password_is_refused_with_a_reason(pool):
    reply = post("register", registration(password="Passw0rd2024!"))
    assert (reply.status, reply.code) == (422, "password_refused")
    assert reply.json["fields"][0]["field"] == "password"
    assert pool.mails == []


def test_an_address_is_one_person_however_it_is_written():
    user = join("Ada@EXAMPLE.org")
    assert login("  ada@example.ORG ").json["user_id"] == user
    assert stored(user).email == EMAIL


def test_a_domain_of_another_script_is_written_in_ascii():
    assert post("register", registration("ada@bücher.example")).json["email"] == "ada@xn--bcher-kva.example"


def test_confirming_an_unknown_a_confirmed_or_a_wrongly_coded_address_answers_alike(clock):
    join("known@example.org")
    post("register", registration("new@example.org"))
    clock.slept.clear()
    replies = [
        post("confirm", {"email": email, "code": code})
        for email, code in (
            ("nobody@example.org", CONFIRM_CODE),
            ("known@example.org", CONFIRM_CODE),
            ("known@example.org", "000000"),
            ("new@example.org", "000000"),
        )
    ]
    assert {(reply.status, reply.code, reply.json["detail"]) for reply in replies} == {
        (422, "code_invalid", replies[0].json["detail"])
    }
    assert len(clock.slept) == 4


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "12345\u0666"])
def test_a_code_is_six_digits(code):
    assert post("confirm", {"email": EMAIL, "code": code}).code == "invalid_request"


@pytest.mark.parametrize(
    "error",
    ["ExpiredCodeException", "LimitExceededException", "TooManyFailedAttemptsException", "AliasExistsException"],
)
def test_whatever_is_wrong_with_a_code_it_is_the_same_refusal(pool, monkeypatch, error):
    monkeypatch.setattr(pool, "confirm_sign_up", lambda **_: refuse(error))
    assert post("confirm", {"email": EMAIL, "code": "000000"}).code == "code_invalid"


def test_a_confirmation_killed_before_the_account_was_open_is_made_up_for_at_sign_in(pool, monkeypatch):
    post("register", registration())
    with monkeypatch.context() as broken:
        broken.setattr(pool, "admin_get_user", lambda **_: refuse("TooManyRequestsException"), raising=False)
        reply = post("confirm", {"email": EMAIL, "code": CONFIRM_CODE})
    assert (reply.status, reply.code) == (503, "busy")
    user = login().json["user_id"]
    assert stored(user).email == EMAIL
    assert credits_of(user) == catalog().welcome_credits


def test_an_account_is_opened_once_and_its_credits_come_once():
    user = join()
    post("confirm", {"email": EMAIL, "code": CONFIRM_CODE})
    login()
    assert credits_of(user) == catalog().welcome_credits


def test_no_route_answers_without_the_edge_secret():
    reply = call(auth.handler, "POST", "/v1/auth/login", {}, headers={"x-likeness-edge": "no"})
    assert reply.status == 403


def test_an_account_of_an_erased_person_is_never_opened_again():
    user = join()
    Profile.of(user).update([Profile.state.set(AccountState.ERASED.value)])
    reply = login()
    assert (reply.status, reply.code) == (403, "account_not_active")
    assert stored(user).state == AccountState.ERASED.value


def test_client_errors_are_what_the_fake_raises():
    with pytest.raises(ClientError):
        refuse("X")
