"""A presale ships later: who is asked, what becomes of each choice, and of silence."""

import re
from collections.abc import Mapping

import pytest

from shop.shipments import ShipmentStatus
from shop.windows import Window
from storage import amendments, choices, delays, endings, payments, recovery, refunds, shipments, stock
from storage.choices import Chosen, Settled, UnderReview
from storage.clock import DAY, HOUR
from storage.connection import Tx
from storage.delays import Choice, Tally
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.plans import assert_no_scan
from tests.storage.presale import LATER, WINDOW, ask_all, moved, opened, sold_out
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST
from tests.storage.trade import SUPPLIER


async def choose(store: Store, buyer: int, order: int, choice: Choice, delay: int = 1, now: int = NOON) -> object:
    return await store.write(choices.choose, actor=buyer, delay_id=delay, order_id=order, choice=choice, now=now)


async def tally(store: Store, delay: int = 1) -> Tally:
    return await store.read(delays.tally, delay)


def sold(tx: Tx) -> Mapping[str, int]:
    """A presale with Ben's paid order, Cai's unpaid one, and one of Ben's with rice besides; then it moves."""
    stall = sold_out(tx)
    offer = opened(tx, stall.eggs, quantity=20)
    paid = trade.buy(tx, BEN, (offer, 2))
    unpaid = trade.place(tx, CAI, (offer, 3))
    mixed = trade.buy(tx, BEN, (offer, 1), (stall.rice, 1))
    delay = moved(tx, offer)
    ask_all(tx)
    return {"offer": offer, "paid": paid, "unpaid": unpaid, "mixed": mixed, "delay": delay, "rice": stall.rice}


async def promised(store: Store, order: int) -> object:
    return await trade.book(
        store, "SELECT max(ships_until) FROM order_lines WHERE order_id = :o AND ships_until NOT NULL", o=order
    )


async def test_an_order_freezes_the_window_and_the_parcel_has_it(store: Store) -> None:
    def act(tx: Tx) -> int:
        stall = sold_out(tx)
        return trade.buy(tx, BEN, (opened(tx, stall.eggs), 1))

    order = await store.write(act)
    assert await promised(store, order) == WINDOW.until_ms
    assert await trade.book(store, "SELECT ships_by FROM shipments WHERE order_id = :o", o=order) == WINDOW.until_ms
    assert await trade.book(store, "SELECT ships_until FROM order_lines WHERE order_id = 1") is None


async def test_every_buyer_with_a_standing_order_is_asked_and_new_orders_have_the_new_date(store: Store) -> None:
    at = await store.write(sold)
    asked = await trade.book(store, "SELECT group_concat(order_id) FROM delay_choices")
    assert asked == f"{at['paid']},{at['unpaid']},{at['mixed']}"
    assert await tally(store) == Tally(keep=0, refund=0, silent=3)
    new = await store.write(lambda tx: trade.place(tx, ANN, (at["offer"], 1)))
    assert await promised(store, new) == LATER.until_ms
    assert await promised(store, at["paid"]) == WINDOW.until_ms
    assert await trade.book(store, "SELECT answer_by FROM delays") == WINDOW.from_ms
    assert ("delay_card", HOST) in await trade.kinds_told(store)


async def test_keeping_it_moves_the_promise_of_that_order_alone(store: Store) -> None:
    at = await store.write(sold)
    done = await choose(store, BEN, at["paid"], Choice.KEEP)
    assert done == Chosen(delay_id=1, order_id=at["paid"], refund_id=None)
    assert await promised(store, at["paid"]) == LATER.until_ms
    ships_by = "SELECT ships_by FROM shipments WHERE order_id = :o"
    assert await trade.book(store, ships_by, o=at["paid"]) == LATER.until_ms
    assert await promised(store, at["mixed"]) == WINDOW.until_ms
    assert await tally(store) == Tally(keep=1, refund=0, silent=2)
    await trade.assert_books_agree(store)


