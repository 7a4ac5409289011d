"""Ways out of an unpaid order: each gives back what was taken, once, and never while a cashier looks at it."""

import pytest

from shop.orders import OrderStatus
from storage import endings, payments
from storage.clock import HOUR, MINUTE
from storage.connection import Tx
from storage.endings import Cancelled, TooLate
from storage.payments import Submitted
from storage.people import NotFound
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST
from tests.storage.trade import OTHER_CASHIER, POLICY, PROOF

PAY_BY = NOON + 30 * MINUTE
EXPIRY = NOON + 35 * MINUTE


async def cancel(store: Store, order: int, actor: int = ANN) -> object:
    return await store.write(endings.cancel, actor=actor, order_id=order, now=NOON + 1)


async def expire(store: Store, now: int, limit: int = 100) -> int:
    return await store.write(endings.expire_due, now=now, limit=limit)


async def receipt(store: Store, order: int, now: int) -> object:
    return await store.write(payments.submit, actor=ANN, order_id=order, proofs=[PROOF], policy=POLICY, now=now)


async def shown(store: Store, order: int) -> None:
    """The buyer has the order's message in the chat."""

    def act(tx: Tx) -> None:
        tx.run("INSERT INTO cards VALUES (:card, :chat, 5, 1, :now)", card=f"order:{order}", chat=ANN, now=NOON)

    await store.write(act)


async def test_cancelling_gives_back_exactly_what_was_taken(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4), (stall.rice, 3))
    await store.write(trade.place, BEN, (stall.eggs, 2))
    await shown(store, order)
    await trade.all_said(store)
    assert await cancel(store, order) == Cancelled(order_id=order)
    assert await trade.status(store, order) == "cancelled"
    assert (await trade.free(store, stall.eggs), await trade.free(store, stall.rice)) == (8, 10)
    assert await trade.kinds_told(store) == [("order_cancelled", ANN), ("order_placed", ANN)]
    assert await trade.book(store, "SELECT hold_until FROM orders WHERE id = :id", id=order) is None
    await trade.assert_books_agree(store)


async def test_cancelling_twice_gives_back_once(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4))
    await cancel(store, order)
    await trade.all_said(store)
    assert await cancel(store, order) == TooLate(status=OrderStatus.CANCELLED)
    assert await trade.free(store, stall.eggs) == 10
    assert await trade.kinds_told(store) == []
    await trade.assert_books_agree(store)


async def test_nobody_cancels_somebody_elses_order(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4))
    assert await cancel(store, order, actor=BEN) == NotFound()
    assert await cancel(store, 999) == NotFound()
    assert await trade.status(store, order) == "pending"


async def test_a_paid_or_expired_order_is_too_late_to_cancel(store: Store) -> None:
    stall = await store.write(trade.stall)
    paid = await store.write(trade.buy, ANN, (stall.eggs, 1))
    expired = await store.write(trade.place, ANN, (stall.eggs, 1))
    await expire(store, EXPIRY)
    assert await cancel(store, paid) == TooLate(status=OrderStatus.PAID)
    assert await cancel(store, expired) == TooLate(status=OrderStatus.EXPIRED)
    assert await trade.free(store, stall.eggs) == 9
    await trade.assert_books_agree(store)


async def test_cancelling_under_review_leaves_the_receipt_with_the_cashiers(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4))
    payment = await store.write(trade.send_receipt, ANN, order)
    await trade.all_said(store)
    assert await cancel(store, order) == Cancelled(order_id=order)
    assert await trade.free(store, stall.eggs) == 10
    assert await store.read(payments.waiting) == [payment]
    assert set(await trade.kinds_told(store)) == {
        ("order_cancelled", ANN),
        ("payment_card", CASHIER),
        ("payment_card", OTHER_CASHIER),
    }


async def test_a_cancelled_stream_takes_its_unpaid_orders_along_and_no_other(store: Store) -> None:
    stall = await store.write(trade.stall)

    def others(tx: Tx) -> list[int]:
        elsewhere = seed.offer(tx, seed.stream(tx, "AUTUMN"), tx.value("SELECT id FROM products WHERE code = 'EGG'"))
        return [
            trade.place(tx, ANN, (stall.eggs, 2)),
            trade.place(tx, BEN, (stall.eggs, 1), (stall.rice, 5)),
            trade.buy(tx, CAI, (stall.eggs, 3)),
            trade.place(tx, CAI, (elsewhere, 2)),
        ]

    orders = await store.write(others)
    await trade.all_said(store)
    assert await store.write(endings.cancel_for_stream, actor=HOST, stream_id=stall.stream, now=NOON) == 2
    assert [await trade.status(store, order) for order in orders] == ["cancelled", "cancelled", "paid", "pending"]
    assert (await trade.free(store, stall.eggs), await trade.free(store, stall.rice)) == (7, 10)
    assert await trade.kinds_told(store) == [("order_cancelled", ANN), ("order_cancelled", BEN)]
    assert await store.write(endings.cancel_for_stream, actor=HOST, stream_id=stall.stream, now=NOON) == 0
    await trade.assert_books_agree(store)


