"""fal's queue protocol, over real HTTP."""

import io

import fal_client
import pytest
from fal_client.client import SyncRequestHandle
from PIL import Image
from safetensors.numpy import load

from tests.unit.darkroom.conftest import KEY, order


def test_submit_answers_in_queue_with_urls_that_drop_the_subpath(darkroom):
    reply = darkroom.submit("fal-ai/flux-2/lora", {"prompt": "x", "image_size": "square"})
    job = reply.json()
    assert reply.status_code == 200
    assert job["status"] == "IN_QUEUE"
    assert job["queue_position"] == 0
    assert job["response_url"].endswith(f"/fal/fal-ai/flux-2/requests/{job['request_id']}")
    assert job["status_url"] == job["response_url"] + "/status"
    assert job["cancel_url"] == job["response_url"] + "/cancel"
    darkroom.ended(job)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer id:secret"}, {"Authorization": "Key"}])
def test_a_caller_without_a_key_is_refused_everywhere(darkroom, trained, header):
    job = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    assert darkroom.http.post("/fal/fal-ai/flux-lora", json={}, headers=header).status_code == 401
    for url in (job["status_url"], job["response_url"]):
        assert darkroom.http.get(url, headers=header).status_code == 401
    assert darkroom.http.put(job["cancel_url"], headers=header).status_code == 401
    darkroom.ended(job)


def test_an_unknown_app_or_request_is_not_found(darkroom):
    assert darkroom.submit("fal-ai/nothing", {}).status_code == 404
    for path in ("status", "cancel"):
        method = "PUT" if path == "cancel" else "GET"
        url = f"/fal/fal-ai/flux-lora/requests/nobody/{path}"
        assert darkroom.http.request(method, url, headers=KEY).status_code == 404


def test_a_request_is_not_found_under_another_app(darkroom, trained):
    job = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    url = job["status_url"].replace("/flux-lora/", "/flux-2/")
    assert darkroom.http.get(url, headers=KEY).status_code == 404
    darkroom.ended(job)


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]"])
def test_a_body_that_is_no_object_is_refused_at_once(darkroom, raw):
    assert darkroom.http.post("/fal/fal-ai/flux-lora", content=raw, headers=KEY).status_code == 400


def test_a_training_ends_with_weights_that_anybody_can_load(darkroom, trained):
    file = trained["diffusers_lora_file"]
    raw = darkroom.http.get(file["url"]).content
    assert file["file_name"] == "pytorch_lora_weights.safetensors"
    assert len(raw) == file["file_size"]
    assert "darkroom.detail.lora_down.weight" in load(raw)
    assert darkroom.http.get(trained["config_file"]["url"]).json() == {"trigger": "TOK", "steps": 3}


def test_a_training_tells_its_progress_in_its_log(darkroom, training_job):
    lines = [entry["message"] for entry in darkroom.ended(training_job)["logs"]]
    assert lines[0].startswith("1/9 masks")
    assert lines[-1].startswith("9/9 detail")
    assert lines[-1].endswith("(100%)")


def test_a_status_is_202_until_the_job_is_completed_and_fals_client_reads_it(darkroom, trained):
    darkroom.fault("slow", seconds=0.3)
    job = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    first = darkroom.http.get(job["status_url"], headers=KEY)
    handle = SyncRequestHandle(
        job["request_id"], job["response_url"], job["status_url"], job["cancel_url"], darkroom.http
    )
    assert first.status_code == 202
    assert isinstance(handle._parse_status(first.json()), fal_client.Queued | fal_client.InProgress)
    assert darkroom.http.get(job["response_url"], headers=KEY).status_code == 400
    last = handle._parse_status(darkroom.ended(job))
    assert isinstance(last, fal_client.Completed)
    assert last.error is None
    assert last.metrics["inference_time"] >= 0.3


def test_a_rendering_answers_with_pictures_seed_and_flags(darkroom, trained):
    made = darkroom.run("fal-ai/flux-lora", order(trained, num_images=2)).json()
    assert made["seed"] == 7
    assert made["has_nsfw_concepts"] == [False, False]
    assert made["prompt"] == order(trained)["prompt"]
    pictures = [darkroom.http.get(image["url"]) for image in made["images"]]
    assert {picture.headers["content-type"] for picture in pictures} == {"image/png"}
    assert pictures[0].content != pictures[1].content
    assert Image.open(io.BytesIO(pictures[0].content)).size == (128, 128)


