"""One Idempotency-Key, one job: however many send it at once, and however late."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from local.waiting import wait_for
from tests.deployed import ended, faults, make_model, make_person, new_key, photos, upload, vendor_jobs
from tests.integration.stack import assert_exact, insist, kinds, money, problem, rows

THREADS, EACH = 16, 2
PROMPT = f"a lighthouse at dawn, {secrets.token_hex(4)}"
ORDER = {"prompt": PROMPT, "base_model": "flux-2-dev", "count": 1, "seed": 7}
TRAINER = "fal-ai/flux-lora-fast-training"


def at_once(client, path, body, key):
    """Send the same request from sixteen threads that start together, twice each."""
    start = Barrier(THREADS)

    def send(_):
        start.wait()
        return [insist(client, "POST", path, body, key["Idempotency-Key"]) for _ in range(EACH)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [answer for answers in pool.map(send, range(THREADS)) for answer in answers]


def test_one_key_sent_by_sixteen_at_once_orders_one_generation(ada):
    key = new_key()
    answers = at_once(ada, "/v1/generations", ORDER, key)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    generation_id = answers[0].json()["id"]
    assert kinds(rows("images", ada.user_id)).count("GENERATION") == 1
    assert money(ada.user_id)["reservations"] == 1

    order = ended(ada, f"/v1/generations/{generation_id}")
    assert order["status"] == "succeeded"
    late = ada.send("POST", "/v1/generations", ORDER, headers=key)
    assert (late.status_code, late.content) == (202, answers[0].content)
    assert assert_exact(ada.user_id) == {
        "available": 99,
        "reserved": 0,
        "entries": 100,
        "held": 0,
        "spent": 1,
        "used": 1,
        "reservations": 1,
    }
    assert len([job for job in vendor_jobs() if job["prompt"] == PROMPT]) == 1

    other = ada.send("POST", "/v1/generations", {**ORDER, "seed": 8}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert money(ada.user_id)["available"] == 99


def test_one_key_sent_by_sixteen_at_once_orders_one_training():
    ada = make_person()
    model_id = make_model(ada, [row["id"] for row in upload(ada, photos()[:4])])
    path, key = f"/v1/models/{model_id}/trainings", new_key()
    before = trainings_bought()
    with faults({"fault": "never_finishes", "match": {"endpoint": TRAINER}}):
        answers = at_once(ada, path, {}, key)
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        training = answers[0].json()
        assert [found["id"] for found in ada.call("GET", path)["trainings"]] == [training["id"]]
        assert money(ada.user_id)["reservations"] == 1
        second = insist(ada, "POST", path, {}, "another key")
        assert (second.status_code, second.json()["code"]) == (409, "training_running")
        wait_for(trainings_bought, lambda bought: bought > before, seconds=60)
        ada.call("POST", f"{path}/{training['id']}/cancel")
    assert trainings_bought() == before + 1
    late = ada.send("POST", path, {}, headers=key)
    assert (late.status_code, late.content) == (202, answers[0].content)
    assert len(ada.call("GET", path)["trainings"]) == 1
    assert assert_exact(ada.user_id)["reserved"] == 0


def trainings_bought():
    return sum(job["endpoint"] == TRAINER for job in vendor_jobs())


def test_the_same_key_of_two_people_means_two_orders(ada, eve):
    key = new_key()
    first = ada.call("POST", "/v1/generations", ORDER, headers=key)
    second = eve.call("POST", "/v1/generations", ORDER, headers=key)
    assert first["id"] != second["id"]
    foreign = eve.send("GET", f"/v1/generations/{first['id']}")
    assert foreign.status_code == 404
    assert problem(foreign)["code"] == "not_found"
