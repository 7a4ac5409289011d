"""The races for an order and its money: two late payments, cancelling and confirming, running out and a receipt."""

import asyncio

from shop.orders import OrderStatus
from storage import (
    audit,
    endings,
    orders,
    payments,
)
from storage.clock import HOUR
from storage.connection import Tx
from tests.clock import NOON
from tests.crash.fair import At
from tests.crash.rivals import EGGS, Race, by, free, note, rival
from tests.storage import trade
from tests.storage.seed import ANN, BEN, CAI, CASHIER
from tests.storage.trade import POLICY

# -- Two late payments on one unit that came free ------------------------------------------------------------------


def _late(tx: Tx) -> None:
    stall = trade.stall(tx, eggs=2)
    expired = [trade.place(tx, buyer, (stall.eggs, 1)) for buyer in (ANN, BEN)]
    endings.expire_due(tx, now=NOON + HOUR)
    trade.place(tx, CAI, (stall.eggs, 1), now=NOON + HOUR)
    for buyer, order in zip((ANN, BEN), expired, strict=True):
        trade.send_receipt(tx, buyer, order, now=NOON + HOUR)


@rival
async def sees_the_money(at: At) -> None:
    await at.act(payments.confirm, actor=CASHIER, payment_id=at.move.pick)


@rival
async def revives_what_was_free(at: At) -> None:
    left, payment = await free(at), await at.look(payments.view, at.move.pick)
    assert payment is not None

    def act(tx: Tx, now: int) -> None:
        tx.run("UPDATE payments SET status = 'confirmed', decided_at = 1 WHERE id = :id", id=payment.id)
        tx.run(
            "UPDATE orders SET status = 'paid', paid_at = :now, expired_at = NULL WHERE id = :id",
            id=payment.order_id,
            now=now,
        )
        tx.run("UPDATE offers SET taken = taken + 1 WHERE id = :id", id=EGGS)
        note(tx, "take", 1, now, order=payment.order_id)

    if left > 0:
        await at.act(act)


# -- Cancelling and confirming -------------------------------------------------------------------------------------


def _claimed(tx: Tx) -> None:
    stall = trade.stall(tx, eggs=1)
    trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1)))


@rival
async def cancels_it(at: At) -> None:
    await at.act(endings.cancel, actor=at.person, order_id=1)


async def _was_pending(at: At) -> bool:
    return await at.look(orders.status_of, 1) is OrderStatus.PENDING


@rival
async def cancels_what_was_unpaid(at: At) -> None:
    def act(tx: Tx, now: int) -> None:
        tx.run("UPDATE orders SET status = 'cancelled', cancelled_at = :now WHERE id = 1", now=now)
        tx.run("UPDATE offers SET taken = taken - 1 WHERE id = :id", id=EGGS)
        note(tx, "give_back", 1, now, order=1)

    if await _was_pending(at):
        await at.act(act)


@rival
async def confirms_what_was_open(at: At) -> None:
    def act(tx: Tx, now: int) -> None:
        tx.run("UPDATE payments SET status = 'confirmed', decided_at = :now", now=now)
        tx.run("UPDATE orders SET status = 'paid', paid_at = :now WHERE id = 1", now=now)

    if await _was_pending(at):
        await at.act(act)


# Money for nothing, or goods that were given back.
_LOST = """
    SELECT count(*) FROM orders AS o WHERE
        (o.status = 'cancelled'
            AND EXISTS (SELECT 1 FROM payments WHERE order_id = o.id AND status = 'confirmed')
            AND NOT EXISTS (SELECT 1 FROM refunds WHERE order_id = o.id))
        OR (o.status = 'paid' AND EXISTS (SELECT 1 FROM stock_movements WHERE order_id = o.id AND kind = 'give_back'))
"""


# -- Running out and a receipt -------------------------------------------------------------------------------------


def _running_out(tx: Tx) -> None:
    trade.place(tx, ANN, (trade.stall(tx, eggs=1).eggs, 1))


@rival
async def sends_proof(at: At) -> None:
    await at.act(payments.submit, actor=at.person, order_id=1, proofs=[trade.PROOF], policy=POLICY)


@rival
async def the_order_runs_out(at: At) -> None:
    await at.act(endings.expire_due)


@rival
async def ends_what_was_due(at: At) -> None:
    """It was due when it was looked at; by the time it is ended the receipt is there."""
    due = await at.look(lambda tx: tx.value("SELECT hold_until <= :now FROM orders", now=at.now))

    def act(tx: Tx, now: int) -> None:
        tx.run("UPDATE orders SET status = 'expired', expired_at = :now, hold_until = NULL", now=now)
        tx.run("UPDATE offers SET taken = taken - 1 WHERE id = :id", id=EGGS)
        note(tx, "give_back", 1, now, order=1)
        audit.note(tx, None, "order.expired", "order:1", now)

    async def is_there() -> bool:
        return bool(await at.look(lambda tx: tx.value("SELECT count(*) FROM payments")))

    if due:
        await at.act(lambda tx, now: None)
        while not await is_there():
            await asyncio.sleep(0)
        await at.act(act)


_IN_TIME_AND_YET_EXPIRED = """
    SELECT count(*) FROM audit AS sent JOIN audit AS ended ON ended.subject = sent.subject
    WHERE sent.action = 'payment.submitted' AND ended.action = 'order.expired' AND sent.id < ended.id
"""


# -- All of them -------------------------------------------------------------------------------------------

MONEY: dict[str, Race] = {
    "two late payments on one freed unit": Race(
        prepare=_late,
        rivals=[by("sees_the_money", ANN, 1), by("sees_the_money", ANN, 2)],
        careless=[by("revives_what_was_free", ANN, 1), by("revives_what_was_free", ANN, 2)],
        truth="SELECT count(*) FROM orders WHERE status = 'paid'",
        right=1,
        now=NOON + HOUR,
    ),
    "cancelling and confirming": Race(
        prepare=_claimed,
        rivals=[by("cancels_it", ANN), by("sees_the_money", ANN, 1)],
        careless=[by("cancels_what_was_unpaid", ANN), by("confirms_what_was_open", ANN)],
        truth=_LOST,
        right=0,
    ),
    "running out and a receipt": Race(
        prepare=_running_out,
        rivals=[by("sends_proof", ANN), by("the_order_runs_out", ANN)],
        careless=[by("sends_proof", ANN), by("ends_what_was_due", ANN)],
        truth=_IN_TIME_AND_YET_EXPIRED,
        right=0,
        now=NOON + HOUR,
    ),
}
