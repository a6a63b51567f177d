"""Versions of a model: samples that cost nothing, a second training, a roll back, and one's own weights."""

import hashlib

import pytest
from likeness_client import Refused
from likeness_client.models import ModelChange

from local.waiting import wait_for
from tests.deployed import (
    absent_id,
    ended_generation,
    ended_training,
    funds,
    listed,
    make_model,
    make_person,
    photos,
    start_training,
    upload_ids,
)
from tests.integration.stack import assert_exact, ledger, web


@pytest.fixture(scope="module")
def owner(outputs):
    """A person who trained a model with samples, then again with more photos and without: client, model."""
    client = make_person("versions")
    ids = upload_ids(client, photos())
    model_id = make_model(client, ids[:8])
    assert ended_training(client, start_training(client, model_id, samples=True)).status == "succeeded"
    wait_for(lambda: versions(client, model_id)[0], lambda version: bool(version.sample_generation_id), seconds=60)
    client.api.change_model(model_id, ModelChange(photo_ids=ids))
    assert ended_training(client, start_training(client, model_id)).status == "succeeded"
    return client, model_id


def versions(client, model_id):
    return client.api.list_versions(model_id).versions


def test_each_training_is_a_version_and_the_last_one_is_used(owner):
    client, model_id = owner
    told = [(one.number, one.photo_count, one.is_default) for one in versions(client, model_id)]
    assert told == [(2, 12, True), (1, 8, False)]


def test_samples_are_pictures_that_cost_nothing(owner):
    client, model_id = owner
    last, first = versions(client, model_id)
    order = ended_generation(client, first.sample_generation_id)
    assert (order.status, order.count, order.credits_, order.relation) == ("succeeded", 4, 0, "sample")
    shown = listed(client)
    assert {image.relation for image in shown} == {"sample"}
    assert len(shown) == 4
    assert last.sample_generation_id is None
    assert funds(client) == (0, 0)
    assert sorted(line.amount for line in ledger(client)) == [-50, -50, 0, 100]
    assert_exact(client.user_id)


def test_weights_are_downloaded_by_their_owner_as_they_were_hashed(owner, eve):
    client, model_id = owner
    seen = set()
    for version in versions(client, model_id):
        told = client.api.download_weights(model_id, version.training_id)
        answer = web().get(told.url)
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == told.sha256 == version.weights.sha256
        assert told.filename == f"Me-v{version.number}.safetensors"
        assert told.filename in answer.headers["content-disposition"]
        assert told.licence
        with pytest.raises(Refused, match="404 not_found"):
            eve.api.download_weights(model_id, version.training_id)
        seen.add(told.sha256)
    assert len(seen) == 2


def test_older_version_is_used_again_and_a_foreign_one_is_not(owner):
    client, model_id = owner
    last, first = versions(client, model_id)
    for wanted in (first, last):
        model = client.api.change_model(model_id, ModelChange(default_version=wanted.training_id))
        assert (model.training_id, model.version) == (wanted.training_id, wanted.number)
        assert model.weights_sha256 == wanted.weights.sha256
    with pytest.raises(Refused, match="422 invalid_request"):
        client.api.change_model(model_id, ModelChange(default_version=absent_id()))
