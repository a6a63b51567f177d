"""A crash after any call to AWS or fal: the sweeper and repeats finish the training once."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient

from likeness import aws
from likeness.items.model import Training, Weights
from likeness.items.money import Balance
from likeness.vendors import wire
from tests.support import make_person
from tests.unit.train.fal import Fal
from tests.unit.train.studio import Run, add_photo, make_model, money, order

CALL = "_make_api_call"
SEQUENCE = ("prepare", "submit", "await", "poll", "collect", "close")


class CrashedError(Exception):
    """The platform killed the function."""


class Bomb:
    """Counts calls to the outside, and crashes between the chosen one and the next."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fal: Fal) -> None:
        self.calls: list[str] = []
        self.at: int | None = None
        self.armed = False
        call_aws = vars(BaseClient)[CALL]
        bomb = self

        def make_api_call(client: Any, operation: str, params: Any) -> Any:
            return bomb.guard(operation, lambda: call_aws(client, operation, params))

        def answer(request: httpx.Request) -> httpx.Response:
            return bomb.guard(f"{request.method} {request.url.path}", lambda: fal(request))

        monkeypatch.setattr(BaseClient, CALL, make_api_call)
        client = httpx.Client(transport=httpx.MockTransport(answer))
        monkeypatch.setattr(wire, "client", lambda: client)

    def guard(self, name: str, call: Callable[[], Any]) -> Any:
        if not self.armed:
            return call()
        self.calls.append(name)
        answer = call()
        if len(self.calls) - 1 == self.at:
            raise CrashedError(name)
        return answer


def test_crash_at_any_call_ends_the_training_once(fal: Fal, monkeypatch) -> None:
    bomb = Bomb(monkeypatch, fal)
    make_person("ada", 100)
    model_id = make_model([add_photo() for _ in range(4)])
    ends: list[str] = []
    for at in range(100):
        fal.bought.clear()
        run = _ordered(model_id, f"key {at}")
        bomb.at = at
        _walk(run, bomb)
        if len(bomb.calls) <= at:
            break
        ends.append(_finish(run, fal, f"after {at}: {bomb.calls[at]}"))
    assert len(ends) > 25
    assert _stored() <= _named(model_id), "an object that no row knows is never deleted"
    assert ends.count("failed") <= 2, "only around the purchase may a crash cost the training"


def _ordered(model_id: str, key: str) -> Run:
    """A training by a person with 100 credits."""
    Balance.of("ada").update([Balance.available.set(100), Balance.reserved.set(0)])
    reply = order(model_id, key=key)
    assert reply.status == 202, reply.body
    return Run(model_id, reply.json["id"])


def _walk(run: Run, bomb: Bomb) -> None:
    """Run the steps until one crashes."""
    bomb.calls.clear()
    bomb.armed = True
    try:
        run.advance(*SEQUENCE)
    except CrashedError:
        pass
    finally:
        bomb.armed = False


def _finish(run: Run, fal: Fal, crash: str) -> str:
    """Let the sweeper start the next attempt, and the deadline end what nobody can finish; returns how it ended."""
    if run.row.open:
        run.kill()
        run.sweep()
        run.attempt += 1
        assert run.row.attempt == 2, crash
        if run.execute(rounds=2) == "running":
            assert run.row.submission == "unknown", crash
            run.set(deadline=1)
            run.sweep()
    row, reservation = run.row, run.reservation
    used = int(reservation.used)
    assert len(fal.bought) <= 1, crash
    assert row.ended_at, crash
    assert row.status == ("succeeded" if used else "failed"), crash
    assert reservation.state == ("SETTLED" if used else "RELEASED"), crash
    assert money() == (100 - 50 * used, 0), crash
    assert run.model.open_training is None, crash
    assert _weights(run) == used, crash
    return str(row.status)


def _weights(run: Run) -> int:
    return len(list(Weights.query("ada", Weights.sk == f"WEIGHTS#{run.model_id}#{run.training_id}")))


def _stored() -> set[str]:
    found = aws.s3().list_objects_v2(Bucket="media-bucket", Prefix="media/v/").get("Contents", [])
    return {entry["Key"] for entry in found}


def _named(model_id: str) -> set[str]:
    rows = Training.query("ada", Training.sk.startswith(f"TRAINING#{model_id}#"))
    return {key for row in rows for key in (row.zip_key, row.weights_key) if key}