async def test_a_paid_order_is_refunded_whole_and_its_units_go_to_who_waits(store: Store) -> None:
    at = await store.write(sold)

    def fill(tx: Tx) -> int:
        trade.place(tx, ANN, (at["offer"], 10))
        trade.place(tx, CAI, (at["offer"], 4))
        return trade.wait(tx, CAI, at["offer"], 2)

    entry = await store.write(fill)
    done = await choose(store, BEN, at["paid"], Choice.REFUND)
    assert isinstance(done, Chosen)
    refund = await store.read(refunds.view, done.refund_id or 0)
    assert refund is not None
    assert (refund.amount, refund.reason) == (7200, "date_moved")
    assert await trade.status(store, at["paid"]) == "cancelled"
    assert (await store.read(trade.entry, entry)).status == "offered"
    assert ("refund_card", CASHIER) in await trade.kinds_told(store)
    await trade.assert_books_agree(store)


async def test_of_a_mixed_order_only_these_goods_go(store: Store) -> None:
    at = await store.write(sold)
    done = await choose(store, BEN, at["mixed"], Choice.REFUND)
    assert isinstance(done, Chosen)
    refund = await store.read(refunds.view, done.refund_id or 0)
    assert refund is not None
    assert refund.amount == 3600
    assert await trade.status(store, at["mixed"]) == "paid"
    left = "SELECT group_concat(code) FROM order_lines WHERE order_id = :o"
    assert await trade.book(store, left, o=at["mixed"]) == "RICE"
    await trade.assert_books_agree(store)


async def test_an_unpaid_order_is_cancelled_and_nothing_is_owed(store: Store) -> None:
    at = await store.write(sold)
    assert await choose(store, CAI, at["unpaid"], Choice.REFUND) == Chosen(
        delay_id=1, order_id=at["unpaid"], refund_id=None
    )
    assert await trade.status(store, at["unpaid"]) == "cancelled"
    assert await trade.book(store, "SELECT count(*) FROM refunds") == 0
    await trade.assert_books_agree(store)


async def test_an_unpaid_order_with_other_goods_keeps_those(store: Store) -> None:
    def act(tx: Tx) -> int:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=20)
        order = trade.place(tx, BEN, (offer, 2), (stall.rice, 3))
        moved(tx, offer)
        ask_all(tx)
        return order

    order = await store.write(act)
    assert isinstance(await choose(store, BEN, order, Choice.REFUND), Chosen)
    assert await trade.book(store, "SELECT total || status FROM orders WHERE id = :o", o=order) == "3000pending"
    await trade.assert_books_agree(store)


async def test_a_part_of_what_a_cashier_is_looking_at_stays_until_they_are_done(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, int]:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=20)
        order = trade.place(tx, BEN, (offer, 2), (stall.rice, 3))
        payment = trade.send_receipt(tx, BEN, order)
        moved(tx, offer)
        ask_all(tx)
        return order, payment

    order, payment = await store.write(act)
    assert await choose(store, BEN, order, Choice.REFUND) == UnderReview(order_id=order)
    await store.write(payments.confirm, actor=CASHIER, payment_id=payment, now=NOON)
    done = await choose(store, BEN, order, Choice.REFUND)
    assert isinstance(done, Chosen)
    assert done.refund_id is not None
    await trade.assert_books_agree(store)


async def test_the_first_word_counts(store: Store) -> None:
    at = await store.write(sold)
    await choose(store, BEN, at["paid"], Choice.KEEP)
    for choice in Choice:
        assert isinstance(await choose(store, BEN, at["paid"], choice), Settled)
    assert await trade.book(store, "SELECT count(*) FROM refunds") == 0


@pytest.mark.parametrize("actor", [ANN, CAI, HOST, SUPPLIER, CASHIER])
async def test_nobody_chooses_for_another(store: Store, actor: int) -> None:
    at = await store.write(sold)
    for choice in Choice:
        assert isinstance(await choose(store, actor, at["paid"], choice), choices.NotFound)
    assert (await tally(store)).silent == 3


async def test_what_has_left_meanwhile_is_kept(store: Store) -> None:
    at = await store.write(sold)
    await store.write(lambda tx: trade.send(tx, next(iter(trade.parcels(tx, at["paid"]).values()))))
    assert isinstance(await choose(store, BEN, at["paid"], Choice.REFUND), Settled)
    assert (await tally(store)).silent == 2


