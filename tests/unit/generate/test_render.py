"""Rendering a picture: stored, marked, hashed, then paid; and everything a vendor may do instead."""

import hashlib
import json
import time
from io import BytesIO

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from PIL import Image

import likeness
from functions.generate import tasks
from functions.generate.service import outcome, rendering
from functions.generate.service.outcome import SENTENCES
from likeness import credit, errors, generation
from likeness.catalog.reader import catalog
from likeness.credit import read_reservation
from likeness.errors import VendorBusy, VendorTransient
from likeness.items.generation import Generation, Render
from likeness.items.model import Submission, TrainedModel
from likeness.items.row import numbered_id
from likeness.pictures import digital_source_type
from tests.support import Reply, make_person, step
from tests.unit.generate.studio import (
    WEIGHTS,
    balance,
    cancel,
    close,
    images,
    job_of,
    make_model,
    order,
    png,
    read,
    render,
    row_of,
    stored_keys,
)


@pytest.fixture(autouse=True)
def ada(studio):
    make_person("ada", 100)


def content(key: str):
    return boto3.client("s3").get_object(Bucket="media-bucket", Key=key)["Body"].read()


def submission(reply, number=1) -> str:
    return Render.get("ada", Render.of("ada", reply.json["id"], number).sk).submission


def assert_missed(reply, code: str, state: str = "failed", back: int = 1) -> None:
    """The picture is missing with a reason, nothing of it is stored, and the credits come back."""
    picture = read(reply).json["pictures"][0]
    assert (picture["state"], picture["error_code"]) == (state, code)
    assert picture["error"] == SENTENCES[code]
    assert (images(), stored_keys()) == ([], [])
    close(job_of(reply))
    assert balance() == (100, 0)
    assert read(reply).json["credits_back"] == back


def test_picture_is_in_our_bucket_marked_and_hashed_before_it_is_done(studio):
    reply = order(model_id=make_model(), count=2, seed=2**32 - 1)
    render(job_of(reply), 1)
    shown = read(reply).json
    assert (shown["status"], shown["pictures"][1]["state"]) == ("running", "waiting")
    picture = shown["pictures"][0]
    assert picture["image_id"] == numbered_id(reply.json["id"], 1)
    stored = {name: content(path.removeprefix("/")) for name, path in picture["media"].items()}
    assert set(stored) == {"original", "view", "thumbnail_640", "thumbnail_256"}
    for data in stored.values():
        assert str(digital_source_type(data)).endswith("/trainedAlgorithmicMedia")
    (image,) = images()
    assert image.sha256 == hashlib.sha256(stored["original"]).hexdigest()
    assert image.bytes == len(stored["original"])
    assert Image.open(BytesIO(stored["original"])).tobytes() == Image.open(BytesIO(png(2**32 - 1))).tobytes()
    head = boto3.client("s3").head_object(Bucket="media-bucket", Key=picture["media"]["view"][1:])
    assert (head["ContentType"], head["CacheControl"]) == ("image/webp", "private, max-age=31536000, immutable")
    assert balance() == (98, 2)


def test_each_picture_has_its_own_seed_and_the_last_one_wraps(studio):
    reply = order(count=3, seed=2**32 - 2)
    for number in (1, 2, 3):
        render(job_of(reply), number)
    assert [job["seed"] for job in studio.jobs] == [2**32 - 2, 2**32 - 1, 0]
    assert [image.manifest["seed"] for image in images()] == [2**32 - 2, 2**32 - 1, 0]


def test_manifest_tells_how_it_was_made_and_nothing_of_keys_or_vendor_ids():
    model_id = make_model()
    reply = order(model_id=model_id, prompt="[me] at sea", style="oil", aspect_ratio="4:5")
    render(job_of(reply))
    (image,) = images()
    manifest = image.manifest
    expected = {
        "prompt": "[me] at sea",
        "prompt_sent": "oil painting of ohwx woman at sea, rich brushwork on canvas",
        "negative_prompt": None,
        "style": "oil",
        "catalog_version": catalog().version,
        "base_model": "flux-1-dev",
        "model_id": model_id,
        "weights_sha256": "ab" * 32,
        "seed": 7,
        "aspect_ratio": "4:5",
        "width": 320,
        "height": 256,
        "vendor": "fal",
        "endpoint": "fal-ai/flux-lora",
        "steps": 28,
        "weights_scale": 1.0,
        "credits": 1,
        "original_sha256": image.sha256,
        "software": f"likeness {likeness.__version__}",
    }
    assert {name: manifest[name] for name in expected} == expected
    text = json.dumps(manifest)
    assert "job1" not in text
    assert "media/" not in text
    assert (image.prompt_head, image.style, image.gallery) == ("[me] at sea", "oil", "ada")


