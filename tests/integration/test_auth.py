"""People on the deployed stack: the mails, the cookies, and an erasure while jobs run."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import Any

import httpx
import pytest
from likeness_client import Likeness, Refused
from likeness_client.models import (
    ChangePasswordRequest,
    ConfirmEmailRequest,
    ConfirmRequest,
    EmailRequest,
    LoginRequest,
    RefreshRequest,
    RegisterRequest,
    ResetPasswordRequest,
    SessionView,
)
from likeness_client.models import Client as ClientKind

from local.client import Client, codes
from local.waiting import wait_for
from tests.deployed import (
    CLOUD,
    PASSWORD,
    faults,
    make_model,
    make_person,
    new_client,
    photos,
    read_training,
    start_training,
    upload_ids,
)
from tests.integration.stack import money, objects, rows

TRAINER = "fal-ai/flux-lora"
OTHER = "another lamp by another harbour"
COOKIES = ["CloudFront-Hash-Algorithm", "CloudFront-Key-Pair-Id", "CloudFront-Policy", "CloudFront-Signature"]


def new_email(name: str) -> str:
    return f"{name}-{secrets.token_hex(5)}@example.org"


def person(name: str) -> tuple[Client, str]:
    """A confirmed person, signed in as a native app, and their address."""
    client = make_person(name)
    return client, client.api.read_me().email


@cache
def stranger() -> Likeness:
    """The API as somebody without an account sees it."""
    return new_client().api


def sign_in(email: str, password: str = PASSWORD) -> SessionView:
    return stranger().login(LoginRequest(email, password, ClientKind.NATIVE))


def refresh(session: SessionView) -> SessionView:
    return stranger().refresh(RefreshRequest(session.refresh_token))


def refused(code: str) -> AbstractContextManager[pytest.ExceptionInfo[Refused]]:
    return pytest.raises(Refused, match=f" {code} ")


def from_page(path: str, body: Any = None, **headers: str) -> httpx.Response:
    """A request as a browser sends it, whose cookies are handled by hand."""
    return httpx.post(f"{CLOUD.site}/v1/auth/{path}", json=body, timeout=60, trust_env=False, headers=headers)


def code_of(email: str, nth: int = -1) -> str:
    """The newest code that was mailed to an address."""
    with Client(CLOUD) as reader:
        return str(wait_for(lambda: codes(reader.mails(email)), bool, seconds=10)[nth])


def register(email: str, password: str = PASSWORD) -> str:
    """Register an address; the address that the answer says."""
    terms = stranger().read_catalog().terms_version
    return stranger().register(RegisterRequest(email, password, adult=True, terms_version=terms)).email


def said(attempt: Callable[[], object]) -> tuple[int, str, str]:
    """How an attempt was refused."""
    with pytest.raises(Refused) as caught:
        attempt()
    return caught.value.status, caught.value.code, str(caught.value.body["detail"])


def test_a_strangers_registration_leaves_no_password_behind_and_codes_are_checked():
    email = new_email("ada")
    assert register(email, OTHER) == register(email) == email
    with refused("code_invalid"):
        stranger().confirm(ConfirmRequest(email, "000000"))
    stranger().confirm(ConfirmRequest(email, code_of(email)))
    with refused("sign_in_failed"):
        sign_in(email, OTHER)
    assert sign_in(email.upper()).access_token


def test_known_unconfirmed_and_unknown_addresses_answer_alike():
    known, new, unknown = person("known")[1], new_email("new"), new_email("nobody")
    register(new)
    everybody = (known, new, unknown)
    assert len({said(partial(sign_in, email, OTHER)) for email in everybody}) == 1
    wrong = [ResetPasswordRequest(email, "000000", OTHER) for email in everybody]
    assert len({said(partial(stranger().reset_password, request)) for request in wrong}) == 1
    for mail in (stranger().forgot_password, stranger().resend_code):
        assert [mail(EmailRequest(email)).to_dict() for email in everybody] == [{"email": email} for email in everybody]
    assert register(known) == known


def test_a_browser_stays_in_by_its_cookie_until_it_logs_out():
    email = person("ada")[1]
    site = {"origin": CLOUD.site}
    opened = from_page("login", {"email": email, "password": PASSWORD}, **site)
    lines = opened.headers.get_list("set-cookie")
    assert sorted(line.partition("=")[0] for line in lines) == [*COOKIES, "__Secure-refresh"]
    assert all(len(line) < 4096 for line in lines)
    value = next(line for line in lines if line.startswith("__Secure-refresh")).partition(";")[0]
    jar = {**site, "cookie": value, "content-type": "application/json"}
    assert from_page("refresh", **jar).status_code == 200
    assert from_page("refresh", **{**jar, "origin": "https://evil.test"}).json()["code"] == "origin_refused"
    assert from_page("logout", **jar).status_code == 204
    assert from_page("refresh", **jar).json()["code"] == "session_ended"


def test_a_reset_and_a_change_of_the_password_end_every_session():
    email = person("ada")[1]
    first = sign_in(email)
    stranger().forgot_password(EmailRequest(email))
    stranger().reset_password(ResetPasswordRequest(email, code_of(email), OTHER))
    with refused("session_ended"):
        refresh(first)
    with Client(CLOUD) as client:
        client.login(email, OTHER)
        changed = client.api.change_password(ChangePasswordRequest(OTHER, PASSWORD, ClientKind.NATIVE))
    assert refresh(changed).access_token
    with refused("sign_in_failed"):
        sign_in(email, OTHER)


def test_an_account_moves_to_another_address_and_signs_in_there_alone():
    ada, old = person("ada")
    new = new_email("countess")
    known = person("known")[1]
    session = sign_in(old)
    assert ada.api.move(EmailRequest(known)).email == known
    assert ada.api.move(EmailRequest(new)).email == new
    with refused("code_invalid"):
        ada.api.confirm_move(ConfirmEmailRequest("000000"))
    assert ada.api.confirm_move(ConfirmEmailRequest(code_of(new))).email == new
    with refused("session_ended"):
        refresh(session)
    with refused("sign_in_failed"):
        sign_in(old)
    assert sign_in(new).user_id == ada.user_id
    with Client(CLOUD) as reader:
        assert any("another e-mail address" in text for text in reader.mails(old))
        assert any("has an account already" in text for text in reader.mails(known))


def test_moving_to_another_address_brings_no_second_welcome_to_anybody():
    ada, old = person("ada")
    new = new_email("countess")
    ada.api.move(EmailRequest(new))
    ada.api.confirm_move(ConfirmEmailRequest(code_of(new)))
    ada.login(new, PASSWORD)
    assert ada.api.read_credits().available == 100
    with Client(CLOUD) as other:
        other.register(old, PASSWORD)
        other.login(old, PASSWORD)
        assert other.user_id != ada.user_id
        assert other.api.read_credits().available == 0


def test_signing_out_everywhere_ends_every_session():
    ada, email = person("ada")
    sessions = [sign_in(email) for _ in range(2)]
    ada.api.end_sessions()
    for session in sessions:
        with refused("session_ended"):
            refresh(session)


def test_an_erasure_takes_everything_while_a_training_runs_and_keeps_the_ledger():
    ada, email = person("ada")
    ids = upload_ids(ada, photos())
    model_id = make_model(ada, ids)
    with faults({"fault": "never_finishes", "match": {"endpoint": TRAINER}, "times": 1}):
        started = start_training(ada, model_id)
        wait_for(lambda: read_training(ada, started), lambda training: training.queue_position is not None, seconds=60)
        asked = ada.api.delete_me()
        assert asked.state == "ERASING"
    wait_for(lambda: ada.send("GET", "/v1/me").status_code, lambda status: status == 403, seconds=90)
    user = ada.user_id
    assert rows("models", user) == []
    assert rows("images", user) == []
    (profile,) = rows("users", user)
    assert set(profile) == {"pk", "sk", "kind", "v", "state", "changed_at", "receipt"}
    assert profile["state"] == {"S": "ERASED"}
    assert objects("MediaBucket", f"media/u/{user}/") == set()
    assert objects("RawBucket", f"raw/{user}/") == set()
    sums = money(user)
    assert (sums["available"], sums["reserved"], sums["held"]) == (0, 0, 0)
    assert sums["spent"] == sums["entries"]
    with refused("sign_in_failed"):
        sign_in(email)
    token = asked.receipt.removeprefix("/v1/erasures/")
    receipt = wait_for(lambda: stranger().read_erasure(token), lambda told: told.state == "erased", seconds=30)
    removed = receipt.removed
    assert removed
    assert (removed.photos, removed.models, removed.trainings) == (len(ids), 1, 1)


def test_who_was_erased_may_come_back_without_a_second_welcome():
    ada, email = person("ada")
    ada.api.delete_me()
    wait_for(lambda: ada.send("GET", "/v1/me").status_code, lambda status: status == 403, seconds=90)
    with Client(CLOUD) as again:
        again.register(email, PASSWORD)
        again.login(email, PASSWORD)
        assert again.user_id != ada.user_id
        assert again.api.read_credits().available == 0
