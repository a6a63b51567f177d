"""Orders as their owner reads them, and what everybody may read."""

import json
import os
import subprocess
import sys

import pytest
from botocore.client import BaseClient

from functions.generate import handler
from functions.generate.service import offers
from tests.support import call, make_person
from tests.unit.generate.studio import cancel, close, job_of, order, read, render


@pytest.fixture
def ada(studio):
    make_person("ada", 100)


def listed(query: str = "", user: str = "ada"):
    return call(handler.handler, "GET", f"/v1/generations{query}", user=user)


@pytest.mark.usefixtures("ada")
def test_poll_is_one_getitem_and_304_until_something_changes(monkeypatch):
    reply = order()
    first = read(reply)
    assert first.status == 200
    assert first.headers["cache-control"] == "no-store"
    etag = first.headers["etag"]
    reads: list[str] = []
    make_call = vars(BaseClient)["_make_api_call"]

    def counted(client, name, arguments):
        reads.append(name)
        return make_call(client, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    for shown in (etag, f"W/{etag}", f'"0", {etag}'):
        same = read(reply, headers={"if-none-match": shown})
        assert (same.status, same.body, same.headers["etag"]) == (304, "", etag)
    assert reads == ["GetItem"] * 3
    render(job_of(reply))
    changed = read(reply, headers={"if-none-match": etag})
    assert (changed.status, changed.json["pictures"][0]["state"]) == (200, "done")
    assert changed.headers["etag"] != etag


@pytest.mark.usefixtures("ada")
def test_version_rises_with_every_change_that_can_be_seen(studio):
    reply = order(count=3)
    job = job_of(reply)
    seen = {read(reply).headers["etag"]: read(reply).body}
    studio.picture = lambda seed: b"junk"
    studio.once("together", *[])
    render(job, 1)
    seen[read(reply).headers["etag"]] = read(reply).body
    cancel(reply)
    seen[read(reply).headers["etag"]] = read(reply).body
    assert len(seen) == len(set(seen.values())) == 3


@pytest.mark.usefixtures("ada")
def test_order_of_somebody_else_is_not_found():
    reply = order()
    make_person("eve", 0)
    for absent in (read(reply, user="eve"), cancel(reply, user="eve")):
        assert (absent.status, absent.code) == (404, "not_found")
    assert listed(user="eve").json == {"generations": [], "cursor": None}
    assert read(reply).json["status"] == "queued"


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("name", ["nonesuch", "01J00000000000000000000000", "01J0%23x", "x" * 300])
def test_order_that_is_not_there_is_not_found(name):
    assert call(handler.handler, "GET", f"/v1/generations/{name}", user="ada").status == 404


@pytest.mark.usefixtures("ada")
def test_list_goes_on_where_the_cursor_says():
    ids = [order().json["id"] for _ in range(3)]
    first = listed("?limit=2").json
    assert [one["id"] for one in first["generations"]] == [ids[2], ids[1]]
    second = listed(f"?limit=2&cursor={first['cursor']}").json
    assert [one["id"] for one in second["generations"]] == [ids[0]]
    assert second["cursor"] is None
    assert "ada" not in first["cursor"]


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("query", "status"), [("?cursor=nonsense", 400), ("?cursor=e30", 400), ("?limit=0", 422), ("?limit=101", 422)]
)
def test_list_refuses_what_it_did_not_hand_out(query, status):
    assert listed(query).status == status


@pytest.mark.usefixtures("ada")
def test_nothing_of_vendors_or_keys_leaves_with_an_order():
    reply = order(count=2)
    render(job_of(reply), 1)
    close(job_of(reply))
    for shown in (read(reply).body, listed().body):
        assert "together" not in shown.lower()
        assert "operation" not in shown
        assert "weights" not in shown


def test_catalog_is_public_and_cached_and_names_no_vendor(studio):
    reply = call(handler.handler, "GET", "/v1/catalog")
    assert reply.status == 200
    assert reply.headers["cache-control"] == "public, max-age=300"
    offered = reply.json
    assert {"report", "limits", "terms_version", "consent_version", "welcome_credits"} <= set(offered)
    by_id = {one["id"]: one for one in offered["base_models"]}
    assert (by_id["flux-1-dev"]["renders_models"], by_id["flux-1-dev"]["renders_alone"]) == (True, False)
    assert (by_id["flux-1.1-pro"]["is_trainable"], by_id["flux-1.1-pro"]["negative_prompt"]) == (False, True)
    assert by_id["flux-1-dev"]["credits"] == {"training": 50, "image": 1}
    assert {"id": "16:9", "width": 1360, "height": 768} in offered["aspect_ratios"]
    styles = {one["id"]: one for one in offered["styles"]}
    assert styles["oil"] == {"id": "oil", "name": "Oil painting", "version": 1, "sample": "/samples/styles/oil-1.webp"}
    pack = next(one for one in offered["packs"] if one["id"] == "painters")
    assert (pack["version"], pack["subject_kinds"]) == (1, ["person", "pet", "object"])
    assert pack["shots"][3]["style"] == "pencil"
    for word in ("endpoint", "usd", "lora_scale", "fal-ai"):
        assert word not in reply.body
    known = call(handler.handler, "GET", "/v1/catalog", headers={"if-none-match": reply.headers["etag"]})
    assert (known.status, known.body) == (304, "")


def test_description_of_the_api_is_served_from_the_package(studio, monkeypatch, tmp_path):
    offers.read_openapi.cache_clear()
    monkeypatch.setattr(offers, "files", lambda _package: tmp_path)
    assert call(handler.handler, "GET", "/v1/openapi.json").code == "not_found"
    (tmp_path / "openapi.json").write_text('{"openapi": "3.1.0"}')
    reply = call(handler.handler, "GET", "/v1/openapi.json")
    assert reply.json == {"openapi": "3.1.0"}
    assert reply.headers["cache-control"] == "public, max-age=300"
    offers.read_openapi.cache_clear()


def test_path_that_does_not_exist_says_so(studio):
    reply = call(handler.handler, "GET", "/v1/nonesuch")
    assert (reply.status, reply.code) == (404, "no_such_route")


def test_only_the_rendering_function_needs_the_pictures_layer():
    program = "import functions.generate.{0}, sys, json; print(json.dumps('PIL' in sys.modules))"
    found = {}
    for entry in ("handler", "events", "tasks"):
        command = [sys.executable, "-c", program.format(entry)]
        run = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
        found[entry] = json.loads(run.stdout)
    assert found == {"handler": False, "events": False, "tasks": True}