def test_weights_url_is_signed_and_the_same_string_for_a_week(studio, monkeypatch):
    model_id = make_model()
    for moment in (1_800_000_000, 1_800_000_900):
        monkeypatch.setattr("likeness.storage.time.time", lambda moment=moment: moment)
        render(job_of(order(model_id=model_id)))
    first, second = (job["loras"][0]["path"] for job in studio.jobs)
    policy, expected = first.split("&Signature=")[0], second.split("&Signature=")[0]
    assert policy == expected
    assert first.startswith(f"https://likeness.test/{WEIGHTS}?Policy=")


def test_no_vendor_is_ever_told_to_switch_its_safety_checker_off(studio):
    for body in ({"model_id": make_model()}, {"base_model": "flux-2-dev"}, {"base_model": "flux-1.1-pro"}):
        render(job_of(order(**body)))
    assert len(studio.jobs) == 3
    assert studio.jobs[0]["enable_safety_checker"] is True
    for job in studio.jobs:
        assert job.get("enable_safety_checker", True) is True
        assert "disable_safety_checker" not in job


def test_order_ends_succeeded_when_every_picture_is_there():
    reply = order(count=2)
    job = job_of(reply)
    render(job, 1)
    render(job, 2)
    close(job)
    shown = read(reply).json
    assert (shown["status"], shown["error"], shown["credits_back"]) == ("succeeded", None, 0)
    assert shown["ended_at"]
    row = row_of(reply)
    assert row.open is None
    assert row.check_at is None
    reservation = read_reservation("ada", row.operation)
    assert (reservation.state, reservation.used) == ("SETTLED", 2)
    assert balance() == (98, 0)


def test_part_of_an_order_pays_for_what_was_made_and_says_so(studio):
    studio.flagged = {8, 9}
    reply = order(model_id=make_model(), count=4, seed=7)
    job = job_of(reply)
    for number in (1, 2, 3, 4):
        render(job, number)
    close(job)
    shown = read(reply).json
    assert [picture["state"] for picture in shown["pictures"]] == ["done", "flagged", "flagged", "done"]
    assert (shown["status"], shown["error_code"], shown["credits_back"]) == ("succeeded", "flagged", 2)
    assert shown["error"].endswith("2 of 4 pictures were made; 2 credits are back.")
    assert (balance(), len(images()), row_of(reply).operation) == ((98, 0), 2, row_of(reply).operation)
    assert read_reservation("ada", row_of(reply).operation).used == len(images())


def test_order_without_any_picture_fails_and_everything_is_back(studio):
    studio.once("together", *[httpx.Response(422, json={"error": {"message": "NSFW"}})] * 2)
    reply = order(count=2)
    job = job_of(reply)
    render(job, 1)
    render(job, 2)
    close(job)
    shown = read(reply).json
    assert (shown["status"], shown["error_code"]) == ("failed", "content_refused")
    assert shown["error"].endswith("No picture was made; 2 credits are back.")
    assert balance() == (100, 0)


def test_close_again_changes_nothing():
    reply = order()
    job = job_of(reply)
    close(job)
    version = row_of(reply).version
    close(job)
    assert (row_of(reply).version, balance()) == (version, (100, 0))


def test_picture_the_vendor_flags_is_dropped(studio):
    studio.flagged = {7}
    reply = order(model_id=make_model())
    render(job_of(reply))
    assert_missed(reply, "flagged", "flagged")


@pytest.mark.parametrize("subject", ["model", "base"])
def test_black_picture_is_dropped(studio, subject):
    studio.picture = lambda seed: png(colour=(0, 0, 0))
    reply = order(model_id=make_model()) if subject == "model" else order()
    render(job_of(reply))
    assert_missed(reply, "flagged", "flagged")


