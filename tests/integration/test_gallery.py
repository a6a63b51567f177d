"""Keeping pictures: favourites, trash, download, and what stays when the model goes."""

import hashlib

import pytest
from likeness_client import Refused
from likeness_client.models import ImageChange

from local.waiting import wait_for
from tests.deployed import (
    CLOUD,
    ended_generation,
    ended_training,
    funds,
    listed,
    make_model,
    photos,
    start_generation,
    start_training,
    upload_ids,
)
from tests.integration.stack import kind, objects, rows, texts, web


@pytest.fixture(scope="module")
def keeper(trained):
    """A person with two pictures of her own: client, images."""
    client, model_id = trained
    order = ended_generation(client, start_generation(client, model_id=model_id, count=2))
    return client, [client.api.read_image(str(picture.image_id)) for picture in order.pictures]


def shown(client, **filters):
    """Ids in the gallery; the index is eventually consistent, so callers wait for what they expect."""
    return {image.id for image in listed(client, **filters)}


def test_a_favourite_is_found_as_one_until_it_is_none(keeper):
    client, (image, other) = keeper
    assert client.api.change_image(image.id, ImageChange(favourite=True)).favourite
    found = wait_for(lambda: shown(client, favourite=True), lambda ids: image.id in ids, seconds=10)
    assert other.id not in found
    client.api.change_image(image.id, ImageChange(favourite=False))
    wait_for(lambda: shown(client, favourite=True), lambda ids: image.id not in ids, seconds=10)


def test_a_trashed_picture_leaves_the_gallery_and_comes_back_when_restored(keeper):
    client, (image, other) = keeper
    client.api.trash_image(image.id)
    wait_for(lambda: shown(client), lambda ids: image.id not in ids, seconds=10)
    assert image.id in shown(client, trashed=True)
    assert other.id in shown(client)
    assert client.api.read_image(image.id).trashed_at is not None
    client.api.trash_image(image.id)
    assert client.api.change_image(image.id, ImageChange(trashed=False)).trashed_at is None
    wait_for(lambda: shown(client), lambda ids: image.id in ids, seconds=10)
    assert image.id not in shown(client, trashed=True)
    assert client.media(image.media.original)


def test_a_download_url_gives_the_original_under_a_name_and_to_nobody_who_changes_it(keeper):
    client, (image, _) = keeper
    before = funds(client)
    download = client.api.make_download(image.id)
    answer = web().get(download.url)
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == image.sha256
    assert download.filename in answer.headers["content-disposition"]
    assert answer.headers["content-type"] == "image/webp"
    other = download.url.replace("original.webp", "view.webp")
    assert web().get(other).status_code == 403
    assert web().get(download.url.partition("?")[0]).status_code == 403
    assert funds(client) == before


def test_the_cdn_lets_browsers_keep_pictures_and_never_shared_caches(keeper):
    client, (image, _) = keeper
    url = f"{CLOUD.site}{image.media.view}?{client.media_query}"
    answer = web().get(url)
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_deleted_model_leaves_its_pictures_and_takes_its_weights(ada):
    model_id = make_model(ada, upload_ids(ada, photos("coffee")[:4]))
    assert ended_training(ada, start_training(ada, model_id)).status == "succeeded"
    order = ended_generation(ada, start_generation(ada, model_id=model_id, count=1))
    (picture,) = order.pictures
    private = {key for row in rows("models", ada.user_id) for key in _private(row)}
    assert private & objects("MediaBucket", "media/v/")

    ada.api.delete_model(model_id)
    with pytest.raises(Refused, match="404 not_found"):
        ada.api.read_model(model_id)
    assert ada.api.list_models().models == []
    assert not {kind(row) for row in rows("models", ada.user_id)} - {"COUNT"}
    assert not private & objects("MediaBucket", "media/v/")

    image = ada.api.read_image(picture.image_id)
    content = ada.media(image.media.original)
    assert hashlib.sha256(content).hexdigest() == image.sha256
    assert image.id in shown(ada, model_id=model_id)
    with pytest.raises(Refused, match="404 not_found"):
        start_generation(ada, model_id=model_id)
    assert funds(ada) == (49, 0)


def _private(row):
    return [word for word in texts(row).split('"') if word.startswith("media/v/")]
