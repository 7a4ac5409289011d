"""The race between a pause and orders: once selling is paused, nothing is placed, whichever process asks.

With a negative control: an act that trusts what was read before sells what is paused. And a desk's edit, which is
written with the order, outlives a process that dies.
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage import addresses, audit, checkouts, outbox, pauses, quotes, stock
from storage.checkouts import Placed
from storage.connection import Tx
from storage.offers import Offer
from storage.quotes import NotOpen, Wish
from storage.store import Store
from tests.clock import NOON
from tests.storage import processes, seed, trade
from tests.storage.seed import HOST

BUYERS = range(10_001, 10_121)


def crowd(tx: Tx) -> dict[int, int]:
    """Many people at their summary; buyer -> checkout."""
    stall = trade.stall(tx, eggs=None, status="live")
    found = {}
    for buyer in BUYERS:
        addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)
        found[buyer] = trade.checkout(tx, buyer, (stall.eggs, 1))
    return found


async def place(store: Store, buyer: int, checkout: int) -> object:
    return await store.write(
        checkouts.place, actor=buyer, checkout=checkout, terms="v1", method="Pay", policy=trade.POLICY, now=NOON
    )


# The audit is written in the order of the commits.
_AFTER = """
    SELECT count(*) FROM audit WHERE action = 'order.placed' AND id > (
        SELECT id FROM audit WHERE action IN ('offer.paused', 'stream.paused'))
"""


@pytest.mark.parametrize("is_everything", [False, True], ids=["one product", "everything"])
@pytest.mark.parametrize("stores", [1, 3], ids=["one store", "three stores on one file"])
async def test_nothing_is_placed_after_a_pause(tmp_path: Path, stores: int, is_everything: bool) -> None:
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON))
            for _ in range(stores)
        ]
        tapping = list((await opened[0].write(crowd)).items())

        async def pause() -> object:
            if is_everything:
                return await opened[-1].write(pauses.pause_all, actor=HOST, stream_id=1, now=NOON)
            return await opened[-1].write(pauses.pause, actor=HOST, offer_id=1, now=NOON)

        half = len(tapping) // 2
        outcomes = await asyncio.gather(
            *(place(opened[number % stores], *one) for number, one in enumerate(tapping[:half])),
            pause(),
            *(place(opened[number % stores], *one) for number, one in enumerate(tapping[half:])),
        )
        kinds = {type(outcome) for outcome in outcomes}
        assert kinds <= {Placed, NotOpen, pauses.Paused}
        assert NotOpen in kinds
        assert await trade.book(opened[0], _AFTER) == 0
        await trade.assert_books_agree(opened[0])


async def test_an_act_that_trusts_what_was_read_sells_what_is_paused(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        await store.write(crowd)
        read = await store.read(quotes.check, Wish(offer_id=1, quantity=1, price=3600), BUYERS[0], NOON)
        assert isinstance(read, Offer)
        await store.write(pauses.pause, actor=HOST, offer_id=1, now=NOON)

        def trusting(tx: Tx) -> None:
            order = seed.order(tx, BUYERS[0], read.id, 1)
            assert stock.take(tx, read.id, order, 1, NOON, "without asking again")
            audit.note(tx, BUYERS[0], "order.placed", f"order:{order}", NOON)

        await store.write(trusting)
        assert await trade.book(store, _AFTER) == 1


# -- The desk's edit and a process that dies -------------------------------------------------------------------

DIES = """
import asyncio, os, signal, sys
from pathlib import Path
from storage import outbox
from storage.store import Store
from tests.clock import NOON
from tests.crash.test_pause_race import with_desk

async def main(moment):
    store = await Store.open(Path(sys.argv[1]), now=NOON)
    def act(tx):
        with_desk(tx)
        if moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
    await store.write(act)
    if moment == "sending":
        await store.write(lambda tx: outbox.claim(tx, [tx.value("SELECT id FROM outbox WHERE kind = 'desk'")]))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(sys.argv[2]))
"""


def with_desk(tx: Tx) -> int:
    """An order of a stream whose host has the desk open."""
    stall = trade.stall(tx, status="live")
    tx.run("INSERT INTO cards VALUES ('desk:1', :host, 7, 0, :now)", host=HOST, now=NOON)
    return trade.place(tx, seed.ANN, (stall.eggs, 1))


@pytest.mark.parametrize("moment", ["before", "after", "sending"])
async def test_an_order_and_the_edit_that_tells_it_live_or_die_together(tmp_path: Path, moment: str) -> None:
    path = tmp_path / "stall.db"
    async with processes.running(DIES, path, moment) as process:
        code, _ = await processes.ends(process)
    assert code == -9
    async with await Store.open(path, now=NOON) as store:
        healed = await store.write(outbox.heal)
        assert healed == (moment == "sending")
        orders = await trade.book(store, "SELECT count(*) FROM orders")
        edits = "SELECT count(*) FROM outbox WHERE kind = 'desk' AND state = 'queued'"
        assert orders == await trade.book(store, edits) == (moment != "before")
