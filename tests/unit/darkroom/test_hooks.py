"""Webhooks: signed as fal signs, sent again until taken."""

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from local.darkroom.hooks import load_key
from tests.unit.darkroom.conftest import body_of, order, wait_until


def is_genuine(call, keys):
    """Verify a call as fal's documents say."""
    _, headers, raw = call
    sent = {name.lower(): value for name, value in headers.items()}
    names = ("request-id", "user-id", "timestamp")
    parts = [sent[f"x-fal-webhook-{name}"] for name in names] + [hashlib.sha256(raw).hexdigest()]
    for key in keys["keys"]:
        x = key["x"] + "=" * (-len(key["x"]) % 4)
        try:
            Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x)).verify(
                bytes.fromhex(sent["x-fal-webhook-signature"]), "\n".join(parts).encode()
            )
        except InvalidSignature:
            continue
        return True
    return False


@pytest.fixture
def keys(darkroom):
    return darkroom.http.get("/fal/.well-known/jwks.json").json()


@pytest.fixture
def render(darkroom, trained, listener):
    """Submit a small rendering whose webhook goes to the listener; returns the job."""

    def submit(body=None):
        url = f"{listener.url}/v1/hooks/fal/tok"
        return darkroom.submit("fal-ai/flux-lora", body or order(trained), url).json()

    return submit


def calls(listener, count):
    return wait_until(lambda: listener.calls[:count] if len(listener.calls) >= count else None)


def test_a_finished_job_calls_its_webhook_signed_with_the_result(darkroom, render, listener, keys):
    job = render()
    (call,) = calls(listener, 1)
    assert job["gateway_request_id"] == job["request_id"]
    assert is_genuine(call, keys)
    assert call[0] == "/v1/hooks/fal/tok"
    assert call[1]["X-Fal-Webhook-User-Id"] == "ada-at-fal"
    told = body_of(call)
    assert (told["request_id"], told["status"]) == (job["request_id"], "OK")
    assert told["payload"] == darkroom.result(job).json()


def test_a_changed_body_is_not_genuine(render, listener, keys):
    render()
    path, headers, raw = calls(listener, 1)[0]
    assert not is_genuine((path, headers, raw + b" "), keys)


def test_a_failed_job_tells_its_error(render, listener):
    render({"image_size": "square"})
    told = body_of(calls(listener, 1)[0])
    assert (told["status"], told["error"]) == ("ERROR", "Invalid status code: 422")
    assert told["payload"]["detail"][0]["type"] == "missing"


def test_a_webhook_that_is_refused_is_sent_again_until_it_is_taken(darkroom, render, listener, keys):
    listener.answers = [500, 503]
    render()
    three = calls(listener, 3)
    wait_until(lambda: darkroom.http.get("/control/jobs").json()["jobs"][-1]["webhook_answers"] == [500, 503, 200])
    assert all(is_genuine(call, keys) for call in three)
    assert len({call[2] for call in three}) == 1


def test_a_webhook_that_is_never_taken_is_given_up(darkroom, render, listener):
    listener.answers = [500] * 20
    first = render()
    calls(listener, 4)
    listener.answers.clear()
    render()
    assert [body_of(call)["request_id"] == first["request_id"] for call in calls(listener, 5)] == [True] * 4 + [False]


def test_a_lost_webhook_never_comes(darkroom, render, listener):
    darkroom.fault("webhook_lost")
    darkroom.ended(render())
    second = render()
    assert body_of(calls(listener, 1)[0])["request_id"] == second["request_id"]
    assert darkroom.fired() == {"webhook_lost": 1}


def test_a_doubled_webhook_comes_twice(darkroom, render, listener, keys):
    darkroom.fault("webhook_doubled")
    render()
    one, other = calls(listener, 2)
    assert one[2] == other[2]
    assert is_genuine(other, keys)


def test_a_late_webhook_comes_after_the_result(darkroom, render, listener):
    darkroom.fault("webhook_late", seconds=0.4)
    darkroom.ended(render())
    assert listener.calls == []
    calls(listener, 1)


def test_a_forged_webhook_does_not_verify(darkroom, render, listener, keys):
    darkroom.fault("webhook_forged")
    render()
    assert not is_genuine(calls(listener, 1)[0], keys)


def test_an_early_webhook_comes_before_the_answer_to_the_submit(darkroom, render, listener):
    darkroom.fault("webhook_early")
    job = render()
    assert body_of(listener.calls[0])["request_id"] == job["request_id"]


def test_the_key_is_made_once(tmp_path):
    first = load_key(tmp_path).public_key().public_bytes_raw()
    assert load_key(tmp_path).public_key().public_bytes_raw() == first
    assert (tmp_path / "webhook-key.pem").stat().st_mode & 0o077 == 0
