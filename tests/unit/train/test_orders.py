"""Ordering a training: refused before anything is held, held once, started, watched and cancelled."""

import httpx
import pytest
from botocore.exceptions import EndpointConnectionError

from likeness import workflow
from likeness.items.model import Training
from likeness.items.photo import Photo
from likeness.items.row import now
from tests.support import make_person
from tests.unit.train.fal import Fal
from tests.unit.train.studio import add_photo, ask, executions, make_model, money, order, read, started


def test_order_holds_the_price_and_starts_the_workflow() -> None:
    make_person()
    model_id = make_model()
    reply = order(model_id)

    assert reply.status == 202
    assert set(reply.json) == {"id", "model_id", "credits", "deadline", "created_at"}
    assert reply.json["credits"] == 50
    assert money() == (50, 50)
    training = read(model_id, reply.json["id"])
    assert (training["status"], training["steps"], training["photo_count"]) == ("queued", 1000, 8)
    assert training["deadline"] == reply.json["deadline"]
    assert executions() == [f"{training['id']}-1"]
    model = ask("GET", f"/{model_id}").json
    assert (model["status"], model["open_training"]) == ("training", training["id"])
    row = Training.get("ada", f"TRAINING#{model_id}#{training['id']}")
    assert row.open == "OPEN"
    assert 0 < row.check_at - now() <= 60


def test_repeat_answers_byte_for_byte_the_same_whatever_has_changed_since(fal: Fal) -> None:
    run = started()
    first = order(run.model_id)
    for photo_id in run.row.photo_ids:
        Photo.of("ada", photo_id).delete()
    second = order(run.model_id)
    run.execute()
    third = order(run.model_id)
    ask("DELETE", f"/{run.model_id}")
    fourth = order(run.model_id)

    assert first.json["id"] == run.training_id
    assert first.body == second.body == third.body == fourth.body
    assert (second.status, third.status, fourth.status) == (202, 202, 202)
    assert money() == (50, 0)
    assert len(executions() + executions("ABORTED") + executions("SUCCEEDED")) == 1


def test_repeat_starts_a_workflow_that_was_never_started(monkeypatch) -> None:
    make_person()
    model_id = make_model()
    with monkeypatch.context() as patch:
        patch.setattr(workflow, "start", _unreachable)
        first = order(model_id)
    assert first.status == 202
    assert executions() == []

    assert order(model_id).body == first.body
    assert executions() == [f"{first.json['id']}-1"]


def _unreachable(*_args: object) -> None:
    raise EndpointConnectionError(endpoint_url="https://states.test")


def test_key_of_another_order_is_refused() -> None:
    run = started()
    assert order(run.model_id, {"steps": 500}).code == "idempotency_key_reused"
    assert order(run.model_id, key="").code == "idempotency_key_invalid"
    assert ask("POST", f"/{run.model_id}/trainings", {}).code == "idempotency_key_invalid"
    assert money() == (50, 50)


def test_second_order_for_a_model_in_training_is_refused() -> None:
    run = started(200)
    reply = order(run.model_id, key="k2")
    assert (reply.status, reply.code) == (409, "training_running")
    assert money() == (150, 50)
    assert executions() == [f"{run.training_id}-1"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"base_model": "dall-e"}, "base_model"),
        ({"base_model": "flux-1.1-pro"}, "base_model"),
        ({"steps": 499}, "steps"),
        ({"steps": 1501}, "steps"),
        ({"steps": "many"}, "steps"),
        ({"price": 1}, "price"),
    ],
)
def test_order_of_what_is_not_sold_names_the_field(body, field) -> None:
    make_person()
    reply = order(make_model(), body)
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.json["fields"][0]["field"] == field
    assert money() == (100, 0)


def test_too_few_usable_photos_are_refused_with_numbers_before_anything_is_held() -> None:
    make_person()
    photos = [add_photo() for _ in range(3)]
    reply = order(make_model([*photos, add_photo(width=300)]))
    assert (reply.status, reply.code) == (422, "too_few_photos")
    assert (reply.json["usable"], reply.json["minimum"]) == (3, 4)
    assert money() == (100, 0)


@pytest.mark.parametrize("state", ["pending", "rejected"])
def test_photos_that_are_not_ready_are_refused_by_name(state) -> None:
    make_person()
    bad = add_photo(state=state)
    reply = order(make_model([*[add_photo() for _ in range(5)], bad]))
    assert (reply.status, reply.code, reply.json["photo_ids"]) == (409, "photos_not_ready", [bad])
    assert money() == (100, 0)


def test_training_that_cannot_be_paid_leaves_nothing() -> None:
    make_person("ada", 49)
    model_id = make_model()
    reply = order(model_id)
    assert (reply.status, reply.code) == (402, "insufficient_credits")
    assert (reply.json["available"], reply.json["required"]) == (49, 50)
    assert ask("GET", f"/{model_id}").json["status"] == "draft"
    assert ask("GET", f"/{model_id}/trainings").json["trainings"] == []
    assert executions() == []


def test_trainings_are_listed_newest_first_page_by_page(fal: Fal) -> None:
    run = started(150)
    run.execute()
    second = order(run.model_id, key="k2").json["id"]

    page = ask("GET", f"/{run.model_id}/trainings?limit=1").json
    assert [training["id"] for training in page["trainings"]] == [second]
    page = ask("GET", f"/{run.model_id}/trainings?limit=1&cursor={page['cursor']}").json
    assert [(one["id"], one["status"]) for one in page["trainings"]] == [(run.training_id, "succeeded")]


def test_training_of_another_model_or_person_is_not_found() -> None:
    run = started()
    path = f"/trainings/{run.training_id}"
    assert ask("GET", f"/{run.model_id}{path}", user="eve").status == 404
    assert ask("POST", f"/{run.model_id}{path}/cancel", user="eve").status == 404
    assert ask("GET", f"/other{path}").status == 404


def test_cancel_gives_the_credits_back_and_stops_everything(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit", "await")
    reply = ask("POST", f"/{run.model_id}/trainings/{run.training_id}/cancel")

    assert reply.status == 200
    assert reply.json["status"] == "cancelled"
    assert reply.json["error"] == {
        "code": "cancelled",
        "detail": "You cancelled this training. Nothing was charged: 50 credits are available again.",
    }
    assert money() == (100, 0)
    assert executions() == []
    assert executions("ABORTED") == [f"{run.training_id}-1"]
    assert len(fal.cancelled) == 1
    assert ask("GET", f"/{run.model_id}").json["open_training"] is None
    again = ask("POST", f"/{run.model_id}/trainings/{run.training_id}/cancel")
    assert (again.status, again.code) == (409, "already_ended")


def test_cancel_succeeds_though_vendor_and_platform_are_away(fal: Fal, monkeypatch) -> None:
    run = started()
    run.advance("prepare", "submit")
    fal.silent = httpx.ConnectError("away")
    monkeypatch.setattr("likeness.job.stop", _unreachable)
    monkeypatch.setattr("likeness.job.remove", _unreachable)
    reply = ask("POST", f"/{run.model_id}/trainings/{run.training_id}/cancel")
    assert (reply.status, reply.json["status"]) == (200, "cancelled")
    assert money() == (100, 0)
    assert order(run.model_id, key="k2").status == 202
