"""Adding to an open order while its receipt is sent, confirmed, its time runs out or it is cancelled: what was paid
for is what the order says, to the last minor unit, whoever comes first.

With a negative control: whoever trusts what was read beforehand changes an order that a receipt has been sent for.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage import additions, addresses, carts, checkouts, endings, payments, recount
from storage.additions import OpenOrder, Shut
from storage.clock import MINUTE
from storage.connection import Tx
from storage.payments import Submitted
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import CASHIER
from tests.storage.trade import POLICY, PRICE, PROOF

BUYERS = range(20_001, 20_061)
RICE = 40  # packs: fewer than want them
LAST_MINUTE, OVER = NOON + 29 * MINUTE, NOON + 36 * MINUTE
Case = tuple[int, int, int]


def crowd(tx: Tx) -> list[Case]:
    """Everybody has an unpaid order of eggs and a summary of rice before them: (buyer, order, checkout)."""
    stall = trade.stall(tx, eggs=len(BUYERS), rice=RICE)
    found: list[Case] = []
    for buyer in BUYERS:
        addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)
        order = trade.place(tx, buyer, (stall.eggs, 1))
        found.append((buyer, order, trade.checkout(tx, buyer, (stall.rice, 1))))
    return found


async def add(store: Store, case: Case, now: int = LAST_MINUTE) -> object:
    buyer, order, checkout = case
    return await store.write(
        additions.add, actor=buyer, checkout=checkout, order_id=order, terms="v1", policy=POLICY, now=now
    )


async def send_receipt(store: Store, case: Case) -> None:
    buyer, order, _ = case
    sent = await store.write(
        payments.submit, actor=buyer, order_id=order, proofs=[PROOF], policy=POLICY, now=LAST_MINUTE
    )
    assert isinstance(sent, Submitted)


async def pay(store: Store, case: Case) -> None:
    await send_receipt(store, case)
    payment = await store.read(lambda tx: tx.value("SELECT id FROM payments WHERE order_id = :o", o=case[1]))
    await store.write(payments.confirm, actor=CASHIER, payment_id=payment, now=LAST_MINUTE)


async def run_out(store: Store, _case: Case) -> None:
    await store.write(lambda tx: endings.expire_due(tx, now=OVER, limit=1))


async def cancel(store: Store, case: Case) -> None:
    await store.write(endings.cancel, actor=case[0], order_id=case[1], now=LAST_MINUTE)


Rival = Callable[[Store, Case], Awaitable[None]]
RIVALS: dict[str, Rival] = {"receipt": send_receipt, "payment": pay, "expiry": run_out, "cancel": cancel}
_FACTS = """
    SELECT count(*) AS orders,
        count(*) FILTER (WHERE a.order_id IS NOT NULL) AS added,
        count(*) FILTER (WHERE o.total = :eggs + :rice) AS dearer,
        count(*) FILTER (WHERE p.amount <> o.total) AS paid_for_another_total
    FROM orders AS o LEFT JOIN order_additions AS a ON a.order_id = o.id LEFT JOIN payments AS p ON p.order_id = o.id
