"""A training from its order to its end, step by step."""

import hashlib
import io
import json
import zipfile
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from functions.train import archive
from likeness import aws, workflow
from likeness.items.model import Weights
from tests.unit.train.studio import (
    FAILED,
    FINISHED,
    QUEUED,
    WORKING,
    Fal,
    add_photo,
    ask,
    make_model,
    money,
    objects,
    order,
    started,
)
from tests.unit.vendors.samples import detail

LOG = {**WORKING, "logs": [{"message": "step 250/1000"}]}


@pytest.fixture
def woken(monkeypatch) -> list[str]:
    """The tokens that were completed."""
    tokens: list[str] = []
    monkeypatch.setattr(workflow, "wake", tokens.append)
    return tokens


def test_finished_training_delivers_weights_and_charges_once(fal: Fal, woken) -> None:
    run = started()
    assert run.execute() == "done"

    assert run.view["status"] == "succeeded"
    assert run.view["progress"] == 1
    assert run.view["error"] is None
    assert run.view["ended_at"]
    assert money() == (50, 0)
    assert run.reservation.state == "SETTLED"
    model = ask("GET", f"/{run.model_id}").json
    assert (model["status"], model["base_model"], model["training_id"]) == ("ready", "flux-1-dev", run.training_id)
    assert model["open_training"] is None
    assert model["weights_sha256"] == hashlib.sha256(fal.weights).hexdigest()
    assert objects() == ["weights.safetensors"]
    stored = aws.s3().get_object(Bucket="media-bucket", Key=run.model.weights_key)["Body"].read()
    assert stored == fal.weights
    assert run.row.open is None


def test_order_names_zip_trigger_steps_and_our_webhook(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit")

    bought = fal.bought[0]
    assert bought["trigger_word"] == run.model.trigger
    assert bought["steps"] == 1000
    assert urlsplit(bought["images_data_url"]).path == f"/{run.row.zip_key}"
    assert "Signature=" in bought["images_data_url"]
    assert fal.hook_path().startswith("/v1/hooks/fal/")


def test_zip_holds_every_photo_flat_with_its_caption() -> None:
    run = started()
    run.advance("prepare")

    content = aws.s3().get_object(Bucket="media-bucket", Key=run.row.zip_key)["Body"].read()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [f"{number:03d}.{kind}" for number in range(1, 9) for kind in ("jpg", "txt")]
        assert archive.namelist() == names
        assert archive.read("001.txt").decode() == f"a photo of {run.model.trigger} woman"
        assert archive.read("008.jpg").decode() == f"jpeg {run.row.photo_ids[7]}"
    run.advance("prepare")
    again = aws.s3().get_object(Bucket="media-bucket", Key=run.row.zip_key)["Body"].read()
    assert again == content
    assert objects() == ["photos.zip"]


def test_photos_deleted_before_the_zip_end_the_training_unpaid(fal: Fal, woken) -> None:
    run = started()
    for photo_id in run.row.photo_ids[3:]:
        aws.s3().delete_object(Bucket="media-bucket", Key=f"media/u/ada/photos/{photo_id}/photo.jpg")
    assert run.execute() == "ended"

    assert woken == ["token"]
    assert fal.bought == []
    assert run.view["error"]["code"] == "too_few_photos"
    assert money() == (100, 0)
    assert objects() == []


def test_progress_is_shown_and_never_goes_back(fal: Fal) -> None:
    run = started()
    fal.says = [QUEUED, LOG, WORKING, FINISHED]
    run.advance("prepare", "submit")

    assert run.advance("await", "poll") == {"state": "running"}
    assert (run.view["status"], run.view["queue_position"], run.view["progress"]) == ("queued", 3, 0)
    run.advance("await", "poll")
    assert (run.view["status"], run.view["queue_position"], run.view["progress"]) == ("running", None, 0.25)
    run.advance("await", "poll")
    assert run.view["progress"] == 0.25
    assert run.advance("await", "poll") == {"state": "done"}


def test_vendor_failure_gives_the_credits_back_and_says_so(fal: Fal) -> None:
    run = started()
    fal.says = [FAILED]
    assert run.execute() == "ended"

    assert run.view["status"] == "failed"
    assert run.view["progress"] == 0
    assert "Nothing was charged" in run.view["error"]["detail"]
    assert money() == (100, 0)
    assert run.reservation.state == "RELEASED"
    assert ask("GET", f"/{run.model_id}").json["status"] == "draft"
    assert objects() == []


@pytest.mark.parametrize(
    "silence", [httpx.Response(429), httpx.Response(500), httpx.Response(503), httpx.ReadTimeout("slow")]
)
def test_vendor_that_cannot_say_leaves_the_training_running(fal: Fal, silence) -> None:
    run = started()
    run.advance("prepare", "submit")
    fal.silent = silence

    assert run.advance("await", "poll") == {"state": "running"}
    assert run.view["status"] == "queued"
    fal.silent = None
    assert run.execute() == "done"
    assert money() == (50, 0)


def test_deadline_ends_a_training_that_never_ends_and_cancels_it(fal: Fal) -> None:
    run = started()
    fal.says = [WORKING]
    run.advance("prepare", "submit", "await")
    run.set(deadline=1)

    assert run.advance("poll") == {"state": "ended"}
    run.advance("close")
    assert run.view["error"]["code"] == "deadline_exceeded"
    assert money() == (100, 0)
    assert len(fal.cancelled) == 1


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), httpx.Response(500), httpx.Response(200, json={})])
def test_lost_answer_of_the_purchase_is_never_bought_again(fal: Fal, lost) -> None:
    run = started()
    fal.loses = lost
    assert run.execute() == "running"
    run.attempt = 2
    fal.loses = None
    assert run.execute() == "running"

    assert len(fal.bought) == 1
    assert run.row.submission == "unknown"
    run.set(deadline=1)
    assert run.execute() == "ended"
    assert money() == (100, 0)


