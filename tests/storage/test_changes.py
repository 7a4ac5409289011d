"""Changes of one product: made by hosts, told with what was before, undone once and only while they stand."""

import asyncio
from typing import Any

import pytest

from storage import changes, products, trails
from storage.changes import AlreadyUndone, Changed, ChangedSince, Field, Same, Undone
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.products import Product
from storage.store import Store
from storage.trails import Wanted
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, CASHIER, HOST, OTHER_HOST, OWNER

VALUES = [
    (Field.NAMES, {"en": "Brown eggs", "zh": "土鸡蛋"}),
    (Field.PRICE, 3800),
    (Field.STOCK, None),
    (Field.STOCK, 0),
    (Field.PHOTO, "photo-1"),
    (Field.ARCHIVED, True),
]
ACTIONS = {
    Field.NAMES: "product.renamed",
    Field.PRICE: "product.price_set",
    Field.STOCK: "product.stock_set",
    Field.PHOTO: "product.photo_set",
    Field.ARCHIVED: "product.archived",
}
EACH = pytest.mark.parametrize(("field", "value"), VALUES)


@pytest.fixture
async def books(store: Store) -> Store:
    await store.write(_goods)
    return store


def _goods(tx: Tx) -> None:
    seed.staff_and_viewers(tx)
    egg = seed.product(tx, seed.supplier(tx))
    seed.order(tx, ANN, seed.offer(tx, seed.stream(tx), egg), 1)


async def make(store: Store, field: Field, value: Any, *, actor: int = HOST, product: int = 1) -> Any:
    return await store.write(changes.make, actor=actor, product_id=product, field=field, value=value, now=NOON)


async def undo(store: Store, change: int, *, actor: int = HOST) -> Any:
    return await store.write(changes.undo, actor=actor, change_id=change, now=NOON + 1)


async def egg(store: Store) -> Product:
    found = await store.read(products.view, 1)
    assert found is not None
    return found


@EACH
async def test_a_change_is_told_and_undone_as_it_was(books: Store, field: Field, value: Any) -> None:
    before = await egg(books)
    assert await make(books, field, value) == Changed(change_id=1)
    assert await egg(books) != before
    assert await books.read(seed.told) == [("product_changed", HOST)]
    assert await undo(books, 1) == Undone()
    assert await egg(books) == before
    undone, made = (await books.read(trails.page, Wanted())).lines
    assert (undone.action, made.action) == ("product.undone", ACTIONS[field])
    assert (made.actor_id, made.subject) == (HOST, "product:1")


@EACH
async def test_the_same_again_changes_nothing(books: Store, field: Field, value: Any) -> None:
    await make(books, field, value)
    assert await make(books, field, value) == Same()
    assert await books.read(lambda tx: tx.value("SELECT count(*) FROM product_changes")) == 1


@EACH
async def test_offers_and_orders_are_never_touched(books: Store, field: Field, value: Any) -> None:
    tables = ("offers", "orders", "order_lines")

    def kept(tx: Tx) -> list[Any]:
        return [tuple(row) for table in tables for row in tx.all(f"SELECT * FROM {table}")]

    before = await books.read(kept)
    await make(books, field, value)
    assert await books.read(kept) == before


@pytest.mark.parametrize("actor", [ANN, CASHIER])
async def test_only_hosts_and_owners_change_and_undo(books: Store, actor: int) -> None:
    assert isinstance(await make(books, Field.PRICE, 3800, actor=OWNER), Changed)
    before = await egg(books)
    assert await make(books, Field.PRICE, 1, actor=actor) == NotAllowed()
    assert await undo(books, 1, actor=actor) == NotAllowed()
    assert await egg(books) == before


async def test_what_is_not_there_is_not_found(books: Store) -> None:
    assert await make(books, Field.PRICE, 3800, product=9) == NotFound()
    assert await undo(books, 9) == NotFound()


async def test_undoing_twice_or_after_another_change_does_nothing(books: Store) -> None:
    await make(books, Field.PRICE, 3800)
    await make(books, Field.PRICE, 3900, actor=OTHER_HOST)
    assert await undo(books, 1) == ChangedSince()
    assert (await egg(books)).price == 3900
    assert await undo(books, 2) == Undone()
    assert await undo(books, 2) == AlreadyUndone()
    assert await undo(books, 1) == Undone()
    assert (await egg(books)).price == 3600


async def test_two_hosts_at_once_undo_once(books: Store) -> None:
    await make(books, Field.PRICE, 3800)
    outcomes = await asyncio.gather(*(undo(books, 1, actor=host) for host in (HOST, OTHER_HOST)))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyUndone", "Undone"]


async def test_a_photo_ends_the_trouble_with_its_address(books: Store) -> None:
    await books.write(lambda tx: tx.run("UPDATE products SET picture_refused_at = 1"))
    await make(books, Field.PHOTO, "photo-1")
    assert (await egg(books)).picture_refused_at is None


async def test_the_audit_holds_figures_and_no_names_or_pictures(books: Store) -> None:
    await make(books, Field.PRICE, 3800)
    await make(books, Field.NAMES, {"en": "Brown eggs"})
    named, priced = (await books.read(trails.page, Wanted())).lines
    assert named.details == {}
    assert priced.details == {"price": 3800}


async def test_changes_are_found_by_index(books: Store) -> None:
    assert_no_scan(books.path, changes._VIEW, id=1)
