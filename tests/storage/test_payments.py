"""Payments: money that was confirmed is never lost, goods are never given twice, the first decision wins."""

import pytest

from shop.orders import OrderStatus
from shop.payments import PaymentStatus
from storage import endings, files, orders, payments, receipts, refunds
from storage.clock import HOUR, MINUTE
from storage.connection import Tx
from storage.payments import AlreadyDecided, Confirmed, NotPayable, Rejected, Submitted, TooManyUnderReview
from storage.people import NotAllowed, NotFound
from storage.receipts import Proof
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN, CASHIER, HOST, OWNER
from tests.storage.trade import OTHER_CASHIER, PHOTO, POLICY, PRICE, PROOF, Stall

EXPIRY = NOON + 35 * MINUTE


async def submit(
    store: Store, order: int, *, actor: int = ANN, proof: Proof = PROOF, now: int = NOON
) -> Submitted | NotFound | NotPayable | TooManyUnderReview:
    return await store.write(payments.submit, actor=actor, order_id=order, proofs=[proof], policy=POLICY, now=now)


async def confirm(store: Store, payment: int, *, actor: int = CASHIER, now: int = NOON) -> object:
    return await store.write(payments.confirm, actor=actor, payment_id=payment, now=now, anchor=77)


async def reject(store: Store, payment: int, *, actor: int = CASHIER, now: int = NOON) -> object:
    return await store.write(
        payments.reject, actor=actor, payment_id=payment, reason="not_found", policy=POLICY, now=now, anchor=77
    )


async def an_order(store: Store, units: int = 4) -> tuple[Stall, int]:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, units))
    await trade.all_said(store)
    return stall, order


async def expired(store: Store, units: int = 4) -> tuple[Stall, int]:
    stall, order = await an_order(store, units)
    assert await store.write(endings.expire_due, now=EXPIRY) == 1
    await trade.all_said(store)
    return stall, order


async def owed(store: Store, order: int) -> list[tuple[int, str, bool]]:
    def query(tx: Tx) -> list[tuple[int, str, bool]]:
        ids = tx.all("SELECT id FROM refunds WHERE order_id = :order ORDER BY id", order=order)
        found = [refund for row in ids if (refund := refunds.view(tx, row["id"])) is not None]
        return [(refund.amount, refund.reason, refund.is_done) for refund in found]

    return await store.read(query)


async def test_a_receipt_goes_to_every_cashier_and_stops_the_clock(store: Store) -> None:
    _, order = await an_order(store)
    sent = await submit(store, order, proof=PHOTO)
    assert isinstance(sent, Submitted)
    assert not sent.is_more
    payment = await store.read(payments.view, sent.payment_id)
    assert payment is not None
    assert (payment.amount, payment.method, payment.status) == (4 * PRICE, "WeChat Pay", PaymentStatus.SUBMITTED)
    assert await trade.kinds_told(store) == [
        ("receipt_in", ANN),
        ("payment_card", CASHIER),
        ("payment_card", OTHER_CASHIER),
    ]
    viewed = await store.read(orders.view, order)
    assert viewed is not None
    assert viewed.is_under_review
    assert await store.read(files.next_fetch) == NOON


async def test_a_second_receipt_joins_the_first_claim(store: Store) -> None:
    _, order = await an_order(store)
    first = await submit(store, order)
    await trade.all_said(store)
    second = await submit(store, order, proof=PHOTO, now=NOON + 1)
    assert isinstance(first, Submitted)
    assert second == Submitted(payment_id=first.payment_id, is_more=True)
    kinds = [receipt.kind for receipt in await store.read(receipts.of_payment, first.payment_id)]
    assert kinds == ["text", "photo"]
    assert await trade.kinds_told(store) == [
        ("receipt_in", ANN),
        ("receipt_more", CASHIER),
        ("payment_card", CASHIER),
        ("receipt_more", OTHER_CASHIER),
        ("payment_card", OTHER_CASHIER),
    ]


async def test_owners_get_receipts_where_there_is_no_cashier(store: Store) -> None:
    _, order = await an_order(store)
    await store.write(lambda tx: tx.run("UPDATE roles SET revoked_at = 1 WHERE role = 'cashier'"))
    await submit(store, order)
    assert await trade.kinds_told(store) == [("receipt_in", ANN), ("payment_card", OWNER)]