@pytest.mark.parametrize("answer", [429, 503, httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")])
@pytest.mark.parametrize("subject", ["model", "base"])
def test_order_the_vendor_did_not_take_may_be_sent_again(studio, answer, subject):
    reply = order(model_id=make_model()) if subject == "model" else order()
    where = "submit" if subject == "model" else "together"
    studio.once(where, httpx.Response(answer, json={}) if isinstance(answer, int) else answer)
    with pytest.raises((VendorBusy, VendorTransient)):
        render(job_of(reply))
    assert submission(reply) == Submission.NONE
    assert read(reply).json["pictures"][0]["state"] == "waiting"
    render(job_of(reply))
    assert (len(studio.jobs), len(images())) == (1, 1)


@pytest.mark.parametrize("answer", [500, httpx.ReadTimeout("lost"), httpx.RemoteProtocolError("cut")])
@pytest.mark.parametrize("subject", ["model", "base"])
def test_lost_reply_to_a_purchase_is_never_sent_again(studio, answer, subject):
    reply = order(model_id=make_model()) if subject == "model" else order()
    where = "submit" if subject == "model" else "together"
    studio.once(where, httpx.Response(answer, json={}) if isinstance(answer, int) else answer)
    render(job_of(reply))
    assert submission(reply) == Submission.UNKNOWN
    render(job_of(reply))
    assert len(studio.requests) == 1
    assert_missed(reply, "vendor_unknown")


def test_killed_while_buying_is_unknown_and_never_bought_again(studio):
    reply = order(model_id=make_model())
    row = Render.of("ada", reply.json["id"], 1)
    row.submission = Submission.SUBMITTING.value
    row.save()
    render(job_of(reply))
    assert studio.requests == []
    assert submission(reply) == Submission.UNKNOWN
    assert_missed(reply, "vendor_unknown")


def test_second_try_beside_a_running_purchase_is_told_to_come_again(studio):
    reply = order(model_id=make_model())

    # the row says NONE when both look, and only one may claim it
    row = Render.of("ada", reply.json["id"], 1)
    row.submission = Submission.NONE.value
    row.save()
    stored = Render.get

    def read_then_lose(*args, **kwargs):
        found = stored(*args, **kwargs)
        Render.of("ada", reply.json["id"], 1).update([Render.submission.set(Submission.SUBMITTING.value)])
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Render, "get", read_then_lose)
        with pytest.raises(VendorTransient):
            render(job_of(reply))
    assert studio.requests == []


def test_answer_that_comes_after_it_was_given_up_for_lost_is_delivered_once(studio):
    reply = order(model_id=make_model())
    tries: list[str] = []

    def second_try(_request):
        if not tries:
            tries.append("second")
            render(job_of(reply))
            tries.append(read(reply).json["pictures"][0]["error_code"])

    studio.on("submit", second_try)
    render(job_of(reply))
    assert tries == ["second", "vendor_unknown"]
    assert read(reply).json["pictures"][0]["state"] == "done"
    close(job_of(reply))
    assert (len(studio.jobs), len(images()), balance()) == (1, 1, (99, 0))
    assert read(reply).json["error"] is None


def test_retry_resumes_the_vendors_job(studio):
    reply = order(model_id=make_model())
    studio.once("result", httpx.Response(503, json={}))
    with pytest.raises(VendorBusy):
        render(job_of(reply))
    assert submission(reply) == Submission.SUBMITTED
    render(job_of(reply))
    assert (len(studio.jobs), len(images())) == (1, 1)


def test_wait_grows_from_a_quarter_of_a_second_to_two(studio):
    studio.polls_until_done = 12
    render(job_of(order(model_id=make_model())))
    assert studio.naps[:3] == [0.25, 0.375, 0.5625]
    assert max(studio.naps) == 2.0
    assert len(images()) == 1


def test_job_that_takes_too_long_for_one_step_is_waited_for_by_the_next(studio):
    studio.polls_until_done = 10_000
    reply = order(model_id=make_model())
    with pytest.raises(VendorTransient):
        render(job_of(reply))
    assert rendering.WAIT_SECONDS <= studio.elapsed <= rendering.WAIT_SECONDS + 2
    studio.polls_until_done = 1
    render(job_of(reply))
    assert (len(studio.jobs), len(images())) == (1, 1)


def test_job_is_stopped_at_the_deadline(studio, monkeypatch):
    studio.polls_until_done = 10_000
    reply = order(model_id=make_model())
    started = time.time()
    monkeypatch.setattr(rendering, "now", lambda: int(started + studio.elapsed + 600))
    render(job_of(reply))
    assert studio.cancelled == ["job1"]
    assert_missed(reply, "deadline_exceeded")


@pytest.mark.parametrize(
    ("status", "fields", "code", "state"),
    [
        (422, {"detail": [{"type": "content_policy_violation"}]}, "content_refused", "flagged"),
        (422, {"detail": [{"type": "value_error"}]}, "input_refused", "failed"),
        (401, {"detail": "no"}, "vendor_account", "failed"),
        (402, {"detail": "pay"}, "vendor_account", "failed"),
    ],
)
def test_purchase_refused_for_good_is_a_missing_picture(studio, status, fields, code, state):
    reply = order(model_id=make_model())
    studio.on("submit", lambda _: httpx.Response(status, json=fields))
    render(job_of(reply))
    assert_missed(reply, code, state)


@pytest.mark.parametrize("kind", ["generation_timeout", "internal_server_error", "concurrent_requests_limit"])
def test_job_that_failed_at_the_vendor_is_not_bought_again(studio, kind):
    failed = {"status": "COMPLETED", "error": "no", "error_type": kind}
    studio.on("status", lambda _: httpx.Response(200, json=failed))
    reply = order(model_id=make_model())
    render(job_of(reply))
    render(job_of(reply))
    assert len(studio.jobs) == 1
    assert_missed(reply, "vendor_error")


def garbage(content: bytes = b"<html>oops</html>", status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=content)


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        ("result", garbage()),
        ("result", garbage(b'{"images": [')),
        ("result", garbage(b'{"images": []}')),
        ("result", garbage(b'{"images": [{"url": 7}]}')),
        ("result", garbage(b'{"images": [{"url": "https://evil.example/a.png"}]}')),
        ("result", garbage(b'{"images": [{"url": "https://v3b.fal.media@evil.example/a.png"}]}')),
        ("file", garbage()),
        ("file", garbage(png()[:90])),
        ("file", garbage(b"GIF89a" + bytes(50))),
    ],
)
def test_garbage_is_fetched_once_more_and_then_counts_as_missing(studio, where, answer):
    studio.on(where, lambda _: httpx.Response(answer.status_code, content=answer.content))
    reply = order(model_id=make_model())
    render(job_of(reply))
    asked = [request for request in studio.requests if studio._kind(request) == where]
    assert len(asked) == 2
    assert_missed(reply, "vendor_bad_response")


