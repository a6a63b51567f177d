"""The deployed stack as fixtures; a folder whose tests need it imports them into its conftest."""

from collections.abc import Iterator
from functools import cache
from os import environ

import pytest

from local.cli import up
from local.client import Client
from local.deploy import outputs as found
from tests.deployed import CLOUD, close_clients, make_person, make_trained

KEEP = "KEEP_STACK" in environ
"""For writing tests: `make up STATE=.local/test PORTS=4677,8887,8890`, and nothing is deployed or stopped anew."""


@pytest.fixture(scope="session", autouse=True)
def outputs() -> Iterator[dict[str, str]]:
    """The stack, deployed anew from nothing; its outputs. With `KEEP_STACK` set, the one that runs, left running."""
    yield _deployed()
    close_clients()
    if not KEEP:
        CLOUD.stop()


@cache
def _deployed() -> dict[str, str]:
    """Once in a run: every folder that imports the fixture has one of its own."""
    if KEEP:
        return found(CLOUD)
    CLOUD.reset()
    return up(CLOUD)


@pytest.fixture
def ada() -> Client:
    """A person with welcome credits."""
    return make_person("ada")


@pytest.fixture
def eve() -> Client:
    """Another person."""
    return make_person("eve")


@pytest.fixture(scope="session")
def trained(outputs: dict[str, str]) -> tuple[Client, str]:
    """A person and her trained model; tests may generate with it and must not change it."""
    client = make_person("trained")
    return client, make_trained(client)
