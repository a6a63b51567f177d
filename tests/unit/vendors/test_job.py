"""How a job of fal stands, what came of it, and every way to fail to learn it."""

from typing import Any

import httpx
import pytest

from likeness.errors import (
    ContentRefused,
    InputRefused,
    VendorAccount,
    VendorBusy,
    VendorError,
    VendorTransient,
)
from likeness.vendors.fal import FalRenderer, FalTrainer
from likeness.vendors.protocol import Picture, Ref
from tests.unit.vendors.conftest import Net
from tests.unit.vendors.samples import (
    COMPLETED,
    INFRASTRUCTURE_ERROR,
    PNG,
    REF,
    RENDERED,
    TRAINED,
    VALIDATION_ERROR,
    detail,
)

FAL_TYPES: list[tuple[int, dict[str, Any], type[VendorError]]] = [
    (422, detail("content_policy_violation"), ContentRefused),
    (422, VALIDATION_ERROR, VendorTransient),
    (422, detail("file_too_large"), InputRefused),
    (422, detail("image_load_error"), InputRefused),
    (422, detail("image_too_small"), InputRefused),
    (422, detail("image_too_large"), InputRefused),
    (422, detail("image_aspect_ratio_error"), InputRefused),
    (422, detail("value_error.missing"), InputRefused),
    (422, detail("no_media_generated"), VendorError),
    (504, detail("generation_timeout"), VendorTransient),
    (422, detail("downstream_service_error"), VendorTransient),
    (422, detail("downstream_service_unavailable"), VendorTransient),
    (504, detail("internal_server_error"), VendorTransient),
    (504, INFRASTRUCTURE_ERROR, VendorTransient),
    (504, {"detail": "x", "error_type": "startup_timeout"}, VendorTransient),
    (503, {"detail": "x", "error_type": "runner_scheduling_failure"}, VendorTransient),
    (503, {"detail": "x", "error_type": "runner_disconnected"}, VendorTransient),
    (502, {"detail": "x", "error_type": "runner_incomplete_response"}, VendorTransient),
    (500, {"detail": "x", "error_type": "runner_server_error"}, VendorTransient),
    (499, {"detail": "x", "error_type": "client_cancelled"}, VendorError),
    (400, {"detail": "x", "error_type": "bad_request"}, InputRefused),
    (429, {"detail": "x", "error_type": "concurrent_requests_limit"}, VendorBusy),
    (503, {}, VendorBusy),
    (500, {}, VendorTransient),
    (404, {}, VendorError),
    (401, detail("content_policy_violation"), VendorAccount),
]


@pytest.mark.parametrize(("status", "body", "error"), FAL_TYPES)
def test_fal_result_that_is_an_error_is_classed_by_its_type(
    net: Net, status: int, body: dict[str, Any], error: type[VendorError]
) -> None:
    net.will(httpx.Response(status, json=body))
    with pytest.raises(VendorError) as raised:
        FalRenderer().result(REF)
    assert raised.type is error


UNANSWERED = [
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("10 s"),
    httpx.Response(429),
    httpx.Response(500),
    httpx.Response(403),
    httpx.Response(404),
    httpx.Response(422, json=detail("content_policy_violation")),
]


@pytest.mark.parametrize("answer", UNANSWERED, ids=repr)
def test_poll_that_is_not_answered_leaves_the_job_running(net: Net, answer: Any) -> None:
    net.will(answer)
    progress = FalTrainer().poll(REF)
    assert progress.state == "running"
    assert isinstance(progress.error, VendorError)


@pytest.mark.parametrize("status", ["FAILED", "CANCELED", "", None, 7, ["COMPLETED"]])
def test_poll_with_an_unknown_status_leaves_the_job_running(net: Net, status: object) -> None:
    net.will(httpx.Response(200, json={"status": status}))
    assert FalTrainer().poll(REF).state == "running"


FAILED: list[tuple[dict[str, Any], httpx.Response, type[VendorError]]] = [
    ({"error": "x", "error_type": "startup_timeout"}, httpx.Response(200, json={}), VendorTransient),
    ({"error_type": "client_cancelled"}, httpx.Response(200, json={}), VendorError),
    ({"error": "422"}, httpx.Response(422, json=detail("content_policy_violation")), ContentRefused),
    ({"error": "422"}, httpx.Response(422, json=detail("image_load_error")), InputRefused),
    ({"error": "500"}, httpx.Response(500, text="<html>"), VendorError),
    ({"error": "x", "error_type": "never seen"}, httpx.Response(200, json={}), VendorError),
]