@pytest.mark.parametrize(("where", "first"), [("result", garbage()), ("file", garbage(png()[:90]))])
def test_garbage_that_was_a_slip_costs_nothing(studio, where, first):
    studio.once(where, first)
    render(job_of(order(model_id=make_model())))
    assert (len(studio.jobs), len(images())) == (1, 1)


def test_file_that_is_not_there_now_is_tried_again_by_the_workflow(studio):
    studio.once("file", garbage(status=404))
    reply = order(model_id=make_model())
    with pytest.raises(VendorTransient):
        render(job_of(reply))
    render(job_of(reply))
    assert (len(studio.jobs), len(images())) == (1, 1)


def test_redirect_of_a_file_is_not_followed(studio):
    studio.on("file", lambda _: httpx.Response(302, headers={"location": "http://169.254.169.254/"}))
    with pytest.raises(VendorTransient):
        render(job_of(order(model_id=make_model())))
    assert {request.url.host for request in studio.requests} == {"queue.fal.run", "v3b.fal.media"}


def test_rendered_picture_is_not_rendered_again(studio):
    reply = order()
    render(job_of(reply))
    render(job_of(reply))
    assert (len(studio.jobs), len(images())) == (1, 1)
    assert read_reservation("ada", row_of(reply).operation).used == 1


def test_done_picture_never_becomes_failed():
    reply = order()
    render(job_of(reply))
    version = row_of(reply).version
    step(tasks.handler, "give_up", job=job_of(reply), number=1, error={"Error": "VendorBusy", "Cause": "{}"})
    assert read(reply).json["pictures"][0]["state"] == "done"
    assert row_of(reply).version == version


@pytest.mark.parametrize(
    ("error", "code"),
    [("VendorBusy", "vendor_busy"), ("VendorTransient", "vendor_transient"), ("States.Timeout", "internal_error")],
)
def test_giving_up_says_why_and_the_credits_come_back(error, code):
    reply = order()
    step(tasks.handler, "give_up", job=job_of(reply), number=1, error={"Error": error, "Cause": "{}"})
    assert_missed(reply, code)


def test_sentence_exists_for_every_error_of_a_vendor():
    kinds: list[type[errors.VendorError]] = [errors.VendorError, *errors.VendorError.__subclasses__()]
    assert {kind.code for kind in kinds} <= set(SENTENCES)


def test_picture_that_comes_after_the_end_is_neither_kept_nor_charged(studio, monkeypatch):
    counted = []
    monkeypatch.setattr(outcome, "count", lambda name, value=1: counted.append(name))
    reply = order()

    def end_meanwhile(_request):
        close(job_of(reply))

    studio.on("together", end_meanwhile)
    render(job_of(reply))
    assert (images(), stored_keys(), balance()) == ([], [], (100, 0))
    assert counted == ["LateDelivery"]
    assert read(reply).json["pictures"][0]["state"] == "failed"