"""


async def facts(store: Store) -> dict[str, int]:
    return dict(await store.read(lambda tx: tx.all(_FACTS, eggs=PRICE, rice=1000)[0]))


@pytest.mark.parametrize("rival", RIVALS)
@pytest.mark.parametrize("stores", [1, 3], ids=["one store", "three stores on one file"])
async def test_an_addition_and_its_rival_leave_one_truth(tmp_path: Path, rival: str, stores: int) -> None:
    path, chance = tmp_path / "stall.db", random.Random(f"{rival} {stores}")
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(await Store.open(path, synchronous="NORMAL", now=NOON))
            for _ in range(stores)
        ]
        cases = await opened[0].write(crowd)
        outcomes: list[object] = []

        async def adds(case: Case) -> None:
            outcomes.append(await add(chance.choice(opened), case))

        async def acts(case: Case) -> None:
            await RIVALS[rival](chance.choice(opened), case)

        todo = [one(case) for case in cases for one in (adds, acts)]
        chance.shuffle(todo)
        await asyncio.gather(*todo)
        kinds = Counter(type(outcome).__name__ for outcome in outcomes)
        assert kinds["Added"] + kinds["Shut"] + kinds["SoldOut"] == len(BUYERS)
        assert kinds["Added"] > 0
        assert kinds["Shut"] > 0
        found = await facts(opened[0])
        assert found["added"] == found["dearer"] == kinds["Added"]
        assert found["paid_for_another_total"] == 0
        assert await opened[0].read(recount.orders) == []
        await trade.assert_books_agree(opened[0])


async def test_everybody_tapping_add_and_place_at_once_gets_one_of_the_two(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        cases = await store.write(crowd)

        async def place(case: Case) -> object:
            return await store.write(
                checkouts.place,
                actor=case[0],
                checkout=case[2],
                terms="v1",
                method="Pay",
                policy=POLICY,
                now=LAST_MINUTE,
            )

        todo = [one for case in cases for one in (add(store, case), place(case), add(store, case), place(case))]
        random.Random(7).shuffle(todo)
        outcomes = Counter(type(outcome).__name__ for outcome in await asyncio.gather(*todo))
        assert outcomes["Added"] + outcomes["Placed"] == RICE
        assert outcomes["AlreadyPlaced"] == 3 * RICE
        assert await trade.book(store, "SELECT sum(quantity) FROM order_lines WHERE code = 'RICE'") == RICE
        await trade.assert_books_agree(store)


async def test_a_cart_placed_twice_at_once_is_one_order_and_an_empty_cart(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:

        def carted(tx: Tx) -> list[Case]:
            found = crowd(tx)
            stream, rice = tx.all("SELECT stream_id, id FROM offers ORDER BY id DESC LIMIT 1")[0]
            begun = []
            for buyer, order, _ in found:
                carts.add(tx, actor=buyer, offer_id=rice, quantity=1, now=NOON)
                dialog = checkouts.begin_cart(
                    tx, actor=buyer, stream_id=stream, first_step="recipient", summary_step="summary", now=NOON
                )
                begun.append((buyer, order, dialog.id))  # type: ignore[union-attr]
            return begun

        cases = await store.write(carted)

        async def place(case: Case) -> object:
            return await store.write(
                checkouts.place, actor=case[0], checkout=case[2], terms="v1", method="Pay", policy=POLICY, now=NOON
            )

        outcomes = Counter(
            type(outcome).__name__ for outcome in await asyncio.gather(*(place(case) for case in [*cases, *cases]))
        )
        assert outcomes == {"Placed": RICE, "AlreadyPlaced": RICE, "SoldOut": 2 * (len(BUYERS) - RICE)}
        assert await trade.book(store, "SELECT count(*) FROM cart_lines") == len(BUYERS) - RICE
        await trade.assert_books_agree(store)


async def test_trusting_what_was_read_beforehand_changes_what_was_paid_for(tmp_path: Path) -> None:
    """Negative control: the order was open when it was looked at; the receipt comes before the goods do."""

    def add_carelessly(tx: Tx, case: Case, was_open: OpenOrder) -> None:
        sql = "UPDATE orders SET lines_total = :total, total = :total WHERE id = :id"
        tx.run(sql, id=case[1], total=was_open.total + 1000)

    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        cases = await store.write(crowd)
        stream = await trade.book(store, "SELECT stream_id FROM offers LIMIT 1")
        everybody_has_looked = asyncio.Barrier(len(cases))

        async def tap(case: Case) -> None:
            found = await store.read(additions.open_of, case[0], stream)
            assert found is not None
            await everybody_has_looked.wait()
            await send_receipt(store, case)
            await store.write(add_carelessly, case, found)

        await asyncio.gather(*(tap(case) for case in cases))
        assert (await facts(store))["paid_for_another_total"] == len(BUYERS)


async def test_the_act_itself_refuses_in_the_very_same_order_of_events(tmp_path: Path) -> None:
    """The counterpart of the control above."""
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        cases = await store.write(crowd)
        for case in cases:
            await send_receipt(store, case)
        outcomes = await asyncio.gather(*(add(store, case) for case in cases))
        assert all(isinstance(outcome, Shut) for outcome in outcomes)
        assert (await facts(store))["paid_for_another_total"] == 0
