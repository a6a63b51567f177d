"""Versions of a model: each training that delivered is one; the default one makes its pictures."""

import hashlib
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from likeness import aws
from likeness.items.generation import Generation
from likeness.items.model import Weights
from likeness.items.row import new_id
from tests.support import make_person
from tests.unit.train.fal import FAILED, FINISHED, Fal
from tests.unit.train.studio import Run, add_photo, ask, make_model, objects, order, started
from tests.unit.vendors.samples import safetensors


def versions(run: Run, query: str = "", **more):
    reply = ask("GET", f"/{run.model_id}/versions{query}", **more)
    assert reply.status == 200, reply.body
    return reply.json


def train_again(run: Run, key: str, **body) -> Run:
    reply = order(run.model_id, body, key=key)
    assert reply.status == 202, reply.body
    again = Run(run.model_id, reply.json["id"])
    again.execute()
    return again


@pytest.fixture
def twice(fal: Fal) -> tuple[Run, Run]:
    """A model that was trained on eight photos and then on nine."""
    first = started(400)
    first.execute()
    ids = [*ask("GET", f"/{first.model_id}").json["photo_ids"], add_photo()]
    assert ask("PATCH", f"/{first.model_id}", {"photo_ids": ids}).status == 200
    fal.weights = safetensors(data=b"8 bytes.")
    return first, train_again(first, "k2", steps=500)


def test_training_with_more_photos_makes_a_version_that_becomes_the_default(twice: tuple[Run, Run]) -> None:
    first, second = twice
    listed = versions(first)
    told = [(v["number"], v["training_id"], v["steps"], v["photo_count"], v["is_default"]) for v in listed["versions"]]
    assert told == [(2, second.training_id, 500, 9, True), (1, first.training_id, 1000, 8, False)]
    assert listed["cursor"] is None

    model = ask("GET", f"/{first.model_id}").json
    assert (model["training_id"], model["version"], model["versions"]) == (second.training_id, 2, 2)
    assert {v["weights"]["sha256"] for v in listed["versions"]} == {first.row.weights_sha256, model["weights_sha256"]}


def test_training_that_failed_is_no_version(fal: Fal) -> None:
    run = started(400)
    fal.says = [FAILED]
    run.execute()
    assert versions(run)["versions"] == []
    assert (ask("GET", f"/{run.model_id}").json["version"], run.model.versions) == (None, 0)

    fal.says = [FINISHED]
    train_again(run, "k2")
    assert [v["number"] for v in versions(run)["versions"]] == [1]


@pytest.mark.parametrize(("body", "wanted"), [({}, True), ({"samples": True}, True), ({"samples": False}, False)])
def test_training_remembers_whether_samples_follow_it(body, wanted) -> None:
    make_person()
    model_id = make_model()
    assert Run(model_id, order(model_id, body).json["id"]).row.samples is wanted


def test_roll_back_makes_the_older_weights_the_ones_in_use(twice: tuple[Run, Run]) -> None:
    first, second = twice
    reply = ask("PATCH", f"/{first.model_id}", {"default_version": first.training_id})

    assert (reply.status, reply.json["training_id"], reply.json["version"]) == (200, first.training_id, 1)
    assert reply.json["versions"] == 2
    kept = Weights.get("ada", Weights.of("ada", first.model_id, first.training_id).sk)
    assert (first.model.weights_key, first.model.weights_sha256) == (kept.key, kept.sha256)
    assert [v["is_default"] for v in versions(first)["versions"]] == [False, True]

    ask("PATCH", f"/{first.model_id}", {"default_version": second.training_id, "name": "Countess"})
    assert (first.model.version, first.model.name) == (2, "Countess")


def test_roll_back_takes_the_base_model_of_the_version(fal: Fal) -> None:
    first = started(400)
    first.execute()
    ids = [*ask("GET", f"/{first.model_id}").json["photo_ids"], add_photo(), add_photo()]
    ask("PATCH", f"/{first.model_id}", {"photo_ids": ids})
    train_again(first, "k2", base_model="flux-2-dev")
    assert first.model.base_model == "flux-2-dev"
    ask("PATCH", f"/{first.model_id}", {"default_version": first.training_id})
    assert first.model.base_model == "flux-1-dev"


def test_version_that_the_model_has_not_cannot_become_its_default(twice: tuple[Run, Run]) -> None:
    first, second = twice
    make_person("eve")
    other = make_model([])
    theirs = make_model([], user="eve")
    for user, model_id, wanted in (
        ("ada", first.model_id, new_id()),
        ("ada", first.model_id, "nonsense"),
        ("ada", other, first.training_id),
        ("eve", theirs, first.training_id),
    ):
        reply = ask("PATCH", f"/{model_id}", {"default_version": wanted, "name": "Changed"}, user=user)
        assert (reply.status, reply.code) == (422, "invalid_request")
        assert [field["field"] for field in reply.json["fields"]] == ["default_version"]
    assert ask("PATCH", f"/{first.model_id}", {"default_version": first.training_id}, user="eve").status == 404
    assert first.model.training_id == second.training_id
    assert first.model.name == "Ada"


