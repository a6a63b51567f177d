"""One deployed stack for all tests, beside any demo that runs; people who share it cannot meet."""

from tests.deployment import ada, eve, outputs, trained

__all__ = ["ada", "eve", "outputs", "trained"]
