"""A second process for the tests of this folder that need one."""

from collections.abc import Iterator

import pytest

from tests.crash.hands import Hands


@pytest.fixture(scope="module")
def hands() -> Iterator[Hands]:
    """Ready to play its share; it has no file open."""
    other = Hands()
    yield other
    other.leaves()
