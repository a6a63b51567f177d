"""Every fault does what its name says, as often as asked, and is counted."""

import io
import json

import httpx
import pytest
from PIL import Image

from local.darkroom.faults import FAULTS, BadFault, FaultBook, Target
from tests.unit.darkroom.conftest import FAST, KEY, order, small_photos, training, zipped

TARGET = Target("fal-ai/flux-lora", "tok", "A Red Hat")


@pytest.fixture
def made(darkroom, trained):
    """Render with a fault in force and return the result."""

    def run(name, **more):
        darkroom.fault(name)
        result = darkroom.run("fal-ai/flux-lora", order(trained, **more)).json()
        assert darkroom.fired() == {name: 1}
        return result

    return run


def accepted(darkroom):
    return len(darkroom.http.get("/control/jobs").json()["jobs"])


@pytest.mark.parametrize(
    ("match", "hits"),
    [
        ({}, True),
        ({"endpoint": "fal-ai/"}, True),
        ({"endpoint": "together"}, False),
        ({"token": "tok"}, True),
        ({"token": "to"}, True),
        ({"token": "other"}, False),
        ({"prompt_contains": "red hat"}, True),
        ({"prompt_contains": "blue"}, False),
        ({"endpoint": "fal-ai/flux-lora", "token": "tok", "prompt_contains": "blue"}, False),
    ],
)
def test_a_fault_strikes_only_what_it_matches(match, hits):
    book = FaultBook()
    book.add([{"fault": "429", "match": match}])
    assert (book.fire(("429",), TARGET) is not None) is hits


def test_a_fault_strikes_as_often_as_asked_and_counts():
    book = FaultBook()
    book.add([{"fault": "nsfw", "times": 2}, {"fault": "500", "times": -1}])
    assert [book.fire(("nsfw",), TARGET) is not None for _ in range(3)] == [True, True, False]
    assert all(book.fire(("500",), TARGET) for _ in range(5))
    assert [(f["fault"], f["fired"]) for f in book.view()] == [("nsfw", 2), ("500", 5)]


@pytest.mark.parametrize(
    "wrong", [{"fault": "earthquake"}, {"fault": "429", "times": 0}, {"fault": "429", "match": {"x": 1}}, "429"]
)
def test_an_unknown_fault_is_refused_with_all_beside_it(darkroom, wrong):
    reply = darkroom.http.post("/control/faults", json=[{"fault": "429"}, wrong])
    assert reply.status_code == 422
    assert darkroom.fired() == {}
    with pytest.raises(BadFault):
        FaultBook().add([wrong])


def test_faults_can_be_cleared(darkroom):
    darkroom.fault("429", times=-1)
    assert darkroom.http.delete("/control/faults").status_code == 204
    assert darkroom.fired() == {}


@pytest.mark.parametrize("name", ["429", "500"])
def test_a_refused_submit_accepts_nothing(darkroom, name):
    before = accepted(darkroom)
    darkroom.fault(name)
    assert darkroom.submit("fal-ai/flux-lora", {}).status_code == int(name)
    assert accepted(darkroom) == before


def test_a_submit_that_fails_late_has_bought_a_job(darkroom):
    before = accepted(darkroom)
    darkroom.fault("submit_500_after_accept")
    assert darkroom.submit("fal-ai/flux-lora", {}).status_code == 500
    assert accepted(darkroom) == before + 1


def test_a_submit_that_hangs_has_bought_a_job(darkroom):
    before = accepted(darkroom)
    darkroom.fault("timeout_after_accept", seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        darkroom.http.post("/fal/fal-ai/flux-lora", json={}, headers=KEY, timeout=0.5)
    assert accepted(darkroom) == before + 1


def test_a_flagged_picture_is_black_and_listed(darkroom, made):
    result = made("nsfw", num_images=2)
    assert result["has_nsfw_concepts"] == [True, False]
    black, fine = (Image.open(io.BytesIO(darkroom.http.get(i["url"]).content)) for i in result["images"])
    assert black.getextrema() == ((0, 0), (0, 0), (0, 0))
    assert fine.getextrema() != black.getextrema()


def test_a_partial_result_has_fewer_pictures(made):
    result = made("partial", num_images=3)
    assert len(result["images"]) == len(result["has_nsfw_concepts"]) == 2


def test_a_result_may_lack_a_url(made):
    assert "url" not in made("missing_url")["images"][0]


def test_a_truncated_picture_cannot_be_decoded(darkroom, made):
    raw = darkroom.http.get(made("truncated_image")["images"][0]["url"]).content
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(raw)).load()