async def test_an_order_expires_when_its_grace_is_over_and_not_before(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4))
    await shown(store, order)
    await trade.all_said(store)
    assert await store.read(endings.next_expiry) == EXPIRY
    assert await expire(store, PAY_BY) == 0
    assert await expire(store, EXPIRY - 1) == 0
    assert await expire(store, EXPIRY) == 1
    assert await trade.status(store, order) == "expired"
    assert await trade.free(store, stall.eggs) == 10
    assert await trade.kinds_told(store) == [
        ("order_expired", ANN),
        ("order_placed", ANN),
        ("order_expired_host", HOST),
    ]
    assert await expire(store, EXPIRY) == 0
    assert await store.read(endings.next_expiry) is None
    await trade.assert_books_agree(store)


async def test_a_page_of_expiries_leaves_the_rest_for_the_next(store: Store) -> None:
    stall = await store.write(trade.stall)

    def three(tx: Tx) -> None:
        for buyer in (ANN, BEN, CAI):
            trade.place(tx, buyer, (stall.eggs, 1))

    await store.write(three)
    assert [await expire(store, EXPIRY, limit=2) for _ in range(3)] == [2, 1, 0]
    assert await trade.free(store, stall.eggs) == 10
    await trade.assert_books_agree(store)


async def test_an_order_under_review_never_expires(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4))
    await store.write(trade.send_receipt, ANN, order)
    assert await store.read(endings.next_expiry) is None
    assert await store.read(endings.next_reminder) is None
    assert await expire(store, NOON + 1000 * HOUR) == 0
    assert await trade.status(store, order) == "pending"
    assert await trade.free(store, stall.eggs) == 6


async def test_a_receipt_in_the_last_moment_stops_the_expiry(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4))
    assert isinstance(await receipt(store, order, EXPIRY), Submitted)
    assert await expire(store, EXPIRY) == 0
    assert await trade.status(store, order) == "pending"
    assert await trade.free(store, stall.eggs) == 6
    await trade.assert_books_agree(store)


async def test_a_receipt_a_moment_after_the_expiry_is_taken_and_holds_nothing(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4))
    assert await expire(store, EXPIRY) == 1
    assert isinstance(await receipt(store, order, EXPIRY), Submitted)
    assert await trade.status(store, order) == "expired"
    assert await trade.free(store, stall.eggs) == 10
    await trade.assert_books_agree(store)


async def test_an_unpaid_order_is_reminded_of_once(store: Store) -> None:
    stall = await store.write(trade.stall)
    await store.write(trade.place, ANN, (stall.eggs, 1))
    await trade.all_said(store)
    moment = NOON + 15 * MINUTE
    assert await store.read(endings.next_reminder) == moment
    assert await store.write(endings.remind_unpaid, now=moment - 1) == 0
    assert await store.write(endings.remind_unpaid, now=moment) == 1
    assert await store.write(endings.remind_unpaid, now=moment) == 0
    assert await trade.kinds_told(store) == [("order_unpaid", ANN)]
    assert await store.read(endings.next_reminder) is None


async def test_a_reminder_found_after_the_order_ran_out_is_dropped(store: Store) -> None:
    """The bot was down over both moments: telling somebody to pay what is gone would be worse than silence."""
    stall = await store.write(trade.stall)
    await store.write(trade.place, ANN, (stall.eggs, 1))
    await trade.all_said(store)
    assert await store.write(endings.remind_unpaid, now=EXPIRY) == 1
    assert await trade.kinds_told(store) == []
    assert await store.read(endings.next_reminder) is None


@pytest.mark.parametrize("end", ["paid", "cancelled", "expired"])
async def test_an_order_that_has_ended_is_not_reminded_of(store: Store, end: str) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    if end == "paid":
        await store.write(trade.pay, ANN, order)
    elif end == "cancelled":
        await cancel(store, order)
    else:
        await expire(store, EXPIRY)
    assert await trade.status(store, order) == end
    assert await store.read(endings.next_reminder) is None


async def test_deadlines_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, endings._DUE, now=NOON, limit=9)
    assert_no_scan(store.path, endings._TO_REMIND, now=NOON, limit=9)
