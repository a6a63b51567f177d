"""Every way a purchase can fail, and the one error it becomes."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from likeness.errors import (
    ContentRefused,
    InputRefused,
    VendorAccount,
    VendorBusy,
    VendorError,
    VendorTransient,
    VendorUnknown,
)
from likeness.vendors import renderer, trainer
from likeness.vendors.fal import FalRenderer, FalTrainer
from likeness.vendors.protocol import Picture, Ref
from likeness.vendors.together import TogetherRenderer
from tests.unit.vendors.conftest import Net
from tests.unit.vendors.samples import (
    COMPLETED,
    REF,
    RENDERED,
    SUBMITTED,
    TRAINED,
    detail,
    render_order,
    training_order,
)

TRANSPORT: list[tuple[Exception, type[VendorError]]] = [
    (httpx.ConnectError("refused"), VendorTransient),
    (httpx.ConnectError("name or service not known"), VendorTransient),
    (httpx.ConnectTimeout("3 s"), VendorTransient),
    (httpx.PoolTimeout("no connection free"), VendorTransient),
    (httpx.ReadTimeout("30 s"), VendorUnknown),
    (httpx.WriteTimeout("30 s"), VendorUnknown),
    (httpx.WriteError("reset"), VendorUnknown),
    (httpx.ReadError("reset"), VendorUnknown),
    (httpx.RemoteProtocolError("disconnected without a response"), VendorUnknown),
    (httpx.DecodingError("bad gzip"), VendorUnknown),
]
STATUSES: list[tuple[int, type[VendorError]]] = [
    (307, VendorUnknown),
    (400, InputRefused),
    (401, VendorAccount),
    (402, VendorAccount),
    (403, VendorAccount),
    (404, VendorError),
    (408, VendorUnknown),
    (413, InputRefused),
    (429, VendorBusy),
    (500, VendorUnknown),
    (502, VendorUnknown),
    (503, VendorBusy),
    (504, VendorUnknown),
]
GARBAGE = [
    b"",
    b"<html>ok</html>",
    b"null",
    b"[]",
    b'"x"',
    b'{"request_id": "7',
    b"\xff\xfe",
    b"[" * 100_000,
    b"9" * 5000,
]


def buy(vendor: str) -> Ref | Picture:
    if vendor == "train":
        order = training_order()
        return trainer(order.endpoint).submit(order)
    render = render_order() if vendor == "fal" else render_order("flux-2-dev", "render")
    return renderer(render.endpoint).submit(render)


VENDORS = pytest.mark.parametrize("vendor", ["train", "fal", "together"])


@VENDORS
@pytest.mark.parametrize(("fault", "error"), TRANSPORT, ids=lambda value: getattr(value, "__name__", str(value)))
def test_purchase_that_breaks_is_transient_only_when_never_sent(
    net: Net, vendor: str, fault: Exception, error: type[VendorError]
) -> None:
    net.will(fault)
    with pytest.raises(VendorError) as raised:
        buy(vendor)
    assert raised.type is error
    assert len(net.requests) == 1


@VENDORS
@pytest.mark.parametrize(("status", "error"), STATUSES)
def test_purchase_answered_with_a_status_is_sent_once_and_classed(
    net: Net, vendor: str, status: int, error: type[VendorError]
) -> None:
    net.will(httpx.Response(status, text="<html>nginx</html>", headers={"location": "https://eve.test/"}))
    with pytest.raises(VendorError) as raised:
        buy(vendor)
    assert raised.type is error
    assert len(net.requests) == 1


@VENDORS
@pytest.mark.parametrize("body", GARBAGE, ids=lambda body: body[:12].decode("latin-1") or "empty")
def test_purchase_answered_with_garbage_is_unknown(net: Net, vendor: str, body: bytes) -> None:
    net.will(httpx.Response(200, content=body))
    with pytest.raises(VendorUnknown):
        buy(vendor)
    assert len(net.requests) == 1


@VENDORS
def test_purchase_with_a_rotated_key_is_repeated_once_with_the_new_one(net: Net, vendor: str) -> None:
    name = "likeness/test/together" if vendor == "together" else "likeness/test/fal"
    net.rotated = {name: {**net.secrets[name], "key": "new-key"}}
    net.will(httpx.Response(401), httpx.Response(429))
    with pytest.raises(VendorBusy):
        buy(vendor)
    assert [request.headers["authorization"].split()[1] for request in net.requests][1:] == ["new-key"]


def test_purchase_with_a_server_error_but_a_job_in_it_keeps_the_job(net: Net) -> None:
    net.will(httpx.Response(502, json=SUBMITTED))
    assert buy("train") == REF


@pytest.mark.parametrize("field", ["status_url", "response_url", "cancel_url"])
@pytest.mark.parametrize(
    "url", ["https://eve.test/x", "http://queue.fal.run/x", "https://queue.fal.run:444/x", 7, None]
)
def test_purchase_whose_urls_leave_the_vendor_is_unknown(net: Net, field: str, url: object) -> None:
    net.will(httpx.Response(200, json={**SUBMITTED, field: url}))
    with pytest.raises(VendorUnknown):
        buy("fal")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (detail("content_policy_violation"), ContentRefused),
        (detail("image_load_error"), InputRefused),
        ({"detail": "x", "error_type": "bad_request"}, InputRefused),
    ],
)
def test_fal_purchase_refused_by_type_is_classed(net: Net, body: dict[str, Any], error: type[VendorError]) -> None:
    net.will(httpx.Response(422, json=body))
    with pytest.raises(error):
        buy("train")


TOGETHER_422: list[tuple[dict[str, Any], type[VendorError]]] = [
    ({"error": {"message": "Unprocessable Entity"}}, ContentRefused),
    ({"error": {"message": "NSFW content detected", "param": "prompt"}}, ContentRefused),
    ({"error": {"message": "width must be a multiple of 8", "param": "width"}}, InputRefused),
    ({}, ContentRefused),
]


@pytest.mark.parametrize(("body", "error"), TOGETHER_422)
def test_together_422_is_moderation_unless_it_names_a_field(
    net: Net, body: dict[str, Any], error: type[VendorError]
) -> None:
    net.will(httpx.Response(422, json=body))
    with pytest.raises(error):
        buy("together")


def test_together_blocked_by_the_organisation_is_our_account(net: Net) -> None:
    blocked = {"error": {"code": "third_party_data_sharing_blocked", "message": "This model requires third-party data"}}
    net.will(httpx.Response(403, json=blocked))
    with pytest.raises(VendorAccount):
        buy("together")


def test_together_knows_no_jobs() -> None:
    vendor = TogetherRenderer()
    assert vendor.poll(REF).state == "failed"
    vendor.cancel(REF)
    with pytest.raises(VendorUnknown):
        vendor.result(REF)


def test_together_with_weights_is_a_bug(net: Net) -> None:
    with pytest.raises(ValueError, match="without weights"):
        renderer({"vendor": "together"}).submit(
            render_order("flux-2-dev", "render", weights_url="https://likeness.test/w")
        )
    assert net.requests == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({*SUBMITTED, *COMPLETED, *RENDERED, *TRAINED, "detail", "error", "error_type", "data", "status", "logs"})
BODIES = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6).map(
    lambda value: json.dumps(value).encode()
) | st.binary(max_size=60)


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, status=st.sampled_from([200, 202, 400, 401, 404, 422, 429, 500, 503]))
def test_any_answer_at_all_is_a_value_or_a_vendor_error(net: Net, body: bytes, status: int) -> None:
    net.will(lambda _: httpx.Response(status, content=body))
    assert FalTrainer().poll(REF).state in {"queued", "running", "done", "failed"}
    for ask in (
        lambda: buy("train"),
        lambda: buy("fal"),
        lambda: buy("together"),
        lambda: FalTrainer().result(REF),
        lambda: FalRenderer().result(REF),
        lambda: FalTrainer().cancel(REF),
    ):
        try:
            ask()
        except VendorError:
            continue
