"""Getting back into an account, and another code for who has not confirmed."""

from tests.unit.auth.conftest import EMAIL, OTHER, PASSWORD, join, login, post, registration
from tests.unit.auth.pool import RESET_CODE


def test_resend_mails_only_whom_there_is_something_to_confirm_and_answers_alike(pool, clock):
    join("known@example.org")
    post("register", registration("new@example.org"))
    pool.mails.clear()
    clock.slept.clear()
    replies = [post("resend-code", {"email": f"{who}@example.org"}) for who in ("new", "known", "nobody")]
    assert {reply.status for reply in replies} == {202}
    assert pool.mails == [("confirm", "new@example.org")]
    assert len(clock.slept) == 3


def test_forgot_password_mails_only_an_account_and_answers_alike(pool, clock):
    join("known@example.org")
    post("register", registration("new@example.org"))
    pool.mails.clear()
    clock.slept.clear()
    replies = [post("forgot-password", {"email": f"{who}@example.org"}) for who in ("new", "known", "nobody")]
    assert {reply.status for reply in replies} == {202}
    assert {frozenset(reply.json) for reply in replies} == {frozenset({"email"})}
    assert pool.mails == [("reset", "known@example.org")]
    assert len(clock.slept) == 3


def test_a_reset_sets_the_password_and_ends_every_session():
    join()
    held = login().json["refresh_token"]
    post("forgot-password", {"email": EMAIL})
    assert post("reset-password", {"email": EMAIL, "code": RESET_CODE, "password": OTHER}).status == 204
    assert post("refresh", {"refresh_token": held}).code == "session_ended"
    assert login(password=PASSWORD).code == "sign_in_failed"
    assert login(password=OTHER).status == 200


def test_a_reset_of_an_unknown_an_unasked_or_a_wrongly_coded_address_answers_alike(clock):
    join("known@example.org")
    join("asked@example.org")
    post("forgot-password", {"email": "asked@example.org"})
    clock.slept.clear()
    replies = [
        post("reset-password", {"email": f"{who}@example.org", "code": "000000", "password": OTHER})
        for who in ("known", "asked", "nobody")
    ]
    assert {(reply.status, reply.code, reply.json["detail"]) for reply in replies} == {
        (422, "code_invalid", replies[0].json["detail"])
    }
    assert len(clock.slept) == 3


def test_a_reset_refuses_an_easily_guessed_password_before_it_uses_the_code():
    join()
    post("forgot-password", {"email": EMAIL})
    body = {"email": EMAIL, "code": RESET_CODE, "password": "password12345"}
    assert post("reset-password", body).code == "password_refused"
    assert post("reset-password", body | {"password": OTHER}).status == 204
