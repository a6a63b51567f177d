"""Whatever a vendor does: bought once, shown only when it may be, and what is missing is not paid."""

import httpx
import pytest

from functions.generate.service.outcome import SENTENCES
from likeness import errors
from likeness.errors import VendorBusy, VendorTransient
from likeness.items.generation import Render
from likeness.items.model import Submission
from tests.support import make_person
from tests.unit.generate.studio import (
    assert_missed,
    balance,
    close,
    images,
    job_of,
    make_model,
    order,
    png,
    read,
    render,
    submission,
)


@pytest.fixture(autouse=True)
def ada(studio):
    make_person("ada", 100)


def test_no_vendor_is_ever_told_to_switch_its_safety_checker_off(studio):
    for body in ({"model_id": make_model()}, {"base_model": "flux-2-dev"}, {"base_model": "flux-1.1-pro"}):
        render(job_of(order(**body)))
    assert len(studio.jobs) == 3
    assert studio.jobs[0]["enable_safety_checker"] is True
    for job in studio.jobs:
        assert job.get("enable_safety_checker", True) is True
        assert "disable_safety_checker" not in job


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
    job = job_of(order(model_id=make_model()))
    render(job)
    assert (len(images()), len(studio.jobs)) == (0, 1)
    assert {request.url.host for request in studio.requests} == {"queue.fal.run", "v3b.fal.media"}


def test_sentence_exists_for_every_error_of_a_vendor():
    kinds: list[type[errors.VendorError]] = [errors.VendorError, *errors.VendorError.__subclasses__()]
    assert {kind.code for kind in kinds} <= set(SENTENCES)
