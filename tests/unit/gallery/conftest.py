"""What tests of the gallery share."""

import pytest

from tests.support import make_person


@pytest.fixture
def ada(aws):
    """A person with an active account."""
    return make_person()