def test_a_huge_picture_is_over_25_mb(darkroom, made):
    reply = darkroom.http.get(made("huge_image")["images"][0]["url"])
    assert len(reply.content) > 25 * 1024 * 1024
    assert reply.headers["content-type"] == "image/png"


def test_a_wrong_type_is_a_page(darkroom, made):
    reply = darkroom.http.get(made("wrong_type")["images"][0]["url"])
    assert reply.headers["content-type"].startswith("text/html")


def test_a_redirected_url_redirects_to_the_picture(darkroom, made):
    reply = darkroom.http.get(made("redirect")["images"][0]["url"])
    assert reply.status_code == 302
    assert darkroom.http.get(reply.headers["location"]).headers["content-type"] == "image/png"


def test_another_host_is_another_origin(made):
    url = httpx.URL(made("other_host")["images"][0]["url"])
    assert url.host == "localhost"


def test_a_slow_file_comes_after_a_while(darkroom, trained):
    darkroom.fault("slow_file", seconds=3)
    url = darkroom.run("fal-ai/flux-lora", order(trained)).json()["images"][0]["url"]
    with pytest.raises(httpx.ReadTimeout):
        darkroom.http.get(url, timeout=0.5)
    assert darkroom.http.get(url, timeout=20).headers["content-type"] == "image/png"


def test_bad_weights_are_no_safetensors(darkroom, trained):
    darkroom.fault("bad_weights")
    made = darkroom.run(FAST, training(zipped(small_photos()))).json()
    assert darkroom.http.get(made["diffusers_lora_file"]["url"]).content.startswith(b"<!doctype html")


def test_a_cut_result_is_no_json_and_the_next_one_is_whole(darkroom, trained):
    darkroom.fault("truncated_body")
    job = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    cut = darkroom.result(job)
    assert cut.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        cut.json()
    assert darkroom.result(job).json()["seed"] == 7


def test_a_result_may_be_a_page(darkroom, trained):
    darkroom.fault("html_body")
    reply = darkroom.run("fal-ai/flux-lora", order(trained))
    assert (reply.status_code, reply.headers["content-type"][:9]) == (200, "text/html")


@pytest.mark.parametrize("code", [500, 429])
def test_a_poll_may_fail_and_the_next_one_not(darkroom, trained, code):
    job = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    darkroom.fault(f"poll_{code}")
    assert darkroom.http.get(job["status_url"], headers=KEY).status_code == code
    assert darkroom.ended(job)["status"] == "COMPLETED"


def test_a_vendor_failure_is_completed_with_an_error(darkroom, trained):
    darkroom.fault("vendor_fails")
    job = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    assert darkroom.ended(job)["error_type"] == "internal_error"
    assert darkroom.result(job).status_code == 500


def test_a_refused_content_is_a_policy_violation(darkroom, trained):
    darkroom.fault("content_policy", match={"prompt_contains": "beach"})
    reply = darkroom.run("fal-ai/flux-lora", order(trained))
    assert reply.json()["detail"][0]["type"] == "content_policy_violation"


def test_a_job_that_never_finishes_stays_in_the_queue_and_holds_nobody_up(darkroom, trained):
    darkroom.fault("never_finishes")
    stuck = darkroom.submit("fal-ai/flux-lora", order(trained)).json()
    darkroom.ended(darkroom.submit("fal-ai/flux-lora", order(trained)).json())
    reply = darkroom.http.get(stuck["status_url"], headers=KEY)
    assert (reply.status_code, reply.json()["status"]) == (202, "IN_QUEUE")
    assert darkroom.http.put(stuck["cancel_url"], headers=KEY).status_code == 202


def test_the_faults_of_the_brief_are_all_there():
    named = "429 500 timeout_after_accept submit_500_after_accept webhook_lost webhook_doubled webhook_late"
    named += " webhook_early webhook_forged nsfw partial truncated_body html_body missing_url truncated_image"
    named += " huge_image wrong_type redirect other_host vendor_fails never_finishes poll_500 poll_429"
    assert set(named.split()) | {"bad_weights", "content_policy", "slow", "slow_file"} == FAULTS
