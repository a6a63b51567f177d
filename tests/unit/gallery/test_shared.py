"""What visitors see of a link."""

import time
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from likeness.items.gallery import Share
from likeness.items.image import Image, trash_of
from likeness.items.row import new_id
from likeness.seal import opaque_token, open_opaque_token
from local.media_signature import Refused
from tests.shares import at, fetched, in_days, is_readable, owner, paths, picture, share, visit
from tests.support import make_person

pytestmark = pytest.mark.usefixtures("aws", "people")


@pytest.fixture
def people(aws):
    make_person("ada", 0)
    make_person("eve", 0)


def test_visitor_sees_pictures_in_order_and_nothing_of_the_owner(media_key):
    first, second = picture(aspect_ratio="16:9", width=1344, height=768), picture()
    made = share([second, first], title="Us").json
    reply = visit(made["token"])
    assert (reply.status, reply.headers["cache-control"], reply.headers["x-robots-tag"]) == (200, "no-store", "noindex")
    assert (reply.json["title"], reply.json["expires_at"], reply.json["allow_download"]) == ("Us", None, False)
    assert [shown["aspect_ratio"] for shown in reply.json["pictures"]] == ["1:1", "16:9"]
    one = reply.json["pictures"][1]
    assert (one["width"], one["height"], one["style"]) == (1344, 768, "oil")
    assert (one["prompt"], one["download"]) == (None, None)
    assert fetched(one["view"], media_key) == f"{first} view.webp".encode()
    assert fetched(one["thumbnail_640"], media_key) == f"{first} 640.webp".encode()
    assert fetched(one["thumbnail_256"], media_key) == f"{first} 256.webp".encode()
    for word in ("ada", "castle", "generation", "model", made["id"], "media/u/"):
        assert word not in reply.body


def test_prompt_is_shown_whole_when_the_owner_says_so():
    prompt = "a castle " * 60
    made = share([picture(prompt=prompt, manifest={"prompt": prompt, "prompt_sent": "secret"})], show_prompt=True).json
    reply = visit(made["token"])
    assert reply.json["pictures"][0]["prompt"] == prompt
    assert "secret" not in reply.body


def test_download_is_a_file_to_save_under_an_honest_name(media_key):
    one = picture()
    made = share([one], allow_download=True).json
    path = visit(made["token"]).json["pictures"][0]["download"]
    assert fetched(path, media_key) == f"{one} original.webp".encode()
    kept = boto3.client("s3").head_object(Bucket="media-bucket", Key=urlsplit(path).path.removeprefix("/"))
    assert kept["ContentDisposition"] == f'attachment; filename="likeness-ai-{one.lower()}.webp"'
    assert (kept["ContentType"], kept["CacheControl"]) == ("image/webp", "private, no-store")


def test_signature_opens_its_own_file_and_no_other(media_key):
    one, other = picture(), picture()
    shown = visit(share([one, other]).json["token"]).json
    every = paths(shown)
    assert len(every) == 6
    query = urlsplit(every[0]).query
    targets = [urlsplit(path).path for path in every[1:]] + [f"/media/u/ada/images/{one}/view.webp"]
    for target in targets:
        with pytest.raises(Refused):
            fetched(f"{target}?{query}", media_key)


def test_signature_ends_after_15_minutes(media_key):
    path = visit(share([picture()]).json["token"]).json["pictures"][0]["view"]
    assert is_readable(path, media_key, time.time() + 890)
    assert not is_readable(path, media_key, time.time() + 901)


def test_signature_ends_with_the_link(media_key):
    made = share([picture()], expires_at=in_days(5 / 1440)).json
    path = visit(made["token"]).json["pictures"][0]["view"]
    assert int(parse_qs(urlsplit(path).query)["Expires"][0]) == int(Share.get("ada", f"SHARE#{made['id']}").expires_at)
    assert is_readable(path, media_key, time.time() + 290)
    assert not is_readable(path, media_key, time.time() + 301)


