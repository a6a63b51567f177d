"""What a spoilt job leaves behind: at the vendor, in the ledger, in the tables and in the bucket."""

import base64
import hashlib
import json
import time
from collections import Counter
from typing import Any

import httpx
from likeness_client.models import GenerationView, TrainingView

from likeness.items.row import numbered_id
from local.client import Client
from tests.deployed import CLOUD, vendor_jobs
from tests.integration.stack import assert_exact, objects, rows, table_name

FILES = {"original.webp", "view.webp", "640.webp", "256.webp"}
Fault = dict[str, Any]
Match = dict[str, str]
CONTROL = f"{CLOUD.vendors}/control/faults"


def spoil(match: Match, *faults: Fault) -> None:
    """Let the vendor misbehave to what matches, beside all other misbehaviour."""
    httpx.post(CONTROL, json=[{**fault, "match": match} for fault in faults]).raise_for_status()


def assert_fired(match: Match) -> None:
    """Every fault that was aimed here has struck, or the test showed nothing."""
    aimed = [fault for fault in httpx.get(CONTROL).json()["faults"] if fault["match"] == match]
    assert aimed, match
    assert all(fault["fired"] > 0 for fault in aimed), aimed


def token_of(user_id: str, model_id: str) -> str:
    """How the webhook tokens of a model's trainings begin: they are base64 of user, model, training and try."""
    named = json.dumps([user_id, model_id]).removesuffix('"]').encode()
    return base64.urlsafe_b64encode(named[: len(named) // 3 * 3]).decode()


def jobs_of_training(training_id: str) -> list[dict[str, Any]]:
    """What the vendor accepted for a training, in all its tries."""
    return [job for job in vendor_jobs() if training_id in _named(job["token"])]


def _named(token: str) -> list[Any]:
    text = token.partition(".")[0]
    try:
        named = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return []
    return named if isinstance(named, list) else []


def jobs_of_order(aim: Match) -> list[dict[str, Any]]:
    """What the vendor accepted for an order."""
    return [job for job in vendor_jobs() if aim["prompt_contains"] in job["prompt"]]


def assert_bought_once(aim: Match, expected: int) -> None:
    """The vendor accepted so many jobs of an order, and never two for one picture: each has a seed of its own."""
    seeds = Counter(job["seed"] for job in jobs_of_order(aim))
    assert sum(seeds.values()) == expected, seeds
    assert set(seeds.values()) <= {1}, seeds


def reservation(user_id: str, job: str) -> dict[str, Any]:
    """The one reservation of a job: state, units, used and price."""
    (row,) = [row for row in rows("credits", user_id) if row.get("job", {}).get("S") == job]
    numbers = {name: int(row[name]["N"]) for name in ("units", "used", "undelivered", "unit_price")}
    return {"state": row["state"]["S"], **numbers}


def assert_ledger(user_id: str) -> dict[str, int]:
    """Hold a person's ledger against every invariant, at a moment when it stands still."""
    while True:
        before = rows("credits", user_id)
        try:
            sums = assert_exact(user_id)
        except AssertionError:
            if rows("credits", user_id) == before:
                raise
            continue
        if rows("credits", user_id) == before:
            return sums


def assert_order_paid(client: Client, order: GenerationView, price: int = 1) -> None:
    """An ended order cost its delivered pictures, whose files are all there, and nothing else of it is."""
    done = [picture for picture in order.pictures if picture.state == "done"]
    used, units = len(done), len(order.pictures)
    assert reservation(client.user_id, f"generation#{order.id}") == {
        "state": "SETTLED" if used else "RELEASED",
        "units": units,
        "used": used,
        "undelivered": units - used,
        "unit_price": price,
    }
    assert order.credits_back == (units - used) * price
    assert order.status == ("succeeded" if used else "failed")
    for picture in order.pictures:
        folder = f"media/u/{client.user_id}/images/{numbered_id(order.id, picture.number)}/"
        files = {key.removeprefix(folder) for key in objects("MediaBucket", folder)}
        assert files == (FILES if picture.state == "done" else set()), picture
        if picture.image_id and picture.media:
            manifest = client.api.read_image(picture.image_id).manifest
            original = client.media(picture.media.original)
            assert hashlib.sha256(original).hexdigest() == manifest["original_sha256"]
    assert_ledger(client.user_id)


def assert_training_paid(client: Client, training: TrainingView) -> None:
    """An ended training cost its price if its weights are there, else nothing, and its zip is gone."""
    user_id, key = client.user_id, f"{training.model_id}#{training.id}"
    delivered = training.status == "succeeded"
    held = reservation(user_id, f"training#{key}")
    assert (held["state"], held["used"]) == (("SETTLED", 1) if delivered else ("RELEASED", 0)), held
    found = {row["sk"]["S"]: row for row in rows("models", user_id)}
    assert (f"WEIGHTS#{key}" in found) == delivered
    row = found[f"TRAINING#{key}"]
    named = {row[name]["S"] for name in ("zip_key", "weights_key") if name in row}
    there = named & objects("MediaBucket", "media/v/")
    assert there == ({row["weights_key"]["S"]} if delivered else set())
    assert "open_training" not in found[f"MODEL#{training.model_id}"]
    assert_ledger(user_id)


def assert_no_orphans(user_id: str) -> None:
    """Every picture that is stored has its row, every row its picture; every zip and all weights are named by a row."""
    images = [row["sk"]["S"].removeprefix("IMAGE#") for row in rows("images", user_id)]
    pictures = f"media/u/{user_id}/images/"
    kept = {key.removeprefix(pictures).split("/")[0] for key in objects("MediaBucket", pictures)}
    assert kept == {image for image in images if "#" not in image}
    named = json.dumps([*rows("models"), *rows("images")])
    private = [key for key in objects("MediaBucket", "media/v/") if not key.endswith(".webp")]  # those are behind links
    assert [key for key in private if key not in named] == []


def set_numbers(table: str, user_id: str, sk: str, **numbers: int) -> None:
    """Write numbers into a row of an open job, past the product."""
    CLOUD.client("dynamodb").update_item(
        TableName=table_name(table),
        Key={"pk": {"S": user_id}, "sk": {"S": sk}},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in numbers),
        ExpressionAttributeValues={f":{name}": {"N": str(number)} for name, number in numbers.items()},
        ConditionExpression="attribute_exists(#open)",
        ExpressionAttributeNames={"#open": "open"},
    )


def past() -> int:
    """A moment that is over."""
    return int(time.time()) - 5
