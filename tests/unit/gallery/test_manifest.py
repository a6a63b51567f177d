"""Manifests: complete, of nobody, and proved by any JOSE library and by the script in the docs."""

import base64
import hashlib
import json
import runpy
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import rfc8785
from joserfc import jws as jose
from joserfc.jwk import KeySet

from functions.gallery.handler import handler
from functions.gallery.service.images import find_image
from functions.gallery.service.manifest import signed_manifest
from functions.generate import handler as generate
from likeness import aws, settings
from likeness.items.row import new_id
from tests.conftest import make_key
from tests.pictures import make_image
from tests.support import call, client, forget_secrets

pytestmark = pytest.mark.usefixtures("aws")

EXAMPLE = Path(__file__).parents[3] / "docs/examples/verify_manifest.py"
USER = "7d3f0c1e-6c1b-4a51-9a2e-0f6f2f1f9d11"
MADE = {
    "prompt": "[me] in Ankōr",
    "prompt_sent": "ohwx woman in Ankōr",
    "negative_prompt": None,
    "catalog_version": 1,
    "training_id": "01JD0000000000000000000002",
    "weights_sha256": "cd" * 32,
    "weights_scale": 1.0,
    "seed": 2**32 - 1,
    "size_sent": {"width": 1024, "height": 1024},
    "vendor": "fal",
    "endpoint": "fal-ai/flux-lora",
    "input": {"num_images": 1, "guidance_scale": 3.5},
    "steps": 28,
    "credits": 1,
    "view_sha256": "ee" * 32,
    "pixels_sha256": "ff" * 32,
    "dhash": "0123456789abcdef",
    "pack": None,
    "digital_source_type": "trainedAlgorithmicMedia",
    "software": "likeness 0.1.0",
    "ordered_at": "2026-11-23T10:00:00+00:00",
    "created_at": "2026-11-23T10:00:09+00:00",
    "a_word_of_later": "is not shown",
}


def read(image_id: str, user: str = USER):
    return call(handler, "GET", f"/v1/images/{image_id}/manifest", user=user)


def keys():
    return call(generate.handler, "GET", "/v1/keys").json


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def proven(signed) -> bytes:
    """What a JOSE library finds that was signed."""
    return jose.deserialize_json(signed["jws"], KeySet.import_key_set(keys())).payload


def verify(signed, jwks):
    return runpy.run_path(str(EXAMPLE))["verify"](signed, jwks)


def test_manifest_names_all_it_takes_and_its_signature_holds_in_a_jose_library():
    image_id = make_image(USER, manifest=MADE, sha256="ab" * 32, bytes=1234, relation="variation", parent_id=new_id())
    reply = read(image_id)
    assert reply.status == 200
    shown = reply.json["manifest"]
    as_sent = MADE.keys() - {"a_word_of_later", "ordered_at", "created_at"}
    wanted = {name: MADE[name] for name in as_sent}
    assert {name: shown[name] for name in wanted} == wanted
    assert (shown["image_id"], shown["schema_version"], shown["relation"]) == (image_id, 1, "variation")
    assert (shown["original_sha256"], shown["bytes"], shown["width"]) == ("ab" * 32, 1234, 1024)
    assert (shown["created_at"], shown["replay"]) == ("2026-11-23T10:00:09Z", None)
    assert "a_word_of_later" not in shown
    payload = proven(reply.json)
    assert payload == rfc8785.dumps(shown)
    assert json.loads(payload) == shown == verify(reply.json, keys())


def test_manifest_names_neither_person_nor_place():
    text = read(make_image(USER, manifest=MADE)).body
    assert USER not in text
    assert "media/" not in text
    assert "weights_key" not in text


def test_manifest_is_the_same_each_time_and_as_a_zip_gets_it():
    image_id = make_image(USER, manifest=MADE)
    assert read(image_id).body == read(image_id).body == signed_manifest(find_image(USER, image_id)).model_dump_json()


