"""Jobs that their owner cancels: what was delivered stays and is paid, everything else comes back at once."""

import secrets
from functools import partial

import pytest
from likeness_client import Refused

from local.waiting import wait_for
from tests.deployed import (
    ended_generation,
    faults,
    funds,
    listed,
    make_model,
    photos,
    start_generation,
    start_training,
    upload_ids,
    vendor_jobs,
)
from tests.integration.stack import assert_exact, ledger, objects

PIER = f"abandoned pier {secrets.token_hex(4)}"
TRAINER = "fal-ai/flux-lora-fast-training"


def stuck(**match):
    """Let vendor jobs that match run for ever."""
    return faults({"fault": "never_finishes", "match": match, "times": -1})


def jobs_of(text):
    return [job for job in vendor_jobs() if text in job["prompt"]]


def test_a_cancelled_training_gives_everything_back_and_stops_the_vendor(ada):
    model_id = make_model(ada, upload_ids(ada, photos("coffee")[:4]))
    known = {job["request_id"] for job in vendor_jobs()}
    with stuck(endpoint=TRAINER):
        training = start_training(ada, model_id)
        assert funds(ada) == (50, 50)
        (job,) = wait_for(lambda: fresh(known), bool, seconds=30)
        cancelled = ada.api.cancel_training(model_id, training.id)
    assert cancelled.status == "cancelled"
    assert cancelled.error.code == "cancelled"
    assert funds(ada) == (100, 0)
    with pytest.raises(Refused, match="409 already_ended"):
        ada.api.cancel_training(model_id, training.id)
    assert ada.api.read_model(model_id).open_training is None
    wait_for(partial(state_of, job["request_id"]), lambda state: state == "COMPLETED", seconds=30)
    assert (ledger(ada)[0].state, ledger(ada)[0].amount) == ("released", 0)
    assert_exact(ada.user_id)


def fresh(known):
    return [job for job in vendor_jobs() if job["request_id"] not in known and job["endpoint"] == TRAINER]


def state_of(request_id):
    return next(job["state"] for job in vendor_jobs() if job["request_id"] == request_id)


def test_a_cancelled_generation_gives_everything_back_and_stops_the_vendor(trained):
    client, model_id = trained
    before = funds(client)
    with stuck(prompt_contains=PIER):
        order_id = start_generation(client, model_id=model_id, count=2, prompt=f"[me] on an {PIER}")
        assert funds(client) == (before[0] - 2, 2)
        bought = wait_for(lambda: jobs_of(PIER), lambda jobs: len(jobs) == 2, seconds=60)
        cancelled = client.api.cancel_generation(order_id)
    assert cancelled.status == "cancelled"
    assert {picture.state for picture in cancelled.pictures} == {"cancelled"}
    assert (cancelled.credits_, cancelled.credits_back) == (2, 2)
    assert funds(client) == before
    with pytest.raises(Refused, match="409 already_ended"):
        client.api.cancel_generation(order_id)
    for job in bought:
        wait_for(partial(state_of, job["request_id"]), lambda state: state == "COMPLETED", seconds=30)
    assert len(jobs_of(PIER)) == 2
    assert_exact(client.user_id)


def test_a_generation_cancelled_in_the_middle_keeps_and_charges_what_was_delivered(trained):
    client, model_id = trained
    before = funds(client)
    with faults({"fault": "never_finishes", "match": {"prompt_contains": "half a bridge"}, "times": 1}):
        order_id = start_generation(client, model_id=model_id, count=2, prompt="[me] on half a bridge")
        wait_for(lambda: client.api.read_generation(order_id), one_is_done, seconds=60)
        cancelled = client.api.cancel_generation(order_id)
    states = sorted(picture.state for picture in cancelled.pictures)
    assert (cancelled.status, states, cancelled.credits_back) == ("cancelled", ["cancelled", "done"], 1)
    assert funds(client) == (before[0] - 1, 0)
    (kept,) = [picture for picture in cancelled.pictures if picture.state == "done"]
    (gone,) = [picture for picture in cancelled.pictures if picture.state == "cancelled"]
    assert client.media(kept.media.original)
    assert gone.image_id is None
    assert_exact(client.user_id)


def one_is_done(order):
    return any(picture.state == "done" for picture in order.pictures)


def test_a_flagged_picture_is_dropped_and_not_charged(trained):
    client, model_id = trained
    before = funds(client)
    with faults({"fault": "nsfw", "match": {"prompt_contains": "crowded fair"}, "times": 1}):
        order_id = start_generation(client, model_id=model_id, count=2, prompt="[me] at a crowded fair")
        order = ended_generation(client, order_id)
    assert sorted(picture.state for picture in order.pictures) == ["done", "flagged"]
    assert (order.status, order.credits_back) == ("succeeded", 1)
    (flagged,) = [picture for picture in order.pictures if picture.state == "flagged"]
    assert flagged.error_code == "flagged"
    assert flagged.media is None
    assert funds(client) == (before[0] - 1, 0)


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left_over(trained):
    """After all of it, every object in the gallery's folder belongs to a picture that is listed."""
    yield
    client, _ = trained
    folder = f"media/u/{client.user_id}/images/"
    found = {key.removeprefix(folder).partition("/")[0] for key in objects("MediaBucket", folder)}
    assert found == {image.id for image in listed(client, limit=100)}
