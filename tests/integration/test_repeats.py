"""One Idempotency-Key, one job: however many send it at once, and however late."""

import json
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from likeness_client import Refused
from likeness_client.models import GenerationRequest

from local.waiting import wait_for
from tests.deployed import ended_generation, faults, make_model, make_person, new_key, photos, upload_ids, vendor_jobs
from tests.integration.stack import assert_exact, insist, kinds, money, rows

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

    assert ended_generation(ada, generation_id).status == "succeeded"
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
    model_id = make_model(ada, upload_ids(ada, photos()[:4]))
    path, key = f"/v1/models/{model_id}/trainings", new_key()
    before = trainings_bought()
    with faults({"fault": "never_finishes", "match": {"endpoint": TRAINER}}):
        answers = at_once(ada, path, {}, key)
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        training_id = answers[0].json()["id"]
        assert [found.id for found in ada.api.list_trainings(model_id).trainings] == [training_id]
        assert money(ada.user_id)["reservations"] == 1
        second = insist(ada, "POST", path, {}, "another key")
        assert (second.status_code, second.json()["code"]) == (409, "training_running")
        wait_for(trainings_bought, lambda bought: bought > before, seconds=60)
        ada.api.cancel_training(model_id, training_id)
    assert trainings_bought() == before + 1
    late = ada.send("POST", path, {}, headers=key)
    assert (late.status_code, late.content) == (202, answers[0].content)
    assert len(ada.api.list_trainings(model_id).trainings) == 1
    assert assert_exact(ada.user_id)["reserved"] == 0


def trainings_bought():
    return sum(job["endpoint"] == TRAINER for job in vendor_jobs())


def test_the_same_key_of_two_people_means_two_orders(ada, eve):
    key, wanted = new_key()["Idempotency-Key"], GenerationRequest.from_dict(ORDER)
    first = ada.api.start_generation(wanted, idempotency_key=key)
    second = eve.api.start_generation(wanted, idempotency_key=key)
    assert first.id != second.id
    with pytest.raises(Refused, match="404 not_found"):
        eve.api.read_generation(first.id)


@pytest.fixture(scope="module")
def pictured(outputs):
    """A person with one picture: client, its id."""
    client = make_person("repeats")
    wanted = GenerationRequest.from_dict({**ORDER, "prompt": "a lighthouse for the repeats"})
    order = ended_generation(client, client.api.start_generation(wanted, idempotency_key="first").id)
    return client, order.pictures[0].image_id


MADE_ONCE = [
    ("collections", {"name": "Once"}, {"name": "Other"}),
    ("shares", {"image_ids": ["{id}"]}, {"image_ids": ["{id}"], "title": "Other"}),
    ("downloads", {"image_ids": ["{id}"]}, {"image_ids": ["{id}"], "variant": "view"}),
    ("images/changes", {"filters": {}, "change": {"rating": 4}}, {"filters": {}, "change": {"rating": 5}}),
    ("images/{id}/remixes", {"style": "oil", "count": 1}, {"style": "oil", "count": 2}),
    ("images/{id}/variations", {"count": 1}, {"count": 2}),
    ("images/{id}/replay", {}, None),
]


@pytest.mark.parametrize(("path", "body", "other"), MADE_ONCE, ids=[row[0] for row in MADE_ONCE])
def test_one_key_makes_each_kind_of_thing_once(pictured, path, body, other):
    client, image_id = pictured
    path, body, other = (
        json.loads(json.dumps(part).replace("{id}", image_id)) for part in (f"/v1/{path}", body, other)
    )
    key, before = new_key(), found(client)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: insist(client, "POST", path, body, key["Idempotency-Key"]), range(4)))
    answers.append(client.send("POST", path, body, headers=key))
    assert {answer.status_code for answer in answers} <= {201, 202}, answers[0].text
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum((found(client) - before).values()) == 1
    if other:
        reused = client.send("POST", path, other, headers=key)
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
        assert sum((found(client) - before).values()) == 1


def found(client):
    """How many things of each kind a request may make."""
    made = {"COLLECTION", "SHARE", "DOWNLOAD", "CHANGE", "GENERATION"}
    return Counter(name for name in kinds(rows("images", client.user_id)) if name in made)
