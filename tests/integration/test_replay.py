"""Pictures made again, and orders made out of pictures: the same bytes, signed manifests, lineage, exact credits."""

import hashlib
import runpy
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from likeness_client import Refused
from likeness_client.models import (
    PackRequest,
    PictureView,
    RemixRequest,
    ReplayRequest,
    StartedView,
    VariationRequest,
)
from likeness_client.types import UNSET

from likeness.items.money import EntryKind
from likeness.items.row import new_id
from likeness.ledger import grant
from local.client import Client
from local.cloud import ROOT
from tests.deployed import ended_generation, faults, funds, listed, start_generation
from tests.integration.stack import as_function, assert_exact

verify = runpy.run_path(str(ROOT / "docs/examples/verify_manifest.py"))["verify"]
PACK, IN_PACK = "painters", 10
CROWD = "[me] on a crowded ferry"


@dataclass
class Replays:
    """Ten pictures, each with what came when it was made again, and the credits before and after."""

    client: Client
    model_id: str
    pairs: list[tuple[PictureView, PictureView]]
    before: tuple[int, int]
    after: tuple[int, int]


@pytest.fixture(scope="module")
def rich(trained: tuple[Client, str]) -> tuple[Client, str]:
    """A person with a trained model and credits enough."""
    client, model_id = trained
    with as_function():
        grant(client.user_id, EntryKind.ADJUSTMENT, "for replays", 100)
    return client, model_id


@pytest.fixture(scope="module")
def replays(rich: tuple[Client, str]) -> Replays:
    """Nine pictures of a model and one of a base model alone; then all ten made again at once."""
    client, model_id = rich
    shown = {"style": "oil", "aspect_ratio": "4:5", "seed": 2**32 - 5}
    orders = [
        start_generation(client, prompt="[me] in a reading room", model_id=model_id, count=9, **shown),
        start_generation(client, prompt="a reading room", base_model="flux-2-dev", count=1, seed=5),
    ]
    made = [picture for order in orders for picture in all_done(client, order)]
    before = funds(client)
    started = [client.api.replay_image(one.image_id or "", ReplayRequest(), idempotency_key=new_id()) for one in made]
    again = [picture for order in started for picture in all_done(client, order.id)]
    return Replays(client, model_id, list(zip(made, again, strict=True)), before, funds(client))


def all_done(client: Client, generation_id: str) -> list[PictureView]:
    """The pictures of an order in which every one was made."""
    order = ended_generation(client, generation_id)
    assert {picture.state for picture in order.pictures} == {"done"}, order
    return order.pictures


def original(client: Client, picture: PictureView) -> bytes:
    """The file as its owner downloads it."""
    assert picture.media
    return client.media(picture.media.original)


def test_ten_pictures_made_again_are_the_same_byte_for_byte(replays: Replays) -> None:
    hashes = set()
    for made, again in replays.pairs:
        assert again.replay
        told = (again.replay.of, again.replay.verdict, again.replay.distance, again.replay.files_identical)
        assert told == (made.image_id, "identical", 0, True)
        assert made.image_id != again.image_id
        first, second = (hashlib.sha256(original(replays.client, one)).hexdigest() for one in (made, again))
        assert first == second
        hashes.add(first)
    assert len(hashes) == 10


def test_ten_replays_cost_ten_credits(replays: Replays) -> None:
    assert replays.after == (replays.before[0] - 10, 0)
    assert_exact(replays.client.user_id)


def signed(client: Client, picture: PictureView) -> dict[str, Any]:
    """A manifest as it is served, which is what was signed."""
    return dict(client.send("GET", f"/v1/images/{picture.image_id}/manifest").json())


def test_every_manifest_is_proved_by_the_published_keys_and_describes_its_file(replays: Replays) -> None:
    keys = replays.client.api.read_keys().to_dict()
    for made, again in replays.pairs:
        one, other = (verify(signed(replays.client, picture), keys) for picture in (made, again))
        assert one["image_id"] == made.image_id
        assert one["original_sha256"] == hashlib.sha256(original(replays.client, made)).hexdigest()
        assert (other["relation"], other["parent_id"], other["replay"]["verdict"]) == (
            "replay",
            made.image_id,
            "identical",
        )
        same = ("prompt_sent", "seed", "size_sent", "weights_sha256", "endpoint", "input", "pixels_sha256")
        assert [one[name] for name in same] == [other[name] for name in same]


