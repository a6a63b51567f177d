"""What we send is what the vendors' own SDKs send, and what they parse is what we parse."""

import base64
import json
from dataclasses import replace
from typing import Any, NotRequired

import fal_client
import httpx
import pytest
from fal_client.client import SyncRequestHandle
from pydantic import ConfigDict, TypeAdapter, with_config
from together import Together
from together.types import ImageGenerateParams
from typing_extensions import TypedDict

from likeness.catalog.reader import catalog
from likeness.vendors import renderer, trainer
from likeness.vendors.fal import FalTrainer
from likeness.vendors.protocol import Ref, RenderOrder, TrainingOrder
from tests.unit.vendors.conftest import Net
from tests.unit.vendors.samples import (
    COMPLETED,
    IN_PROGRESS,
    IN_QUEUE,
    PNG,
    REF,
    SUBMITTED,
    endpoint,
    render_order,
    training_order,
)

STRICT = with_config(ConfigDict(extra="forbid", strict=True))


@STRICT
class FastTraining(TypedDict):
    """Input of fal-ai/flux-lora-fast-training."""

    images_data_url: str
    trigger_word: str
    steps: int
    create_masks: bool
    is_style: bool


@STRICT
class Flux2Training(TypedDict):
    """Input of fal-ai/flux-2-trainer: no trigger, and it fails without a caption."""

    image_data_url: str
    default_caption: str
    steps: int
    output_lora_format: str


@STRICT
class Size(TypedDict):
    width: int
    height: int


@STRICT
class Lora(TypedDict):
    path: str
    scale: float


@STRICT
class FluxLora(TypedDict):
    """Input of fal-ai/flux-lora; fal-ai/flux-2/lora has prompt expansion besides."""

    prompt: str
    image_size: Size
    num_inference_steps: int
    guidance_scale: float
    num_images: int
    seed: int
    loras: list[Lora]
    enable_safety_checker: bool
    output_format: str
    enable_prompt_expansion: NotRequired[bool]


TRAININGS: list[tuple[TrainingOrder, type]] = [
    (training_order("flux-1-dev"), FastTraining),
    (training_order("flux-2-dev"), Flux2Training),
]
RENDERS = [render_order("flux-1-dev"), render_order("flux-2-dev")]


def sent_body(net: Net) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(net.requests[0].content)
    return body


@pytest.mark.parametrize(("order", "shape"), TRAININGS)
def test_training_submitted_sends_what_the_sdk_sends(net: Net, order: TrainingOrder, shape: type) -> None:
    net.will(httpx.Response(200, json=SUBMITTED))
    assert trainer(order.endpoint).submit(order) == REF

    TypeAdapter(shape).validate_python(sent_body(net))
    sdk_submit(net, order.endpoint["endpoint"], order.start_timeout_seconds, order.webhook_url)
    ours, sdk = net.requests
    assert ours.url == sdk.url
    assert ours.url.params["fal_webhook"] == order.webhook_url
    assert_same_call(ours, sdk)


@pytest.mark.parametrize("order", RENDERS)
def test_picture_submitted_sends_what_the_sdk_sends(net: Net, order: RenderOrder) -> None:
    net.will(httpx.Response(200, json=SUBMITTED))
    assert renderer(order.endpoint).submit(order) == REF

    body = sent_body(net)
    TypeAdapter(FluxLora).validate_python(body)
    assert body["seed"] == 2**32 - 1
    assert body["loras"] == [{"path": order.weights_url, "scale": 1.0}]
    assert body["image_size"] == {"width": 912, "height": 1144}
    sdk_submit(net, order.endpoint["endpoint"], order.start_timeout_seconds, None)
    ours, sdk = net.requests
    assert ours.url == sdk.url
    assert_same_call(ours, sdk)


def sdk_submit(net: Net, application: str, start_timeout: float, webhook_url: str | None) -> None:
    client = fal_client.SyncClient(key="id:secret")
    vars(client)["_client"] = httpx.Client(
        transport=httpx.MockTransport(net), headers={"authorization": client._auth.header_value}
    )
    client.submit(application, sent_body(net), webhook_url=webhook_url, start_timeout=start_timeout)
    client._client.close()


