"""People to erase, with everything a person can have, and what must be left of them."""

import json
from typing import Any

from functions.auth import tasks
from likeness import workflow
from likeness.credit import DeliveredBefore, deliver, read_balance, reserve
from likeness.items.generation import Generation, Ordered
from likeness.items.image import Image, gallery_of
from likeness.items.model import ModelCount, TrainedModel, Training, Weights
from likeness.items.money import Entry, Reservation
from likeness.items.photo import Photo, UniquePhoto
from likeness.items.row import OPEN, new_id, now
from likeness.items.user import AccountState, Profile
from likeness.settings import settings
from likeness.storage import image_key, photo_key, raw_key
from tests.support import client, make_person, step
from tests.unit.auth.pool import sub

TIME = "2026-11-23T12:00:00+00:00"

ORDERED = Ordered(
    prompt="a boat",
    prompt_sent="a boat",
    negative_prompt=None,
    style="none",
    aspect_ratio="1:1",
    width=8,
    height=8,
    seed=1,
    base_model="flux-1-dev",
    base_model_name="FLUX.1",
    model_id=None,
    weights_key=None,
    weights_sha256=None,
    endpoint={"vendor": "fal"},
    catalog_version=1,
)


NOTHING = dict.fromkeys(
    (
        "photos",
        "images",
        "models",
        "trainings",
        "weights",
        "generations",
        "collections",
        "shares",
        "downloads",
        "changes",
        "other_rows",
        "objects",
        "bytes",
    ),
    0,
)
FURNISHED = NOTHING | {
    "photos": 1,
    "images": 1,
    "models": 1,
    "trainings": 1,
    "weights": 1,
    "generations": 1,
    "shares": 1,
    "other_rows": 2,
    "objects": 7,
    "bytes": 7,
}
"""What a receipt counts of a person whom `furnish` has furnished."""


def enlist(email="ada@example.org") -> str:
    """A confirmed person with an account, 100 credits and a Stripe customer; return their id."""
    named = {"UserPoolId": settings().user_pool_id, "Username": email}
    pool = client("cognito-idp")
    user = sub({"UserAttributes": pool.admin_create_user(**named)["User"]["Attributes"]})
    pool.admin_set_user_password(**named, Password="lamp forest river", Permanent=True)
    make_person(user)
    Profile.of(user).update([Profile.stripe_customer.set("cus_1"), Profile.name.set("Ada")])
    return user


def train(user, operation="train", *, is_running=True) -> Training:
    """A training that holds 40 credits, with its zip and its execution."""
    training = Training.of(user, new_id(), new_id())
    model = TrainedModel.of(user, training.model_id)
    model.name, model.subject_kind, model.class_word, model.trigger = "Me", "person", "person", "zxa"
    model.consent, model.created_at, model.open_training = {}, TIME, training.id
    model.weights_key = store(f"media/v/{new_id()}/weights.safetensors")
    model.photo_ids = training.photo_ids = []
    training.base_model, training.steps, training.operation = "flux-1-dev", 1000, operation
    training.credits, training.created_at, training.deadline = 40, TIME, now() + 1000
    training.zip_key, training.open, training.check_at = store(f"media/v/{new_id()}/photos.zip"), OPEN, now()
    job = f"training#{training.model_id}#{training.id}"
    hold(user, operation, 1, 40, job, training, model)
    if is_running:
        workflow.start(settings().training_machine, f"{training.id}-1", {})
    return training


def order(user, operation="order") -> Generation:
    """An order that holds 4 times 5 credits, with one picture delivered, and its execution."""
    generation = Generation.of(user, new_id())
    generation.request, generation.operation, generation.created_at = ORDERED.to_json(), operation, TIME
    generation.credits, generation.unit_price, generation.units = 20, 5, 4
    generation.pictures = [{"number": number, "state": "waiting"} for number in range(1, 5)]
    generation.deadline, generation.open, generation.check_at = now() + 1000, OPEN, now()
    hold(user, operation, 4, 5, f"generation#{generation.id}", generation)
    workflow.start(settings().generation_machine, f"{generation.id}-1", {})
    image = Image.of(user, new_id())
    image.gallery, image.generation_id, image.number = gallery_of(user), generation.id, 1
    image.base_model, image.aspect_ratio, image.style, image.width, image.height = "flux-1-dev", "1:1", "none", 8, 8
    image.bytes, image.sha256, image.prompt_head, image.search, image.manifest = 1, "0" * 64, "x", "x", {}
    store(image_key(user, image.id, "original.webp"))
    deliver(user, operation, also=lambda t: t.put(image, Image.sk.does_not_exist(), DeliveredBefore("there")))
    return generation


