"""Erasing a person: what goes, what stays, and that being killed anywhere does not matter."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError
from pynamodb.exceptions import PynamoDBException

from functions.auth import handler as auth
from functions.auth import tasks
from likeness import workflow
from likeness.credit import DeliveredBefore, deliver, read_balance, reserve
from likeness.errors import AccountNotActive
from likeness.items.generation import Generation, Ordered
from likeness.items.image import Image, gallery_of
from likeness.items.model import ModelCount, TrainedModel, Training, Weights
from likeness.items.money import Entry, Reservation
from likeness.items.photo import Photo, UniquePhoto
from likeness.items.row import OPEN, new_id, now
from likeness.items.user import AccountState, Profile
from likeness.ledger import forfeit
from likeness.settings import settings
from likeness.storage import image_key, photo_key, raw_key
from tests.support import call, claims, client, make_person, step
from tests.unit.auth.conftest import join, login, stored
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


class Killed(BaseException):
    """The process is gone: nothing catches this."""


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
    order(user)


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
    }
    balance = read_balance(user)
    assert (int(balance.available), int(balance.reserved)) == (0, 0)
    ended = {
        row.operation: (row.state, int(row.used)) for row in Reservation.query(user, Reservation.sk.startswith("RES"))
    }
    assert ended == {"train": ("RELEASED", 0), "order": ("SETTLED", 1)}
    amounts = {row.entry_kind: int(row.amount) for row in Entry.query(user, Entry.sk.startswith("ENTRY#"))}
    assert amounts == {"welcome": 100, "forfeiture": -95}


@contextmanager
def failing(monkeypatch, at: int, error: BaseException) -> Iterator[list[str]]:
    """Let the AWS call of this number (from 0) fail before it is made; yields the calls."""
    real, calls = BaseClient._make_api_call, []  # type: ignore[attr-defined]  # private

    def make(self, operation, parameters):
        calls.append(operation)
        if len(calls) == at + 1:
            raise error
        return real(self, operation, parameters)

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", make)
        yield calls


def test_everything_of_a_person_goes_and_the_ledger_stays():
    user = enlist()
    furnish(user)
    begin(user)
    assert run(user) == {"cursor": None}
    assert_erased(user)


def test_what_belongs_to_others_stays():
    user, eve = enlist(), enlist("eve@example.org")
    furnish(user)
    keys = [store(photo_key(eve, "1")), store(raw_key(eve, "1"), "raw-bucket")]
    training = train(eve)
    begin(user)
    run(user)
    assert stored(eve).state == "ACTIVE"
    assert is_in_pool(eve)
    assert len(rows_of(eve, "models")) == 2
    assert set(objects()) == {keys[0], training.zip_key, TrainedModel.query(eve, None).next().weights_key}
    assert objects("raw-bucket") == [keys[1]]
    assert running() == [f"{training.id}-1"]
    assert int(read_balance(eve).reserved) == 40


def test_an_erasure_killed_before_any_of_its_calls_ends_complete(monkeypatch):
    number = 0
    while True:
        user = enlist(f"ada{number}@example.org")
        furnish(user)
        begin(user)
        with failing(monkeypatch, number, Killed()) as calls:
            try:
                run(user)
            except Killed:
                is_over = False
            else:
                is_over = True
        if is_over:
            break
        assert run(user) == {"cursor": None}, calls[-1]
        assert_erased(user)
        number += 1
    assert number == len(calls) > 20, calls


def test_an_erasure_whose_every_call_fails_once_ends_complete(monkeypatch):
    user = enlist()
    furnish(user)
    begin(user)
    for number in range(200):
        with failing(monkeypatch, number, EndpointConnectionError(endpoint_url="https://aws.test")) as calls:
            try:
                answer = run(user)
            except (EndpointConnectionError, PynamoDBException):
                continue
        if answer == {"cursor": None} and len(calls) <= number:
            break
    assert_erased(user)


def test_steps_that_are_always_out_of_time_do_a_piece_each_until_all_is_done(monkeypatch):
    monkeypatch.setattr(tasks, "WORK_SECONDS", -1)
    user = enlist()
    furnish(user)
    begin(user)
    cursors = [run(user)["cursor"]]
    while cursors[-1] is not None and len(cursors) < 20:
        cursors.append(run(user, cursors[-1])["cursor"])
    assert cursors[-1] is None
    assert cursors[0] is not None
    assert_erased(user)


def test_an_account_that_nobody_asked_to_erase_is_left_alone():
    user = enlist()
    furnish(user)
    assert run(user) == {"cursor": None}
    assert stored(user).state == "ACTIVE"
    assert is_in_pool(user)
    assert len(objects()) == 5


def test_an_erased_account_may_be_erased_again():
    user = enlist()
    furnish(user)
    begin(user)
    run(user)
    assert run(user) == {"cursor": None}
    assert_erased(user)


def test_many_rows_and_objects_go_too():
    user = enlist()
    for number in range(60):
        photo = Photo.of(user, f"{number:026}")
        photo.state = "ready"
        photo.save()
    begin(user)
    run(user)
    assert rows_of(user, "images") == []


def test_a_reservation_without_a_job_row_is_released():
    user = enlist()
    hold(user, "lost", 2, 10, "generation#01JZZZZZZZZZZZZZZZZZZZZZZZ")
    begin(user)
    run(user)
    assert (int(read_balance(user).available), int(read_balance(user).reserved)) == (0, 0)


def test_credits_are_forfeited_once():
    user = enlist()
    forfeit(user)
    begin(user)
    run(user)
    assert int(read_balance(user).available) == 0


def test_a_person_may_register_again_after_the_erasure_and_gets_no_second_welcome():
    user = join()
    begin(user)
    run(user)
    again = join()
    assert again != user
    assert stored(again).state == "ACTIVE"
    assert int(read_balance(again).available) == 0
    assert stored(user).state == "ERASED"


def delete(user, **named):
    return call(auth.handler, "DELETE", "/v1/me", user=user, **named)


def erasures() -> list[str]:
    found = client("stepfunctions").list_executions(stateMachineArn=settings().erasure_machine)
    return sorted(execution["name"] for execution in found["executions"])


def test_asking_for_erasure_shuts_the_account_and_starts_it():
    user = enlist()
    reply = delete(user)
    assert (reply.status, reply.json) == (202, {"state": "ERASING"})
    assert len(reply.set_cookies) == 5
    assert all("Max-Age=0" in line for line in reply.set_cookies)
    assert stored(user).state == "ERASING"
    assert erasures() == [f"erase-{user}"]
    arn = client("stepfunctions").list_executions(stateMachineArn=settings().erasure_machine)["executions"][0]
    started = client("stepfunctions").describe_execution(executionArn=arn["executionArn"])
    assert json.loads(started["input"]) == {"job": {"user_id": user}}
    with pytest.raises(AccountNotActive):
        train(user, is_running=False)


def test_asking_again_while_it_runs_changes_nothing():
    user = enlist()
    delete(user)
    asked_at = stored(user).changed_at
    assert delete(user).status == 202
    assert erasures() == [f"erase-{user}"]
    assert stored(user).changed_at == asked_at


def test_asking_again_after_it_was_stopped_goes_on():
    user = enlist()
    delete(user)
    workflow.stop(settings().erasure_machine, f"erase-{user}")
    assert delete(user).status == 202
    assert len(erasures()) == 2
    assert erasures()[1].startswith(f"erase-{user}-")


def test_asking_when_the_start_was_lost_starts_it():
    user = enlist()
    begin(user)
    assert delete(user).status == 202
    assert erasures() == [f"erase-{user}"]


def test_erasure_wants_a_sign_in_of_the_last_15_minutes():
    user = enlist()
    old = claims(user, auth_time=str(int(time.time()) - 16 * 60))
    reply = call(auth.handler, "DELETE", "/v1/me", token=old)
    assert (reply.status, reply.code) == (403, "sign_in_again")
    assert stored(user).state == "ACTIVE"
    assert erasures() == []


def test_erasure_of_a_person_without_an_account_erases_them_too():
    user = enlist()
    Profile.of(user).delete()
    assert delete(user).status == 202
    assert stored(user).state == "ERASING"


def test_an_erased_person_cannot_sign_in():
    user = join()
    begin(user)
    run(user)
    assert login().code == "sign_in_failed"