def assert_same_call(ours: httpx.Request, sdk: httpx.Request) -> None:
    assert ours.method == sdk.method == "POST"
    assert json.loads(ours.content) == json.loads(sdk.content)
    assert ours.headers["authorization"] == sdk.headers["authorization"] == "Key id:secret"
    assert float(ours.headers["x-fal-request-timeout"]) == float(sdk.headers["x-fal-request-timeout"])


def test_fal_status_samples_parse_as_in_the_sdk(net: Net) -> None:
    handle = SyncRequestHandle.from_request_id(httpx.Client(), "fal-ai/flux-2/lora", "764c")
    handle.client.close()
    assert Ref(handle.request_id, handle.status_url, handle.response_url, handle.cancel_url) == REF
    assert handle._parse_status(IN_QUEUE) == fal_client.Queued(position=3)
    assert isinstance(handle._parse_status(IN_PROGRESS), fal_client.InProgress)
    assert isinstance(handle._parse_status(COMPLETED), fal_client.Completed)

    states = []
    for status in (IN_QUEUE, IN_PROGRESS, COMPLETED):
        net.will(httpx.Response(200, json=status))
        states.append(trainer(endpoint("flux-1-dev", "train")).poll(REF).state)
    assert states == ["queued", "running", "done"]


@pytest.mark.parametrize("base_model", ["flux-2-dev", "flux-1.1-pro"])
def test_together_picture_sends_what_the_sdk_sends(net: Net, base_model: str) -> None:
    order = replace(render_order(base_model, "render"), negative_prompt="blurry", steps=20)
    net.will(httpx.Response(200, json=together_answer()))
    renderer(order.endpoint).submit(order)

    body = sent_body(net)
    TypeAdapter(STRICT(ImageGenerateParams)).validate_python(body)
    assert ("negative_prompt" in body) is (base_model == "flux-1.1-pro")
    assert body["response_format"] == "base64"
    with httpx.Client(transport=httpx.MockTransport(net)) as http:
        sdk = Together(api_key="together-key", base_url="https://api.together.ai", http_client=http)
        parsed = sdk.images.generate(**body)
    assert parsed.data[0].index == 0
    ours, theirs = net.requests
    assert ours.url == theirs.url
    assert json.loads(ours.content) == json.loads(theirs.content)
    assert ours.headers["authorization"] == theirs.headers["authorization"]


def together_answer() -> dict[str, Any]:
    return {
        "id": "o9x",
        "model": "black-forest-labs/FLUX.2-dev",
        "object": "list",
        "data": [{"index": 0, "type": "b64_json", "b64_json": base64.b64encode(PNG).decode()}],
    }


@pytest.mark.parametrize("entry", catalog().base_models, ids=lambda entry: entry.id)
def test_every_endpoint_of_the_catalog_has_a_vendor_and_the_safety_checker_on(net: Net, entry: Any) -> None:
    if entry.train:
        assert isinstance(trainer(entry.train), FalTrainer)
        assert "{trigger}" in entry.train["caption"]
        assert 0 < entry.train["start_timeout_seconds"] < entry.train["deadline_seconds"]
    for job in ("render_lora", "render"):
        if not getattr(entry, job):
            continue
        order = render_order(entry.id, job)
        tampered = {"enable_safety_checker": False, "disable_safety_checker": True}
        lax = {**order.endpoint, "input": {**order.endpoint["input"], **tampered}}
        net.will(httpx.Response(500))
        with pytest.raises(Exception, match="lost"):
            renderer(lax).submit(replace(order, endpoint=lax))
        body = json.loads(net.requests.pop().content)
        said = {name: value for name, value in body.items() if "safety" in name}
        assert said == ({"enable_safety_checker": True} if order.endpoint["vendor"] == "fal" else {})


def test_negative_prompt_is_sold_only_where_a_renderer_has_a_field_for_it() -> None:
    for entry in catalog().base_models:
        jobs = [job for job in (entry.render_lora, entry.render) if job]
        assert entry.negative_prompt is all(job["negative_prompt_field"] for job in jobs)
