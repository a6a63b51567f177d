"""A deployment stays on this machine, and vendors are real only when a key says so."""

from typing import Any

import pytest

from local import deploy
from local.cloud import MAIL_FROM, ROOT, Cloud, Ports, digest
from tests.support import client

CLOUD = Cloud(ports=Ports(1, 2, 3))


@pytest.mark.parametrize(
    "endpoint",
    ["https://sts.amazonaws.com", "", "http://10.0.0.1:4577", "http://localhost.example:4577", "http://a@b:1"],
)
def test_address_elsewhere_is_refused(endpoint):
    with pytest.raises(deploy.NotLocal):
        deploy.refuse_elsewhere(endpoint)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4577", "http://localhost:1", "http://[::1]:4577"])
def test_address_of_this_machine_passes(endpoint):
    deploy.refuse_elsewhere(endpoint)


def test_programs_get_nothing_of_the_shell(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    for program in (CLOUD.emulator, CLOUD.darkroom):
        assert not {"AWS_PROFILE", "HTTPS_PROXY"} & program.environment.keys()
        assert program.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_clients_reach_the_emulator_whatever_the_shell_says(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://s3.amazonaws.com")
    assert CLOUD.client("s3").meta.endpoint_url == "http://127.0.0.1:1"


def test_vendors_are_stand_ins_without_keys():
    secrets = deploy.vendor_secrets(CLOUD, {})
    assert secrets["fal"]["base_url"] == "http://127.0.0.1:3/fal"
    assert secrets["together"]["base_url"] == "http://127.0.0.1:3/together/v1"


def test_a_key_makes_its_vendor_real_and_no_other():
    secrets = deploy.vendor_secrets(CLOUD, {"FAL_KEY": "k", "FAL_USER_ID": "me"})
    assert secrets["fal"]["base_url"] == "https://queue.fal.run"
    assert (secrets["fal"]["key"], secrets["fal"]["user_id"]) == ("k", "me")
    assert secrets["together"]["base_url"] == "http://127.0.0.1:3/together/v1"
    assert deploy.vendor_secrets(CLOUD, {"TOGETHER_API_KEY": "t"})["together"]["key"] == "t"


def test_both_secrets_have_the_same_fields():
    for shell in ({}, {"FAL_KEY": "k", "TOGETHER_API_KEY": "t"}):
        for secret in deploy.vendor_secrets(CLOUD, shell).values():
            assert secret.keys() == {"base_url", "jwks_url", "result_origins", "user_id", "key"}


def test_digest_follows_names_and_contents_but_not_byte_code(tmp_path, monkeypatch):
    monkeypatch.setattr("local.cloud.ROOT", tmp_path)
    file = tmp_path / "a.py"
    file.write_text("1")
    first = digest([tmp_path])
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    assert digest([tmp_path]) == first
    file.write_text("2")
    second = digest([tmp_path])
    file.rename(tmp_path / "b.py")
    assert len({first, second, digest([tmp_path])}) == 3


def test_every_deployed_source_counts_as_a_change():
    assert {"infra", "functions", "layers", "cdk.json"} == set(deploy.SOURCES)
    assert all((ROOT / name).exists() for name in deploy.SOURCES)


def test_ports_are_read_from_text():
    assert Ports.of("4677,8887,8890") == Ports(4677, 8887, 8890)
    with pytest.raises(ValueError, match="unpack"):
        Ports.of("4677,8887")


class Machine(Cloud):
    """A cloud whose services are moto's."""

    def client(self, service: str) -> Any:
        return client(service)


def test_what_an_operator_makes_by_hand_is_made_once(aws):
    client("sesv2").delete_email_identity(EmailIdentity=MAIL_FROM)
    for _ in range(2):
        deploy.prepare(Machine(ports=Ports(1, 2, 3)), {})
    assert MAIL_FROM in known()
    names = [secret["Name"] for secret in client("secretsmanager").list_secrets()["SecretList"]]
    assert {"likeness/local/fal", "likeness/local/together"} <= set(names)


def known():
    return [found["IdentityName"] for found in client("sesv2").list_email_identities()["EmailIdentities"]]
