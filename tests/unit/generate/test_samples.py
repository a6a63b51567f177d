"""Samples: the free order that follows a training, placed once, paid by nobody."""

import pytest

from functions.generate import events, handler
from functions.generate.service import sweeping
from likeness.catalog.policy import check_prompt
from likeness.catalog.reader import catalog
from likeness.catalog.samples import samples
from likeness.credit import read_reservation
from likeness.errors import Busy
from likeness.items.generation import Generation
from likeness.items.model import TrainedModel, Training, TrainingStatus, Weights
from likeness.items.row import born, new_id
from likeness.items.user import AccountState, Profile
from tests.support import Context, call, make_person
from tests.unit.generate.studio import (
    Studio,
    balance,
    close,
    executions,
    generations,
    images,
    make_model,
    render,
)

pytestmark = pytest.mark.usefixtures("studio")


def train(user: str = "ada", *, kind: str = "person", wanted: bool = True, status: str = "succeeded") -> dict[str, str]:
    """A model whose training has just ended; returns the job that TrainModel names."""
    training_id = new_id()
    model_id = make_model(user, subject_kind=kind, training_id=training_id)
    training = Training.of(user, model_id, training_id)
    training.status, training.samples = status, wanted
    training.base_model, training.steps, training.photo_ids = "flux-1-dev", 1000, []
    training.operation, training.credits, training.deadline = "o", 50, 0
    training.created_at = "2026-11-22T23:30:00+00:00"
    training.save()
    return {"user_id": user, "model_id": model_id, "training_id": training_id}


def order_samples(job: dict[str, str]) -> None:
    events.handler({"step": "order_samples", "job": job}, Context())


def run(user: str = "ada") -> dict[str, object]:
    """Render the one order there is to its end."""
    (order,) = generations(user)
    job = {"user_id": user, "generation_id": order.id, "attempt": 1, "numbers": [1, 2, 3, 4]}
    for number in range(1, 5):
        render(job, number)
    close(job)
    shown: dict[str, object] = call(handler.handler, "GET", f"/v1/generations/{order.id}", user=user).json
    return shown


def test_training_is_followed_by_four_free_pictures_of_its_version() -> None:
    make_person()
    job = train()
    order_samples(job)

    (order,) = generations()
    assert [execution["name"] for execution in executions()] == [f"{order.id}-1"]
    assert (order.units, order.unit_price, order.credits, order.ordered.relation) == (4, 0, 0, "sample")
    assert balance() == (100, 0)
    shown = run()
    assert (shown["status"], shown["credits"], shown["credits_back"]) == ("succeeded", 0, 0)
    assert balance() == (100, 0)
    held = read_reservation("ada", order.operation)
    assert (held.state, held.used, held.undelivered) == ("SETTLED", 4, 0)
    made = sorted(images(), key=lambda image: image.number)
    assert [image.relation for image in made] == ["sample"] * 4
    assert {image.manifest["training_id"] for image in made} == {job["training_id"]}
    fixed = samples().samples["person"]
    told = [(image.manifest["prompt"], image.style, image.aspect_ratio, image.manifest["seed"]) for image in made]
    assert told == [(shot.prompt, shot.style, shot.aspect_ratio, shot.seed) for shot in fixed]
    assert all("ohwx woman" in image.manifest["prompt_sent"] for image in made)
    assert made[0].manifest["pack"] == f"samples-person@{samples().version}"


def test_samples_that_are_ordered_again_are_the_same_order() -> None:
    make_person()
    job = train()
    for _ in range(3):
        order_samples(job)
    assert len(generations()) == len(executions()) == 1
    run()
    order_samples(job)
    assert len(generations()) == len(executions()) == 1
    assert len(images()) == 4


def test_repeat_starts_what_the_first_try_could_not(monkeypatch) -> None:
    make_person()
    job = train()
    with monkeypatch.context() as patch:
        patch.setattr("functions.generate.service.orders.start_workflow", lambda *_: None)
        order_samples(job)
    assert executions() == []
    order_samples(job)
    assert len(executions()) == 1


def test_order_of_samples_has_the_id_and_the_moment_that_its_version_names() -> None:
    make_person()
    job = train()
    order_samples(job)
    weights = Weights.get("ada", Weights.of("ada", job["model_id"], job["training_id"]).sk)
    assert [order.id for order in generations()] == [weights.samples_id]
    assert born(weights.samples_id).isoformat() == weights.created_at


@pytest.mark.parametrize("kind", ["person", "pet", "object"])
def test_samples_are_what_the_catalog_sells_and_the_policy_allows(kind) -> None:
    shots = samples().samples[kind]
    assert len(shots) == 4
    assert len({shot.seed for shot in shots}) == 4
    for shot in shots:
        assert catalog().style(shot.style)
        assert catalog().aspect_ratio(shot.aspect_ratio)
        check_prompt(shot.prompt)
    make_person()
    order_samples(train(kind=kind))
    assert [generations()[0].ordered.shot(n).prompt for n in range(1, 5)] == [shot.prompt for shot in shots]


@pytest.mark.parametrize(
    "changes", [{"wanted": False}, *({"status": status.value} for status in TrainingStatus if status != "succeeded")]
)
def test_training_without_samples_or_success_is_followed_by_nothing(changes) -> None:
    make_person()
    order_samples(train(**changes))
    assert generations() == []


def test_version_that_is_not_the_default_any_more_gets_no_samples() -> None:
    make_person()
    job = train()
    model = TrainedModel.of("ada", job["model_id"])
    model.update([TrainedModel.training_id.set(new_id())])
    order_samples(job)
    assert generations() == []


def test_absent_and_deleted_models_and_foreign_jobs_get_no_samples() -> None:
    make_person()
    make_person("eve")
    job = train()
    order_samples({**job, "user_id": "eve"})
    order_samples({**job, "training_id": new_id()})
    order_samples({**job, "model_id": new_id()})
    TrainedModel.of("ada", job["model_id"]).update([TrainedModel.deleted_at.set("now")])
    order_samples(job)
    assert generations() + generations("eve") == []


def test_account_that_may_not_spend_gets_no_samples_and_no_error() -> None:
    make_person()
    job = train()
    Profile.of("ada").update([Profile.state.set(AccountState.FROZEN.value)])
    order_samples(job)
    assert generations() == []


def test_samples_are_made_with_no_credits_left() -> None:
    make_person(amount=1)
    call(
        handler.handler,
        "POST",
        "/v1/generations",
        {"prompt": "x", "base_model": "flux-2-dev", "count": 1},
        user="ada",
        key="k",
    )
    assert balance() == (0, 1)
    order_samples(train())
    assert [order.credits for order in generations() if order.ordered.relation] == [0]


def test_contention_is_tried_again(monkeypatch) -> None:
    make_person()

    def refuse(*_: object) -> None:
        raise Busy("later")

    monkeypatch.setattr("functions.generate.service.samples.place", refuse)
    with pytest.raises(Busy):
        order_samples(train())


def test_samples_that_nobody_started_are_finished_by_the_sweeper(studio: Studio, monkeypatch) -> None:
    make_person()
    with monkeypatch.context() as patch:
        patch.setattr("functions.generate.service.orders.start_workflow", lambda *_: None)
        order_samples(train())
    (order,) = generations()
    order.update([Generation.check_at.set(0)])
    assert executions() == []
    assert sweeping.sweep() == 1
    assert len(executions()) == 1
