"""`Add to my open order`: more goods into an order that waits for money, or nothing at all happens."""

from dataclasses import replace
from typing import Any

import pytest

from shop.holds import Hold
from shop.orders import MOST_LINES, OrderStatus
from shop.waitlist import Mode
from storage import (
    additions,
    cards,
    carts,
    checkouts,
    dialogs,
    endings,
    orders,
    outbox,
    payments,
    recount,
    waiting,
    waitlist,
)
from storage.additions import Added, Shut, TooLong
from storage.checkouts import AlreadyPlaced, Placed
from storage.clock import MINUTE
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.outbox import Delivered
from storage.people import NotFound
from storage.quotes import LimitReached, NotOpen, PriceChanged, SoldOut, Wish
from storage.store import Refused, Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CASHIER
from tests.storage.trade import POLICY, PRICE


async def fold(store: Store, checkout: int, order: int, *, actor: int = ANN, now: int = NOON) -> object:
    return await store.write(
        additions.add, actor=actor, checkout=checkout, order_id=order, terms="v2", policy=POLICY, now=now
    )


async def seen(store: Store, order: int) -> orders.Order:
    found = await store.read(orders.view, order)
    assert found is not None
    return found


async def ordered(store: Store, **stall: Any) -> tuple[trade.Stall, int]:
    """Ann has an unpaid order of two boxes of eggs."""
    stand = await store.write(lambda tx: trade.stall(tx, **stall))
    return stand, await store.write(trade.place, ANN, (stand.eggs, 2))


async def test_goods_are_added_with_their_units_sums_and_terms(store: Store) -> None:
    stall, order = await ordered(store)
    checkout = await store.write(trade.checkout, ANN, (stall.rice, 3))
    store.due.clear()
    assert await fold(store, checkout, order) == Added(order_id=order)
    found = await seen(store, order)
    assert [(line.offer_id, line.quantity) for line in found.lines] == [(stall.eggs, 2), (stall.rice, 3)]
    assert (found.lines_total, found.total) == (2 * PRICE + 3000, 2 * PRICE + 3000)
    assert await trade.book(store, "SELECT terms FROM orders") == "v2"
    assert await trade.free(store, stall.rice) == 7
    assert await trade.book(store, "SELECT count(*) FROM orders") == 1
    assert await store.read(dialogs.of, ANN) is None
    assert store.due.is_set()
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []


async def test_what_is_kept_for_nobody_before_it_is_paid_is_added_without_taking_units(store: Store) -> None:
    stall, order = await ordered(store)
    await store.write(lambda tx: tx.run("UPDATE offers SET hold = 'first_paid'"))
    before = await trade.free(store, stall.eggs), await trade.free(store, stall.rice)
    for wish in ((stall.rice, 3), (stall.eggs, 1)):
        checkout = await store.write(trade.checkout, ANN, wish)
        assert await fold(store, checkout, order) == Added(order_id=order)
    assert (await trade.free(store, stall.eggs), await trade.free(store, stall.rice)) == before
    # What was ordered while the stall kept it stays a line of its own, and kept.
    assert sorted((line.offer_id, line.quantity) for line in (await seen(store, order)).lines) == sorted(
        [(stall.eggs, 2), (stall.eggs, 1), (stall.rice, 3)]
    )
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []


async def test_the_same_goods_at_the_same_price_are_one_line(store: Store) -> None:
    stall, order = await ordered(store)
    await fold(store, await store.write(trade.checkout, ANN, (stall.eggs, 3)), order)
    (line,) = (await seen(store, order)).lines
    assert (line.quantity, line.unit_price, line.total) == (5, PRICE, 5 * PRICE)
    await trade.assert_books_agree(store)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE offers SET price = 3900 WHERE id = :eggs",
        "UPDATE products SET pack_milli = 30000",
        """UPDATE products SET units = '{"en":"box of 30"}'""",
    ],
    ids=["price", "pack", "unit"],
)
async def test_goods_that_are_no_longer_the_same_are_a_line_of_their_own(store: Store, sql: str) -> None:
    stall, order = await ordered(store)
    before = (await seen(store, order)).lines[0]
    await store.write(lambda tx: tx.run(sql, eggs=stall.eggs))
    await fold(store, await store.write(trade.checkout, ANN, (stall.eggs, 1)), order)
    lines = (await seen(store, order)).lines
    assert len(lines) == 2
    assert lines[0] == before
    await trade.assert_books_agree(store)


