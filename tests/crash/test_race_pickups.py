"""The race for pick-up numbers: each is given once at its place and stream, also by several processes' stores.

With negative controls: who trusts the number read beforehand gives it to many, and the index stops whoever tries.
"""

import asyncio
import sqlite3
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage import addresses, checkouts, pickups, redirections
from storage.connection import Tx
from storage.deliveries import Destination
from storage.store import Store
from tests.clock import NOON
from tests.crash.test_race import kinds
from tests.storage import processes, seed, trade
from tests.storage.seed import HOST
from tests.storage.trade import POLICY

BUYERS = range(10_001, 10_061)
NUMBERS = "SELECT pickup_number FROM orders WHERE pickup_point_id = :point ORDER BY pickup_number"


def crowd(tx: Tx) -> dict[int, int]:
    """Sixty people at their summary, who come for it all at one place; buyer -> checkout."""
    stall = trade.stall(tx, eggs=None)
    kept = pickups.add(tx, actor=HOST, supplier_id=None, name="Hall", address="Gate 2", hours="Sat", now=NOON)
    assert isinstance(kept, pickups.Kept)
    tapping: dict[int, int] = {}
    for buyer in BUYERS:
        addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)
        tapping[buyer] = trade.checkout(tx, buyer, (stall.eggs, 1))
    tx.run("UPDATE dialogs SET data = json_set(data, '$.pickup', :point)", point=kept.point_id)
    return tapping


async def place(store: Store, buyer: int, checkout: int) -> object:
    return await store.write(
        checkouts.place, actor=buyer, checkout=checkout, terms="v1", method="Pay", policy=POLICY, now=NOON
    )


async def given(store: Store) -> list[int]:
    rows = await store.read(lambda tx: tx.all(NUMBERS, point=1))
    return [row["pickup_number"] for row in rows]


@pytest.mark.parametrize("stores", [1, 3], ids=["one store", "three stores on one file"])
async def test_every_order_gets_a_number_of_its_own_and_none_is_left_out(tmp_path: Path, stores: int) -> None:
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(await Store.open(tmp_path / "s.db", synchronous="NORMAL", now=NOON))
            for _ in range(stores)
        ]
        tapping = await opened[0].write(crowd)
        taps = [place(opened[n % stores], buyer, tapping[buyer]) for n, buyer in enumerate(BUYERS)]
        assert kinds(list(await asyncio.gather(*taps))) == {"Placed": len(BUYERS)}
        assert await given(opened[0]) == list(range(1, len(BUYERS) + 1))


_PLACES = """
import asyncio, sys
from pathlib import Path
from storage import checkouts
from storage.store import Store
from tests.clock import NOON
from tests.storage.trade import POLICY

async def main():
    async with await Store.open(Path(sys.argv[1]), synchronous="NORMAL", now=NOON) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        pairs = [pair.split(":") for pair in sys.argv[2].split(",")]
        await asyncio.gather(*(
            store.write(checkouts.place, actor=int(buyer), checkout=int(checkout), terms="v1", method="Pay",
                        policy=POLICY, now=NOON)
            for buyer, checkout in pairs))

asyncio.run(main())
"""


async def test_two_processes_give_each_number_once(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await Store.open(path, synchronous="NORMAL", now=NOON))
        pairs = [f"{buyer}:{checkout}" for buyer, checkout in (await store.write(crowd)).items()]
        both = [
            await stack.enter_async_context(processes.running(_PLACES, path, ",".join(pairs[n::2]))) for n in (0, 1)
        ]
        for process in both:
            assert await processes.hears(process) == "ready"
        await asyncio.gather(*(processes.tells(process) for process in both))
        assert [await processes.ends(process) for process in both] == [(0, "")] * 2
        assert await given(store) == list(range(1, len(BUYERS) + 1))


async def test_a_number_left_behind_is_given_to_nobody_else(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "s.db", synchronous="NORMAL", now=NOON) as store:
        tapping = await store.write(crowd)
        first, *others = BUYERS
        await place(store, first, tapping[first])
        sent = Destination(recipient="Ann", phone="1", address="5 Old Road")
        leaves = store.write(redirections.redirect, actor=first, order_id=1, to=sent, now=NOON)
        await asyncio.gather(leaves, *(place(store, buyer, tapping[buyer]) for buyer in others))
        assert await given(store) == list(range(2, len(BUYERS) + 1))


async def test_trusting_what_was_read_beforehand_gives_one_number_to_all(tmp_path: Path) -> None:
    """Negative control: a table without the index, an act without the counter."""
    async with await Store.open(tmp_path / "s.db", synchronous="NORMAL", now=NOON) as store:
        await store.write(lambda tx: tx.run("CREATE TABLE careless (number INTEGER) STRICT"))
        everybody_has_looked = asyncio.Barrier(len(BUYERS))

        async def tap() -> None:
            last = await store.read(lambda tx: tx.value("SELECT coalesce(MAX(number), 0) FROM careless"))
            await everybody_has_looked.wait()
            await store.write(lambda tx: tx.run("INSERT INTO careless VALUES (:number)", number=last + 1))

        await asyncio.gather(*(tap() for _ in BUYERS))
        assert await trade.book(store, "SELECT count(*) FROM careless WHERE number = 1") == len(BUYERS)


async def test_without_the_counter_the_index_still_stops_the_next(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "s.db", synchronous="NORMAL", now=NOON) as store:
        tapping = await store.write(crowd)
        for buyer in (10_001, 10_002):
            await place(store, buyer, tapping[buyer])
        with pytest.raises(sqlite3.IntegrityError, match="pickup_number"):
            await store.write(lambda tx: tx.run("UPDATE orders SET pickup_number = 1"))
