"""Orders made out of a picture: remixes and variations, and what they keep."""

import pytest

from functions.generate import handler
from likeness.catalog.reader import catalog
from likeness.errors import PromptRefused
from likeness.items.generation import Generation
from likeness.items.image import Image
from likeness.items.model import TrainedModel, Weights
from likeness.items.row import new_id
from tests.support import call, make_person
from tests.unit.generate.studio import (
    balance,
    close,
    executions,
    generations,
    images,
    job_of,
    make_model,
    make_version,
    order,
    read,
    render,
    row_of,
)

pytestmark = pytest.mark.usefixtures("studio")
KINDS = ["remixes", "variations"]


@pytest.fixture
def parent(studio):
    """A picture of ada's model, the second one of its order."""
    make_person("ada", 100)
    reply = order(model_id=make_model(), prompt="[me] at sea", style="oil", aspect_ratio="3:2", count=2)
    render(job_of(reply), 2)
    close(job_of(reply))
    studio.jobs.clear()
    (image,) = images()
    return image


def send(image_id, kind="remixes", key="k", user="ada", **body):
    return call(handler.handler, "POST", f"/v1/images/{image_id}/{kind}", body, user=user, key=key)


def made_of(reply, number=1):
    """The picture that came out of an order."""
    render(job_of(reply), number)
    close(job_of(reply))
    return next(image for image in images() if image.generation_id == reply.json["id"])


