"""One person with a trained model, and every schedule of hers, started at once."""

import secrets
from dataclasses import dataclass

import pytest
from likeness_client.models import TrainingStarted

from likeness.items.money import EntryKind
from likeness.ledger import grant
from local.client import Client
from tests.deployed import (
    ended_training,
    make_model,
    make_person,
    photos,
    start_generation,
    start_training,
    upload_ids,
)
from tests.deployment import outputs
from tests.integration.stack import as_function
from tests.reliability.faults.evidence import Match, spoil, token_of
from tests.reliability.faults.schedules import ORDERS, TRAININGS, OrderSchedule, TrainingSchedule

__all__ = ["outputs"]

STEPS = 500
CREDITS = 3000
OrderJob = tuple[Match, str]
"""What its faults are aimed at, and the id of the order."""
TrainingJob = tuple[Match, TrainingStarted]
"""What its faults are aimed at, and the training."""


@dataclass(frozen=True)
class Sitter:
    """A person, her photos, and a trained model of her."""

    client: Client
    photo_ids: list[str]
    model_id: str

    def order(self, schedule: OrderSchedule) -> OrderJob:
        """Aim a schedule at an order of its own and place it."""
        tag = f"roll {secrets.token_hex(4)}"
        spoil({"prompt_contains": tag}, *schedule.faults)
        what = {"base_model": "flux-2-dev"} if schedule.vendor == "together" else {"model_id": self.model_id}
        prompt = f"a portrait by the sea, {tag}"
        return {"prompt_contains": tag}, start_generation(self.client, prompt=prompt, count=schedule.pictures, **what)

    def train(self, schedule: TrainingSchedule, model_id: str = "") -> TrainingJob:
        """Aim a schedule at the training of a model, by default a new one, and start it."""
        model_id = model_id or make_model(self.client, self.photo_ids)
        aim = {"token": token_of(self.client.user_id, model_id)}
        spoil(aim, *schedule.faults)
        return aim, start_training(self.client, model_id, steps=STEPS)


def make_sitter() -> Sitter:
    """A person with photos and credits, whose model is not trained yet."""
    client = make_person("sitter")
    photo_ids = upload_ids(client, photos()[:4])
    with as_function():
        grant(client.user_id, EntryKind.ADJUSTMENT, "schedules", CREDITS)
    return Sitter(client, photo_ids, make_model(client, photo_ids))


@pytest.fixture(scope="session")
def sitter(outputs: dict[str, str]) -> Sitter:
    """A person with a trained model."""
    sitter = make_sitter()
    training = ended_training(sitter.client, start_training(sitter.client, sitter.model_id, steps=STEPS))
    assert training.status == "succeeded", training
    return sitter


@pytest.fixture(scope="session")
def trainings(sitter: Sitter) -> dict[str, TrainingJob]:
    """Every schedule of a training, started, by its name."""
    return {name: sitter.train(schedule) for name, schedule in TRAININGS.items()}


@pytest.fixture(scope="session")
def orders(sitter: Sitter, trainings: dict[str, TrainingJob]) -> dict[str, OrderJob]:
    """Every schedule of an order, started beside the trainings, by its name."""
    return {name: sitter.order(schedule) for name, schedule in ORDERS.items()}
