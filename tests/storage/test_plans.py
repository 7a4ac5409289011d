"""The plan helper itself: it must see a walk over a table, or the index tests prove nothing."""

import pytest

from storage.store import Store
from tests.storage.plans import assert_no_scan


async def test_a_walk_over_a_table_is_seen(store: Store) -> None:
    with pytest.raises(AssertionError, match="SCAN products"):
        assert_no_scan(store.path, "SELECT * FROM products WHERE price = :price", price=1)


async def test_a_search_by_index_passes(store: Store) -> None:
    assert_no_scan(store.path, "SELECT * FROM products WHERE code = :code", code="EGG")
