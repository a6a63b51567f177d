"""Leaving for good: what a person has who leaves, and looking through everything for what stayed."""

import re
import secrets
from typing import Any

from likeness_client.models import (
    ChangeRequest,
    ChangeView,
    CollectionRequest,
    DownloadRequest,
    EmailRequest,
    FiltersBody,
    PictureChange,
    ShareRequest,
)

from local.client import Client
from local.waiting import wait_for
from tests.deployed import CLOUD, new_address
from tests.integration.stack import TABLES, kinds, objects, out, rows, texts, web

WORDS = f"windmill {secrets.token_hex(4)}"
"""In the prompts of the person who leaves, and in nobody else's."""


def in_pool(user_id: str) -> bool:
    """Whether the user pool knows a person."""
    cognito = CLOUD.client("cognito-idp")
    try:
        cognito.admin_get_user(UserPoolId=out()["UserPoolId"], Username=user_id)
    except cognito.exceptions.UserNotFoundException:
        return False
    return True


def email_of(client: Client) -> str:
    return client.api.read_me().email


def wait_until_erased(client: Client) -> None:
    """Until the last step of the erasure, which removes the person from the pool."""
    wait_for(lambda: in_pool(client.user_id), lambda is_there: not is_there, seconds=60)


def assert_nothing_is_left(client: Client, *addresses: str) -> None:
    """Look once through every row and every key there is."""
    everything = {table: [(row, texts(row)) for row in rows(table)] for table in TABLES}
    left = {table: [row for row, text in found if client.user_id in text] for table, found in everything.items()}
    assert (left["models"], left["images"]) == ([], [])
    (profile,) = left["users"]
    assert {name: profile[name]["S"] for name in ("sk", "state")} == {"sk": "PROFILE", "state": "ERASED"}
    assert set(profile) <= {"pk", "sk", "kind", "v", "state", "changed_at", "receipt"}
    assert set(kinds(left["credits"])) <= {"BALANCE", "ENTRY", "RESERVATION"}
    telling = [text for found in everything.values() for _, text in found]
    for word in (WORDS, *addresses):
        assert not [text for text in telling if word in text]
    assert not [key for key in objects("MediaBucket") | objects("RawBucket") if client.user_id in key]


def belongings(client: Client, image_id: str) -> dict[str, Any]:
    """One of everything that is made out of pictures, and an address to move to; what a visitor of the link has."""
    api, every = client.api, FiltersBody()
    link = api.create_share(ShareRequest(image_ids=[image_id], title=WORDS, allow_download=True))
    shown = web().get(f"{CLOUD.site}/v1/shared/{link.token}").json()["pictures"][0]
    seen = [CLOUD.site + shown[name] for name in ("view", "thumbnail_640", "thumbnail_256", "download")]
    assert {web().get(url).status_code for url in seen} == {200}
    api.create_collection(CollectionRequest(name=WORDS), idempotency_key=WORDS)
    download = api.start_download(DownloadRequest(filters=every))
    change = api.change_images(ChangeRequest(change=PictureChange(add_tags=[WORDS]), filters=every))
    assert isinstance(change, ChangeView)
    wait_for(lambda: api.read_download(download.id), lambda job: job.status == "succeeded", seconds=60)
    wait_for(lambda: api.read_change(change.id), lambda job: job.status == "succeeded", seconds=60)
    seen += [zipped.url for zipped in api.read_download(download.id).files if zipped.url]
    moved = new_address("elsewhere")
    api.move(EmailRequest(moved))
    return {"token": link.token, "seen": seen, "moved": moved}


def private_files(client: Client) -> set[str]:
    """Every file that rows of hers name, outside of her own folder."""
    told = " ".join(texts(row) for table in ("models", "images") for row in rows(table, client.user_id))
    folders = set(re.findall(r"media/v/[\w-]+/", told))
    return {key for folder in folders for key in objects("MediaBucket", folder)}
