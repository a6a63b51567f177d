"""A crash before or after any call to AWS or fal: the sweeper and repeats finish the training once."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient

from likeness.items.model import Weights
from likeness.vendors import wire
from tests.unit.train.studio import Fal, Run, money, started

SEQUENCE = ("prepare", "submit", "await", "poll", "collect", "close")


class CrashedError(Exception):
    """The platform killed the function."""


class Bomb:
    """Counts calls to the outside, and crashes before or after the chosen one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fal: Fal) -> None:
        self.calls: list[str] = []
        self.at: int | None = None
        self.after = False
        self.armed = False
        call_aws = BaseClient._make_api_call
        bomb = self

        def make_api_call(client: Any, operation: str, params: Any) -> Any:
            return bomb.guard(operation, lambda: call_aws(client, operation, params))

        def answer(request: httpx.Request) -> httpx.Response:
            return bomb.guard(f"{request.method} {request.url.path}", lambda: fal(request))

        monkeypatch.setattr(BaseClient, "_make_api_call", make_api_call)
        client = httpx.Client(transport=httpx.MockTransport(answer))
        monkeypatch.setattr(wire, "client", lambda: client)

    def guard(self, name: str, call: Callable[[], Any]) -> Any:
        if not self.armed:
            return call()
        self.calls.append(name)
        is_now = len(self.calls) - 1 == self.at
        if is_now and not self.after:
            raise CrashedError(name)
        answer = call()
        if is_now:
            raise CrashedError(name)
        return answer


def test_crash_at_any_call_ends_the_training_once(fal: Fal, monkeypatch) -> None:
    bomb = Bomb(monkeypatch, fal)
    run = started(100)
    total = _walk(run, bomb)
    _check(run, fal, bought=1)
    used = 1
    for at in range(total):
        for after in (False, True):
            fal.bought.clear()
            fal.cancelled.clear()
            run = _another(run)
            bomb.at, bomb.after = at, after
            _walk(run, bomb)
            bomb.at = None
            crash = f"{'after' if after else 'before'} {at}: {bomb.calls[at]}"
            used += _finish(run, fal, crash)
    assert total > 20
    assert used > total


def _another(run: Run) -> Run:
    """A new training of the same model by a person with the price of one."""
    from likeness.items.money import Balance
    from tests.unit.train.studio import order

    balance = Balance.of("ada")
    balance.update([Balance.available.set(100), Balance.reserved.set(0)])
    reply = order(run.model_id, key=f"key {run.training_id}")
    assert reply.status == 202, reply.body
    return Run(run.model_id, reply.json["id"])


def _walk(run: Run, bomb: Bomb) -> int:
    """Run the steps until one crashes; returns how many calls there were."""
    bomb.calls.clear()
    bomb.armed = True
    try:
        run.advance(*SEQUENCE)
    except CrashedError:
        pass
    finally:
        bomb.armed = False
    return len(bomb.calls)


def _finish(run: Run, fal: Fal, crash: str) -> int:
    """Let the sweeper start the next attempt, and the deadline end what nobody can finish; returns what was used."""
    run.kill()
    if run.row.open:
        run.sweep()
        run.attempt += 1
        if run.execute() == "running":
            assert run.row.submission == "unknown", crash
            run.set(deadline=1)
            run.sweep()
    assert len(fal.bought) <= 1, crash
    _check(run, fal, bought=len(fal.bought), crash=crash)
    return int(run.reservation.used)


def _check(run: Run, fal: Fal, *, bought: int, crash: str = "none") -> None:
    row, used = run.row, int(run.reservation.used)
    assert row.ended_at, crash
    assert run.reservation.state == ("SETTLED" if used else "RELEASED"), crash
    assert money() == (100 - 50 * used, 0), crash
    assert row.status == ("succeeded" if used else "failed"), crash
    assert run.model.open_training is None, crash
    found = list(Weights.query("ada", Weights.sk == f"WEIGHTS#{run.model_id}#{run.training_id}"))
    assert len(found) == used, crash
    assert bought == 1 or not used, crash
    if used:
        assert run.model.weights_key == row.weights_key, crash
