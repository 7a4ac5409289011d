"""People and shortcuts for stories told through the chat."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stall import TestStall, open_stall


@pytest.fixture
async def stall(tmp_path: Path) -> AsyncIterator[TestStall]:
    """A stall with nothing in its books but the owner."""
    async with open_stall(tmp_path) as opened:
        yield opened