async def test_nobody_pays_with_a_receipt_for_somebody_elses_order(store: Store) -> None:
    _, order = await an_order(store)
    assert await submit(store, order, actor=BEN) == NotFound()
    assert await submit(store, 999) == NotFound()
    assert await store.read(payments.waiting) == []


async def test_an_order_that_is_over_takes_no_receipt(store: Store) -> None:
    stall, cancelled = await an_order(store, 1)
    await store.write(endings.cancel, actor=ANN, order_id=cancelled, now=NOON)
    paid = await store.write(trade.buy, ANN, (stall.eggs, 1))
    assert await submit(store, cancelled) == NotPayable(order_id=cancelled, status=OrderStatus.CANCELLED)
    assert await submit(store, paid) == NotPayable(order_id=paid, status=OrderStatus.PAID)


async def test_a_receipt_belongs_to_an_expired_order_for_a_day(store: Store) -> None:
    _, order = await expired(store)
    late = NotPayable(order_id=order, status=OrderStatus.EXPIRED)
    assert await submit(store, order, now=EXPIRY + 24 * HOUR + 1) == late
    assert isinstance(await submit(store, order, now=EXPIRY + 24 * HOUR), Submitted)


async def test_a_fourth_order_under_review_waits_for_the_cashier(store: Store) -> None:
    stall = await store.write(trade.stall)

    def four(tx: Tx) -> list[int]:
        return [trade.place(tx, ANN, (stall.eggs, 1)) for _ in range(4)]

    first, *others, fourth = await store.write(four)
    for order in (first, *others):
        assert isinstance(await submit(store, order), Submitted)
    assert await submit(store, fourth) == TooManyUnderReview(most=3)
    # More proof for one that is there already is welcome, and a decision makes room.
    assert isinstance(await submit(store, first), Submitted)
    await confirm(store, (await store.read(payments.waiting))[0])
    assert isinstance(await submit(store, fourth), Submitted)


async def test_confirmed_money_makes_the_order_paid_and_asks_for_the_parcels(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4), (stall.rice, 1))
    payment = await store.write(trade.send_receipt, ANN, order)
    await trade.all_said(store)
    assert await confirm(store, payment) == Confirmed(payment_id=payment, order=OrderStatus.PAID)
    assert await trade.status(store, order) == "paid"
    assert await trade.kinds_told(store) == [
        ("payment_card", CASHIER),
        ("payment_card", OTHER_CASHIER),
        ("payment_confirmed", ANN),
        ("shipment_card", trade.SUPPLIER),
        ("shipment_card", OWNER),  # nobody speaks for the rice farm
    ]
    assert await owed(store, order) == []
    await trade.assert_books_agree(store)


async def test_the_first_decision_wins_and_the_second_cashier_sees_whose_it_was(store: Store) -> None:
    _, order = await an_order(store)
    payment = await store.write(trade.send_receipt, ANN, order)
    await confirm(store, payment)
    await trade.all_said(store)
    first = AlreadyDecided(payment_id=payment, status=PaymentStatus.CONFIRMED, by=f"Person {CASHIER}")
    assert await reject(store, payment, actor=OTHER_CASHIER) == first
    assert await confirm(store, payment, actor=OTHER_CASHIER) == first
    assert await confirm(store, payment) == first
    assert await trade.kinds_told(store) == []
    assert await trade.status(store, order) == "paid"


@pytest.mark.parametrize("actor", [ANN, BEN, HOST])
async def test_only_a_cashier_decides(store: Store, actor: int) -> None:
    _, order = await an_order(store)
    payment = await store.write(trade.send_receipt, ANN, order)
    assert await confirm(store, payment, actor=actor) == NotAllowed()
    assert await reject(store, payment, actor=actor) == NotAllowed()
    assert await confirm(store, 999) == NotFound()
    assert await trade.status(store, order) == "pending"


async def test_an_owner_decides_like_a_cashier(store: Store) -> None:
    _, order = await an_order(store)
    payment = await store.write(trade.send_receipt, ANN, order)
    assert isinstance(await confirm(store, payment, actor=OWNER), Confirmed)


