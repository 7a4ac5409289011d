"""Suppliers: found by name, kept up to date, never doubled."""

from storage import suppliers
from storage.store import Store
from storage.suppliers import Supplier
from tests.clock import NOON


async def test_a_supplier_is_made_once_and_found_again(store: Store) -> None:
    first = await store.write(
        suppliers.find_or_create, name="Hill Farm", county="Tonggu", households=212, is_designated=True, now=NOON
    )
    again = await store.write(
        suppliers.find_or_create, name="Hill Farm", county="Tonggu", households=212, is_designated=True, now=NOON
    )
    assert first.is_new
    assert not again.is_new
    assert again.id == first.id
    assert await store.read(suppliers.view, first.id) == Supplier(
        id=first.id, name="Hill Farm", county="Tonggu", households=212, is_designated=True
    )


async def test_what_is_not_told_is_not_forgotten(store: Store) -> None:
    made = await store.write(suppliers.find_or_create, name="Hill Farm", county="Tonggu", households=212, now=NOON)
    await store.write(suppliers.find_or_create, name="Hill Farm", is_designated=True, now=NOON + 1)
    assert await store.read(suppliers.view, made.id) == Supplier(
        id=made.id, name="Hill Farm", county="Tonggu", households=212, is_designated=True
    )


async def test_an_unknown_supplier_is_none(store: Store) -> None:
    assert await store.read(suppliers.view, 7) is None