@pytest.mark.parametrize(("extra", "result", "error"), FAILED)
def test_poll_of_a_job_completed_with_an_error_is_failed_with_the_reason(
    net: Net, extra: dict[str, Any], result: httpx.Response, error: type[VendorError]
) -> None:
    net.will(httpx.Response(200, json={**COMPLETED, **extra}), result)
    progress = FalRenderer().poll(REF)
    assert (progress.state, type(progress.error)) == ("failed", error)


def test_poll_of_a_failed_job_whose_reason_is_unreachable_is_failed(net: Net) -> None:
    net.will(httpx.Response(200, json={**COMPLETED, "error": "422"}), httpx.ReadTimeout("10 s"))
    progress = FalRenderer().poll(REF)
    assert (progress.state, type(progress.error)) == ("failed", VendorError)


@pytest.mark.parametrize(
    ("status", "body"), [(202, {}), (400, {"detail": "Request is still in progress"})], ids=["202", "400"]
)
def test_result_asked_too_early_may_be_asked_again(net: Net, status: int, body: dict[str, Any]) -> None:
    net.will(httpx.Response(status, json=body))
    with pytest.raises(VendorTransient):
        FalTrainer().result(REF)


def test_result_that_makes_no_sense_is_fetched_once_more(net: Net) -> None:
    net.will(httpx.Response(200, text="<html>"), httpx.Response(200, json=TRAINED))
    assert FalTrainer().result(REF).url == TRAINED["diffusers_lora_file"]["url"]


@pytest.mark.parametrize("trained", [{}, {"diffusers_lora_file": None}, {"lora_file": {"url": 7}}, {"lora_file": []}])
def test_result_that_never_makes_sense_is_final(net: Net, trained: dict[str, Any]) -> None:
    net.will(httpx.Response(200, json=trained))
    with pytest.raises(VendorError) as raised:
        FalTrainer().result(REF)
    assert raised.type is VendorError
    assert len(net.requests) == 2


@pytest.mark.parametrize("status", [200, 202, 400, 404])
def test_cancel_of_any_job_that_can_no_longer_run_is_quiet(net: Net, status: int) -> None:
    net.will(httpx.Response(status, json={"status": "ALREADY_COMPLETED"}))
    FalTrainer().cancel(REF)
    assert (net.requests[0].method, str(net.requests[0].url)) == ("PUT", REF.cancel_url)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(500), VendorTransient),
        (httpx.ReadTimeout(""), VendorTransient),
        (httpx.Response(429), VendorBusy),
    ],
)
def test_cancel_that_was_not_taken_says_so(net: Net, answer: Any, error: type[VendorError]) -> None:
    net.will(answer)
    with pytest.raises(error):
        FalRenderer().cancel(REF)


def test_picture_of_fal_is_fetched_and_named_by_its_bytes(net: Net) -> None:
    net.will(
        httpx.Response(200, json=RENDERED), httpx.Response(200, content=PNG, headers={"content-type": "text/html"})
    )
    picture = FalRenderer().result(REF)
    assert picture == Picture(PNG, "image/png", 196619188014358660)
    assert "authorization" not in net.requests[1].headers


@pytest.mark.parametrize("flags", [[True], [False, True], True, ["nsfw"]])
def test_picture_flagged_by_fal_is_never_fetched(net: Net, flags: object) -> None:
    net.will(httpx.Response(200, json={**RENDERED, "has_nsfw_concepts": flags}))
    picture = FalRenderer().result(REF)
    assert (picture.flagged, picture.content) == (True, b"")
    assert len(net.requests) == 1


LOGS: list[tuple[object, float | None]] = [
    ([{"message": "step 15/60 loss 0.2"}], 0.25),
    ([{"message": "step 15/60"}, {"message": "step 30 / 60"}, {"message": "saved"}], 0.5),
    ([{"message": " 45%|####     | 450/1000"}], 0.45),
    ([{"message": "12.5 %"}], 0.12),
    ([{"message": "61/60"}, {"message": None}, "x"], None),
    ([{"message": "0/0"}], None),
    (None, None),
]


@pytest.mark.parametrize(("logs", "fraction"), LOGS)
def test_poll_of_a_running_training_reads_progress_from_its_log(net: Net, logs: object, fraction: float | None) -> None:
    net.will(httpx.Response(202, json={"status": "IN_PROGRESS", "logs": logs}))
    assert FalTrainer().poll(REF).fraction == fraction
    assert net.requests[0].url.params["logs"] == "1"


def test_ref_survives_its_row() -> None:
    assert Ref.from_json(REF.to_json()) == REF