async def test_late_money_revives_the_order_while_its_units_are_there(store: Store) -> None:
    stall, order = await expired(store)
    payment = await store.write(trade.send_receipt, ANN, order, now=EXPIRY)
    assert await confirm(store, payment) == Confirmed(payment_id=payment, order=OrderStatus.PAID)
    assert await trade.free(store, stall.eggs) == 6
    assert await owed(store, order) == []
    await trade.assert_books_agree(store)


async def test_late_money_for_what_is_gone_is_kept_and_owed_back(store: Store) -> None:
    stall, order = await expired(store)
    await store.write(trade.place, BEN, (stall.eggs, 8), now=EXPIRY)
    payment = await store.write(trade.send_receipt, ANN, order, now=EXPIRY)
    await trade.all_said(store)
    assert await confirm(store, payment) == Confirmed(payment_id=payment, order=OrderStatus.EXPIRED)
    assert await owed(store, order) == [(4 * PRICE, "late_money", False)]
    assert set(await trade.kinds_told(store)) == {
        ("payment_card", CASHIER),
        ("payment_card", OTHER_CASHIER),
        ("refund_card", CASHIER),
        ("refund_card", OTHER_CASHIER),
        ("payment_late", ANN),
    }
    assert await trade.free(store, stall.eggs) == 2
    await trade.assert_books_agree(store)


async def test_an_order_that_gets_only_a_part_again_gives_that_part_back(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4), (stall.rice, 4))
    await store.write(endings.expire_due, now=EXPIRY)
    await store.write(trade.place, BEN, (stall.rice, 7), now=EXPIRY)
    payment = await store.write(trade.send_receipt, ANN, order, now=EXPIRY)
    assert await confirm(store, payment) == Confirmed(payment_id=payment, order=OrderStatus.EXPIRED)
    assert (await trade.free(store, stall.eggs), await trade.free(store, stall.rice)) == (10, 3)
    assert await owed(store, order) == [(4 * PRICE + 4000, "late_money", False)]
    await trade.assert_books_agree(store)


async def test_money_of_a_cancelled_order_is_owed_back(store: Store) -> None:
    stall, order = await an_order(store)
    payment = await store.write(trade.send_receipt, ANN, order)
    await store.write(endings.cancel, actor=ANN, order_id=order, now=NOON)
    assert await confirm(store, payment) == Confirmed(payment_id=payment, order=OrderStatus.CANCELLED)
    assert await owed(store, order) == [(4 * PRICE, "late_money", False)]
    assert await trade.free(store, stall.eggs) == 10
    await trade.assert_books_agree(store)


@pytest.mark.parametrize("is_repaid", [False, True], ids=["still owed", "sent back"])
async def test_money_owed_back_pays_for_nothing_when_the_buyer_pays_again(store: Store, is_repaid: bool) -> None:
    """Late money for what was gone; then units come free and a second receipt arrives: the whole price again."""
    stall, order = await expired(store)
    bens = await store.write(trade.place, BEN, (stall.eggs, 8), now=EXPIRY)
    first = await store.write(trade.send_receipt, ANN, order, now=EXPIRY)
    await confirm(store, first)
    if is_repaid:
        refund = (await store.read(refunds.owed))[0]
        await store.write(refunds.repay, actor=CASHIER, refund_id=refund, now=EXPIRY)
    await store.write(endings.cancel, actor=BEN, order_id=bens, now=EXPIRY)
    second = await submit(store, order, now=EXPIRY)
    assert isinstance(second, Submitted)
    viewed = await store.read(payments.view, second.payment_id)
    assert viewed is not None
    assert viewed.amount == 4 * PRICE
    assert await confirm(store, second.payment_id) == Confirmed(payment_id=second.payment_id, order=OrderStatus.PAID)
    assert await owed(store, order) == [(4 * PRICE, "late_money", is_repaid)]
    await trade.assert_books_agree(store)


