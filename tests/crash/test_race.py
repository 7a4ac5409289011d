"""The race for the last units: two hundred tap at once, ten are there, ten are sold.

With negative controls: without the safeguards the same race oversells, so the tests above them prove something.
"""

import asyncio
import json
import sqlite3
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage import addresses, checkouts, endings
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.storage import processes, seed, trade
from tests.storage.trade import POLICY

BUYERS = range(10_001, 10_201)
UNITS = 10


def crowd(tx: Tx) -> tuple[int, dict[int, int]]:
    """Ten units and two hundred people with their summary before them; returns the offer, and buyer -> checkout."""
    stall = trade.stall(tx, eggs=UNITS)
    for buyer in BUYERS:
        addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)
    return stall.eggs, {buyer: trade.checkout(tx, buyer, (stall.eggs, 1)) for buyer in BUYERS}


async def place(store: Store, buyer: int, checkout: int) -> object:
    return await store.write(
        checkouts.place, actor=buyer, checkout=checkout, terms="v1", method="Pay", policy=POLICY, now=NOON
    )


async def assert_exactly_ten_sold(store: Store, offer: int) -> None:
    """Ten whole orders, and not a trace of the others."""

    def facts(tx: Tx) -> dict[str, int]:
        counts = {
            "taken": "SELECT taken FROM offers WHERE id = :offer",
            "ledger": "SELECT sum(units) FROM stock_movements WHERE offer_id = :offer AND kind = 'take'",
            "orders": "SELECT count(*) FROM orders",
            "lines": "SELECT count(*) FROM order_lines WHERE offer_id = :offer",
            "buyers": "SELECT count(DISTINCT buyer_id) FROM orders",
            "told": "SELECT count(*) FROM outbox WHERE kind = 'order_placed'",
            "noted": "SELECT count(*) FROM audit WHERE action = 'order.placed'",
            "checkouts over": "SELECT 200 - count(*) FROM dialogs",
        }
        return {fact: tx.value(sql, offer=offer) for fact, sql in counts.items()}

    found = await store.read(facts)
    assert found == dict.fromkeys(found, UNITS)
    await trade.assert_books_agree(store)


def kinds(outcomes: list[object]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


@pytest.mark.parametrize("stores", [1, 5], ids=["one store", "five stores on one file"])
async def test_two_hundred_buyers_get_exactly_the_ten_units_there_are(tmp_path: Path, stores: int) -> None:
    path = tmp_path / "stall.db"
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(await Store.open(path, synchronous="NORMAL", now=NOON))
            for _ in range(stores)
        ]
        offer, tapping = await opened[0].write(crowd)
        outcomes = await asyncio.gather(
            *(
                place(opened[number % stores], buyer, checkout)
                for number, (buyer, checkout) in enumerate(tapping.items())
            )
        )
        assert kinds(outcomes) == {"Placed": UNITS, "SoldOut": len(BUYERS) - UNITS}
        await assert_exactly_ten_sold(opened[0], offer)