def tampered(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A manifest changed at each place where somebody might."""
    for change in (
        lambda copy: copy["manifest"].update(prompt="other words"),
        lambda copy: copy["jws"].update(payload=f"{copy['jws']['payload'][:-2]}AA"),
        lambda copy: copy["jws"].update(signature=f"A{copy['jws']['signature'][1:-3]}AAA"),
    ):
        copy = deepcopy(found)
        change(copy)
        yield copy


def test_a_manifest_that_was_tampered_with_is_not_proved(replays: Replays) -> None:
    keys = replays.client.api.read_keys().to_dict()
    found = signed(replays.client, replays.pairs[0][0])
    for copy in tampered(found):
        with pytest.raises(ValueError, match=r"signed|signature"):
            verify(copy, keys)
    with pytest.raises(ValueError, match="not in the set"):
        verify(found, {"keys": []})


def test_a_pack_a_remix_and_variations_are_orders_with_a_lineage(replays: Replays) -> None:
    client, parent = replays.client, replays.pairs[0][0]
    assert parent.image_id
    before = funds(client)
    remix = client.api.start_remix(parent.image_id, RemixRequest(style="pencil", count=1), idempotency_key=new_id())
    more = client.api.start_variations(parent.image_id, VariationRequest(count=2), idempotency_key=new_id())
    silent = dict.fromkeys(("prompt", "count"), UNSET)
    pack = start_generation(client, model_id=replays.model_id, pack=PackRequest(id=PACK), **silent)

    (remixed,) = all_done(client, remix.id)
    varied = all_done(client, more.id)
    packed = all_done(client, pack)
    assert (remixed.style, remixed.aspect_ratio) == ("pencil", "4:5")
    assert {(one.style, one.aspect_ratio) for one in varied} == {("oil", "4:5")}
    assert len({parent.seed, remixed.seed, *(one.seed for one in varied)}) == 4
    assert (len(packed), len({one.prompt for one in packed})) == (IN_PACK, IN_PACK)
    assert verify(signed(client, packed[0]), client.api.read_keys().to_dict())["pack"].startswith(PACK)

    children = listed(client, parent_id=parent.image_id)
    assert sorted((child.relation or "", child.id) for child in children) == sorted(
        [
            ("remix", str(remixed.image_id)),
            *(("variation", str(one.image_id)) for one in varied),
            ("replay", str(replays.pairs[0][1].image_id)),
        ]
    )
    assert funds(client) == (before[0] - 1 - 2 - IN_PACK, 0)
    assert_exact(client.user_id)


def retry(client: Client, order: str, key: str) -> StartedView:
    return client.api.retry_generation(order, idempotency_key=key)


def test_a_retry_orders_exactly_the_pictures_that_are_missing_and_is_paid_once(rich: tuple[Client, str]) -> None:
    client, model_id = rich
    before = funds(client)
    with faults({"fault": "nsfw", "match": {"prompt_contains": "crowded ferry"}, "times": 2}):
        first = start_generation(client, prompt=CROWD, model_id=model_id, count=3, style="cinematic", seed=77)
        order = ended_generation(client, first)
    missing = [picture for picture in order.pictures if picture.state != "done"]
    assert [picture.state for picture in missing] == ["flagged"] * 2
    assert (order.credits_back, funds(client)) == (2, (before[0] - 1, 0))

    key = new_id()
    started = retry(client, first, key)
    made = all_done(client, started.id)
    assert [picture.seed for picture in made] == [picture.seed for picture in missing]
    assert retry(client, first, key).id == started.id
    assert (started.credits_, funds(client)) == (2, (before[0] - 3, 0))
    with pytest.raises(Refused) as twice:
        retry(client, first, new_id())
    assert (twice.value.status, twice.value.body["generation_id"]) == (409, started.id)
    with pytest.raises(Refused) as whole:
        retry(client, started.id, new_id())
    assert whole.value.status == 409
    assert (client.api.read_generation(first).retried_by, client.api.read_generation(started.id).retry_of) == (
        started.id,
        first,
    )
    assert_exact(client.user_id)
