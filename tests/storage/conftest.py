"""Books for a test: a real SQLite file, migrated, with its clock at noon."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.store import Store
from tests.clock import NOON


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty stall's books."""
    async with await Store.open(tmp_path / "livestall.db", synchronous="NORMAL", now=NOON) as opened:
        yield opened
