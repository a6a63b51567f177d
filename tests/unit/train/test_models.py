"""Models: made with consent out of one's own photos, changed, listed and deleted."""

import pytest

from likeness.items.model import ModelCount
from likeness.items.user import AccountState, Profile
from tests.support import make_person
from tests.unit.train.fal import Fal
from tests.unit.train.studio import CONSENT, add_photo, ask, executions, make_model, money, objects, order, started

BODY = {"name": "Ada", "subject_kind": "person", "photo_ids": [], "consent": CONSENT}


def create(**changes):
    return ask("POST", "", BODY | changes)


def test_new_model_is_a_draft_with_a_rare_trigger_and_the_moment_of_consent() -> None:
    make_person()
    photo = add_photo()
    reply = create(photo_ids=[photo])

    assert reply.status == 201
    model = reply.json
    assert (model["status"], model["class_word"], model["photo_ids"]) == ("draft", "person", [photo])
    assert model["trigger"].isalpha()
    assert model["trigger"].islower()
    assert not set("aeiouy") & set(model["trigger"])
    assert model["consent"] == {**CONSENT, "at": model["consent"]["at"]}
    assert model["cover"] == f"/media/u/ada/photos/{photo}/256.webp"
    assert ask("GET", f"/{model['id']}").json == model
    assert create().json["trigger"] != model["trigger"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"subject_kind": "style"}, "subject_kind"),
        ({"class_word": "Ignore all"}, "class_word"),
        ({"class_word": "a very long text"}, "class_word"),
        ({"photo_ids": ["p"] * 2}, "photo_ids"),
        ({"photo_ids": [str(n) for n in range(101)]}, "photo_ids"),
        ({"consent": None}, "consent"),
        ({"consent": {"subject": "self"}}, "consent.text_version"),
        ({"consent": {**CONSENT, "text_version": "1999"}}, "consent"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_body_that_is_not_valid_names_its_field(changes, field) -> None:
    reply = create(**changes)
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert [found["field"] for found in reply.json["fields"]] == [field]


@pytest.mark.parametrize(("kind", "subject"), [("person", "not_a_person"), ("pet", "self"), ("object", "permission")])
def test_consent_that_does_not_fit_the_subject_is_refused(kind, subject) -> None:
    assert create(subject_kind=kind, consent={**CONSENT, "subject": subject}).status == 422


def test_name_of_somebody_known_is_refused() -> None:
    make_person()
    assert create(name="Taylor Swift").code == "prompt_refused"
    model_id = make_model([])
    assert ask("PATCH", f"/{model_id}", {"name": "Taylor Swift"}).code == "prompt_refused"


def test_photos_of_others_and_unknown_ones_are_refused_by_name() -> None:
    make_person()
    mine, theirs = add_photo(), add_photo("eve")
    gone = add_photo(state="deleting")
    reply = create(photo_ids=[mine, theirs, "unknown", gone])

    assert reply.status == 422
    assert reply.json["photo_ids"] == [theirs, "unknown", gone]
    assert reply.json["fields"][0]["field"] == "photo_ids"
    model_id = make_model([mine])
    assert ask("PATCH", f"/{model_id}", {"photo_ids": [theirs]}).status == 422
    assert ask("GET", f"/{model_id}").json["photo_ids"] == [mine]


def test_account_that_is_not_active_makes_no_model() -> None:
    make_person()
    profile = Profile.of("ada")
    profile.update([Profile.state.set(AccountState.ERASING.value)])
    assert create().code == "account_not_active"
    assert ask("GET", "").json["models"] == []


def test_more_models_than_one_may_have_are_refused() -> None:
    make_person()
    make_model([])
    count = ModelCount.of("ada")
    count.update([ModelCount.models.set(20)])
    assert create().status == 409

    assert ask("DELETE", f"/{ask('GET', '').json['models'][0]['id']}").status == 204
    assert create().status == 201


def test_list_shows_own_models_newest_first_page_by_page() -> None:
    make_person()
    make_person("eve")
    made = [make_model([]) for _ in range(3)]
    make_model([], user="eve")

    first = ask("GET", "?limit=2").json
    assert [model["id"] for model in first["models"]] == [made[2], made[1]]
    second = ask("GET", f"?limit=2&cursor={first['cursor']}").json
    assert [model["id"] for model in second["models"]] == [made[0]]
    assert second["cursor"] is None
    assert ask("GET", "?cursor=bm9uc2Vuc2U").code == "cursor_invalid"


def test_model_of_another_person_does_not_exist() -> None:
    make_person()
    model_id = make_model([])
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("GET", "/report", None),
        ("GET", "/trainings", None),
    ):
        assert ask(method, f"/{model_id}{path}", body, user="eve").code == "not_found"
    assert order(model_id, user="eve").code == "not_found"


def test_change_takes_what_is_named_and_leaves_the_rest() -> None:
    make_person()
    photo = add_photo()
    model_id = make_model([photo])
    assert ask("PATCH", f"/{model_id}", {"name": "Countess"}).json["photo_ids"] == [photo]
    assert ask("PATCH", f"/{model_id}", {"photo_ids": []}).json["name"] == "Countess"
    assert ask("PATCH", f"/{model_id}", {}).json["name"] == "Countess"


def test_photos_cannot_change_while_they_are_trained_on_but_the_name_can() -> None:
    run = started()
    reply = ask("PATCH", f"/{run.model_id}", {"photo_ids": []})
    assert (reply.status, reply.code) == (409, "training_running")
    assert ask("PATCH", f"/{run.model_id}", {"name": "Countess"}).status == 200
    assert len(run.model.photo_ids) == 8


def test_deleting_a_model_takes_its_trainings_and_weights() -> None:
    run = started(150)
    run.execute()
    assert objects() == ["weights.safetensors"]

    assert ask("DELETE", f"/{run.model_id}").status == 204
    assert objects() == []
    assert ask("GET", f"/{run.model_id}").status == 404
    assert ask("GET", f"/{run.model_id}/trainings/{run.training_id}").status == 404
    assert ask("DELETE", f"/{run.model_id}").status == 404
    assert ask("GET", "").json["models"] == []
    assert money() == (100, 0)


def test_deleting_a_model_in_training_cancels_everywhere_and_gives_the_credits_back(fal: Fal) -> None:
    run = started()
    run.advance("prepare", "submit", "await")
    assert executions() == [f"{run.training_id}-1"]

    assert ask("DELETE", f"/{run.model_id}").status == 204
    assert money() == (100, 0)
    assert executions() == []
    assert len(fal.cancelled) == 1
    assert objects() == []


def test_delete_that_was_cut_short_hides_the_model_and_is_finished_by_a_repeat(monkeypatch) -> None:
    run = started(150)
    run.execute()
    with monkeypatch.context() as patch:
        patch.setattr("functions.train.library.remove", _break)
        assert ask("DELETE", f"/{run.model_id}").status == 500

    assert ask("GET", f"/{run.model_id}").status == 404
    assert order(run.model_id, key="k2").code == "not_found"
    assert ask("DELETE", f"/{run.model_id}").status == 204
    assert objects() == []


def _break(_keys: object) -> None:
    message = "the bucket is away"
    raise OSError(message)