@pytest.mark.parametrize("kind", KINDS)
def test_all_but_the_seed_is_kept_and_the_parent_is_named(parent, kind):
    before = row_of_parent(parent).ordered
    reply = send(parent.id, kind)
    assert (reply.status, reply.json["credits"]) == (202, 4)
    ordered = row_of(reply).ordered
    kept = set(vars(ordered)) - {"seed", "relation", "parent_id"}
    assert {name: getattr(ordered, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert ordered.seed not in {before.seed, before.seed + 1}
    shown = read(reply).json
    assert (shown["relation"], shown["parent_id"]) == (kind.rstrip("s").replace("xe", "x"), parent.id)
    child = made_of(reply)
    assert (child.relation, child.parent_id) == (shown["relation"], parent.id)
    assert (child.manifest["relation"], child.manifest["parent_id"]) == (shown["relation"], parent.id)
    assert balance() == (98, 0)


def row_of_parent(parent):
    return Generation.get("ada", Generation.of("ada", parent.generation_id).sk)


def test_remix_changes_what_it_names_and_nothing_else(parent):
    reply = send(parent.id, prompt="[me] on the moon", aspect_ratio="1:1", count=2, seed=5)
    ordered = row_of(reply).ordered
    assert (ordered.prompt, ordered.style, ordered.aspect_ratio) == ("[me] on the moon", "oil", "1:1")
    assert ordered.prompt_sent == "oil painting of ohwx woman on the moon, rich brushwork on canvas"
    assert (ordered.width, ordered.seed, row_of(reply).units) == (1024, 5, 2)


def test_remix_with_another_model_takes_its_default_version(parent):
    other = make_model(trigger="zwx", class_word="dog")
    ordered = row_of(send(parent.id, model_id=other)).ordered
    assert (ordered.model_id, ordered.prompt_sent) == (
        other,
        "oil painting of zwx dog at sea, rich brushwork on canvas",
    )
    assert ordered.training_id == TrainedModel.get("ada", TrainedModel.of("ada", other).sk).training_id


def test_remix_of_a_base_models_picture_needs_no_model_and_may_drop_the_negative_prompt(studio):
    make_person("ada", 100)
    first = order(base_model="flux-1.1-pro", negative_prompt="hats", prompt="a lamp")
    parent = made_of(first)
    kept = row_of(send(parent.id)).ordered
    assert (kept.base_model, kept.model_id, kept.negative_prompt) == ("flux-1.1-pro", None, "hats")
    assert row_of(send(parent.id, key="2", negative_prompt="")).ordered.negative_prompt is None
    assert row_of(send(parent.id, "variations", key="3")).ordered.negative_prompt == "hats"


def test_version_of_the_parent_is_used_after_the_default_moved(parent):
    newer = make_version("ada", str(parent.model_id), key="media/v/newer/w.safetensors")
    TrainedModel.of("ada", parent.model_id).update([TrainedModel.training_id.set(newer)])
    for kind in KINDS:
        assert row_of(send(parent.id, kind, key=kind)).ordered.training_id == row_of_parent(parent).ordered.training_id


@pytest.mark.parametrize("kind", KINDS)
def test_default_version_is_used_where_the_parents_is_gone(parent, kind):
    old = row_of_parent(parent).ordered.training_id
    Weights.of("ada", parent.model_id, str(old)).delete()
    newer = make_version("ada", str(parent.model_id), key="media/v/newer/w.safetensors", base_model="flux-2-dev")
    TrainedModel.of("ada", parent.model_id).update([TrainedModel.training_id.set(newer)])
    ordered = row_of(send(parent.id, kind)).ordered
    assert (ordered.training_id, ordered.weights_key) == (newer, "media/v/newer/w.safetensors")
    assert (ordered.base_model, ordered.prompt) == ("flux-2-dev", "[me] at sea")


@pytest.mark.parametrize("kind", KINDS)
def test_picture_of_a_deleted_model_says_so_and_holds_nothing(parent, kind):
    TrainedModel.of("ada", parent.model_id).update([TrainedModel.deleted_at.set("2026-11-23T00:00:00+00:00")])
    reply = send(parent.id, kind)
    assert (reply.status, reply.code) == (409, "model_not_ready")
    assert "deleted" in reply.json["detail"]
    assert balance() == (99, 0)


def test_variation_is_that_of_the_day_and_a_remix_that_of_today(parent, monkeypatch):
    styles = [
        one.model_copy(update={"prompt": "oils: {prompt}", "version": 2}) if one.id == "oil" else one
        for one in catalog().styles
    ]
    changed = catalog().model_copy(update={"styles": tuple(styles)})
    monkeypatch.setattr("functions.generate.service.requests.catalog", lambda: changed)
    remixed, varied = row_of(send(parent.id)).ordered, row_of(send(parent.id, "variations")).ordered
    assert (remixed.prompt_sent, remixed.style_version) == ("oils: ohwx woman at sea", 2)
    assert (varied.prompt_sent, varied.style_version) == (
        "oil painting of ohwx woman at sea, rich brushwork on canvas",
        1,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_trashed_parent_is_fine_and_a_purged_or_foreign_one_is_not_found(parent, kind):
    make_person("eve", 100)
    foreign = send(parent.id, kind, user="eve")
    assert (foreign.status, foreign.code) == (404, "not_found")
    Image.of("ada", parent.id).update([Image.gallery.set("ada#trash"), Image.deleted_at.set(1)])
    assert send(parent.id, kind, count=1).status == 202
    Image.of("ada", parent.id).delete()
    assert send(parent.id, kind, key="after").status == 404
    assert send(parent.id, kind, count=1).status == 202, "a repeat is answered all the same"
    assert send("nonesuch", kind, key="after").status == 404
    assert balance("eve") == (100, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_picture_without_an_order_cannot_be_made_again(parent, kind):
    Image.of("ada", parent.id).update([Image.generation_id.set(new_id())])
    reply = send(parent.id, kind)
    assert (reply.status, reply.code, reply.json["reason"]) == (409, "not_reproducible", "order_gone")


@pytest.mark.parametrize("kind", KINDS)
def test_repeat_is_the_same_and_holds_once(parent, kind):
    first, second = send(parent.id, kind, count=2), send(parent.id, kind, count=2)
    assert (first.status, first.body) == (202, second.body)
    assert (balance(), len(generations()), len(executions())) == ((97, 2), 2, 2)
    other = send(parent.id, kind, count=3)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert send(parent.id, kind, key=None).code == "idempotency_key_invalid"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("remixes", {"style": "nonesuch"}, 422),
        ("remixes", {"aspect_ratio": "7:1"}, 422),
        ("remixes", {"negative_prompt": "hats"}, 422),
        ("remixes", {"prompt": ""}, 422),
        ("remixes", {"prompt": "nude teenage girl"}, 422),
        ("remixes", {"base_model": "flux-2-dev"}, 422),
        ("remixes", {"model_id": "01J00000000000000000000000"}, 404),
        ("variations", {"count": 17}, 422),
        ("variations", {"seed": 1}, 422),
    ],
)
def test_change_that_makes_no_sense_is_refused_and_holds_nothing(parent, kind, body, status):
    assert send(parent.id, kind, **body).status == status
    assert balance() == (99, 0)


def test_words_that_were_allowed_once_are_read_again(parent, monkeypatch):
    def refuse(_text):
        raise PromptRefused("no", rule="undress")

    monkeypatch.setattr("functions.generate.service.requests.policy.check_prompt", refuse)
    for kind in KINDS:
        assert send(parent.id, kind).code == "prompt_refused"