async def test_a_rejected_buyer_has_time_again_and_may_send_again(store: Store) -> None:
    stall, order = await an_order(store)
    payment = await store.write(trade.send_receipt, ANN, order, now=NOON + 20 * MINUTE)
    decided = NOON + 3 * HOUR
    store.due.clear()
    await trade.all_said(store)
    assert await reject(store, payment, now=decided) == Rejected(payment_id=payment)
    assert store.due.is_set()
    assert ("payment_rejected", ANN) in await trade.kinds_told(store)
    assert await store.read(endings.next_expiry) == decided + 35 * MINUTE
    assert await store.read(endings.next_reminder) == decided + 15 * MINUTE
    assert await trade.free(store, stall.eggs) == 6
    again = await submit(store, order, now=decided + MINUTE)
    assert isinstance(again, Submitted)
    assert not again.is_more
    assert await store.read(endings.next_expiry) is None
    number = "SELECT number FROM payments WHERE id = :id"
    assert await trade.book(store, number, id=again.payment_id) == 2
    await trade.assert_books_agree(store)


async def test_a_rejection_never_shortens_the_time_that_was_shown(store: Store) -> None:
    _, order = await an_order(store)
    payment = await store.write(trade.send_receipt, ANN, order)
    await store.write(lambda tx: tx.run("UPDATE orders SET pay_by = :at", at=NOON + 9 * HOUR))
    await reject(store, payment)
    assert await trade.book(store, "SELECT pay_by FROM orders") == NOON + 9 * HOUR
    assert await store.read(endings.next_expiry) == NOON + 9 * HOUR + 5 * MINUTE


@pytest.mark.parametrize("end", ["expired", "cancelled"])
async def test_a_rejection_wakes_no_order_that_is_over(store: Store, end: str) -> None:
    if end == "expired":
        stall, order = await expired(store)
        payment = await store.write(trade.send_receipt, ANN, order, now=EXPIRY)
    else:
        stall, order = await an_order(store)
        payment = await store.write(trade.send_receipt, ANN, order)
        await store.write(endings.cancel, actor=ANN, order_id=order, now=NOON)
    assert await reject(store, payment, now=EXPIRY) == Rejected(payment_id=payment)
    assert await trade.status(store, order) == end
    assert await store.read(endings.next_expiry) is None
    assert await trade.free(store, stall.eggs) == 10
    await trade.assert_books_agree(store)


async def test_a_refund_is_sent_once_and_by_a_cashier(store: Store) -> None:
    _, order = await an_order(store)
    payment = await store.write(trade.send_receipt, ANN, order)
    await store.write(endings.cancel, actor=ANN, order_id=order, now=NOON)
    await confirm(store, payment)
    refund = (await store.read(refunds.owed))[0]
    await trade.all_said(store)
    refused = await store.write(refunds.repay, actor=HOST, refund_id=refund, now=NOON)
    assert refused == NotAllowed()
    assert await store.write(refunds.repay, actor=CASHIER, refund_id=999, now=NOON) == NotFound()
    done = await store.write(refunds.repay, actor=CASHIER, refund_id=refund, now=NOON, anchor=77)
    assert done == refunds.Repaid(refund_id=refund)
    assert await trade.kinds_told(store) == [
        ("refund_done", ANN),
        ("refund_card", CASHIER),
        ("refund_card", OTHER_CASHIER),
    ]
    second = await store.write(refunds.repay, actor=OTHER_CASHIER, refund_id=refund, now=NOON)
    assert isinstance(second, refunds.AlreadyRepaid)
    assert await store.read(refunds.owed) == []
    viewed = await store.read(orders.view, order)
    assert viewed is not None
    assert (viewed.confirmed, viewed.refunded) == (4 * PRICE, 4 * PRICE)


async def test_the_line_at_the_till_is_first_come_first_served(store: Store) -> None:
    stall = await store.write(trade.stall)

    def two(tx: Tx) -> list[int]:
        places = [trade.place(tx, buyer, (stall.eggs, 1)) for buyer in (ANN, BEN)]
        return [
            trade.send_receipt(tx, buyer, order, now=NOON + at)
            for at, (buyer, order) in enumerate(zip((ANN, BEN), places, strict=True))
        ]

    first, second = await store.write(two)
    assert await store.read(payments.waiting) == [first, second]
    views = [await store.read(payments.view, payment) for payment in (first, second)]
    assert [await store.read(payments.before, view) for view in views if view is not None] == [0, 1]
