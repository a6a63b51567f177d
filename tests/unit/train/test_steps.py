"""A training from its order to its end, step by step."""

import hashlib
import io
import zipfile

import httpx
import pytest

from likeness import aws
from tests.unit.train.fal import FAILED, FINISHED, QUEUED, WORKING, Fal
from tests.unit.train.studio import ask, money, objects, started

LOG = {**WORKING, "logs": [{"message": "step 250/1000"}]}


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


def test_bug_in_a_step_closes_the_training_unpaid(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit")
    run.advance("await")
    run.step("close", error={"Error": "KeyError", "Cause": "secret text"})

    assert run.view["error"]["code"] == "internal_error"
    assert "secret" not in run.view["error"]["detail"]
    assert money() == (100, 0)
    assert len(fal.cancelled) == 1


@pytest.mark.parametrize("error", ["VendorTransient", "States.Timeout", "Lambda.Unknown", "Runtime.ExitError"])
def test_error_that_passes_leaves_the_training_to_the_sweeper(fal: Fal, error) -> None:
    run = started()
    run.advance("prepare", "submit", "await", "poll")
    run.step("close", error={"Error": error, "Cause": ""})
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