@pytest.mark.parametrize("refusal", [httpx.ConnectError("no route"), httpx.Response(429), httpx.Response(503)])
def test_purchase_that_was_surely_not_taken_is_made_again(fal: Fal, refusal) -> None:
    run = started()
    fal.refuses = refusal
    run.advance("prepare", "submit")
    assert run.advance("await", "poll") == {"state": "submit"}
    fal.refuses = None

    assert run.execute() == "done"
    assert len(fal.bought) == 1
    assert money() == (50, 0)


def test_vendor_that_never_takes_the_purchase_is_given_up_at_the_deadline(fal: Fal) -> None:
    run = started()
    fal.refuses = httpx.Response(429)
    run.advance("prepare", "submit")
    run.set(deadline=1)
    assert run.advance("await", "poll") == {"state": "ended"}


def test_refused_input_ends_at_once_because_await_wakes_itself(fal: Fal, woken) -> None:
    run = started()
    fal.refuses = httpx.Response(422, json=detail("image_load_error"))
    assert run.execute() == "ended"

    assert woken == ["token"]
    assert run.view["error"]["code"] == "input_refused"
    assert money() == (100, 0)


def test_refused_account_is_counted_for_the_operator(fal: Fal, capsys) -> None:
    run = started()
    fal.refuses = httpx.Response(403, json={"detail": "Exhausted balance."})
    run.execute()
    assert run.view["error"]["code"] == "vendor_account"
    assert money() == (100, 0)
    assert "VendorAccountRefused" in capsys.readouterr().out


def test_submit_that_finds_its_training_cancelled_cancels_at_the_vendor(fal: Fal) -> None:
    run = started()
    run.advance("prepare")
    fal.on_submit = lambda: ask("POST", f"/{run.model_id}/trainings/{run.training_id}/cancel")
    run.advance("submit")

    assert run.view["status"] == "cancelled"
    assert [path.rsplit("/", 2)[1] for path in fal.cancelled] == ["r1"]
    assert money() == (100, 0)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 a pickle", json.dumps({"a": 1}).encode() * 10], ids=["empty", "zip", "json"]
)
def test_weights_that_are_not_safetensors_are_refused(fal: Fal, content) -> None:
    run = started()
    fal.weights = content
    assert run.execute() == "done"

    assert run.view["status"] == "failed"
    assert money() == (100, 0)
    assert objects() == []


