"""fal's webhook only wakes: forged, doubled, early, late or missing, it can neither lose nor change a result."""

import base64
import json

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from likeness.seal import mac
from tests.unit.train.fal import WORKING, Fal
from tests.unit.train.studio import ask, money, started

EVE_KEY = Ed25519PrivateKey.generate()


def test_call_wakes_the_waiting_step_and_changes_nothing_else(fal: Fal, woken) -> None:
    run = started()
    fal.says = [WORKING]
    run.advance("prepare", "submit", "await")
    before = run.row.to_simple_dict()
    reply = fal.calls(fal.hook_path())

    assert (reply.status, reply.json) == (200, {"state": "woken"})
    assert woken == ["token"]
    assert run.row.to_simple_dict() == before | {"woken": True}
    assert run.advance("poll") == {"state": "running"}
    assert run.row.woken is None


def test_call_before_the_step_waits_is_remembered(fal: Fal, woken) -> None:
    run = started()
    fal.on_submit = lambda: calls.append(fal.calls(fal.hook_path()).json)
    calls: list[object] = []
    run.advance("prepare", "submit")
    assert calls == [{"state": "noted"}]
    assert woken == []

    run.advance("await")
    assert woken == ["token"]
    assert run.advance("poll") == {"state": "done"}


def test_call_while_the_vendor_still_says_running_wakes_the_next_wait(fal: Fal, woken) -> None:
    run = started()
    fal.says = [WORKING]
    run.advance("prepare", "submit", "await")
    fal.calls(fal.hook_path())
    run.advance("poll")
    fal.calls(fal.hook_path())
    run.advance("await")
    assert woken == ["token", "token"]


def test_calls_repeated_early_and_late_end_the_training_once(fal: Fal, woken) -> None:
    run = started()
    run.advance("prepare", "submit", "await")
    replies = [fal.calls(fal.hook_path()) for _ in range(5)]
    assert {reply.status for reply in replies} == {200}
    run.advance("poll", "collect", "close")

    late = fal.calls(fal.hook_path())
    assert (late.status, late.json) == (200, {"state": "ended"})
    assert money() == (50, 0)
    assert run.row.woken is None


def test_call_with_a_token_that_nobody_waits_with_is_fine(fal: Fal, woken) -> None:
    run = started()
    run.advance("prepare", "submit", "await")
    run.set(task_token="gone")
    assert fal.calls(fal.hook_path()).json == {"state": "noted"}
    assert run.advance("poll") == {"state": "done"}


def test_late_call_after_a_cancel_charges_nothing(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit", "await")
    ask("POST", f"/{run.model_id}/trainings/{run.training_id}/cancel")
    assert fal.calls(fal.hook_path()).json == {"state": "ended"}
    assert money() == (100, 0)


def test_late_call_about_a_deleted_model_makes_no_row(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit")
    ask("DELETE", f"/{run.model_id}")
    assert fal.calls(fal.hook_path()).json == {"state": "ended"}
    assert ask("GET", f"/{run.model_id}/trainings/{run.training_id}").status == 404


@pytest.mark.parametrize("token", ["x", "x.", ".y", "%2e", "a" * 300])
def test_path_that_is_no_token_is_not_found_or_not_ours(fal: Fal, token, monkeypatch) -> None:
    monkeypatch.setattr("functions.train.hook.changed", _untouched)
    assert fal.calls(f"/v1/hooks/fal/{token}").status in {401, 404}


def _untouched(*_args: object) -> bool:
    message = "a row was written"
    raise AssertionError(message)


def test_token_of_another_job_or_without_our_proof_is_refused_before_anything_is_read(fal: Fal, monkeypatch) -> None:
    run = started()
    run.advance("prepare", "submit")
    text, _, proof = fal.hook_path().rpartition("/")[2].partition(".")
    other = base64.urlsafe_b64encode(json.dumps(["eve", "m", "t", 1]).encode()).decode().rstrip("=")
    monkeypatch.setattr("functions.train.hook.changed", _untouched)
    monkeypatch.setattr("functions.train.hook.webhook.verify", _untouched)

    for token in (f"{other}.{proof}", f"{text}.{'0' * 64}", f"{text}.{proof[:40]}", f"{text}.{mac('limit', text)}"):
        assert fal.calls(f"/v1/hooks/fal/{token}").code == "webhook_refused"


@pytest.mark.parametrize(
    "forgery",
    [
        {"key": EVE_KEY},
        {"raw": b'{"request_id": "r2"}'},
        {"headers": {"x-fal-webhook-user-id": "eve"}},
        {"headers": {"x-fal-webhook-timestamp": "1700000000"}},
    ],
    ids=["key", "body", "account", "old"],
)
def test_call_that_fal_did_not_make_is_refused_without_effect(fal: Fal, woken, forgery) -> None:
    run = started()
    run.advance("prepare", "submit", "await")
    assert fal.calls(fal.hook_path(), **forgery).code == "webhook_refused"
    assert woken == []
    assert run.row.woken is None


def test_call_that_cannot_be_checked_now_is_asked_for_again_and_the_poll_finishes(fal: Fal, woken) -> None:
    run = started()
    run.advance("prepare", "submit", "await")
    fal.silent = httpx.ConnectError("no keys")
    reply = fal.calls(fal.hook_path())
    assert (reply.status, reply.code) == (503, "webhook_unverifiable")
    assert woken == []

    fal.silent = None
    run.advance("poll", "collect", "close")
    assert money() == (50, 0)


def test_call_names_the_job_of_a_purchase_whose_answer_was_lost(fal: Fal, woken) -> None:
    run = started()
    fal.loses = httpx.ReadTimeout("lost")
    run.advance("prepare", "submit", "await", "poll", "await")
    assert run.row.submission == "unknown"
    fal.calls(fal.hook_path(), request_id="r1")

    assert woken == ["token"]
    assert run.advance("poll") == {"state": "done"}
    run.advance("collect", "close")
    assert len(fal.bought) == 1
    assert money() == (50, 0)


@pytest.mark.parametrize("raw", [b"[]", b"{", b'{"request_id": 7}', b'{"request_id": "../../x"}', b'{"status": "OK"}'])
def test_call_without_a_usable_id_names_nothing(fal: Fal, woken, raw, monkeypatch) -> None:
    run = started()
    fal.loses = httpx.ReadTimeout("lost")
    run.advance("prepare", "submit", "await")
    monkeypatch.setattr("functions.train.hook.webhook.verify", lambda _headers, _raw: None)

    assert fal.calls(fal.hook_path(), raw=raw).status == 200
    assert run.row.vendor_ref is None


def test_call_never_changes_the_job_that_submit_stored(fal: Fal, woken) -> None:
    run = started()
    run.advance("prepare", "submit", "await")
    stored = run.row.vendor_ref
    fal.calls(fal.hook_path(), request_id="r9")
    assert run.row.vendor_ref == stored