async def test_adding_twice_adds_once_and_finds_the_order_again(store: Store) -> None:
    stall, order = await ordered(store)
    checkout = await store.write(trade.checkout, ANN, (stall.rice, 3))
    await fold(store, checkout, order)
    assert await fold(store, checkout, order) == AlreadyPlaced(order_id=order)
    placing = {"actor": ANN, "checkout": checkout, "terms": "v1", "method": "Pay", "policy": POLICY, "now": NOON}
    assert await store.write(checkouts.place, **placing) == AlreadyPlaced(order_id=order)
    assert await trade.free(store, stall.rice) == 7
    assert await fold(store, checkout, order, actor=BEN) == NotFound()


async def test_a_checkout_that_became_an_order_is_not_added_as_well(store: Store) -> None:
    stall, order = await ordered(store)
    checkout = await store.write(trade.checkout, ANN, (stall.rice, 3))
    placing = {"actor": ANN, "checkout": checkout, "terms": "v1", "method": "Pay", "policy": POLICY, "now": NOON}
    placed = await store.write(checkouts.place, **placing)
    assert isinstance(placed, Placed)
    assert await fold(store, checkout, order) == AlreadyPlaced(order_id=placed.order_id)
    assert await trade.free(store, stall.rice) == 7


async def test_the_time_to_pay_moves_but_never_beyond_twice_what_it_was(store: Store) -> None:
    """However often something cheap is added, the goods are not kept for ever."""
    stall, order = await ordered(store, rice=None)
    for minute, pay_by in ((10, 40), (39, 60), (59, 60)):
        checkout = await store.write(trade.checkout, ANN, (stall.rice, 1))
        assert await fold(store, checkout, order, now=NOON + minute * MINUTE) == Added(order_id=order)
        assert (await seen(store, order)).pay_by == NOON + pay_by * MINUTE
        hold = await trade.book(store, "SELECT hold_until FROM orders")
        assert hold == NOON + pay_by * MINUTE + POLICY.grace_ms
    checkout = await store.write(trade.checkout, ANN, (stall.rice, 1))
    assert await fold(store, checkout, order, now=NOON + 60 * MINUTE) == Shut(order_id=order)


async def test_an_order_is_still_reminded_of_once(store: Store) -> None:
    stall, order = await ordered(store)
    await store.write(lambda tx: endings.remind_unpaid(tx, now=NOON + 15 * MINUTE))
    await fold(store, await store.write(trade.checkout, ANN, (stall.rice, 1)), order, now=NOON + 20 * MINUTE)
    assert await trade.book(store, "SELECT remind_at FROM orders") is None


@pytest.mark.parametrize("state", ["under review", "paid", "expired", "cancelled", "in its grace"])
async def test_an_order_that_is_no_longer_open_takes_in_nothing(store: Store, state: str) -> None:
    stall, order = await ordered(store)
    checkout = await store.write(trade.checkout, ANN, (stall.rice, 3))
    late = NOON + 36 * MINUTE

    def ends(tx: Tx) -> None:
        match state:
            case "under review":
                trade.send_receipt(tx, ANN, order)
            case "paid":
                trade.pay(tx, ANN, order)
            case "expired":
                endings.expire_due(tx, now=late)
            case "cancelled":
                endings.cancel(tx, actor=ANN, order_id=order, now=NOON)

    await store.write(ends)
    before = await seen(store, order)
    now = NOON + 31 * MINUTE if state == "in its grace" else NOON
    assert await fold(store, checkout, order, now=now) == Shut(order_id=order)
    assert await seen(store, order) == before
    assert await trade.free(store, stall.rice) == 10
    assert await store.read(dialogs.view, checkout) is not None
    await trade.assert_books_agree(store)


