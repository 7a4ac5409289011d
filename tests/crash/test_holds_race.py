"""Two acts on one order at once: whichever comes first, the books add up, and nobody pays for nothing.

With a negative control: an act that trusts what was read beforehand gives back twice and sells twice.
"""

import asyncio
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from storage import (
    amendments,
    calloffs,
    checkouts,
    decisions,
    endings,
    payments,
    recount,
    refunds,
    requests,
    shipments,
    stock,
)
from storage.clock import MINUTE
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CASHIER, HOST
from tests.storage.trade import POLICY

LATE = NOON + 40 * MINUTE
Act = Callable[[Tx], object]


async def assert_all_adds_up(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []


async def race(path: Path, prepare: Callable[[Tx], list[Act]]) -> None:
    """Every order in which the acts can come, and all at once from two stores on one file."""
    count = 0
    async with await Store.open(path / "count.db", synchronous="NORMAL", now=NOON) as store:
        count = len(await store.write(prepare))
    for number, order in enumerate([*permutations(range(count)), None]):
        file = path / f"race-{number}.db"
        async with (
            await Store.open(file, synchronous="NORMAL", now=NOON) as store,
            await Store.open(file, synchronous="NORMAL", now=NOON) as other,
        ):
            acts = await store.write(prepare)
            if order is None:
                await asyncio.gather(*((store, other)[i % 2].write(act) for i, act in enumerate(acts)))
            else:
                for i in order:
                    await (store, other)[i % 2].write(acts[i])
            await assert_all_adds_up(store)
            money = "SELECT count(*) FROM orders WHERE status IN ('cancelled', 'expired') AND id IN (" + (
                "SELECT order_id FROM payments WHERE status = 'confirmed')"
            )
            lost = await trade.book(store, money)
            owed = await trade.book(store, "SELECT count(DISTINCT order_id) FROM refunds")
            assert isinstance(lost, int)
            assert isinstance(owed, int)
            assert owed >= lost, "money on an order that is over is owed back"


async def test_cancelling_and_confirming_at_once(tmp_path: Path) -> None:
    def prepare(tx: Tx) -> list[Act]:
        stall = trade.stall(tx, eggs=1)
        order = trade.place(tx, ANN, (stall.eggs, 1))
        claim = trade.send_receipt(tx, ANN, order)
        return [
            lambda tx: endings.cancel(tx, actor=ANN, order_id=order, now=NOON),
            lambda tx: payments.confirm(tx, actor=CASHIER, payment_id=claim, now=NOON),
            lambda tx: calloffs.cancel_by_stall(tx, actor=HOST, order_id=order, reason="no_goods", now=NOON),
        ]

    await race(tmp_path, prepare)


async def test_running_out_and_a_receipt_at_once(tmp_path: Path) -> None:
    def prepare(tx: Tx) -> list[Act]:
        stall = trade.stall(tx, eggs=1)
        order = trade.place(tx, ANN, (stall.eggs, 1))
        return [
            lambda tx: endings.expire_due(tx, now=LATE),
            lambda tx: payments.submit(tx, actor=ANN, order_id=order, proofs=[trade.PROOF], policy=POLICY, now=LATE),
            lambda tx: amendments.save(tx, actor=ANN, dialog_id=trade.draft(tx, ANN, order, EGG=1), now=LATE),
        ]

    await race(tmp_path, prepare)


async def test_changing_and_paying_at_once(tmp_path: Path) -> None:
    def prepare(tx: Tx) -> list[Act]:
        stall = trade.stall(tx, eggs=3)
        order = trade.place(tx, ANN, (stall.eggs, 2), (stall.rice, 1))
        dialog = trade.draft(tx, ANN, order, EGG=3, RICE=0)

        def pay(tx: Tx) -> object:
            sent = payments.submit(tx, actor=ANN, order_id=order, proofs=[trade.PROOF], policy=POLICY, now=NOON)
            assert isinstance(sent, payments.Submitted)
            return payments.confirm(tx, actor=CASHIER, payment_id=sent.payment_id, now=NOON)

        return [lambda tx: amendments.save(tx, actor=ANN, dialog_id=dialog, now=NOON), pay]

    await race(tmp_path, prepare)


async def test_two_payments_for_the_last_unit_of_a_first_paid_offer(tmp_path: Path) -> None:
    def prepare(tx: Tx) -> list[Act]:
        stall = trade.stall(tx, eggs=1)
        trade.first_paid(tx, stall.eggs)
        claims = [
            trade.send_receipt(tx, buyer, trade.place(tx, buyer, (stall.eggs, 1))) for buyer in (ANN, BEN, seed.CAI)
        ]
        return [lambda tx, c=claim: payments.confirm(tx, actor=CASHIER, payment_id=c, now=NOON) for claim in claims]

    await race(tmp_path, prepare)


async def test_two_late_payments_on_one_freed_unit(tmp_path: Path) -> None:
    def prepare(tx: Tx) -> list[Act]:
        stall = trade.stall(tx, eggs=2)
        expired = [trade.place(tx, buyer, (stall.eggs, 1)) for buyer in (ANN, BEN)]
        endings.expire_due(tx, now=LATE)
        trade.place(tx, seed.CAI, (stall.eggs, 1), now=LATE)
        claims = [
            trade.send_receipt(tx, buyer, order, now=LATE) for buyer, order in zip((ANN, BEN), expired, strict=True)
        ]
        return [lambda tx, c=claim: payments.confirm(tx, actor=CASHIER, payment_id=c, now=LATE) for claim in claims]

    await race(tmp_path, prepare)


async def test_agreeing_sending_and_declining_at_once(tmp_path: Path) -> None:
    def prepare(tx: Tx) -> list[Act]:
        stall = trade.stall(tx)
        order = trade.buy(tx, ANN, (stall.eggs, 2))
        asked = requests.ask_cancel(tx, actor=ANN, order_id=order, now=NOON)
        assert isinstance(asked, requests.Asked)
        (parcel,) = trade.parcels(tx, order).values()
        return [
            lambda tx: decisions.agree(tx, actor=CASHIER, request_id=asked.request_id, now=NOON),
            lambda tx: decisions.decline(
                tx, actor=trade.OTHER_CASHIER, request_id=asked.request_id, reason="sent", now=NOON
            ),
            lambda tx: shipments.ship(
                tx, actor=trade.SUPPLIER, shipment_id=parcel, carrier=None, tracking=None, now=NOON
            ),
        ]

    await race(tmp_path, prepare)


@pytest.mark.parametrize("hold", ["on_order", "first_paid"])
async def test_one_buyer_tapping_two_checkouts_at_once_stays_within_the_limit(tmp_path: Path, hold: str) -> None:
    def crowd(tx: Tx) -> tuple[int, list[int]]:
        stall = trade.stall(tx, eggs=50)
        tx.run("UPDATE offers SET limit_per_buyer = 3, hold = :hold WHERE id = :id", id=stall.eggs, hold=hold)
        # One dialog a person: more of them can only come from an act, and each places in its own.
        return stall.eggs, [2, 2, 2]

    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        offer, packs = await store.write(crowd)

        def place(tx: Tx, units: int) -> object:
            dialog = trade.checkout(tx, ANN, (offer, units))
            return checkouts.place(tx, actor=ANN, checkout=dialog, terms="v1", method="Pay", policy=POLICY, now=NOON)

        outcomes = await asyncio.gather(*(store.write(place, units) for units in packs))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LimitReached", "LimitReached", "Placed"]
        await assert_all_adds_up(store)


async def test_trusting_what_was_read_beforehand_gives_back_twice_and_sells_twice(tmp_path: Path) -> None:
    """Negative control: a state read before, a table without the CHECK, no condition in the statement."""
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        await store.write(lambda tx: tx.run("CREATE TABLE careless (quantity INTEGER, taken INTEGER, paid INTEGER)"))
        await store.write(lambda tx: tx.run("INSERT INTO careless VALUES (1, 1, 0)"))
        everybody_has_looked = asyncio.Barrier(2)

        async def act(sql: str) -> None:
            paid = await store.read(lambda tx: tx.value("SELECT paid FROM careless"))
            await everybody_has_looked.wait()
            if not paid:
                await store.write(lambda tx: tx.run(sql))

        # Cancelling gives the unit back while confirming counts on it: it is free, and paid for.
        await asyncio.gather(act("UPDATE careless SET taken = taken - 1"), act("UPDATE careless SET paid = 1"))
        assert await trade.book(store, "SELECT paid = 1 AND taken = 0 FROM careless") == 1
        await store.write(lambda tx: tx.run("UPDATE careless SET taken = 0, paid = 0"))
        # Two late payments both see the freed unit.
        await asyncio.gather(*(act("UPDATE careless SET taken = taken + 1") for _ in range(2)))
        assert await trade.book(store, "SELECT taken > quantity FROM careless") == 1


async def test_without_the_step_that_takes_what_others_paid_for_is_sold_twice(tmp_path: Path) -> None:
    """Negative control on our own books: orders marked paid without taking are what the recount finds."""
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        stall = await store.write(lambda tx: trade.stall(tx, eggs=1))
        await store.write(trade.first_paid, stall.eggs)
        orders = [await store.write(trade.place, buyer, (stall.eggs, 1)) for buyer in (ANN, BEN)]
        careless = "UPDATE orders SET status = 'paid', hold_until = NULL, remind_at = NULL"
        await store.write(lambda tx: tx.run(careless))
        found = await store.read(stock.recount)
        assert {one.order_id for one in found} == set(orders)
        assert await store.read(refunds.promised, orders[0]) == 0
