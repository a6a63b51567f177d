"""Links over the deployed stack: two people and a visitor who has nothing but the link."""

from datetime import UTC, datetime, timedelta

import pytest
from likeness_client import Refused
from likeness_client.models import ImageChange, ShareChange, ShareRequest

from local.waiting import wait_for
from tests.deployed import CLOUD, ended_generation, start_generation
from tests.integration.stack import objects, sweep, web


@pytest.fixture(scope="module")
def owner(trained):
    """A person with two pictures of hers: client, their ids."""
    client, model_id = trained
    order = ended_generation(client, start_generation(client, model_id=model_id, count=2))
    return client, [picture.image_id for picture in order.pictures]


def share(client, image_ids, **more):
    return client.api.create_share(ShareRequest(image_ids, **more))


def visit(made):
    """Open a link without an account."""
    return web().get(f"{CLOUD.site}/v1/shared/{made.token}")


def paths(answer):
    names = ("view", "thumbnail_640", "thumbnail_256", "download")
    return [picture[name] for picture in answer.json()["pictures"] for name in names if picture[name]]


def statuses(found):
    """What the CDN answers to each path."""
    return {web().get(CLOUD.site + path).status_code for path in found}


def test_a_visitor_sees_the_pictures_of_a_link_and_no_other_file(owner):
    client, (one, other) = owner
    made = share(client, [one], allow_download=True)
    answer = visit(made)
    found = paths(answer)
    assert (answer.status_code, len(found), answer.headers["x-robots-tag"]) == (200, 4, "noindex")
    assert answer.json()["pictures"][0]["prompt"] is None
    assert client.user_id not in answer.text
    assert statuses(found) == {200}
    saved = web().get(CLOUD.site + answer.json()["pictures"][0]["download"])
    assert saved.headers["content-disposition"].startswith("attachment")
    original = client.api.read_image(one).media.original
    assert client.media(original) == saved.content
    query = found[0].partition("?")[2]
    for key in (found[1].partition("?")[0], original, f"/media/u/{client.user_id}/images/{other}/view.webp"):
        assert web().get(f"{CLOUD.site}{key}?{query}").status_code == 403


@pytest.mark.parametrize(("end", "code"), [("revoke", "share_revoked"), ("delete", "share_deleted")])
def test_nothing_of_a_link_that_was_taken_back_is_readable_with_any_old_url(owner, end, code):
    client, both = owner
    made = share(client, both)
    old = paths(visit(made))
    assert statuses(old) == {200}
    if end == "revoke":
        client.api.revoke_share(made.id)
    else:
        client.api.delete_share(made.id)
    answer = visit(made)
    assert (answer.status_code, answer.json()["code"]) == (410, code)
    assert statuses(old) <= {403, 404}
    below = old[0].removeprefix("/").rsplit("/", 2)[0]
    assert objects("MediaBucket", below) == set()


def test_nothing_of_an_expired_link_is_readable_and_a_later_end_opens_it_again(owner):
    client, both = owner
    end = datetime.now(UTC) + timedelta(seconds=8)
    made = share(client, both, expires_at=end.replace(microsecond=0))
    old = paths(visit(made))
    over = wait_for(lambda: visit(made), lambda answer: answer.status_code == 410, seconds=30)
    assert over.json()["code"] == "share_expired"
    assert statuses(old) == {403}
    below = old[0].removeprefix("/").rsplit("/", 2)[0]
    sweep("gallery")
    assert objects("MediaBucket", below) == set()
    client.api.change_share(made.id, ShareChange(expires_at=None))
    assert statuses(old) == {403}
    assert statuses(paths(visit(made))) == {200}


def test_a_trashed_picture_leaves_its_link_at_once_and_for_good(owner):
    client, (kept, gone) = owner
    made = share(client, [kept, gone])
    old = [path for path in paths(visit(made)) if gone in path]
    assert statuses(old) == {200}
    client.api.trash_image(gone)
    assert statuses(old) <= {403, 404}
    client.api.change_image(gone, ImageChange(trashed=False))
    assert [kept in picture["view"] for picture in visit(made).json()["pictures"]] == [True]


def test_a_link_belongs_to_its_owner_alone(owner, eve):
    client, (one, _) = owner
    made = share(client, [one])
    foreign = (
        lambda: eve.api.read_share(made.id),
        lambda: eve.api.change_share(made.id, ShareChange(title="x")),
        lambda: eve.api.delete_share(made.id),
        lambda: eve.api.revoke_share(made.id),
    )
    for attempt in foreign:
        with pytest.raises(Refused, match="404 not_found"):
            attempt()
    with pytest.raises(Refused, match="422 invalid_request"):
        share(eve, [one])
    assert statuses(paths(visit(made))) == {200}
