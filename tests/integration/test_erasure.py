"""A person who leaves: nothing stays but a shrunken profile, pseudonymous marks and a ledger that names nobody."""

from typing import Any

import pytest
from likeness_client import Refused
from likeness_client.models import ChangeMeRequest

from likeness.items.money import EntryKind
from likeness.ledger import grant
from local.waiting import wait_for
from tests.deployed import (
    CLOUD,
    PASSWORD,
    ended_generation,
    ended_training,
    faults,
    funds,
    listed,
    make_model,
    make_person,
    new_client,
    photos,
    start_generation,
    start_training,
    upload,
    upload_ids,
)
from tests.integration.leaving import (
    WORDS,
    assert_nothing_is_left,
    belongings,
    email_of,
    private_files,
    wait_until_erased,
)
from tests.integration.stack import (
    as_function,
    assert_exact,
    money,
    objects,
    out,
    rows,
    table_name,
    web,
)


@pytest.fixture(scope="module")
def erased():
    """A person with photos, a trained model, a picture and jobs that run for ever, who erases her account."""
    ada = make_person("erased")
    told: dict[str, Any] = {"client": ada, "email": email_of(ada)}
    ada.api.change_me(ChangeMeRequest(name="Ada Lovelace"))
    with as_function():
        grant(ada.user_id, EntryKind.ADJUSTMENT, "for this test", 100)
    model_id = make_model(ada, upload_ids(ada, photos("rocket")[:4]))
    assert ended_training(ada, start_training(ada, model_id)).status == "succeeded"
    order = ended_generation(ada, start_generation(ada, model_id=model_id, prompt=f"[me] and {WORDS}"))
    assert order.pictures[0].media
    told["path"] = order.pictures[0].media.original
    assert ada.media(told["path"])
    told |= belongings(ada, str(order.pictures[0].image_id))
    stuck = [
        {"fault": "never_finishes", "match": {"endpoint": "fal-ai/flux-lora-fast-training"}},
        {"fault": "never_finishes", "match": {"prompt_contains": WORDS}},
    ]
    with faults(*stuck):
        start_training(ada, model_id)
        start_generation(ada, model_id=model_id, prompt=f"[me] and {WORDS}", count=1)
        assert funds(ada) == (98, 51)
        wait_for(_fired, bool, seconds=60)
        told["private"] = private_files(ada)
        CLOUD.client("s3").put_object(Bucket=out()["RawBucket"], Key=f"raw/{ada.user_id}/not-inspected", Body=b"?")
        told["files"] = len(objects("MediaBucket", f"media/u/{ada.user_id}/")) + len(told["private"]) + 1
        told["answer"] = ada.send("DELETE", "/v1/me")
        wait_until_erased(ada)
    return told


def _fired() -> bool:
    told = web().get(f"{CLOUD.vendors}/control/faults").json()
    return all(fault["fired"] for fault in (told if isinstance(told, list) else told["faults"]))


def test_erasing_an_account_is_accepted_and_leaves_nothing_of_the_person(erased):
    assert erased["answer"].status_code == 202
    assert erased["answer"].json()["state"] == "ERASING"
    assert_nothing_is_left(erased["client"], erased["email"], erased["moved"])


def test_the_weights_and_zips_that_only_rows_named_are_gone_too(erased):
    assert erased["private"]
    assert not erased["private"] & objects("MediaBucket", "media/v/")


def test_a_link_and_a_zip_of_an_erased_person_open_nothing(erased):
    answer = web().get(f"{CLOUD.site}/v1/shared/{erased['token']}")
    assert (answer.status_code, answer.json()["code"]) == (410, "share_deleted")
    assert len(erased["seen"]) == 5
    assert {web().get(url).status_code for url in erased["seen"]} <= {403, 404}


