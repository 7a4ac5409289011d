"""Checkouts: one tap makes one order that holds its units, or nothing at all happens."""

from dataclasses import replace

import pytest

from shop.orders import OrderStatus
from storage import addresses, checkouts, destinations, dialogs, endings, orders
from storage.checkouts import AddressMissing, AlreadyPlaced, Placed
from storage.clock import MINUTE
from storage.connection import Tx
from storage.people import NotFound
from storage.quotes import LimitReached, NotOpen, PriceChanged, SoldOut, Wish
from storage.store import Refused, Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN, CAI
from tests.storage.trade import POLICY, PRICE


async def tap_place(store: Store, checkout: int, actor: int = ANN, now: int = NOON) -> object:
    return await store.write(
        checkouts.place,
        actor=actor,
        checkout=checkout,
        terms="v1",
        method="WeChat Pay",
        policy=POLICY,
        now=now,
        anchor=77,
    )


async def nothing_happened(store: Store, offer: int, free: int = 10) -> None:
    assert await trade.free(store, offer) == free
    assert await trade.book(store, "SELECT count(*) FROM orders WHERE buyer_id = :ann", ann=ANN) == 0
    assert ("order_placed", ANN) not in await trade.kinds_told(store)
    await trade.assert_books_agree(store)


async def test_an_order_holds_its_units_and_runs_its_clock(store: Store) -> None:
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 2), (stall.rice, 1))
    store.due.clear()
    placed = await tap_place(store, checkout)
    assert isinstance(placed, Placed)
    order = await store.read(orders.view, placed.order_id)
    assert order is not None
    assert order.status is OrderStatus.PENDING
    assert (order.lines_total, order.total) == (2 * PRICE + 1000, 2 * PRICE + 1000)
    assert [(line.code, line.quantity, line.unit_price) for line in order.lines] == [
        ("EGG", 2, PRICE),
        ("RICE", 1, 1000),
    ]
    assert (order.recipient, order.phone, order.address) == ("Ann Li", "+8613800000000", "1 Tea Lane, Tonggu")
    assert order.pay_by == NOON + 30 * MINUTE
    times = "SELECT hold_until || ' ' || remind_at || ' ' || terms FROM orders"
    assert await trade.book(store, times) == f"{NOON + 35 * MINUTE} {NOON + 15 * MINUTE} v1"
    assert await trade.free(store, stall.eggs) == 8
    assert await trade.kinds_told(store) == [("order_placed", ANN)]
    assert store.due.is_set()
    assert await store.read(dialogs.of, ANN) is None
    await trade.assert_books_agree(store)


async def test_placing_twice_finds_the_first_order_again(store: Store) -> None:
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 2))
    placed = await tap_place(store, checkout)
    assert isinstance(placed, Placed)
    again = await tap_place(store, checkout, now=NOON + 1)
    assert again == AlreadyPlaced(order_id=placed.order_id)
    assert await trade.free(store, stall.eggs) == 8
    assert await trade.kinds_told(store) == [("order_placed", ANN)]


async def test_somebody_elses_checkout_is_not_found_before_or_after_it_was_placed(store: Store) -> None:
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 2))
    assert await tap_place(store, checkout, actor=BEN) == NotFound()
    await tap_place(store, checkout)
    assert await tap_place(store, checkout, actor=BEN) == NotFound()
    assert await trade.free(store, stall.eggs) == 8


async def test_a_dialog_of_another_kind_places_nothing(store: Store) -> None:
    stall = await store.write(trade.stall)

    def ask_something_else(tx: Tx) -> int:
        return dialogs.begin(tx, actor=ANN, kind="ask", step="text", data={}, now=NOON, silent=True).id

    assert await tap_place(store, await store.write(ask_something_else)) == NotFound()
    assert await tap_place(store, 999) == NotFound()
    await nothing_happened(store, stall.eggs)


async def test_what_is_sold_out_is_not_sold(store: Store) -> None:
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 4))
    await store.write(trade.place, BEN, (stall.eggs, 7))
    assert await tap_place(store, checkout) == SoldOut(offer_id=stall.eggs, free=3)
    await nothing_happened(store, stall.eggs, free=3)


async def test_an_order_of_two_lines_takes_both_or_none(store: Store) -> None:
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 4), (stall.rice, 4))
    await store.write(trade.place, BEN, (stall.rice, 8))
    assert await tap_place(store, checkout) == SoldOut(offer_id=stall.rice, free=2)
    await nothing_happened(store, stall.eggs)


async def test_the_units_decide_even_if_the_look_before_said_there_were_enough(store: Store) -> None:
    """Twice the same offer in one checkout: each line passes its check, only the statement sees the sum."""
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 6), (stall.eggs, 6))
    assert isinstance(await tap_place(store, checkout), SoldOut)
    await nothing_happened(store, stall.eggs)


async def test_the_limit_counts_every_standing_order_and_no_other(store: Store) -> None:
    stall = await store.write(trade.stall)

    def limit(tx: Tx) -> None:
        tx.run("UPDATE offers SET limit_per_buyer = 3 WHERE id = :id", id=stall.eggs)
        trade.place(tx, ANN, (stall.eggs, 1))
        trade.buy(tx, ANN, (stall.eggs, 1))
        trade.place(tx, BEN, (stall.eggs, 3))

    await store.write(limit)
    refused = LimitReached(offer_id=stall.eggs, limit=3, already=2)
    assert await tap_place(store, await store.write(trade.checkout, ANN, (stall.eggs, 2))) == refused
    assert isinstance(await tap_place(store, await store.write(trade.checkout, ANN, (stall.eggs, 1))), Placed)
    await trade.assert_books_agree(store)