async def test_a_rejected_receipt_opens_the_order_again(store: Store) -> None:
    stall, order = await ordered(store)
    payment = await store.write(trade.send_receipt, ANN, order)
    await store.write(
        payments.reject, actor=CASHIER, payment_id=payment, reason="amount", policy=POLICY, now=NOON + MINUTE
    )
    assert await fold(store, await store.write(trade.checkout, ANN, (stall.rice, 1)), order) == Added(order_id=order)
    again = await store.write(trade.send_receipt, ANN, order)
    assert await trade.book(store, "SELECT amount FROM payments WHERE id = :id", id=again) == 2 * PRICE + 1000


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE offers SET quantity = 2 WHERE id = :rice", SoldOut),
        ("UPDATE offers SET price = 999 WHERE id = :rice", PriceChanged),
        ("UPDATE offers SET limit_per_buyer = 2 WHERE id = :rice", LimitReached),
        ("UPDATE streams SET status = 'ended'", NotOpen),
    ],
    ids=["fewer left", "price", "limit", "stream over"],
)
async def test_what_cannot_be_ordered_cannot_be_added(store: Store, sql: str, expected: type[object]) -> None:
    stall, order = await ordered(store)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1), (stall.rice, 3))
    await store.write(lambda tx: tx.run(sql, rice=stall.rice))
    before = await seen(store, order)
    assert isinstance(await fold(store, checkout, order), expected)
    assert await seen(store, order) == before
    assert await trade.book(store, "SELECT sum(taken) FROM offers") == 2


async def test_the_limit_counts_what_the_order_has_already(store: Store) -> None:
    stall, order = await ordered(store)
    await store.write(lambda tx: tx.run("UPDATE offers SET limit_per_buyer = 3 WHERE id = :id", id=stall.eggs))
    refused = LimitReached(offer_id=stall.eggs, limit=3, already=2)
    assert await fold(store, await store.write(trade.checkout, ANN, (stall.eggs, 2)), order) == refused
    assert await fold(store, await store.write(trade.checkout, ANN, (stall.eggs, 1)), order) == Added(order_id=order)


async def test_nobody_adds_to_an_order_of_somebody_else_or_of_another_stream(store: Store) -> None:
    stall, order = await ordered(store)

    def others(tx: Tx) -> tuple[int, int]:
        night = seed.offer(tx, seed.stream(tx, "NIGHT"), seed.product(tx, stall.egg_farm, "TEA"))
        return trade.checkout(tx, BEN, (stall.rice, 1)), trade.checkout(tx, ANN, (night, 1))

    bens, of_night = await store.write(others)
    before = await seen(store, order)
    assert await fold(store, bens, order, actor=BEN) == NotFound()
    assert await fold(store, bens, order) == NotFound()
    assert await fold(store, of_night, order) == Shut(order_id=order)
    assert await fold(store, of_night, 999) == NotFound()
    assert await seen(store, order) == before


async def test_an_order_has_an_end(store: Store) -> None:
    stall, order = await ordered(store)

    def many(tx: Tx) -> int:
        found = [
            seed.offer(tx, stall.stream, seed.product(tx, stall.egg_farm, f"P{number}"))
            for number in range(MOST_LINES)
        ]
        return trade.checkout(tx, ANN, *((offer, 1) for offer in found))

    assert await fold(store, await store.write(many), order) == TooLong(most=MOST_LINES)
    assert len((await seen(store, order)).lines) == 1
    assert await trade.book(store, "SELECT sum(taken) FROM offers") == 2


