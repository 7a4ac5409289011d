"""First paid, first served: an unpaid order keeps nothing back, a confirmed payment takes, money is never lost."""

from shop.holds import Hold, holds_units
from shop.orders import OrderStatus
from storage import endings, holds, offers, orders, payments, recount, refunds, stock
from storage.clock import HOUR
from storage.connection import Tx
from storage.payments import Confirmed
from storage.quotes import LimitReached, Quote, SoldOut, Wish, quote
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, CASHIER


def first_paid_stall(tx: Tx, eggs: int = 1) -> trade.Stall:
    stall = trade.stall(tx, eggs=eggs)
    trade.first_paid(tx, stall.eggs)
    return stall


async def confirm(store: Store, payment: int, now: int = NOON) -> Confirmed:
    outcome = await store.write(payments.confirm, actor=CASHIER, payment_id=payment, now=now)
    assert isinstance(outcome, Confirmed)
    return outcome


async def owed(store: Store, order: int) -> int:
    return await store.read(refunds.promised, order)


async def assert_all_adds_up(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []


def test_which_lines_hold_units() -> None:
    held = {(status, hold) for status in OrderStatus for hold in Hold if holds_units(status, hold)}
    assert held == {
        (OrderStatus.PENDING, Hold.ON_ORDER),
        *((status, hold) for status in (OrderStatus.PAID, OrderStatus.COMPLETED) for hold in Hold),
    }


async def test_an_order_of_a_first_paid_offer_takes_nothing_before_it_is_paid(store: Store) -> None:
    stall = await store.write(first_paid_stall)
    first = await store.write(trade.place, ANN, (stall.eggs, 1))
    second = await store.write(trade.place, BEN, (stall.eggs, 1))
    assert await trade.free(store, stall.eggs) == 1
    await store.write(trade.send_receipt, ANN, first)
    assert await trade.free(store, stall.eggs) == 1, "a receipt anybody can send holds nothing"
    await assert_all_adds_up(store)
    paid = await store.write(trade.pay, BEN, second)
    assert paid.order is OrderStatus.PAID
    assert await trade.free(store, stall.eggs) == 0
    await assert_all_adds_up(store)


async def test_whoever_is_confirmed_second_gets_the_money_back(store: Store) -> None:
    stall = await store.write(first_paid_stall)
    first = await store.write(trade.place, ANN, (stall.eggs, 1))
    second = await store.write(trade.place, BEN, (stall.eggs, 1))
    claims = [await store.write(trade.send_receipt, ANN, first), await store.write(trade.send_receipt, BEN, second)]
    assert (await confirm(store, claims[1])).order is OrderStatus.PAID
    await trade.all_said(store)
    assert (await confirm(store, claims[0])).order is OrderStatus.CANCELLED
    assert await owed(store, first) == trade.PRICE
    assert ("payment_late", ANN) in await trade.kinds_told(store)
    assert any(kind == "refund_card" for kind, _ in await trade.kinds_told(store))
    assert await trade.book(store, "SELECT cancel_reason FROM orders WHERE id = :o", o=first) == endings.PAID_FIRST
    await assert_all_adds_up(store)


async def test_of_a_mixed_order_what_is_kept_stands_and_only_the_rest_goes_back(store: Store) -> None:
    stall = await store.write(first_paid_stall)
    mixed = await store.write(trade.place, ANN, (stall.eggs, 1), (stall.rice, 2))
    assert (await trade.free(store, stall.eggs), await trade.free(store, stall.rice)) == (1, 8)
    await store.write(trade.buy, BEN, (stall.eggs, 1))
    paid = await store.write(trade.pay, ANN, mixed)
    assert paid.order is OrderStatus.PAID
    assert await owed(store, mixed) == trade.PRICE
    assert await trade.book(store, "SELECT total FROM orders WHERE id = :o", o=mixed) == 2000
    assert await trade.book(store, "SELECT count(*) FROM shipments WHERE order_id = :o", o=mixed) == 1
    assert ("payment_partly", ANN) in await trade.kinds_told(store)
    await assert_all_adds_up(store)


async def test_running_out_and_cancelling_give_back_only_what_was_taken(store: Store) -> None:
    stall = await store.write(first_paid_stall, 5)
    expiring = await store.write(trade.place, ANN, (stall.eggs, 2), (stall.rice, 2))
    cancelled = await store.write(trade.place, BEN, (stall.eggs, 2), (stall.rice, 1))
    await store.write(endings.cancel, actor=BEN, order_id=cancelled, now=NOON)
    await store.write(endings.expire_due, now=NOON + HOUR)
    assert await trade.status(store, expiring) == "expired"
    assert (await trade.free(store, stall.eggs), await trade.free(store, stall.rice)) == (5, 10)
    await assert_all_adds_up(store)


async def test_the_policy_of_an_order_is_the_one_it_was_placed_under(store: Store) -> None:
    stall = await store.write(trade.stall)
    kept = await store.write(trade.place, ANN, (stall.eggs, 2))
    await store.write(trade.first_paid, stall.eggs)
    await store.write(endings.cancel, actor=ANN, order_id=kept, now=NOON)
    assert await trade.free(store, stall.eggs) == 10
    await assert_all_adds_up(store)


async def test_buyers_of_the_last_packs_are_told_once_that_others_paid_first(store: Store) -> None:
    stall = await store.write(first_paid_stall)
    ann = await store.write(trade.place, ANN, (stall.eggs, 1))
    under_review = await store.write(trade.place, CAI, (stall.eggs, 1))
    await store.write(trade.send_receipt, CAI, under_review)
    await trade.all_said(store)
    await store.write(trade.buy, BEN, (stall.eggs, 1))
    told = [who for kind, who in await trade.kinds_told(store) if kind == "order_gone"]
    assert told == [ANN]
    order = await store.read(orders.view, ann)
    assert order is not None
    assert [line.code for line in await store.read(holds.unheld_gone, order)] == ["EGG"]


async def test_the_limit_counts_orders_of_both_kinds_and_both_lines_of_one_checkout(store: Store) -> None:
    stall = await store.write(first_paid_stall, 9)
    await store.write(lambda tx: tx.run("UPDATE offers SET limit_per_buyer = 3 WHERE id = :id", id=stall.eggs))
    await store.write(trade.place, ANN, (stall.eggs, 2))
    wish = Wish(offer_id=stall.eggs, quantity=1, price=trade.PRICE)
    assert isinstance(await store.read(lambda tx: quote(tx, buyer=ANN, wishes=[wish], now=NOON)), Quote)
    twice = await store.read(lambda tx: quote(tx, buyer=ANN, wishes=[wish, wish], now=NOON))
    assert twice == LimitReached(offer_id=stall.eggs, limit=3, already=2)
    many = [Wish(offer_id=stall.rice, quantity=6, price=1000)] * 2
    assert await store.read(lambda tx: quote(tx, buyer=ANN, wishes=many, now=NOON)) == SoldOut(
        offer_id=stall.rice, free=10
    )


async def test_late_money_brings_nothing_back_beyond_the_limit(store: Store) -> None:
    stall = await store.write(trade.stall)
    await store.write(lambda tx: tx.run("UPDATE offers SET limit_per_buyer = 3 WHERE id = :id", id=stall.eggs))
    late = await store.write(trade.place, ANN, (stall.eggs, 2))
    await store.write(endings.expire_due, now=NOON + HOUR)
    again = await store.write(lambda tx: trade.place(tx, ANN, (stall.eggs, 2), now=NOON + HOUR))
    paid = await store.write(lambda tx: trade.pay(tx, ANN, late, now=NOON + HOUR))
    assert paid.order is OrderStatus.EXPIRED
    assert await owed(store, late) == 2 * trade.PRICE
    assert await store.read(offers.bought_by, stall.eggs, ANN) == 2
    await store.write(endings.cancel, actor=ANN, order_id=again, now=NOON + HOUR)
    # With the other order gone, later money is within the limit again.
    revived = await store.write(trade.place, BEN, (stall.eggs, 3))
    await store.write(endings.expire_due, now=NOON + HOUR)
    paid = await store.write(lambda tx: trade.pay(tx, BEN, revived, now=NOON + HOUR))
    assert paid.order is OrderStatus.PAID
    await assert_all_adds_up(store)


async def test_what_the_recount_finds_when_an_unpaid_first_paid_line_holds_units(store: Store) -> None:
    """Negative control: with the rule of before, this order would seem to be in order."""
    stall = await store.write(first_paid_stall, 5)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    await store.write(lambda tx: stock.take(tx, stall.eggs, order, 1, NOON, "careless"))
    found = await store.read(stock.recount)
    assert [(one.order_id, one.expected, one.found) for one in found] == [(order, 0, 1)]


async def test_who_waits_for_a_first_paid_offer_is_found_by_an_index(store: Store) -> None:
    await store.write(trade.stall)
    assert_no_scan(store.path, holds._WAITING, offer=1, order=1, limit=9)
    assert_no_scan(store.path, stock._HELD_BY, order=1)
