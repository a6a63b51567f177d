"""Keeping pictures: favourites, trash, download, and what stays when the model goes."""

import hashlib

import pytest

from local.waiting import wait_for
from tests.deployed import CLOUD, ended, funds, make_model, photos, start_generation, start_training, upload
from tests.integration.stack import kind, objects, rows, texts, web


@pytest.fixture(scope="module")
def keeper(trained):
    """A person with two pictures of her own: client, images."""
    client, model_id = trained
    order = ended(client, start_generation(client, model_id=model_id, count=2))
    return client, [client.call("GET", f"/v1/images/{picture['image_id']}") for picture in order["pictures"]]


def shown(client, **params):
    """Ids in the gallery; the index is eventually consistent, so callers wait for what they expect."""
    return {image["id"] for image in client.call("GET", "/v1/images", params=params)["images"]}


def test_a_favourite_is_found_as_one_until_it_is_none(keeper):
    client, (image, other) = keeper
    path = f"/v1/images/{image['id']}"
    assert client.call("PATCH", path, {"favourite": True})["favourite"]
    found = wait_for(lambda: shown(client, favourite=True), lambda ids: image["id"] in ids, seconds=10)
    assert other["id"] not in found
    client.call("PATCH", path, {"favourite": False})
    wait_for(lambda: shown(client, favourite=True), lambda ids: image["id"] not in ids, seconds=10)


def test_a_trashed_picture_leaves_the_gallery_and_comes_back_when_restored(keeper):
    client, (image, other) = keeper
    path = f"/v1/images/{image['id']}"
    assert client.send("DELETE", path).status_code == 204
    wait_for(lambda: shown(client), lambda ids: image["id"] not in ids, seconds=10)
    assert image["id"] in shown(client, trashed=True)
    assert other["id"] in shown(client)
    assert client.call("GET", path)["trashed_at"] is not None
    assert client.send("DELETE", path).status_code == 204
    assert client.call("PATCH", path, {"trashed": False})["trashed_at"] is None
    wait_for(lambda: shown(client), lambda ids: image["id"] in ids, seconds=10)
    assert image["id"] not in shown(client, trashed=True)
    assert client.media(image["media"]["original"])


def test_a_download_url_gives_the_original_under_a_name_and_to_nobody_who_changes_it(keeper):
    client, (image, _) = keeper
    before = funds(client)
    download = client.call("GET", f"/v1/images/{image['id']}/download")
    answer = web().get(download["url"])
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == image["sha256"]
    assert download["filename"] in answer.headers["content-disposition"]
    assert answer.headers["content-type"] == "image/webp"
    other = download["url"].replace("original.webp", "view.webp")
    assert web().get(other).status_code == 403
    assert web().get(download["url"].partition("?")[0]).status_code == 403
    assert funds(client) == before


def test_the_cdn_lets_browsers_keep_pictures_and_never_shared_caches(keeper):
    client, (image, _) = keeper
    url = f"{CLOUD.site}{image['media']['view']}?{client.media_query}"
    answer = web().get(url)
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_deleted_model_leaves_its_pictures_and_takes_its_weights(ada):
    model_id = make_model(ada, [row["id"] for row in upload(ada, photos("coffee")[:4])])
    assert ended(ada, start_training(ada, model_id))["status"] == "succeeded"
    order = ended(ada, start_generation(ada, model_id=model_id, count=1))
    (picture,) = order["pictures"]
    private = {key for row in rows("models", ada.user_id) for key in _private(row)}
    assert private & objects("MediaBucket", "media/v/")

    assert ada.send("DELETE", f"/v1/models/{model_id}").status_code == 204
    assert ada.send("GET", f"/v1/models/{model_id}").status_code == 404
    assert ada.call("GET", "/v1/models")["models"] == []
    assert not {kind(row) for row in rows("models", ada.user_id)} - {"COUNT"}
    assert not private & objects("MediaBucket", "media/v/")

    image = ada.call("GET", f"/v1/images/{picture['image_id']}")
    content = ada.media(image["media"]["original"])
    assert hashlib.sha256(content).hexdigest() == image["sha256"]
    assert image["id"] in shown(ada, model_id=model_id)
    again = ada.send(
        "POST",
        "/v1/generations",
        {"prompt": "portrait of [me]", "model_id": model_id},
        headers={"Idempotency-Key": "gone"},
    )
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert funds(ada) == (49, 0)


def _private(row):
    return [word for word in texts(row).split('"') if word.startswith("media/v/")]
