"""A training is bought once, whatever becomes of the answer."""

from urllib.parse import urlsplit

import httpx
import pytest

from tests.unit.train.fal import WORKING, Fal
from tests.unit.train.studio import add_photo, ask, make_model, money, order, started
from tests.unit.vendors.samples import detail

LOG = {**WORKING, "logs": [{"message": "step 250/1000"}]}


def test_order_names_zip_trigger_steps_and_our_webhook(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit")

    bought = fal.bought[0]
    assert bought["trigger_word"] == run.model.trigger
    assert bought["steps"] == 1000
    assert urlsplit(bought["images_data_url"]).path == f"/{run.row.zip_key}"
    assert "Signature=" in bought["images_data_url"]
    assert fal.hook_path().startswith("/v1/hooks/fal/")


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