async def test_the_code_of_before_is_told_that_it_is_over_and_the_new_one_sent_anew(store: Store) -> None:
    stall, order = await ordered(store)

    def delivered(tx: Tx) -> None:
        rows = [outbox.row(row) for row in tx.all("SELECT * FROM outbox WHERE kind = 'order_placed'")]
        outbox.settle(tx, [(row, Delivered(message_id=500, has_media=True)) for row in rows], NOON)

    await store.write(delivered)
    await fold(store, await store.write(trade.checkout, ANN, (stall.rice, 1)), order)
    told = await store.read(
        lambda tx: [
            (row["kind"], row["card"])
            for row in tx.all("SELECT kind, card FROM outbox WHERE state = 'queued' ORDER BY id")
        ]
    )
    assert told == [("order_code_before", f"order:{order}^500"), ("order_placed", f"order:{order}")]
    assert await store.read(cards.find, f"order:{order}", ANN) is None
    assert await store.read(cards.find, f"order:{order}^500", ANN) == cards.Card(message_id=500, has_media=True)


async def test_a_code_that_has_not_been_sent_yet_is_sent_once_with_the_new_total(store: Store) -> None:
    stall, order = await ordered(store)
    await fold(store, await store.write(trade.checkout, ANN, (stall.rice, 1)), order)
    assert await trade.kinds_told(store) == [("order_placed", ANN)]


async def test_what_is_added_from_the_cart_leaves_it(store: Store) -> None:
    stall, order = await ordered(store)

    def carted(tx: Tx) -> int:
        for offer in (stall.rice, stall.eggs):
            carts.add(tx, actor=ANN, offer_id=offer, quantity=1, now=NOON)
        dialog = checkouts.begin_cart(
            tx, actor=ANN, stream_id=stall.stream, first_step="recipient", summary_step="summary", now=NOON
        )
        assert isinstance(dialog, Dialog)
        carts.set_quantity(tx, actor=ANN, offer_id=stall.eggs, quantity=4, now=NOON)
        return dialog.id

    assert await fold(store, await store.write(carted), order) == Added(order_id=order)
    assert await store.read(carts.wishes, ANN) == [Wish(offer_id=stall.eggs, quantity=4, price=PRICE)]


async def test_the_newest_open_order_of_the_stream_is_the_one_offered(store: Store) -> None:
    stall, first = await ordered(store)
    second = await store.write(trade.place, ANN, (stall.eggs, 1))
    found = await store.read(additions.open_of, ANN, stall.stream)
    assert found is not None
    assert found.id == second
    await store.write(trade.send_receipt, ANN, second)
    found = await store.read(additions.open_of, ANN, stall.stream)
    assert found is not None
    assert found.id == first
    assert await store.read(additions.open_of, BEN, stall.stream) is None
    assert await store.read(additions.open_of, ANN, 999) is None


async def test_an_addition_begun_on_an_offer_card_shows_its_order(store: Store) -> None:
    stall, order = await ordered(store)
    wish = Wish(offer_id=stall.rice, quantity=2, price=1000)
    begun = await store.write(additions.begin, actor=ANN, wish=wish, step="summary", now=NOON)
    assert isinstance(begun, Dialog)
    assert (begun.kind, begun.data["order"]) == ("addition", order)
    assert await fold(store, begun.id, order) == Added(order_id=order)
    assert await store.write(additions.begin, actor=BEN, wish=wish, step="summary", now=NOON) == NotFound()
    late = NOON + 61 * MINUTE
    assert await store.write(additions.begin, actor=ANN, wish=wish, step="summary", now=late) == NotFound()
    dear = replace(wish, price=1)
    refused = await store.write(additions.begin, actor=ANN, wish=dear, step="summary", now=NOON)
    assert refused == PriceChanged(offer_id=stall.rice)


async def test_a_place_order_button_does_not_place_an_addition(store: Store) -> None:
    stall, _ = await ordered(store)
    wish = Wish(offer_id=stall.rice, quantity=2, price=1000)
    begun = await store.write(additions.begin, actor=ANN, wish=wish, step="summary", now=NOON)
    assert isinstance(begun, Dialog)
    placing = {"actor": ANN, "checkout": begun.id, "terms": "v1", "method": "Pay", "policy": POLICY, "now": NOON}
    assert await store.write(checkouts.place, **placing) == NotFound()