def test_the_same_request_gives_the_same_bytes_and_weights_matter(darkroom, trained):
    def picture(**more):
        made = darkroom.run("fal-ai/flux-lora", order(trained, **more)).json()
        return darkroom.http.get(made["images"][0]["url"]).content

    assert picture() == picture()
    assert picture() != picture(loras=[])
    assert picture() != picture(seed=8)


def test_a_seed_that_was_not_given_is_told(darkroom, trained):
    body = order(trained)
    del body["seed"]
    made = darkroom.run("fal-ai/flux-lora", body).json()
    again = darkroom.run("fal-ai/flux-lora", body | {"seed": made["seed"]}).json()
    one, other = (darkroom.http.get(m["images"][0]["url"]).content for m in (made, again))
    assert one == other


@pytest.mark.parametrize(
    ("endpoint", "kind"), [("fal-ai/flux-lora", "image/jpeg"), ("fal-ai/flux-2/lora", "image/png")]
)
def test_each_endpoint_has_its_own_default_format_and_size(darkroom, endpoint, kind):
    (image,) = darkroom.run(endpoint, {"prompt": "a beach"}).json()["images"]
    assert image["content_type"] == kind
    assert (image["width"], image["height"]) == (1024, 768)


def test_a_failed_job_is_completed_with_error_and_type(darkroom):
    job = darkroom.submit("fal-ai/flux-lora", {}).json()
    ended = darkroom.ended(job)
    assert (ended["status"], ended["error"], ended["error_type"]) == (
        "COMPLETED",
        "Invalid status code: 422",
        "missing",
    )


def test_a_job_that_does_not_start_in_time_ends_with_a_timeout(darkroom, trained):
    darkroom.fault("slow", seconds=1.5)
    first = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    late = darkroom.submit("fal-ai/flux-lora", order(trained), headers={"X-Fal-Request-Timeout": "1"}).json()
    assert darkroom.ended(late)["error_type"] == "request_timeout"
    assert darkroom.result(late).status_code == 504
    assert "error" not in darkroom.ended(first)


def test_a_waiting_and_a_running_job_can_be_cancelled_and_an_ended_one_not(darkroom, trained):
    darkroom.fault("slow", seconds=0.5)
    first = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    waiting = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    for job in (waiting, first):
        reply = darkroom.http.put(job["cancel_url"], headers=KEY)
        assert (reply.status_code, reply.json()["status"]) == (202, "CANCELLATION_REQUESTED")
        assert darkroom.ended(job)["error_type"] == "client_cancelled"
        assert darkroom.result(job).status_code == 499
    done = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    darkroom.ended(done)
    reply = darkroom.http.put(done["cancel_url"], headers=KEY)
    assert (reply.status_code, reply.json()["status"]) == (400, "ALREADY_COMPLETED")


def test_every_accepted_job_is_logged_and_counted_by_its_token(darkroom, listener):
    for _ in range(2):
        darkroom.ended(darkroom.submit("fal-ai/flux-lora", {}, f"{listener.url}/v1/hooks/fal/tok-twice").json())
    darkroom.submit("fal-ai/nothing", {}, f"{listener.url}/v1/hooks/fal/tok-twice")
    log = darkroom.http.get("/control/jobs").json()
    mine = [job for job in log["jobs"] if job["token"] == "tok-twice"]
    assert log["per_token"]["tok-twice"] == len(mine) == 2
    assert mine[0]["endpoint"] == "fal-ai/flux-lora"
    assert mine[0]["request_id"]
    assert mine[0]["accepted_at"] > 0


def test_files_outside_the_results_are_not_served(darkroom):
    assert darkroom.http.get("/files/%2e%2e/webhook-key.pem").status_code == 404
    assert darkroom.http.get("/files/nothing").status_code == 404


def test_it_is_healthy(darkroom):
    assert darkroom.http.get("/health").json() == {"status": "ok"}