def test_the_receipt_says_what_there_was(erased):
    told = web().get(CLOUD.site + erased["answer"].json()["receipt"]).json()
    assert told["state"] == "erased"
    removed = told["removed"]
    assert {name: number for name, number in removed.items() if name not in {"other_rows", "objects", "bytes"}} == {
        "photos": 4,
        "images": 1,
        "models": 1,
        "trainings": 2,
        "weights": 1,
        "generations": 2,
        "collections": 1,
        "shares": 1,
        "downloads": 1,
        "changes": 1,
    }
    assert removed["objects"] == erased["files"]
    assert removed["bytes"] > 0
    assert {kept["what"] for kept in told["kept"]} == {"ledger", "account", "welcome", "backups"}


def test_the_ledger_of_an_erased_person_is_closed_and_exact(erased):
    sums = assert_ledger(erased["client"].user_id)
    assert sums == {"available": 0, "reserved": 0, "spent": 51}
    (forfeiture,) = [row for row in rows("credits", erased["client"].user_id) if "forfeiture" in row["sk"]["S"]]
    assert forfeiture["amount"]["N"] == "-149"


def assert_ledger(user_id: str) -> dict[str, int]:
    """The ledger's own invariants; what was delivered is gone with the person."""
    sums = money(user_id)
    assert sums["available"] + sums["reserved"] + sums["spent"] == sums["entries"]
    return {name: sums[name] for name in ("available", "reserved", "spent")}


def test_the_tokens_of_an_erased_person_open_nothing(erased):
    client = erased["client"]
    for method, path, body in (
        ("GET", "/v1/me", None),
        ("PATCH", "/v1/me", {"name": "Back"}),
        ("POST", "/v1/generations", {"prompt": "x", "base_model": "flux-2-dev", "count": 1}),
    ):
        answer = client.send(method, path, body, headers={"Idempotency-Key": "after"})
        assert (answer.status_code, answer.json()["code"]) == (403, "account_not_active"), (method, path)
    signed = f"{CLOUD.site}{erased['path']}?{client.media_query}"
    assert web().get(signed).status_code in {403, 404}
    with pytest.raises(Refused, match="sign_in_failed"):
        new_client().login(erased["email"], PASSWORD)


def test_what_an_old_token_uploads_or_erases_again_leaves_nothing_either(erased):
    client = erased["client"]
    client.upload(photos("rocket")[:1])
    wait_for(lambda: objects("RawBucket", f"raw/{client.user_id}/"), lambda keys: not keys, seconds=30)
    assert client.send("DELETE", "/v1/me").json() == erased["answer"].json()
    assert_nothing_is_left(client, erased["email"])


def test_an_erased_address_may_register_again_and_is_not_welcomed_twice(erased):
    again = new_client()
    again.register(erased["email"], PASSWORD)
    again.login(erased["email"], PASSWORD)
    assert again.user_id != erased["client"].user_id
    assert funds(again) == (0, 0)
    assert listed(again) == []


def test_an_erasure_that_was_killed_halfway_is_finished_by_asking_again(ada):
    email = email_of(ada)
    first, second = upload(ada, photos("chelsea")[:2])
    assert second.media
    dynamo = CLOUD.client("dynamodb")
    dynamo.update_item(
        TableName=table_name("users"),
        Key={"pk": {"S": ada.user_id}, "sk": {"S": "PROFILE"}},
        UpdateExpression="SET #s = :erasing",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":erasing": {"S": "ERASING"}},
    )
    row = {"pk": {"S": ada.user_id}, "sk": {"S": f"PHOTO#{first.id}"}}
    dynamo.delete_item(TableName=table_name("images"), Key=row)
    CLOUD.client("s3").delete_object(Bucket=out()["MediaBucket"], Key=second.media.photo.lstrip("/"))
    assert ada.api.delete_me().state == "ERASING"
    wait_until_erased(ada)
    assert_nothing_is_left(ada, email)


def test_erasing_one_person_leaves_everybody_else_whole(erased, trained):
    client, model_id = trained
    assert client.api.read_model(model_id).status == "ready"
    assert objects("MediaBucket", f"media/u/{client.user_id}/photos/")
    assert_exact(client.user_id)
