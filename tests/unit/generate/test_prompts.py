"""Words worth trying, and words that were used before."""

import pytest

from functions.generate import handler
from functions.generate.service import history
from likeness.catalog.ideas import suggestions
from likeness.items.generation import Generation
from tests.support import call, make_person
from tests.unit.generate.studio import close, images, job_of, make_model, order, render, row_of

pytestmark = pytest.mark.usefixtures("studio")


def suggested(query=""):
    return call(handler.handler, "GET", f"/v1/prompts/suggestions{query}", user="ada")


def listed(query="", user="ada"):
    return call(handler.handler, "GET", f"/v1/prompts/history{query}", user=user)


def words(reply):
    return [one["prompt"] for one in reply.json["prompts"]]


def test_suggestions_are_all_there_and_kept_by_the_client_alone():
    reply = suggested()
    assert (reply.status, reply.headers["cache-control"]) == (200, "private, max-age=300")
    assert [one["id"] for one in reply.json["suggestions"]] == [one.id for one in suggestions().suggestions]
    assert reply.json["categories"] == suggestions().categories
    assert call(handler.handler, "GET", "/v1/prompts/suggestions").status == 401


def test_suggestions_are_those_of_a_category_and_a_style():
    found = suggested("?category=travel&style=cinematic").json["suggestions"]
    assert found
    assert all(one["category"] == "travel" and "cinematic" in one["styles"] for one in found)
    assert len(suggested("?limit=3").json["suggestions"]) == 3


@pytest.mark.parametrize(
    ("query", "field"), [("?category=nonesuch", "category"), ("?style=nonesuch", "style"), ("?limit=0", "limit")]
)
def test_suggestion_of_a_name_that_is_not_there_is_refused(query, field):
    reply = suggested(query)
    assert (reply.status, [one["field"] for one in reply.json["fields"]]) == (422, [field])


def test_history_has_each_prompt_once_newest_first_as_it_was_ordered_last():
    make_person("ada", 100)
    order(prompt="a lamp", style="oil")
    order(prompt="a boat")
    order(prompt="a lamp", style="ink", aspect_ratio="3:2")
    reply = listed()
    assert words(reply) == ["a lamp", "a boat"]
    lamp = reply.json["prompts"][0]
    assert (lamp["style"], lamp["aspect_ratio"], lamp["uses"], lamp["base_model"]) == ("ink", "3:2", 2, "flux-2-dev")
    assert reply.json["cursor"] is None
    make_person("eve", 0)
    assert listed(user="eve").json == {"prompts": [], "cursor": None}


def test_history_leaves_out_what_nobody_wrote():
    make_person("ada", 100)
    model_id = make_model()
    first = order(model_id=model_id, prompt="[me] at sea")
    render(job_of(first))
    close(job_of(first))
    (image,) = images()
    for number, relation in enumerate(("sample", "replay")):
        other = row_of(order(prompt=f"not mine {number}"))
        other.update([Generation.request.set({**other.request, "relation": relation})])
    pack = {"pack": {"id": "painters"}, "model_id": model_id}
    assert call(handler.handler, "POST", "/v1/generations", pack, user="ada", key="p").status == 202
    assert call(handler.handler, "POST", f"/v1/images/{image.id}/variations", {}, user="ada", key="v").status == 202
    remix = {"prompt": "[me] on land"}
    assert call(handler.handler, "POST", f"/v1/images/{image.id}/remixes", remix, user="ada", key="r").status == 202
    assert [(one["prompt"], one["uses"]) for one in listed().json["prompts"]] == [
        ("[me] on land", 1),
        ("[me] at sea", 1),
    ]


def test_history_goes_on_where_the_cursor_says_and_loses_nothing():
    make_person("ada", 100)
    for number in (1, 2, 3, 3, 4, 5):
        order(prompt=f"prompt {number}")
    found, cursor, pages = [], "", 0
    while cursor is not None:
        reply = listed(f"?limit=2{cursor and f'&cursor={cursor}'}")
        found += words(reply)
        cursor, pages = reply.json["cursor"], pages + 1
    assert found == [f"prompt {number}" for number in (5, 4, 3, 2, 1)]
    assert pages == 3


def test_history_looks_for_all_words_and_may_answer_short(monkeypatch):
    make_person("ada", 100)
    order(prompt="A LAMP in Málaga")
    for number in range(3):
        order(prompt=f"boat {number}")
    assert words(listed("?text=malaga%20lamp")) == ["A LAMP in Málaga"]
    assert words(listed("?text=malaga%20boat")) == []
    monkeypatch.setattr(history, "ORDERS_A_CALL", 1)
    short = listed("?text=lamp").json
    assert short["prompts"] == []
    assert words(listed(f"?text=lamp&cursor={short['cursor']}")) == ["A LAMP in Málaga"]


@pytest.mark.parametrize(
    ("query", "status"),
    [("?cursor=nonsense", 400), ("?cursor=e30", 400), ("?limit=101", 422), (f"?text={'x' * 101}", 422)],
)
def test_history_refuses_what_it_did_not_hand_out(query, status):
    assert listed(query).status == status
