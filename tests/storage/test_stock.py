"""Stock: the counter and the ledger move together, and a recount finds where they don't."""

import asyncio
import sqlite3

import pytest

from storage import stock
from storage.connection import Tx
from storage.stock import Difference, Fact
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN


async def an_offer(store: Store, quantity: int | None = 10) -> int:
    def act(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        return seed.offer(tx, seed.stream(tx), seed.product(tx, seed.supplier(tx)), quantity=quantity)

    return await store.write(act)


def buy(tx: Tx, buyer: int, offer: int, units: int) -> int | None:
    """An order that holds its units, or None when they are gone."""
    order = seed.order(tx, buyer, offer, units)
    return order if stock.take(tx, offer, order, units, NOON, "order") else None


async def counters(store: Store, offer: int) -> tuple[int, int | None]:
    def query(tx: Tx) -> tuple[int, int | None]:
        row = tx.one("SELECT taken, quantity FROM offers WHERE id = :id", id=offer)
        assert row is not None
        return row["taken"], row["quantity"]

    return await store.read(query)


async def test_the_last_unit_is_taken_once(store: Store) -> None:
    offer = await an_offer(store, quantity=3)
    first = await store.write(buy, ANN, offer, 3)
    assert first is not None

    def one_more(tx: Tx) -> bool:
        return stock.take(tx, offer, first, 1, NOON, "order")

    assert await store.write(one_more) is False
    assert await counters(store, offer) == (3, 3)
    assert await store.read(stock.recount) == []


async def test_forty_takers_of_ten_units_leave_exactly_ten_sold(store: Store) -> None:
    offer = await an_offer(store, quantity=10)
    order = await store.write(seed.order, ANN, offer, 10)

    def take_one(tx: Tx) -> bool:
        return stock.take(tx, offer, order, 1, NOON, "order")

    taken = await asyncio.gather(*(store.write(take_one) for _ in range(40)))
    assert sum(taken) == 10
    assert await counters(store, offer) == (10, 10)
    assert await store.read(stock.recount) == []


async def test_an_unlimited_offer_is_never_sold_out(store: Store) -> None:
    offer = await an_offer(store, quantity=None)
    assert await store.write(buy, ANN, offer, 1_000_000) is not None
    assert await counters(store, offer) == (1_000_000, None)
    assert await store.read(stock.recount) == []


async def test_what_is_given_back_is_free_again(store: Store) -> None:
    offer = await an_offer(store, quantity=3)
    order = await store.write(buy, ANN, offer, 3)
    assert order is not None

    def cancel(tx: Tx) -> None:
        tx.run("UPDATE orders SET status = 'cancelled' WHERE id = :id", id=order)
        stock.give_back(tx, offer, order, 3, NOON, "cancelled")

    await store.write(cancel)
    assert await counters(store, offer) == (0, 3)
    assert await store.read(stock.recount) == []
    assert await store.write(buy, BEN, offer, 3) is not None


async def test_an_order_cannot_give_back_what_another_one_holds(store: Store) -> None:
    offer = await an_offer(store)
    mine = await store.write(buy, ANN, offer, 2)
    await store.write(buy, BEN, offer, 5)
    assert mine is not None

    def twice(tx: Tx) -> None:
        stock.give_back(tx, offer, mine, 2, NOON, "cancelled")
        stock.give_back(tx, offer, mine, 2, NOON, "cancelled")

    with pytest.raises(stock.NotTaken):
        await store.write(twice)
    with pytest.raises(stock.NotTaken):
        await store.write(stock.withdraw, offer, mine, 3, NOON, "cannot supply")
    assert await counters(store, offer) == (7, 10)
    assert await store.read(stock.recount) == []


async def test_an_order_gives_back_units_of_the_offer_it_took_them_from(store: Store) -> None:
    eggs = await an_offer(store)
    order = await store.write(buy, ANN, eggs, 2)
    assert order is not None

    def rice(tx: Tx) -> int:
        stream, supplier = (tx.value(f"SELECT id FROM {table}") for table in ("streams", "suppliers"))
        return seed.offer(tx, stream, seed.product(tx, supplier, "RICE"))

    other = await store.write(rice)
    await store.write(buy, BEN, other, 2)
    with pytest.raises(stock.NotTaken):
        await store.write(stock.give_back, other, order, 2, NOON, "cancelled")
    assert await store.read(stock.recount) == []


async def test_units_a_supplier_cannot_supply_are_not_offered_again(store: Store) -> None:
    offer = await an_offer(store, quantity=10)
    order = await store.write(buy, ANN, offer, 4)
    assert order is not None

    def cannot_supply(tx: Tx) -> None:
        supplier = tx.value("SELECT supplier_id FROM offers WHERE id = :id", id=offer)
        seed.shipment(tx, order, supplier, "failed")
        stock.withdraw(tx, offer, order, 4, NOON, "cannot supply")

    await store.write(cannot_supply)
    assert await counters(store, offer) == (0, 6)
    assert await store.read(stock.recount) == []


async def test_withdrawing_from_an_unlimited_offer_leaves_it_unlimited(store: Store) -> None:
    offer = await an_offer(store, quantity=None)
    order = await store.write(buy, ANN, offer, 4)
    assert order is not None
    await store.write(stock.withdraw, offer, order, 4, NOON, "cannot supply")
    assert await counters(store, offer) == (0, None)


async def test_the_quantity_goes_up_and_down_but_never_below_what_is_taken(store: Store) -> None:
    offer = await an_offer(store, quantity=5)
    await store.write(buy, ANN, offer, 4)
    assert await store.write(stock.put_up, offer, 3, NOON, "more eggs") is True
    assert await store.write(stock.put_up, offer, -5, NOON, "fewer eggs") is False
    assert await store.write(stock.put_up, offer, -4, NOON, "fewer eggs") is True
    assert await store.write(stock.put_up, offer, 0, NOON, "same") is True
    assert await counters(store, offer) == (4, 4)
    assert await store.read(stock.recount) == []


async def test_no_units_or_less_is_a_bug(store: Store) -> None:
    offer = await an_offer(store)
    for units in (0, -1):
        with pytest.raises(ValueError, match="more than 0"):
            await store.write(stock.take, offer, 1, units, NOON, "order")


async def test_the_check_stands_behind_the_statement(store: Store) -> None:
    offer = await an_offer(store, quantity=1)

    def blind(tx: Tx) -> int:
        return tx.run("UPDATE offers SET taken = taken + 2 WHERE id = :id", id=offer)

    with pytest.raises(sqlite3.IntegrityError, match="never_oversold"):
        await store.write(blind)


async def test_the_ledger_cannot_be_rewritten(store: Store) -> None:
    offer = await an_offer(store)
    await store.write(buy, ANN, offer, 1)

    def rewrite(tx: Tx, sql: str) -> int:
        return tx.run(sql)

    for sql in ("UPDATE stock_movements SET units = 9", "DELETE FROM stock_movements"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            await store.write(rewrite, sql)


async def test_a_recount_names_every_book_that_is_wrong(store: Store) -> None:
    offer = await an_offer(store, quantity=10)
    order = await store.write(buy, ANN, offer, 2)

    def spoil(tx: Tx) -> None:
        tx.run("UPDATE offers SET taken = 3, quantity = 12")
        tx.run("UPDATE orders SET status = 'expired'")

    await store.write(spoil)
    found = await store.read(stock.recount)
    assert found == [
        Difference(offer_id=offer, order_id=None, fact=Fact.TAKEN, expected=2, found=3),
        Difference(offer_id=offer, order_id=None, fact=Fact.QUANTITY, expected=10, found=12),
        Difference(offer_id=offer, order_id=order, fact=Fact.ORDERED, expected=0, found=2),
    ]
    assert [str(difference) for difference in found] == [
        f"offer {offer}: 3 units taken, the ledger says 2",
        f"offer {offer}: quantity 12, the ledger says 10",
        f"offer {offer}, order {order}: the ledger holds 2 units, its live lines 0",
    ]


async def test_two_orders_wrong_in_opposite_ways_do_not_cancel_out(store: Store) -> None:
    offer = await an_offer(store)
    await store.write(buy, ANN, offer, 2)
    await store.write(buy, BEN, offer, 2)

    def swap(tx: Tx) -> None:
        tx.run("UPDATE order_lines SET quantity = 1, total = unit_price WHERE order_id = 1")
        tx.run("UPDATE order_lines SET quantity = 3, total = 3 * unit_price WHERE order_id = 2")

    await store.write(swap)
    assert [(d.order_id, d.expected, d.found) for d in await store.read(stock.recount)] == [(1, 1, 2), (2, 3, 2)]


async def test_units_move_by_index(store: Store) -> None:
    values = {"offer": 1, "order": 1, "units": 1, "now": NOON}
    assert_no_scan(store.path, stock._TAKE, **values)
    assert_no_scan(store.path, stock._GIVE_BACK, **values)
    assert_no_scan(store.path, stock._WITHDRAW, **values)