async def test_what_was_added_is_given_back_with_the_rest(store: Store) -> None:
    stall, order = await ordered(store)
    await fold(store, await store.write(trade.checkout, ANN, (stall.eggs, 3), (stall.rice, 1)), order)
    await store.write(lambda tx: endings.expire_due(tx, now=NOON + 24 * 60 * MINUTE))
    assert (await seen(store, order)).status is OrderStatus.EXPIRED
    assert await trade.book(store, "SELECT sum(taken) FROM offers") == 0
    await trade.assert_books_agree(store)


async def test_goods_that_go_to_who_pays_first_are_added_without_being_kept(store: Store) -> None:
    stall, order = await ordered(store)
    await store.write(lambda tx: tx.run("UPDATE offers SET hold = 'first_paid'"))
    assert await fold(store, await store.write(trade.checkout, ANN, (stall.eggs, 3)), order) == Added(order_id=order)
    kept, unkept = (await seen(store, order)).lines
    assert (kept.hold, kept.quantity, unkept.hold, unkept.quantity) == (Hold.ON_ORDER, 2, Hold.FIRST_PAID, 3)
    assert await trade.free(store, stall.eggs) == 8
    await trade.assert_books_agree(store)
    await store.write(trade.pay, ANN, order)
    assert await trade.free(store, stall.eggs) == 5
    await trade.assert_books_agree(store)


async def test_what_the_waiting_list_holds_for_somebody_goes_into_their_cart_and_order(store: Store) -> None:
    stall, order = await ordered(store)

    def hold(tx: Tx) -> None:
        bens = trade.place(tx, BEN, (stall.eggs, 8))
        waiting.join(tx, actor=ANN, offer_id=stall.eggs, quantity=3, mode=Mode.ANY, now=NOON)
        endings.cancel(tx, actor=BEN, order_id=bens, now=NOON)
        trade.place(tx, BEN, (stall.eggs, 5))

    await store.write(hold)
    assert await trade.free(store, stall.eggs) == 0
    added = await store.write(carts.add, actor=ANN, offer_id=stall.eggs, quantity=3, now=NOON)
    assert isinstance(added, carts.InCart)
    (line,) = (await store.read(carts.view, ANN, NOON)).lines
    assert line.is_in_order
    assert line.possible == 3
    assert await fold(store, await store.write(trade.checkout, ANN, (stall.eggs, 3)), order) == Added(order_id=order)
    assert (await seen(store, order)).lines[0].quantity == 5
    assert await store.read(waitlist.of, stall.eggs, ANN) is None
    assert await trade.free(store, stall.eggs) == 0
    await trade.assert_books_agree(store)


async def test_what_is_held_for_somebody_stays_in_their_cart_when_the_stream_ends(store: Store) -> None:
    stall, _ = await ordered(store)

    def hold(tx: Tx) -> None:
        bens = trade.place(tx, BEN, (stall.eggs, 8))
        waiting.join(tx, actor=ANN, offer_id=stall.eggs, quantity=3, mode=Mode.ANY, now=NOON)
        endings.cancel(tx, actor=BEN, order_id=bens, now=NOON)
        for offer in (stall.eggs, stall.rice):
            carts.add(tx, actor=ANN, offer_id=offer, quantity=1, now=NOON)
        tx.run("UPDATE streams SET status = 'ended'")
        carts.show(tx, actor=ANN, now=NOON)

    await store.write(hold)
    assert [wish.offer_id for wish in await store.read(carts.wishes, ANN)] == [stall.eggs]


def test_every_refusal_undoes_what_was_begun() -> None:
    for refusal in (Shut, TooLong):
        assert issubclass(refusal, Refused)


@pytest.mark.parametrize("sql", [additions._OPEN, additions._TAKES_MORE, additions._JOIN, checkouts._BECAME])
async def test_an_open_order_is_found_by_its_buyer(store: Store, sql: str) -> None:
    values = {"buyer": ANN, "actor": ANN, "stream": 1, "id": 1, "currency": "CNY", "now": NOON, "order": 1}
    more = {"offer": 1, "unit_price": 1, "quantity": 1, "discount": 0, "total": 1, "checkout": 1, "hold": "on_order"}
    values |= {"ships_until": 1}
    assert_no_scan(store.path, sql, **values, **more)