async def test_an_order_that_ran_out_meanwhile_is_asked_when_late_money_brings_it_back(store: Store) -> None:
    def act(tx: Tx) -> int:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=20)
        order = trade.place(tx, BEN, (offer, 2))
        endings.expire_due(tx, now=NOON + HOUR)
        moved(tx, offer, now=NOON + HOUR)
        ask_all(tx, NOON + HOUR)
        return order

    order = await store.write(act)
    assert await trade.book(store, "SELECT count(*) FROM delay_choices") == 0
    await store.write(lambda tx: trade.pay(tx, BEN, order, now=NOON + 2 * HOUR))
    assert await trade.book(store, "SELECT order_id FROM delay_choices") == order
    assert isinstance(await choose(store, BEN, order, Choice.REFUND, now=NOON + 2 * HOUR), Chosen)
    await trade.assert_books_agree(store)


async def test_moved_twice_the_newest_question_counts_and_the_oldest_promise_sets_the_time(store: Store) -> None:
    at = await store.write(sold)
    await choose(store, BEN, at["mixed"], Choice.KEEP)
    latest = Window(NOON + 30 * DAY, NOON + 34 * DAY)
    second = await store.write(lambda tx: moved(tx, at["offer"], latest, now=NOON + DAY))
    await store.write(ask_all, NOON + DAY)
    assert isinstance(await choose(store, BEN, at["paid"], Choice.KEEP), Settled)
    assert isinstance(await choose(store, BEN, at["mixed"], Choice.REFUND, second), Chosen)
    assert isinstance(await choose(store, BEN, at["paid"], Choice.KEEP, second), Chosen)
    assert await promised(store, at["paid"]) == latest.until_ms
    assert await trade.book(store, "SELECT answer_by FROM delays WHERE id = :d", d=second) == WINDOW.from_ms
    assert await tally(store, second) == Tally(keep=1, refund=1, silent=1)
    await trade.assert_books_agree(store)


async def test_silence_is_reminded_once_and_then_shown_and_changes_nothing(store: Store) -> None:
    at = await store.write(sold)
    await choose(store, BEN, at["mixed"], Choice.KEEP)
    await store.write(endings.expire_due, now=NOON + HOUR)
    await trade.all_said(store)
    due = await store.read(delays.next_due)
    assert due == WINDOW.from_ms - DAY
    await store.write(ask_all, due - 1)
    assert await trade.kinds_told(store) == []
    await store.write(ask_all, due)
    assert await trade.kinds_told(store) == [("delay_reminder", BEN)]
    await trade.all_said(store)
    await store.write(ask_all, WINDOW.from_ms)
    told = await trade.kinds_told(store)
    assert [kind for kind, _ in told if kind == "delay_silent"] == ["delay_silent"]
    assert await store.read(delays.next_due) is None
    assert await promised(store, at["paid"]) == WINDOW.until_ms
    late = await choose(store, BEN, at["paid"], Choice.REFUND, now=WINDOW.from_ms + DAY)
    assert isinstance(late, Chosen)
    await trade.assert_books_agree(store)


async def test_after_a_long_downtime_the_reminder_is_left_out(store: Store) -> None:
    await store.write(sold)
    await trade.all_said(store)
    await store.write(ask_all, WINDOW.until_ms)
    assert {kind for kind, _ in await trade.kinds_told(store)} == {"delay_silent"}


async def test_a_clock_that_is_set_back_asks_nobody_twice(store: Store) -> None:
    await store.write(sold)
    await trade.all_said(store)
    due = await store.read(delays.next_due)
    assert due is not None
    await store.write(ask_all, due)
    for now in (NOON - DAY, due):
        await store.write(ask_all, now)
    assert [kind for kind, _ in await trade.kinds_told(store)] == 3 * ["delay_reminder"]


async def test_however_many_there_are_they_are_asked_page_by_page(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=500)
        tx.run("UPDATE offers SET limit_per_buyer = NULL")
        for _ in range(2 * delays.PAGE + 1):
            trade.place(tx, BEN, (offer, 1))
        moved(tx, offer)

    await store.write(act)
    assert await store.write(delays.go_on, now=NOON)
    assert await trade.book(store, "SELECT count(*) FROM delay_choices") == delays.PAGE
    assert await store.read(delays.next_due) == NOON
    await store.write(ask_all)
    assert (await tally(store)).silent == 2 * delays.PAGE + 1
    due = await store.read(delays.next_due)
    await store.write(ask_all, due)
    told = [kind for kind, _ in await trade.kinds_told(store)]
    assert told.count("delay_reminder") == 2 * delays.PAGE + 1


