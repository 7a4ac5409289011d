"""Whose orders ran out unpaid, and who may order no more."""

import pytest

from storage import buyers, checkouts, endings, payments
from storage.buyers import AsBefore, Set
from storage.clock import DAY, HOUR
from storage.people import NotAllowed, NotFound
from storage.quotes import OrderingBlocked
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST
from tests.storage.trade import POLICY


async def block(store: Store, person: int = ANN, actor: int = HOST) -> object:
    return await store.write(buyers.block, actor=actor, person=person, now=NOON)


async def test_only_orders_without_a_receipt_are_counted(store: Store) -> None:
    stall = await store.write(trade.stall)
    for _ in range(2):
        await store.write(trade.place, ANN, (stall.eggs, 1))
    late = await store.write(trade.place, ANN, (stall.eggs, 1))
    await store.write(endings.expire_due, now=NOON + HOUR)
    assert len(await store.read(buyers.ran_out, ANN)) == 3
    await store.write(lambda tx: trade.send_receipt(tx, ANN, late, now=NOON + HOUR))
    assert await store.read(buyers.ran_out, ANN) == (NOON + HOUR, NOON + HOUR)
    assert await store.read(buyers.ran_out, BEN) == ()


async def test_the_list_has_the_most_frequent_first_and_the_blocked_too(store: Store) -> None:
    stall = await store.write(trade.stall)
    for buyer in (ANN, BEN, BEN):
        await store.write(trade.place, buyer, (stall.eggs, 1))
    await store.write(trade.buy, CAI, (stall.eggs, 1))
    await store.write(endings.expire_due, now=NOON + HOUR)
    await block(store, CAI)
    assert [one.id for one in await store.read(buyers.listing, NOON + HOUR)] == [BEN, ANN, CAI]
    assert [one.id for one in await store.read(buyers.listing, NOON + 40 * DAY)] == [CAI]


async def test_who_is_blocked_cannot_order_but_pay_and_is_let_in_again(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    dialog = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    assert await block(store) == Set(person_id=ANN, is_blocked=True)
    assert await block(store) == AsBefore(person_id=ANN)

    async def place() -> object:
        return await store.write(
            checkouts.place, actor=ANN, checkout=dialog, terms="v1", method="Pay", policy=POLICY, now=NOON
        )

    assert await place() == OrderingBlocked()
    claim = await store.write(trade.send_receipt, ANN, order)
    assert isinstance(
        await store.write(payments.confirm, actor=CASHIER, payment_id=claim, now=NOON), payments.Confirmed
    )
    allowed = await store.write(buyers.allow, actor=HOST, person=ANN, now=NOON)
    assert allowed == Set(person_id=ANN, is_blocked=False)
    assert isinstance(await place(), checkouts.Placed)


@pytest.mark.parametrize("actor", [ANN, CASHIER, trade.SUPPLIER])
async def test_only_hosts_block(store: Store, actor: int) -> None:
    stall = await store.write(trade.stall)
    await store.write(trade.place, ANN, (stall.eggs, 1))
    assert await block(store, actor=actor) == NotAllowed()
    assert await block(store, person=987_654) == NotFound()


async def test_buyers_are_found_by_index(store: Store) -> None:
    await store.write(trade.stall)
    assert_no_scan(store.path, buyers._RAN_OUT, buyer=1, limit=9)
    assert_no_scan(store.path, buyers._BUYER, person=1)
    assert_no_scan(store.path, buyers._LISTED, since=NOON, pseudonyms=2**52, limit=9)