async def test_a_cancelled_order_does_not_count_for_the_limit(store: Store) -> None:
    stall = await store.write(trade.stall)

    def limit(tx: Tx) -> int:
        tx.run("UPDATE offers SET limit_per_buyer = 2 WHERE id = :id", id=stall.eggs)
        return trade.place(tx, ANN, (stall.eggs, 2))

    first = await store.write(limit)
    await store.write(endings.cancel, actor=ANN, order_id=first, now=NOON)
    assert isinstance(await tap_place(store, await store.write(trade.checkout, ANN, (stall.eggs, 2))), Placed)


async def test_an_offer_of_a_draft_is_not_there_for_a_buyer(store: Store) -> None:
    stall = await store.write(trade.stall, status="draft")
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    assert await tap_place(store, checkout) == NotFound()
    await nothing_happened(store, stall.eggs)


@pytest.mark.parametrize("state", ["ended", "cancelled"])
async def test_an_offer_that_is_not_open_is_not_sold(store: Store, state: str) -> None:
    stall = await store.write(trade.stall, status=state)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    assert await tap_place(store, checkout) == NotOpen(offer_id=stall.eggs)
    await nothing_happened(store, stall.eggs)


async def test_a_price_changed_since_it_was_shown_is_not_charged(store: Store) -> None:
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    await store.write(lambda tx: tx.run("UPDATE offers SET price = price + 1 WHERE id = :id", id=stall.eggs))
    assert await tap_place(store, checkout) == PriceChanged(offer_id=stall.eggs)
    await nothing_happened(store, stall.eggs)


async def test_the_price_names_and_seller_of_an_order_are_frozen(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    before = await store.read(orders.view, order)

    def everything_changes(tx: Tx) -> None:
        tx.run("UPDATE offers SET price = 1")
        tx.run("""UPDATE products SET names = '{"en":"Stones"}', price = 1, pack_milli = 1""")
        tx.run("UPDATE suppliers SET name = name || ' and Sons'")
        addresses.save(tx, actor=ANN, address=replace(trade.HOME, recipient="Bo"), now=NOON)

    await store.write(everything_changes)
    assert await store.read(orders.view, order) == before


async def test_without_an_address_nothing_is_placed(store: Store) -> None:
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    await store.write(lambda tx: tx.run("UPDATE addresses SET replaced_at = 1"))
    assert await tap_place(store, checkout) == AddressMissing()
    await nothing_happened(store, stall.eggs)


@pytest.mark.parametrize("units", [0, -1, 10_000, 10**30], ids=["none", "fewer than none", "too many", "absurd"])
async def test_a_forged_quantity_is_not_found(store: Store, units: int) -> None:
    """Also of an unlimited offer, where no stock and no limit would stop it."""
    stall = await store.write(trade.stall, eggs=None)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, units))
    assert await tap_place(store, checkout) == NotFound()
    wish = Wish(offer_id=stall.eggs, quantity=units, price=PRICE)
    refused = await store.write(checkouts.begin, actor=CAI, wishes=[wish], now=NOON)
    assert refused == NotFound()
    assert await trade.kinds_told(store) == []


async def test_an_offer_nobody_made_is_not_found(store: Store) -> None:
    await store.write(trade.stall)
    assert await tap_place(store, await store.write(trade.checkout, ANN, (999, 1))) == NotFound()


async def test_a_checkout_asks_for_the_address_only_once_in_a_life(store: Store) -> None:
    stall = await store.write(trade.stall)
    wish = Wish(offer_id=stall.eggs, quantity=1, price=PRICE)

    def begin(tx: Tx, buyer: int) -> str:
        dialog = checkouts.begin(tx, actor=buyer, wishes=[wish], now=NOON)
        assert isinstance(dialog, dialogs.Dialog)
        return dialog.step

    await store.write(lambda tx: tx.run("UPDATE addresses SET replaced_at = 1 WHERE person_id = :ben", ben=BEN))
    assert await store.write(begin, ANN) == "summary"
    assert await store.write(begin, BEN) == "recipient"
    dialog = await store.read(dialogs.of, BEN)
    assert dialog is not None
    given = await store.write(destinations.give_address, actor=BEN, dialog=dialog, address=trade.HOME, now=NOON)
    assert isinstance(given, dialogs.Dialog)
    assert checkouts.wishes(given) == [wish]
    assert isinstance(await tap_place(store, given.id, actor=BEN), Placed)
    assert await store.write(begin, BEN) == "summary"


async def test_a_stale_address_answer_changes_nothing(store: Store) -> None:
    """The question was answered before: the savepoint takes the address back too."""
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    dialog = await store.read(dialogs.view, checkout)
    assert dialog is not None
    stale = replace(dialog, step="address")
    moved = await store.write(
        destinations.give_address,
        actor=ANN,
        dialog=stale,
        address=replace(trade.HOME, recipient="Bo"),
        now=NOON,
    )
    assert moved == dialogs.Moved()
    assert await store.read(addresses.current, ANN) == trade.HOME


def test_every_refusal_undoes_what_was_begun() -> None:
    for refusal in (SoldOut, LimitReached, NotOpen, PriceChanged, AddressMissing, NotFound, AlreadyPlaced):
        assert issubclass(refusal, Refused)
