"""Together's images call, with its own client too."""

import base64
import io
from typing import Any

import pytest
import together
from PIL import Image

URL = "/together/v1/images/generations"
KEY = {"Authorization": "Bearer secret"}
BODY: dict[str, Any] = {
    "model": "black-forest-labs/FLUX.2-dev",
    "prompt": "a beach",
    "width": 256,
    "height": 320,
    "seed": 4,
}


def post(darkroom, **more):
    body = {key: value for key, value in (BODY | more).items() if value is not None}
    return darkroom.http.post(URL, json=body, headers=KEY)


def test_base64_pictures_come_in_the_answer(darkroom):
    answer = post(darkroom, response_format="base64", n=2, output_format="png").json()
    assert (answer["object"], answer["model"], [d["index"] for d in answer["data"]]) == ("list", BODY["model"], [0, 1])
    picture = Image.open(io.BytesIO(base64.b64decode(answer["data"][0]["b64_json"])))
    assert (picture.format, picture.size) == ("PNG", (256, 320))


def test_urls_lead_to_the_same_picture_each_time(darkroom):
    one, other = (darkroom.http.get(post(darkroom).json()["data"][0]["url"]).content for _ in range(2))
    assert one == other
    assert Image.open(io.BytesIO(one)).format == "JPEG"


def test_togethers_own_client_understands_the_answer(darkroom):
    base = str(darkroom.http.base_url.join("/together"))
    with together.Together(api_key="secret", base_url=base, max_retries=0) as client:
        answer = client.images.generate(model=BODY["model"], prompt="a beach", response_format="base64", steps=4)
        assert getattr(answer.data[0], "b64_json", None)
        with pytest.raises(together.NotFoundError):
            client.images.generate(model="black-forest-labs/FLUX.1-dev-lora", prompt="a beach")


def test_a_caller_without_a_key_is_refused(darkroom):
    reply = darkroom.http.post(URL, json=BODY, headers={"Authorization": "Key x"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"prompt": None}, 422),
        ({"model": None}, 422),
        ({"model": "unknown/model"}, 404),
        ({"n": 5}, 422),
        ({"width": 100}, 422),
        ({"width": 260}, 422),
        ({"steps": 51}, 422),
        ({"response_format": "gif"}, 422),
        ({"image_loras": [{"path": "x", "scale": 1}]}, 400),
    ],
)
def test_a_wrong_request_is_refused_in_togethers_shape(darkroom, change, status):
    reply = post(darkroom, **change)
    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


def test_a_body_that_is_no_json_is_refused(darkroom):
    assert darkroom.http.post(URL, content=b"{", headers=KEY).status_code == 400
    assert darkroom.http.post(URL, content=b"[]", headers=KEY).status_code == 400


@pytest.mark.parametrize(
    ("fault", "status"),
    [("429", 429), ("500", 500), ("submit_500_after_accept", 500), ("nsfw", 422), ("content_policy", 422)],
)
def test_a_fault_is_an_error_and_the_next_call_is_fine(darkroom, fault, status):
    darkroom.fault(fault, match={"endpoint": "together"})
    assert post(darkroom).status_code == status
    assert darkroom.fired() == {fault: 1}
    assert post(darkroom).status_code == 200


def test_partial_missing_and_broken_answers_can_be_had(darkroom):
    darkroom.fault("partial")
    assert len(post(darkroom, n=2).json()["data"]) == 1
    darkroom.fault("missing_url")
    assert set(post(darkroom).json()["data"][0]) == {"index", "type", "timings"}
    darkroom.fault("truncated_image")
    raw = base64.b64decode(post(darkroom, response_format="base64").json()["data"][0]["b64_json"])
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(raw)).load()


def test_an_accepted_call_is_logged_with_its_prompt_and_seed(darkroom):
    post(darkroom, prompt="a very special beach")
    logged = darkroom.http.get("/control/jobs").json()["jobs"][-1]
    assert (logged["prompt"], logged["seed"]) == ("a very special beach", 4)
    assert logged["endpoint"].startswith("together/")
