"""What is held for somebody counts wherever it is asked how much they could have, and is nobody's once a stream is
called off."""

import pytest

from shop.orders import OrderStatus
from storage import amendments, carts, checkouts, desks, endings, holds, orders
from storage.amendments import TooMany
from storage.clock import HOUR
from storage.connection import Tx
from storage.orders import OrderLine
from storage.quotes import NotOpen
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN, HOST
from tests.storage.test_claims import place, say

LATE = NOON + HOUR


async def test_late_money_finds_the_units_its_buyers_words_hold(store: Store) -> None:
    stall, group = await store.write(place, 2)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    await store.write(endings.expire_due, now=LATE)
    await store.write(lambda tx: say(tx, ANN, group, ("EGG", 2), now=LATE))
    paid = await store.write(lambda tx: trade.pay(tx, ANN, order, now=LATE))
    assert paid.order is OrderStatus.PAID
    assert await trade.free(store, stall.eggs) == 0
    await trade.assert_books_agree(store)


async def test_late_money_does_not_find_what_somebody_elses_words_hold(store: Store) -> None:
    stall, group = await store.write(place, 2)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    await store.write(endings.expire_due, now=LATE)
    await store.write(lambda tx: say(tx, BEN, group, ("EGG", 1), now=LATE))
    paid = await store.write(lambda tx: trade.pay(tx, ANN, order, now=LATE))
    assert paid.order is OrderStatus.EXPIRED
    await trade.assert_books_agree(store)


async def unheld_gone(store: Store, order: int) -> list[OrderLine]:
    found = await store.read(orders.view, order)
    assert found is not None
    return await store.read(holds.unheld_gone, found)


async def test_a_buyer_of_a_first_paid_offer_is_not_told_that_it_is_gone_while_their_words_hold_it(
    store: Store,
) -> None:
    stall, group = await store.write(place, 2)
    await store.write(trade.first_paid, stall.eggs)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    await store.write(lambda tx: tx.run("UPDATE offers SET hold = 'on_order' WHERE id = :id", id=stall.eggs))
    await store.write(lambda tx: say(tx, ANN, group, ("EGG", 2)))
    assert await unheld_gone(store, order) == []


async def test_of_two_lines_of_one_offer_both_are_not_promised_the_same_packs(store: Store) -> None:
    stall = await store.write(lambda tx: trade.stall(tx, eggs=3))
    await store.write(trade.first_paid, stall.eggs)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    more = """
        INSERT INTO order_lines (order_id, offer_id, product_id, supplier_id, supplier_name, code, names, units,
            base_units, pack_milli, quantity, unit_price, total, hold)
        SELECT order_id, offer_id, product_id, supplier_id, supplier_name, code, names, units, base_units,
            pack_milli, quantity, unit_price, total, hold FROM order_lines WHERE order_id = :order
    """
    await store.write(lambda tx: tx.run(more, order=order))
    assert [line.quantity for line in await unheld_gone(store, order)] == [2]


async def test_the_most_a_line_can_have_counts_what_words_hold(store: Store) -> None:
    stall, group = await store.write(place, 4)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    await store.write(carts.add, actor=ANN, offer_id=stall.eggs, quantity=1, now=NOON)
    await store.write(lambda tx: say(tx, ANN, group, ("EGG", 2)))
    (line,) = (await store.read(carts.view, ANN, NOON)).lines
    assert line.possible == 3
    draft = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=5))
    assert await store.write(amendments.save, actor=ANN, dialog_id=draft, now=NOON) == TooMany(
        offer_id=stall.eggs, possible=4
    )
    draft = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=4))
    assert isinstance(await store.write(amendments.save, actor=ANN, dialog_id=draft, now=NOON), amendments.Changed)
    await trade.assert_books_agree(store)


@pytest.mark.parametrize("by", ["words", "the waiting list"])
async def test_what_is_held_in_a_stream_that_was_called_off_can_not_be_ordered(store: Store, by: str) -> None:
    """Also in the moment before the clock has taken it back: nobody would cancel that order any more."""
    stall, group = await store.write(place, 2)

    def held(tx: Tx) -> int:
        if by == "words":
            say(tx, ANN, group, ("EGG", 2))
        else:
            order = trade.place(tx, BEN, (stall.eggs, 2))
            trade.wait(tx, ANN, stall.eggs, 2)
            endings.cancel(tx, actor=BEN, order_id=order, now=NOON)
        return trade.checkout(tx, ANN, (stall.eggs, 2))

    checkout = await store.write(held)
    assert await trade.free(store, stall.eggs) == 0
    await store.write(desks.call_off, actor=HOST, stream_id=stall.stream, now=NOON)
    placed = await store.write(
        checkouts.place, actor=ANN, checkout=checkout, terms="v1", method="Pay", policy=trade.POLICY, now=NOON
    )
    assert placed == NotOpen(offer_id=stall.eggs)
