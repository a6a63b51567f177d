"""People on the deployed stack: the mails, the cookies, and an erasure while jobs run."""

import secrets
from typing import Any

import httpx
import pytest
from likeness_client import Refused
from likeness_client.models import ChangePasswordRequest, ConfirmEmailRequest, EmailRequest
from likeness_client.models import Client as ClientKind

from local.client import Client, codes
from local.waiting import wait_for
from tests.deployed import (
    CLOUD,
    PASSWORD,
    faults,
    make_model,
    make_person,
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


def post(path: str, body: Any = None, **named: Any) -> httpx.Response:
    """A request of a stranger, who keeps no cookies."""
    return httpx.post(f"{CLOUD.site}/v1/auth/{path}", json=body, timeout=60, trust_env=False, **named)


def code_of(email: str, nth: int = -1) -> str:
    """The newest code that was mailed to an address."""
    with Client(CLOUD) as reader:
        return str(wait_for(lambda: codes(reader.mails(email)), bool, seconds=10)[nth])


def registration(email: str, password: str = PASSWORD) -> dict[str, Any]:
    terms = httpx.get(f"{CLOUD.site}/v1/catalog", timeout=60).json()["terms_version"]
    return {"email": email, "password": password, "adult": True, "terms_version": terms}


def said(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["detail"]


def test_a_strangers_registration_leaves_no_password_behind_and_codes_are_checked():
    email = new_email("ada")
    assert post("register", registration(email, OTHER)).status_code == 202
    assert post("register", registration(email)).status_code == 202
    assert post("confirm", {"email": email, "code": "000000"}).json()["code"] == "code_invalid"
    assert post("confirm", {"email": email, "code": code_of(email)}).status_code == 204
    assert post("login", {"email": email, "password": OTHER}).json()["code"] == "sign_in_failed"
    assert post("login", {"email": email.upper(), "password": PASSWORD}).status_code == 200


def test_known_unconfirmed_and_unknown_addresses_answer_alike():
    known, new, unknown = person("known")[1], new_email("new"), new_email("nobody")
    post("register", registration(new))
    everybody = (known, new, unknown)
    assert len({said(post("login", {"email": email, "password": OTHER})) for email in everybody}) == 1
    wrong = [post("reset-password", {"email": email, "code": "000000", "password": OTHER}) for email in everybody]
    assert len({said(answer) for answer in wrong}) == 1
    for path in ("forgot-password", "resend-code"):
        answers = [post(path, {"email": email}) for email in everybody]
        assert [(answer.status_code, answer.json()) for answer in answers] == [
            (202, {"email": email}) for email in everybody
        ]
    assert post("register", registration(known)).json() == {"email": known}


def test_a_browser_stays_in_by_its_cookie_until_it_logs_out():
    email = person("ada")[1]
    site = {"origin": CLOUD.site}
    opened = post("login", {"email": email, "password": PASSWORD}, headers=site)
    lines = opened.headers.get_list("set-cookie")
    assert sorted(line.partition("=")[0] for line in lines) == [*COOKIES, "__Secure-refresh"]
    assert all(len(line) < 4096 for line in lines)
    value = next(line for line in lines if line.startswith("__Secure-refresh")).partition(";")[0]
    jar = {**site, "cookie": value, "content-type": "application/json"}
    assert post("refresh", headers=jar).status_code == 200
    assert post("refresh", headers={**jar, "origin": "https://evil.test"}).json()["code"] == "origin_refused"
    assert post("logout", headers=jar).status_code == 204
    assert post("refresh", headers=jar).json()["code"] == "session_ended"


def test_a_reset_and_a_change_of_the_password_end_every_session():
    email = person("ada")[1]
    first = post("login", {"email": email, "password": PASSWORD, "client": "native"}).json()
    post("forgot-password", {"email": email})
    assert post("reset-password", {"email": email, "code": code_of(email), "password": OTHER}).status_code == 204
    assert post("refresh", {"refresh_token": first["refresh_token"]}).json()["code"] == "session_ended"
    with Client(CLOUD) as client:
        client.login(email, OTHER)
        changed = client.api.change_password(ChangePasswordRequest(OTHER, PASSWORD, ClientKind.NATIVE))
    assert post("refresh", {"refresh_token": changed.refresh_token}).status_code == 200
    assert post("login", {"email": email, "password": OTHER}).json()["code"] == "sign_in_failed"


def test_an_account_moves_to_another_address_and_signs_in_there_alone():
    ada, old = person("ada")
    new = new_email("countess")
    known = person("known")[1]
    session = post("login", {"email": old, "password": PASSWORD, "client": "native"}).json()
    assert ada.api.move(EmailRequest(known)).email == known
    assert ada.api.move(EmailRequest(new)).email == new
    with pytest.raises(Refused, match="code_invalid"):
        ada.api.confirm_move(ConfirmEmailRequest("000000"))
    assert ada.api.confirm_move(ConfirmEmailRequest(code_of(new))).email == new
    assert post("refresh", {"refresh_token": session["refresh_token"]}).json()["code"] == "session_ended"
    assert post("login", {"email": old, "password": PASSWORD}).json()["code"] == "sign_in_failed"
    assert post("login", {"email": new, "password": PASSWORD}).json()["user_id"] == ada.user_id
    with Client(CLOUD) as reader:
        assert any("another e-mail address" in text for text in reader.mails(old))
        assert any("has an account already" in text for text in reader.mails(known))


def test_signing_out_everywhere_ends_every_session():
    ada, email = person("ada")
    sessions = [post("login", {"email": email, "password": PASSWORD, "client": "native"}).json() for _ in range(2)]
    ada.api.end_sessions()
    for session in sessions:
        assert post("refresh", {"refresh_token": session["refresh_token"]}).json()["code"] == "session_ended"


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
    assert post("login", {"email": email, "password": PASSWORD}).json()["code"] == "sign_in_failed"
    receipt = wait_for(lambda: stranger(asked.receipt), lambda told: told["state"] == "erased", seconds=30)
    assert (receipt["removed"]["photos"], receipt["removed"]["models"], receipt["removed"]["trainings"]) == (
        len(ids),
        1,
        1,
    )


def stranger(path: str) -> dict[str, Any]:
    """What somebody without an account reads at a path."""
    return dict(httpx.get(f"{CLOUD.site}{path}", timeout=60, trust_env=False).json())


def test_who_was_erased_may_come_back_without_a_second_welcome():
    ada, email = person("ada")
    ada.api.delete_me()
    wait_for(lambda: ada.send("GET", "/v1/me").status_code, lambda status: status == 403, seconds=90)
    with Client(CLOUD) as again:
        again.register(email, PASSWORD)
        again.login(email, PASSWORD)
        assert again.user_id != ada.user_id
        assert again.api.read_credits().available == 0