@pytest.mark.parametrize("end", ["revoked", "deleted", "expired"])
def test_each_end_has_its_own_answer_and_leaves_no_old_path_open(monkeypatch, media_key, end):
    made = share([picture()], allow_download=True, expires_at=in_days(1)).json
    old = paths(visit(made["token"]).json)
    assert len(old) == 4
    assert all(is_readable(path, media_key) for path in old)
    moment = time.time()
    if end == "revoked":
        owner("POST", made["id"], "/revoke")
    elif end == "deleted":
        owner("DELETE", made["id"])
    else:
        at(monkeypatch, 2)
        moment += 2 * 86_400
    reply = visit(made["token"])
    assert (reply.status, reply.code) == (410, f"share_{end}")
    assert "x-robots-tag" not in reply.headers
    assert "ada" not in reply.body
    assert not any(is_readable(path, media_key, moment) for path in old)
    if end == "revoked":
        at(monkeypatch, 2)
        assert visit(made["token"]).code == "share_revoked"
        owner("DELETE", made["id"])
        assert visit(made["token"]).code == "share_deleted"


def test_three_ends_are_told_apart_in_words(monkeypatch):
    made = [share([picture()], expires_at=in_days(1)).json for _ in range(3)]
    owner("POST", made[0]["id"], "/revoke")
    owner("DELETE", made[1]["id"])
    at(monkeypatch, 2)
    assert len({visit(one["token"]).json["detail"] for one in made}) == 3


def test_text_that_is_no_link_of_ours_is_not_found():
    made = share([picture()]).json
    whole = made["token"]
    other = opaque_token("download", "ada", made["id"])
    for text in (
        "x",
        "é",
        "a" * 3000,
        whole[:-2],
        whole[2:],
        whole.swapcase(),
        other,
    ):
        reply = visit(text)
        assert (reply.status, reply.code) == (404, "not_found")
    assert visit(opaque_token("share", "ada", new_id())).code == "share_deleted"


def test_token_names_nobody_and_two_of_one_person_have_nothing_in_common():
    first, second = (share([picture()]).json["token"] for _ in range(2))
    assert first[:20] != second[:20]
    assert (open_opaque_token("share", first) or [])[0] == "ada"


@pytest.mark.parametrize("way", ["trashed", "purged", "unmarked"])
def test_picture_that_is_no_longer_in_the_link_is_not_shown_whatever_the_link_says(way):
    kept, gone = picture(), picture()
    made = share([gone, kept]).json
    row = Image.of("ada", gone)
    if way == "trashed":
        row.update([Image.gallery.set(trash_of("ada"))])
    elif way == "purged":
        row.delete()
    else:
        row.update([Image.shares.delete({made["id"]})])
    shown = visit(made["token"]).json["pictures"]
    assert [kept in one["view"] for one in shown] == [True]


def test_picture_of_somebody_else_is_not_shown_even_if_its_id_got_into_the_row():
    mine, foreign = picture(), picture("eve")
    made = share([mine]).json
    Share.of("ada", made["id"]).update([Share.image_ids.set([mine, foreign])])
    Image.of("eve", foreign).update([Image.shares.add({made["id"]})])
    assert len(visit(made["token"]).json["pictures"]) == 1


def test_visits_are_counted_when_they_see_something(monkeypatch):
    made = share([picture()], expires_at=in_days(1)).json
    for _ in range(3):
        visit(made["token"])
    assert owner("GET", made["id"]).json["views"] == 3
    at(monkeypatch, 2)
    visit(made["token"])
    assert owner("GET", made["id"]).json["views"] == 3


def test_too_many_visits_from_one_address_wait_and_another_does_not(monkeypatch):
    monkeypatch.setattr("functions.gallery.service.shared.VISITS_PER_MINUTE", 2)
    monkeypatch.setattr("likeness.limit.now", lambda: 1_000_000_000)
    made = share([picture()]).json["token"]
    assert [visit(made).status for _ in range(3)] == [200, 200, 429]
    assert visit(made, "203.0.113.8").status == 200
