"""What developers are given: the typed client, its example, and the page that shows the API."""

import io
import os
import re
import subprocess
import sys

import pytest
from likeness_client import Likeness, Refused
from likeness_client.models import LoginRequest
from PIL import Image

from local.cloud import ROOT
from tests.deployed import CLOUD, PASSWORD, funds, listed
from tests.integration.operations import operations
from tests.integration.stack import assert_exact, web

EXAMPLE = ROOT / "docs" / "examples" / "quickstart.py"
LINKS = (("script", "src"), ("link", "href"))


def run_example(folder, email, password):
    command = [sys.executable, str(EXAMPLE), CLOUD.site, email, password, "a lighthouse at dawn"]
    env = {**os.environ, "NO_PROXY": "localhost"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=180, check=False)


def test_the_example_orders_a_picture_and_saves_its_original(ada, tmp_path):
    run = run_example(tmp_path, ada.api.read_me().email, PASSWORD)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("costs 1 credits, 100 are available\n")
    (file,) = tmp_path.iterdir()
    (image,) = listed(ada)
    assert run.stdout.endswith(f"saved likeness-{image.id}.webp\n")
    assert file.name == f"likeness-{image.id}.webp"
    assert file.read_bytes() == ada.media(image.media.original)
    picture = Image.open(io.BytesIO(file.read_bytes()))
    assert (picture.format, picture.size) == ("WEBP", (image.width, image.height))
    assert (image.prompt, image.style, image.aspect_ratio) == ("a lighthouse at dawn", "oil", "4:3")
    assert funds(ada) == (99, 0)
    assert_exact(ada.user_id)


def test_the_example_says_what_was_refused(ada, tmp_path):
    run = run_example(tmp_path, ada.api.read_me().email, "not this one at all")
    assert (run.returncode, run.stderr.partition(":")[0]) == (1, "sign_in_failed")
    assert list(tmp_path.iterdir()) == []


def test_the_client_has_a_method_for_every_operation():
    named = {name for name in vars(Likeness) if not name.startswith("_")}
    assert named == {operation.name for operation in operations()}


def test_the_client_says_who_refused_and_why(outputs):
    api = Likeness(CLOUD.site)
    try:
        assert api.read_catalog().welcome_credits == 100
        with pytest.raises(Refused) as no_token:
            api.read_me()
        with pytest.raises(Refused) as nobody:
            api.login(LoginRequest(email="nobody@example.org", password=PASSWORD))
    finally:
        api.close()
    assert (no_token.value.status, no_token.value.code) == (401, "")
    assert (nobody.value.status, nobody.value.code) == (401, "sign_in_failed")
    assert nobody.value.body["detail"] in str(nobody.value)


def test_the_page_of_the_api_runs_only_scripts_of_its_own_site(outputs):
    page = web().get(f"{CLOUD.site}/docs")
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    scripts, styles = (re.findall(rf'<{tag}[^>]* {link}="([^"]*)"', page.text) for tag, link in LINKS)
    assert scripts
    assert not re.search(r"<script(?![^>]* src=)", page.text)
    for path in [*scripts, *styles]:
        assert path.startswith("/docs/")
        answer = web().get(CLOUD.site + path)
        kind = "javascript" if path in scripts else "css"
        assert (answer.status_code, kind in answer.headers["content-type"]) == (200, True), path
    assert any("/v1/openapi.json" in web().get(CLOUD.site + path).text for path in scripts)
    assert web().get(f"{CLOUD.site}/docs/").text == page.text