def test_verdict_of_a_replay_is_signed_and_shown_with_the_picture():
    verdict = {"of": new_id(), "verdict": "near", "distance": 3, "files_identical": False}
    image_id = make_image(USER, manifest={**MADE, "replay": verdict}, relation="replay", parent_id=verdict["of"])
    assert json.loads(proven(read(image_id).json))["replay"] == verdict
    assert call(handler, "GET", f"/v1/images/{image_id}", user=USER).json["replay"] == verdict
    plain = make_image(USER, manifest=MADE)
    assert call(handler, "GET", f"/v1/images/{plain}", user=USER).json["replay"] is None


def test_picture_of_before_a_field_was_known_has_null_for_it():
    reply = read(make_image(USER, manifest={"prompt": "a castle", "seed": 7}))
    assert (reply.json["manifest"]["vendor"], reply.json["manifest"]["seed"]) == (None, 7)
    assert json.loads(proven(reply.json)) == reply.json["manifest"]


@pytest.mark.parametrize("part", ["payload", "protected", "signature"])
def test_changed_signature_is_refused_by_both(part):
    signed = read(make_image(USER, manifest=MADE)).json
    raw = decoded(signed["jws"][part])
    changed = raw.replace(b"28", b"29").replace(b"ES256", b"ES257") if part != "signature" else raw[::-1]
    signed["jws"][part] = base64.urlsafe_b64encode(changed).decode().rstrip("=")
    with pytest.raises(ValueError, match=r"does not hold|another kind"):
        verify(signed, keys())
    with pytest.raises(Exception):  # noqa: B017, PT011 (whatever the library says)
        proven(signed)


def test_changed_manifest_beside_a_good_signature_is_refused():
    signed = read(make_image(USER, manifest=MADE)).json
    changed = deepcopy(signed)
    changed["manifest"]["seed"] = 8
    with pytest.raises(ValueError, match="not the one that was signed"):
        verify(changed, keys())
    other = {"keys": [{**keys()["keys"][0], "kid": "other"}]}
    with pytest.raises(ValueError, match="not in the set"):
        verify(signed, other)


def test_script_says_valid_for_the_picture_and_exits_for_another(tmp_path, monkeypatch, capsys):
    content = b"a picture"
    image_id = make_image(USER, manifest=MADE, sha256=hashlib.sha256(content).hexdigest())
    files = {"m.json": read(image_id).body.encode(), "k.json": json.dumps(keys()).encode(), "p.webp": content}
    for name, text in files.items():
        (tmp_path / name).write_bytes(text)
    monkeypatch.setattr(sys, "argv", ["verify", *(str(tmp_path / name) for name in files)])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert capsys.readouterr().out == f"valid: picture {image_id}, made 2026-11-23T10:00:09Z\n"
    (tmp_path / "p.webp").write_bytes(b"another")
    with pytest.raises(SystemExit, match="not the one of the manifest"):
        runpy.run_path(str(EXAMPLE), run_name="__main__")


def test_manifest_of_somebody_else_or_of_nothing_is_not_there():
    foreign = read(make_image(USER, manifest=MADE), "eve")
    absent = read(new_id(), "eve")
    assert foreign.status == absent.status == read("x%00", "eve").status == 404
    assert foreign.body == absent.body


def test_keys_are_public_cached_and_hold_no_private_part():
    reply = call(generate.handler, "GET", "/v1/keys")
    assert (reply.status, reply.headers["cache-control"]) == (200, "public, max-age=300")
    (key,) = reply.json["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
    assert key["kid"] == KeySet.import_key_set(reply.json).keys[0].thumbprint()
    again = call(generate.handler, "GET", "/v1/keys", headers={"if-none-match": reply.headers["etag"]})
    assert (again.status, again.body) == (304, "")


def test_rotated_key_signs_and_the_old_one_still_proves():
    image_id = make_image(USER, manifest=MADE)
    before = read(image_id).json
    kept = aws.secret(settings.settings().signing_secret)
    rotated = {**kept, "service_key": make_key() + kept["service_key"]}
    client("secretsmanager").put_secret_value(SecretId="likeness/test/signing", SecretString=json.dumps(rotated))
    forget_secrets()
    after = read(image_id).json
    assert after["jws"]["protected"] != before["jws"]["protected"]
    assert len(keys()["keys"]) == 2
    assert proven(before) == proven(after)
