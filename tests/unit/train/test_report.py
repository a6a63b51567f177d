"""The report: what keeps photos out of a training, and what would make it better."""

from typing import Any

import pytest

from likeness.items.photo import Photo
from tests.support import make_person
from tests.unit.train.studio import add_photo, ask, make_model

pytestmark = pytest.mark.usefixtures("aws")


def report(photos: list[str], query: str = "") -> Any:
    make_person()
    reply = ask("GET", f"/{make_model(photos)}/report{query}")
    assert reply.status == 200, reply.body
    return reply.json


def found(answer: Any) -> dict[str, tuple[str, list[str]]]:
    return {finding["code"]: (finding["severity"], finding["photo_ids"]) for finding in answer["findings"]}


def test_good_photos_leave_nothing_to_say() -> None:
    photos = [add_photo() for _ in range(4)]
    answer = report(photos)
    assert answer["findings"] == []
    assert answer["trainable"] is True
    assert (answer["usable"], answer["minimum"], answer["maximum"], answer["base_model"]) == (4, 4, 30, "flux-1-dev")
    assert answer["photos"] == [{"photo_id": one, "state": "ready", "usable": True, "findings": []} for one in photos]


def test_too_few_photos_say_how_many_more_the_base_model_needs() -> None:
    photos = [add_photo() for _ in range(4)]
    answer = report(photos, "?base_model=flux-2-dev")
    assert found(answer) == {"too_few_photos": ("refuse", [])}
    assert answer["findings"][0]["detail"] == "4 usable photos, 10 are needed: add 6 more."
    assert answer["trainable"] is False


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"width": 511}, "too_small", "refuse"),
        ({"width": 512}, "small", "warn"),
        ({"height": 1023}, "small", "warn"),
        ({"checks": {"sharpness": 59.0}}, "blurry", "warn"),
        ({"checks": {"brightness": 44.0}}, "too_dark", "warn"),
        ({"checks": {"brightness": 216.0}}, "too_bright", "warn"),
        ({"checks": {"dark_share": 0.4, "brightness": 100.0}}, "harsh_light", "warn"),
        ({"checks": {"bright_share": 0.4}}, "harsh_light", "warn"),
        ({"state": "pending"}, "photo_pending", "refuse"),
        ({"state": "rejected"}, "photo_rejected", "refuse"),
        ({"state": "duplicate"}, "photo_duplicate", "warn"),
    ],
)
def test_photo_that_is_wanting_is_named_and_says_what_to_do(changes, code, severity) -> None:
    good = [add_photo() for _ in range(4)]
    bad = add_photo(**changes)
    answer = report([bad, *good])

    assert found(answer) == {code: (severity, [bad])}
    assert answer["findings"][0]["detail"].endswith(".")
    assert answer["photos"][0]["findings"] == [code]
    is_left_out = severity == "refuse" or code == "photo_duplicate"
    assert answer["photos"][0]["usable"] is not is_left_out
    assert answer["usable"] == 4 + (not is_left_out)
    assert answer["trainable"] is (code not in {"photo_pending", "photo_rejected"})


@pytest.mark.parametrize(
    "changes", [{"width": 1024, "height": 1024}, {"checks": {"sharpness": 60.0}}, {"checks": None}]
)
def test_photo_at_the_limit_is_fine(changes) -> None:
    assert report([add_photo(**changes), *[add_photo() for _ in range(4)]])["findings"] == []


def test_nearly_the_same_photos_are_grouped_and_still_used() -> None:
    first = add_photo(dhash="ffff0000ffff0000")
    second = add_photo(dhash="ffff0000ffff003f")
    third = add_photo(dhash="ffff0000ffff0fff")
    apart = add_photo(dhash="0000ffff0000ffff")
    answer = report([first, apart, third, second])

    assert found(answer)["near_duplicate"] == ("warn", [first, third, second])
    assert answer["usable"] == 4
    assert answer["trainable"] is True


def test_photos_seven_bits_apart_are_not_the_same() -> None:
    photos = [add_photo(dhash="ffff0000ffff0000"), add_photo(dhash="ffff0000ffff007f"), add_photo(), add_photo()]
    assert report(photos)["findings"] == []


def test_deleted_photo_is_missing_and_left_out() -> None:
    make_person()
    photos = [add_photo() for _ in range(5)]
    model_id = make_model(photos)
    Photo.of("ada", photos[2]).delete()
    answer = ask("GET", f"/{model_id}/report").json
    assert found(answer) == {"photo_missing": ("warn", [photos[2]])}
    assert answer["photos"][2]["state"] == "missing"
    assert (answer["usable"], answer["trainable"]) == (4, True)


def test_more_photos_than_the_base_model_takes_use_the_first() -> None:
    photos = [add_photo() for _ in range(32)]
    answer = report(photos)
    assert found(answer) == {"too_many_photos": ("warn", photos[30:])}
    assert answer["usable"] == 30
    assert [photo["usable"] for photo in answer["photos"]] == [True] * 30 + [False] * 2


@pytest.mark.parametrize("base_model", ["flux-1.1-pro", "dall-e"])
def test_base_model_that_cannot_be_trained_is_refused(base_model) -> None:
    make_person()
    reply = ask("GET", f"/{make_model([])}/report?base_model={base_model}")
    assert reply.status == 422
    assert reply.json["fields"] == [{"field": "base_model", "message": "Train one of: flux-1-dev, flux-2-dev."}]