def test_roll_back_while_a_deletion_runs_is_refused(twice: tuple[Run, Run], monkeypatch) -> None:
    first, _ = twice
    find = "functions.train.library.find_version"

    def delete_then_find(*ids: str) -> Weights:
        monkeypatch.undo()
        found = Weights.get(ids[0], Weights.of(*ids).sk)
        with monkeypatch.context() as patch:
            patch.setattr("functions.train.library.remove", _break)
            assert ask("DELETE", f"/{first.model_id}").status == 500
        return found

    monkeypatch.setattr(find, delete_then_find)
    reply = ask("PATCH", f"/{first.model_id}", {"default_version": first.training_id})
    assert reply.status == 404
    assert first.model.weights_key is None


def test_deleting_a_model_takes_the_weights_of_every_version(twice: tuple[Run, Run]) -> None:
    first, _ = twice
    assert objects() == ["weights.safetensors"] * 2
    assert ask("DELETE", f"/{first.model_id}").status == 204
    assert objects() == []
    assert list(Weights.query("ada", Weights.sk.startswith(Weights.PREFIX))) == []
    assert ask("GET", f"/{first.model_id}/versions").status == 404


def test_versions_come_page_by_page_newest_first(twice: tuple[Run, Run]) -> None:
    first, _ = twice
    page = versions(first, "?limit=1")
    assert [v["number"] for v in page["versions"]] == [2]
    page = versions(first, f"?limit=1&cursor={page['cursor']}")
    assert [v["number"] for v in page["versions"]] == [1]
    assert ask("GET", f"/{first.model_id}/versions?cursor=bm9uc2Vuc2U").code == "cursor_invalid"


def test_version_names_the_order_of_its_samples_once_there_is_one(twice: tuple[Run, Run]) -> None:
    first, second = twice
    assert [v["sample_generation_id"] for v in versions(first)["versions"]] == [None, None]
    weights = Weights.get("ada", Weights.of("ada", second.model_id, second.training_id).sk)
    samples = Generation.of("ada", weights.samples_id)
    samples.request, samples.operation, samples.created_at = {}, "o", weights.created_at
    samples.credits = samples.unit_price = samples.units = samples.deadline = 0
    samples.pictures = []
    samples.save()
    assert [v["sample_generation_id"] for v in versions(first)["versions"]] == [weights.samples_id, None]


@pytest.mark.parametrize(
    ("name", "filename"),
    [("Ada", "Ada-v2"), ('Zoë "the\r\n cat"/..', "Zoe-the-cat-v2"), ("猫", "model-v2")],
)
def test_owner_downloads_the_weights_of_a_version(twice: tuple[Run, Run], name, filename) -> None:
    first, second = twice
    ask("PATCH", f"/{first.model_id}", {"name": name})
    reply = ask("GET", f"/{first.model_id}/versions/{second.training_id}/weights")

    assert reply.status == 200
    told = reply.json
    assert told["filename"] == f"{filename}.safetensors"
    assert (told["base_model"], told["bytes"]) == ("flux-1-dev", second.row.weights_bytes)
    assert "must not be moved" in told["licence"]
    left = datetime.fromisoformat(told["expires_at"]) - datetime.now().astimezone()
    assert timedelta(seconds=290) < left <= timedelta(seconds=300)
    query = parse_qs(urlsplit(told["url"]).query)
    assert query["response-content-disposition"] == [f'attachment; filename="{told["filename"]}"']
    key = urlsplit(told["url"]).path.removeprefix("/")
    content = aws.s3().get_object(Bucket="media-bucket", Key=key)["Body"].read()
    assert hashlib.sha256(content).hexdigest() == told["sha256"] == second.row.weights_sha256


def test_weights_are_for_their_owner_only(twice: tuple[Run, Run]) -> None:
    first, _ = twice
    make_person("eve")
    theirs, other = make_model([], user="eve"), make_model([])
    path = f"/versions/{first.training_id}/weights"
    assert ask("GET", f"/{first.model_id}{path}", user="eve").code == "not_found"
    assert ask("GET", f"/{first.model_id}/versions", user="eve").code == "not_found"
    assert ask("GET", f"/{theirs}{path}", user="eve").code == "not_found"
    assert ask("GET", f"/{other}{path}").code == "not_found"
    assert ask("GET", f"/{first.model_id}/versions/{new_id()}/weights").code == "not_found"
    assert ask("GET", f"/{first.model_id}/versions/{'x' * 2000}/weights").code == "not_found"


def _break(_keys: object) -> None:
    message = "the bucket is away"
    raise OSError(message)