def test_cancel_while_the_vendor_works_stops_it_and_gives_everything_back(studio):
    studio.polls_until_done = 10_000
    reply = order(model_id=make_model(), count=2)
    answers: list[Reply] = []
    studio.during_sleep = lambda: answers.append(cancel(reply)) if not answers else None
    render(job_of(reply))
    assert answers[0].status == 200
    shown = answers[0].json
    assert (shown["status"], shown["error"]) == ("cancelled", "Cancelled. No picture was made; 2 credits are back.")
    assert {picture["state"] for picture in shown["pictures"]} == {"cancelled"}
    assert set(studio.cancelled) == {"job1"}
    assert (images(), stored_keys(), balance()) == ([], [], (100, 0))


def test_cancel_while_the_purchase_is_under_way_stops_the_vendor(studio):
    reply = order(model_id=make_model())

    def cancel_meanwhile(_request):
        cancel(reply)

    studio.on("submit", cancel_meanwhile)
    render(job_of(reply))
    assert studio.cancelled == ["job1"]
    assert (images(), balance()) == ([], (100, 0))


def test_cancel_keeps_and_charges_what_is_done():
    reply = order(count=3)
    render(job_of(reply), 2)
    shown = cancel(reply).json
    assert [picture["state"] for picture in shown["pictures"]] == ["cancelled", "done", "cancelled"]
    assert shown["error"] == "Cancelled. 1 of 3 pictures was made; 2 credits are back."
    assert (len(images()), balance()) == (1, (99, 0))
    states = boto3.client("stepfunctions")
    name = f"arn:aws:states:us-east-1:123456789012:execution:generate:{reply.json['id']}-1"
    assert states.describe_execution(executionArn=name)["status"] == "ABORTED"


def test_cancel_of_what_has_ended_is_a_conflict():
    reply = order()
    close(job_of(reply))
    again = cancel(reply)
    assert (again.status, again.code) == (409, "already_ended")
    assert cancel(order()).status == 200


def test_cancel_works_when_tidying_up_fails(studio, monkeypatch):
    reply = order(model_id=make_model())
    studio.polls_until_done = 10_000
    with pytest.raises(VendorTransient):
        render(job_of(reply))
    studio.on("cancel", lambda _: httpx.Response(500, json={}))
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "StopExecution")

    def refuse(*_args):
        raise denied

    monkeypatch.setattr("likeness.generation.stop", refuse)
    assert cancel(reply).json["status"] == "cancelled"
    assert balance() == (100, 0)


def order_killed_before_delivery(monkeypatch) -> Reply:
    reply = order()

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outcome, "deliver", die)
        with pytest.raises(KeyboardInterrupt):
            render(job_of(reply))
    assert len(stored_keys()) == 4
    return reply


def test_objects_of_a_killed_delivery_are_removed_when_the_order_ends(monkeypatch):
    reply = order_killed_before_delivery(monkeypatch)
    cancel(reply)
    assert (stored_keys(), balance()) == ([], (100, 0))


def test_objects_of_a_killed_delivery_are_removed_by_a_repeat_after_the_end(monkeypatch):
    reply = order_killed_before_delivery(monkeypatch)

    def fail(_generation):
        raise ClientError({"Error": {"Code": "SlowDown"}}, "DeleteObjects")

    with monkeypatch.context() as patch:
        patch.setattr(generation, "remove_undelivered", fail)
        assert cancel(reply).status == 200
    assert len(stored_keys()) == 4
    render(job_of(reply))
    assert stored_keys() == []


def test_delivery_in_the_moment_of_the_end_is_kept_and_paid(monkeypatch):
    reply = order(count=2)
    end = credit.close
    delivered: list[int] = []

    def deliver_first(*args, **kwargs):
        if not delivered:
            delivered.append(1)
            render(job_of(reply), 1)
        return end(*args, **kwargs)

    monkeypatch.setattr(generation, "close", deliver_first)
    close(job_of(reply))
    shown = read(reply).json
    assert [picture["state"] for picture in shown["pictures"]] == ["done", "failed"]
    assert (shown["credits_back"], len(images()), balance()) == (1, 1, (99, 0))


def test_steps_of_an_order_that_is_gone_do_nothing(studio):
    reply = order()
    Generation.of("ada", reply.json["id"]).delete()
    job = job_of(reply)
    render(job)
    close(job)
    step(tasks.handler, "give_up", job=job, number=1, error={"Error": "VendorBusy"})
    assert studio.jobs == []


def test_order_lives_on_when_its_model_is_deleted(studio):
    model_id = make_model()
    reply = order(model_id=model_id)
    TrainedModel.of("ada", model_id).delete()
    render(job_of(reply))
    assert len(images()) == 1