def test_weights_from_another_host_are_refused(fal: Fal) -> None:
    run = started()
    fal.result = {"diffusers_lora_file": {"url": "http://169.254.169.254/latest"}}
    run.execute()
    assert run.view["status"] == "failed"
    assert money() == (100, 0)


def test_weights_that_come_after_the_end_are_deleted_and_not_charged(fal: Fal, monkeypatch) -> None:
    run = started()
    run.advance("prepare", "submit", "await", "poll")

    def upload_then_cancel(*args: Any) -> None:
        archive.upload(*args)
        ask("POST", f"/{run.model_id}/trainings/{run.training_id}/cancel")

    monkeypatch.setattr("functions.train.weights.upload", upload_then_cancel)
    run.advance("collect", "close")

    assert run.view["status"] == "cancelled"
    assert objects() == []
    assert money() == (100, 0)


def test_collect_and_close_repeated_change_nothing(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit", "await", "poll", "collect", "collect", "close", "collect", "close", "poll")

    assert money() == (50, 0)
    assert objects() == ["weights.safetensors"]
    assert len(list(Weights.query("ada", Weights.sk.startswith("WEIGHTS#")))) == 1


def test_delivered_training_that_is_cancelled_before_its_close_stays_delivered(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit", "await", "poll", "collect")
    reply = ask("POST", f"/{run.model_id}/trainings/{run.training_id}/cancel")

    assert reply.json["status"] == "succeeded"
    assert money() == (50, 0)


def test_second_training_replaces_the_weights_only_when_it_succeeds(fal: Fal) -> None:
    run = started(150)
    run.execute()
    first = run.model.weights_key
    run.training_id = order(run.model_id, key="k2").json["id"]
    fal.says = [FAILED]
    run.execute()
    assert (run.model.weights_key, run.model.status) == (first, "ready")

    run.training_id = order(run.model_id, key="k3").json["id"]
    fal.says = [FINISHED]
    run.execute()
    assert run.model.weights_key != first
    assert run.model.training_id == run.training_id
    assert money() == (50, 0)


def test_bug_in_a_step_closes_the_training_unpaid(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit")
    run.advance("await")
    run.step("close", error={"Error": "KeyError", "Cause": "secret text"})

    assert run.view["error"]["code"] == "internal_error"
    assert "secret" not in run.view["error"]["detail"]
    assert money() == (100, 0)
    assert len(fal.cancelled) == 1


def test_error_that_passes_leaves_the_training_to_the_sweeper(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit", "await", "poll")
    run.step("close", error={"Error": "VendorTransient", "Cause": ""})
    assert money() == (50, 50)

    run.kill()
    run.sweep()
    assert run.row.attempt == 2
    assert run.execute() == "done"
    assert money() == (50, 0)
    assert len(fal.bought) == 1


def test_error_that_passes_closes_after_the_deadline() -> None:
    run = started()
    run.set(deadline=1)
    run.step("close", error={"Error": "VendorTransient", "Cause": ""})
    assert money() == (100, 0)


def test_steps_of_a_deleted_training_do_nothing(woken, fal: Fal) -> None:
    run = started()
    assert ask("DELETE", f"/{run.model_id}").status == 204

    assert run.execute() == "ended"
    assert woken == ["token"]
    assert fal.bought == []
    assert money() == (100, 0)


def test_training_of_another_base_model_speaks_its_field_names(fal: Fal) -> None:
    run = started(300)
    run.execute()
    more = make_model([*run.model.photo_ids, add_photo(), add_photo()])
    run.model_id, run.training_id = more, order(more, {"base_model": "flux-2-dev", "steps": 700}, key="k2").json["id"]
    run.advance("prepare", "submit")

    bought = fal.bought[1]
    assert bought["default_caption"] == f"a photo of {run.model.trigger} woman"
    assert bought["steps"] == 700
    assert "image_data_url" in bought
