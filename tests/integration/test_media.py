"""The files of two people: no signature, detour or bucket opens what is not one's own."""

import http.client

import pytest

from likeness.storage import signed_url
from tests.deployed import CLOUD, ended_generation, make_person, start_generation
from tests.integration.stack import as_function, objects, out, web


@pytest.fixture(scope="module")
def owned(trained):
    """Ada, who has a trained model and a picture of it: client, the paths of the picture's files."""
    client, model_id = trained
    order = ended_generation(client, start_generation(client, model_id=model_id, prompt="[me] in a darkroom"))
    return client, order.pictures[0].media


@pytest.fixture(scope="module")
def stranger():
    """Eve, who is signed in and owns nothing."""
    return make_person("stranger")


def raw_get(target: str) -> int:
    """Fetch a path exactly as written, dots and escapes included."""
    connection = http.client.HTTPConnection("localhost", CLOUD.ports.edge, timeout=60)
    connection.request("GET", target)
    status = connection.getresponse().status
    connection.close()
    return status


def test_media_open_only_to_their_owners_own_unchanged_signature(owned, stranger):
    client, media = owned
    for path in media.to_dict().values():
        assert web().get(f"{CLOUD.site}{path}?{client.media_query}").status_code == 200
        signature = client.media_query.partition("Signature=")[2].partition("&")[0]
        refused = {
            "none": "",
            "a stranger's": stranger.media_query,
            "tampered": client.media_query.replace(signature, signature[:-6] + "AAAAAA"),
            "another policy": client.media_query.replace("Policy=ey", "Policy=eX"),
            "another key": client.media_query.replace(client.media_query.partition("Key-Pair-Id=")[2][:5], "KXXXX"),
        }
        for name, query in refused.items():
            assert web().get(f"{CLOUD.site}{path}?{query}").status_code == 403, name


def test_a_signature_that_is_over_opens_nothing(owned):
    _, media = owned
    key = media.view.lstrip("/")
    with as_function():
        fresh, over = signed_url(key, 60), signed_url(key, -60)
    assert web().get(fresh).status_code == 200
    assert web().get(over).status_code == 403
    assert web().get(fresh.replace("view.webp", "original.webp")).status_code == 403


@pytest.mark.parametrize("up", ["..", "%2e%2e", "%2E%2E", ".%2e", "..%2f..%2fu", "..\\", "%252e%252e"])
def test_no_detour_leads_from_ones_own_folder_into_another(owned, stranger, up):
    _, media = owned
    path = media.view
    below = path.removeprefix("/media/u/")
    detour = f"/media/u/{stranger.user_id}/{up}/{below}?{stranger.media_query}"
    assert raw_get(detour) in {400, 403, 404}


def test_weights_and_zips_are_outside_of_every_signature_that_people_get(owned):
    client, _ = owned
    private = sorted(objects("MediaBucket", "media/v/"))
    assert private
    for key in private:
        assert web().get(f"{CLOUD.site}/{key}?{client.media_query}").status_code == 403
        assert web().get(f"{CLOUD.site}/{key}").status_code == 403


def test_what_was_uploaded_can_be_read_by_nobody(stranger):
    key = f"raw/{stranger.user_id}/kept-for-a-moment"
    s3, bucket = CLOUD.client("s3"), out()["RawBucket"]
    s3.put_object(Bucket=bucket, Key=key, Body=b"raw bytes")
    try:
        assert web().get(f"{CLOUD.endpoint}/{bucket}/{key}").status_code == 403
        assert web().get(f"{CLOUD.endpoint}/{bucket}").status_code == 403
        for path in (f"/{key}", f"/media/{key}", f"/media/u/{stranger.user_id}/../../../{key}"):
            assert raw_get(f"{path}?{stranger.media_query}") in {400, 403, 404}, path
    finally:
        s3.delete_object(Bucket=bucket, Key=key)


def test_the_media_bucket_itself_answers_nobody(owned):
    _, media = owned
    path = media.view
    assert web().get(f"{CLOUD.endpoint}/{out()['MediaBucket']}{path}").status_code == 403