async def test_everybody_tapping_twice_gets_one_order_or_none(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        offer, tapping = await store.write(crowd)
        taps = [*tapping.items(), *tapping.items()]
        outcomes = await asyncio.gather(*(place(store, buyer, checkout) for buyer, checkout in taps))
        assert kinds(outcomes) == {"Placed": UNITS, "AlreadyPlaced": UNITS, "SoldOut": 2 * (len(BUYERS) - UNITS)}
        await assert_exactly_ten_sold(store, offer)


_BUYS = """
import asyncio, json, sys
from pathlib import Path
from storage.store import Store
from tests.crash.test_race import kinds, place

async def main():
    async with await Store.open(Path(sys.argv[1]), synchronous="NORMAL", now=1) as store:
        print("ready", flush=True)
        tapping = json.loads(sys.stdin.readline())
        outcomes = await asyncio.gather(*(place(store, buyer, checkout) for buyer, checkout in tapping))
        print(json.dumps(kinds(outcomes)), flush=True)

asyncio.run(main())
"""


async def test_two_processes_sell_exactly_the_ten_units_there_are(tmp_path: Path) -> None:
    path = tmp_path / "stall.db"
    async with await Store.open(path, synchronous="NORMAL", now=NOON) as store, AsyncExitStack() as stack:
        offer, tapping = await store.write(crowd)
        others = [await stack.enter_async_context(processes.running(_BUYS, path)) for _ in range(2)]
        for process in others:
            assert await processes.hears(process) == "ready"
        taps = list(tapping.items())
        for process, share in zip(others, (taps[::2], taps[1::2]), strict=True):
            await processes.tells(process, json.dumps(share))
        outcomes: Counter[str] = Counter()
        for process in others:
            outcomes += Counter(json.loads(await processes.hears(process)))
            assert await processes.ends(process) == (0, "")
        assert outcomes == {"Placed": UNITS, "SoldOut": len(BUYERS) - UNITS}
        await assert_exactly_ten_sold(store, offer)


async def test_units_given_back_in_the_race_are_sold_once_more(tmp_path: Path) -> None:
    """Half of the lucky cancel while the others still tap: what is free is sold again, never more."""
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        offer, tapping = await store.write(crowd)

        async def tap(buyer: int, checkout: int) -> object:
            outcome = await place(store, buyer, checkout)
            if isinstance(outcome, checkouts.Placed) and outcome.order_id % 2:
                await store.write(endings.cancel, actor=buyer, order_id=outcome.order_id, now=NOON)
            return outcome

        outcomes = kinds(await asyncio.gather(*(tap(buyer, checkout) for buyer, checkout in tapping.items())))
        live = await trade.book(store, "SELECT count(*) FROM orders WHERE status = 'pending'")
        gone = await trade.book(store, "SELECT count(*) FROM orders WHERE status = 'cancelled'")
        taken = await trade.book(store, "SELECT taken FROM offers WHERE id = :id", id=offer)
        assert taken == live
        assert isinstance(live, int)
        assert live <= UNITS
        assert gone == outcomes["Placed"] - live
        await trade.assert_books_agree(store)


async def test_trusting_availability_read_beforehand_oversells(tmp_path: Path) -> None:
    """Negative control: a table without the CHECK, an act without the condition."""
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        await store.write(lambda tx: tx.run("CREATE TABLE careless (quantity INTEGER, taken INTEGER) STRICT"))
        await store.write(lambda tx: tx.run("INSERT INTO careless VALUES (:units, 0)", units=UNITS))
        everybody_has_looked = asyncio.Barrier(len(BUYERS))

        async def tap() -> None:
            free = await store.read(lambda tx: tx.value("SELECT quantity - taken FROM careless"))
            await everybody_has_looked.wait()
            if free > 0:
                await store.write(lambda tx: tx.run("UPDATE careless SET taken = taken + 1"))

        await asyncio.gather(*(tap() for _ in BUYERS))
        assert await trade.book(store, "SELECT taken FROM careless") == len(BUYERS)


async def test_without_the_condition_the_check_still_stops_the_eleventh(tmp_path: Path) -> None:
    """The condition in `stock.take` dropped and nothing else: the table itself refuses, and the whole act with it."""

    def place_carelessly(tx: Tx, buyer: int, offer: int) -> int:
        order = seed.order(tx, buyer, offer, 1)
        tx.run("UPDATE offers SET taken = taken + 1 WHERE id = :offer", offer=offer)
        tx.run(
            "INSERT INTO stock_movements (offer_id, order_id, kind, units, reason, at)"
            " VALUES (:offer, :order, 'take', 1, 'careless', :now)",
            offer=offer,
            order=order,
            now=NOON,
        )
        return order

    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        offer, tapping = await store.write(crowd)
        outcomes = await asyncio.gather(
            *(store.write(place_carelessly, buyer, offer) for buyer in tapping), return_exceptions=True
        )
        stopped = [outcome for outcome in outcomes if isinstance(outcome, sqlite3.IntegrityError)]
        assert len(stopped) == len(BUYERS) - UNITS
        assert all("never_oversold" in str(error) for error in stopped)
        assert await trade.book(store, "SELECT count(*) FROM orders") == UNITS
        assert await trade.book(store, "SELECT count(*) FROM order_lines") == UNITS
        await trade.assert_books_agree(store)