def hold(user, operation, units, price, job, *rows):
    def also(transaction):
        for row in rows:
            transaction.put(row)

    reserve(user, operation, units, price, fingerprint="f", job=job, deadline=now() + 1000, also=also)


def store(key, bucket="media-bucket"):
    client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    return key


def furnish(user) -> None:
    """Everything a person can have."""
    photo = Photo.of(user, new_id())
    photo.state = "ready"
    photo.save()
    unique = UniquePhoto.of(user, "0" * 64)
    unique.photo_id = photo.id
    unique.save()
    store(photo_key(user, photo.id))
    store(raw_key(user, photo.id), "raw-bucket")
    training = train(user)
    weights = Weights.of(user, training.model_id, training.id)
    weights.key, weights.sha256, weights.bytes, weights.base_model = (
        store(f"media/v/{new_id()}/w"),
        "0",
        1,
        "flux-1-dev",
    )
    weights.created_at = TIME
    weights.save()
    ModelCount.of(user).save()
    put(user, "images", "SHARE", below=store(f"media/v/{new_id()}/1.webp").rpartition("/")[0] + "/")
    order(user)


def put(user, table, kind, sk="", **attributes: str) -> None:
    """A row of a kind with nothing in it but keys and some texts."""
    row = {"pk": user, "sk": sk or f"{kind}#{new_id()}", "kind": kind, "v": "1", **attributes}
    client("dynamodb").put_item(TableName=table, Item={name: {"S": text} for name, text in row.items()})


def begin(user) -> None:
    Profile.of(user).update([Profile.state.set(AccountState.ERASING.value), Profile.changed_at.set(TIME)])


def run(user, cursor=None):
    return step(tasks.handler, "erase", job={"user_id": user}, cursor=cursor)


def rows_of(user, table):
    found = client("dynamodb").query(
        TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": user}}
    )
    return found["Items"]


def objects(bucket="media-bucket"):
    return [found["Key"] for found in client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]


def running() -> list[str]:
    machines = (settings().training_machine, settings().generation_machine)
    found = [client("stepfunctions").list_executions(stateMachineArn=one)["executions"] for one in machines]
    return [execution["name"] for some in found for execution in some if execution["status"] == "RUNNING"]


def is_in_pool(user) -> bool:
    pool = client("cognito-idp")
    try:
        pool.admin_get_user(UserPoolId=settings().user_pool_id, Username=user)
    except pool.exceptions.UserNotFoundException:
        return False
    return True


def receipt_of(user) -> dict[str, Any]:
    """The receipt as the profile of an erased person holds it."""
    (profile,) = rows_of(user, "users")
    found: dict[str, Any] = json.loads(profile["receipt"]["S"])
    return found


def assert_erased(user):
    assert rows_of(user, "models") == []
    assert rows_of(user, "images") == []
    assert objects() == []
    assert objects("raw-bucket") == []
    assert running() == []
    assert not is_in_pool(user)
    (profile,) = rows_of(user, "users")
    assert {name: value for name, value in profile.items() if name not in {"pk", "sk", "kind", "v"}} == {
        "state": {"S": "ERASED"},
        "changed_at": {"S": TIME},
        "stripe_customer": {"S": "cus_1"},
        "receipt": profile["receipt"],
    }
    assert receipt_of(user)["removed"] == FURNISHED
    assert receipt_of(user)["ledger_rows"] == 5
    assert receipt_of(user)["finished_at"]
    balance = read_balance(user)
    assert (int(balance.available), int(balance.reserved)) == (0, 0)
    ended = {
        row.operation: (row.state, int(row.used)) for row in Reservation.query(user, Reservation.sk.startswith("RES"))
    }
    assert ended == {"train": ("RELEASED", 0), "order": ("SETTLED", 1)}
    amounts = {row.entry_kind: int(row.amount) for row in Entry.query(user, Entry.sk.startswith("ENTRY#"))}
    assert amounts == {"welcome": 100, "forfeiture": -95}