async def test_who_has_blocked_the_bot_is_not_written_to_but_stands_before_the_host(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=20)
        trade.buy(tx, BEN, (offer, 2))
        tx.run("UPDATE people SET blocked_at = 1 WHERE id = :b", b=BEN)
        tx.run("UPDATE outbox SET state = 'sent', ended_at = 1 WHERE state = 'queued'")
        moved(tx, offer)
        ask_all(tx)

    await store.write(act)
    assert [person for _, person in await trade.kinds_told(store)].count(BEN) == 0
    assert (await tally(store)).silent == 1


@pytest.mark.parametrize("actor", [ANN, CASHIER])
async def test_only_the_supplier_and_hosts_move_a_date(store: Store, actor: int) -> None:
    offer = await store.write(lambda tx: opened(tx, sold_out(tx).eggs))
    outcome = await store.write(
        delays.move, actor=actor, offer_id=offer, window=LATER, was_until=WINDOW.until_ms, now=NOON
    )
    assert outcome == delays.NotAllowed()


async def test_a_date_moves_only_later_ahead_and_from_what_was_seen(store: Store) -> None:
    offer = await store.write(lambda tx: opened(tx, sold_out(tx).eggs))

    async def move(window: Window, was: int = WINDOW.until_ms, id_: int = offer, now: int = NOON) -> object:
        return await store.write(delays.move, actor=SUPPLIER, offer_id=id_, window=window, was_until=was, now=now)

    assert await move(Window(NOON + DAY, WINDOW.until_ms)) == delays.NotLater(offer_id=offer)
    assert await move(LATER, LATER.until_ms) == delays.MovedMeanwhile(offer_id=offer)
    assert await move(LATER, id_=1) == delays.NotFound()
    assert await move(LATER, now=LATER.from_ms) == delays.Over(offer_id=offer)
    assert isinstance(await move(LATER, now=WINDOW.until_ms + HOUR), delays.Moved)
    assert await trade.book(store, "SELECT answer_by FROM delays") == WINDOW.until_ms + HOUR + DAY


async def test_more_of_a_line_whose_date_has_moved_is_no_part_of_it(store: Store) -> None:
    at = await store.write(sold)

    def more(tx: Tx) -> object:
        return amendments.save(tx, actor=CAI, dialog_id=trade.draft(tx, CAI, at["unpaid"], EGG=4), now=NOON)

    assert await store.write(more) == amendments.TooMany(offer_id=at["offer"], possible=3)


async def test_what_was_being_asked_when_the_copy_was_made_is_set_aside_by_a_restore(store: Store) -> None:
    def act(tx: Tx) -> recovery.Settled:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=20)
        trade.buy(tx, BEN, (offer, 2))
        moved(tx, offer)
        terms = recovery.Terms(pay_within_ms=HOUR, grace_ms=0)
        return recovery.settle(tx, file="x", terms=terms, resend=False, now=NOON + HOUR)

    await store.write(act)
    assert await trade.kinds_told(store) == []
    assert (await tally(store)).silent == 1


async def test_units_and_money_agree_after_a_supplier_failed_a_kept_parcel(store: Store) -> None:
    at = await store.write(sold)
    await choose(store, BEN, at["paid"], Choice.KEEP)

    def fail(tx: Tx) -> object:
        parcel = next(iter(trade.parcels(tx, at["paid"]).values()))
        return shipments.fail(tx, actor=SUPPLIER, shipment_id=parcel, now=NOON)

    assert await store.write(fail) == shipments.Moved(shipment_id=1, status=ShipmentStatus.FAILED)
    assert await store.read(stock.recount) == []
    await trade.assert_books_agree(store)


@pytest.mark.parametrize(
    "sql",
    [
        value
        for module in (delays, choices)
        for name, value in vars(module).items()
        if re.fullmatch(r"_[A-Z_]+", name) and isinstance(value, str)
    ]
    + [shipments._PROMISE_ANEW],
)
async def test_delays_are_found_by_index(store: Store, sql: str) -> None:
    assert_no_scan(store.path, sql, **dict.fromkeys(re.findall(r":(\w+)", sql), 1))
