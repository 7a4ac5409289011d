"""Races around the waiting list: against new buyers, against the clock, and between two hosts.

Each with its negative control: the same race without the safeguard ends wrong, so the tests prove something.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from storage import addresses, checkouts, endings, lapses, lots, stock, waitlist
from storage.connection import Tx
from storage.lots import Meanwhile, Supplied
from storage.store import Store
from tests.clock import NOON
from tests.crash.test_race import kinds, place
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CAI, HOST, OTHER_HOST
from tests.storage.test_waitlist import HOLD

BUYERS = range(10_001, 10_061)
STORES = pytest.mark.parametrize("stores", [1, 4], ids=["one store", "four stores on one file"])


@asynccontextmanager
async def opened(path: Path, stores: int) -> AsyncIterator[list[Store]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(await Store.open(path / "stall.db", synchronous="NORMAL", now=NOON))
            for _ in range(stores)
        ]


def crowd(tx: Tx) -> tuple[list[int], dict[int, int]]:
    """Three eggs, all Cai's in orders of one; Ann and Ben wait for one each; sixty others have their summary open."""
    stall = trade.stall(tx, eggs=3)
    orders = [trade.place(tx, CAI, (stall.eggs, 1)) for _ in range(3)]
    trade.wait(tx, ANN, stall.eggs)
    trade.wait(tx, BEN, stall.eggs)
    for buyer in BUYERS:
        addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)
    return orders, {buyer: trade.checkout(tx, buyer, (stall.eggs, 1)) for buyer in BUYERS}


@STORES
async def test_units_that_come_free_among_sixty_tapping_buyers_are_the_waiting_lists(
    tmp_path: Path, stores: int
) -> None:
    async with opened(tmp_path, stores) as books:
        orders, tapping = await books[0].write(crowd)
        taps = [place(books[n % stores], buyer, checkout) for n, (buyer, checkout) in enumerate(tapping.items())]
        gives_up = [
            books[n % stores].write(endings.cancel, actor=CAI, order_id=order, now=NOON)
            for n, order in enumerate(orders)
        ]
        # The cancellations fall among the taps: two units are the list's, the third is anybody's.
        outcomes = await asyncio.gather(*taps[:20], gives_up[0], *taps[20:40], gives_up[1], *taps[40:], gives_up[2])
        assert await trade.book(books[0], "SELECT group_concat(status) FROM waitlist") == "offered,offered"
        assert kinds(outcomes)["Placed"] <= 1
        again = await asyncio.gather(*(place(books[0], buyer, checkout) for buyer, checkout in tapping.items()))
        assert kinds(outcomes)["Placed"] + kinds(again)["Placed"] == 1
        await trade.assert_books_agree(books[0])


async def test_serving_the_list_in_a_transaction_of_its_own_lets_a_new_buyer_jump_it(tmp_path: Path) -> None:
    """Negative control: units given back first, the list served a moment later."""

    def give_back_alone(tx: Tx, order: int) -> None:
        tx.run("UPDATE orders SET status = 'cancelled', hold_until = NULL, remind_at = NULL WHERE id = :id", id=order)
        stock.give_back(tx, 1, order, 1, NOON, "careless")

    async with opened(tmp_path, 1) as (store,):
        orders, tapping = await store.write(crowd)
        buyer, checkout = next(iter(tapping.items()))
        outcomes = await asyncio.gather(
            store.write(give_back_alone, orders[0]),
            place(store, buyer, checkout),
            store.write(waitlist.serve, 1, NOON),
        )
        assert isinstance(outcomes[1], checkouts.Placed)
        assert await trade.book(store, "SELECT group_concat(status) FROM waitlist") == "waiting,waiting"


def on_the_edge(tx: Tx) -> int:
    """One egg, held for Ann to this very moment, Ben next; Ann's checkout."""
    stall = trade.stall(tx, eggs=1)
    order = trade.place(tx, CAI, (stall.eggs, 1))
    trade.wait(tx, ANN, stall.eggs)
    trade.wait(tx, BEN, stall.eggs)
    endings.cancel(tx, actor=CAI, order_id=order, now=NOON)
    return trade.checkout(tx, ANN, (stall.eggs, 1))


async def take(store: Store, checkout: int) -> object:
    return await store.write(
        checkouts.place, actor=ANN, checkout=checkout, terms="v1", method="Pay", policy=trade.POLICY, now=NOON + HOLD
    )


@STORES
@pytest.mark.parametrize("first", ["the tap", "the clock"])
async def test_a_tap_in_the_moment_the_hold_ends_has_one_outcome(tmp_path: Path, stores: int, first: str) -> None:
    async with opened(tmp_path, stores) as books:
        checkout = await books[0].write(on_the_edge)
        tap = take(books[0], checkout)
        clock = books[-1].write(lapses.pass_on_due, now=NOON + HOLD)
        placed, passed = (
            await asyncio.gather(tap, clock) if first == "the tap" else reversed(await asyncio.gather(clock, tap))
        )
        entries = await trade.book(books[0], "SELECT group_concat(status) FROM waitlist")
        if isinstance(placed, checkouts.Placed):
            assert (entries, passed) == ("taken,waiting", 0)
        else:
            assert isinstance(placed, checkouts.SoldOut)
            assert (entries, passed) == ("lapsed,offered", 1)
        if stores == 1:
            assert isinstance(placed, checkouts.Placed) == (first == "the tap")
        assert await trade.book(books[0], "SELECT taken FROM offers WHERE id = 1") == 1
        await trade.assert_books_agree(books[0])


async def test_trusting_the_hold_read_beforehand_gives_one_unit_to_two(tmp_path: Path) -> None:
    """Negative control: a table that only notes who may have it, and both read it before either writes."""
    async with opened(tmp_path, 1) as (store,):
        await store.write(lambda tx: tx.run("CREATE TABLE careless (held_for INTEGER, owner INTEGER) STRICT"))
        await store.write(lambda tx: tx.run("INSERT INTO careless VALUES (:ann, NULL)", ann=ANN))
        both_have_looked = asyncio.Barrier(2)
        has_it: list[int] = []

        async def act(change: str, person: int) -> None:
            held = await store.read(lambda tx: tx.value("SELECT held_for FROM careless"))
            await both_have_looked.wait()
            if held == ANN:
                await store.write(lambda tx: tx.run(change, person=person))
                has_it.append(person)

        await asyncio.gather(
            act("UPDATE careless SET owner = :person", ANN), act("UPDATE careless SET held_for = :person", BEN)
        )
        assert sorted(has_it) == [ANN, BEN]


async def test_a_tap_twice_on_place_takes_what_is_held_once(tmp_path: Path) -> None:
    async with opened(tmp_path, 1) as (store,):
        checkout = await store.write(on_the_edge)
        outcomes = await asyncio.gather(*(take(store, checkout) for _ in range(5)))
        assert kinds(list(outcomes)) == {"Placed": 1, "AlreadyPlaced": 4}
        await trade.assert_books_agree(store)


# -- Two hosts ----------------------------------------------------------------------------------------------


@STORES
async def test_two_hosts_lowering_at_once_lower_once(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:
        await books[0].write(lambda tx: trade.place(tx, ANN, (trade.stall(tx).eggs, 4)))
        outcomes = await asyncio.gather(
            *(
                books[n % stores].write(
                    lots.set_quantity, actor=host, offer_id=1, quantity=quantity, was=10, now=NOON
                )
                for n, (host, quantity) in enumerate([(HOST, 6), (OTHER_HOST, 5), (HOST, 4), (OTHER_HOST, 7)])
            )
        )
        assert Counter(map(type, outcomes)) == {Supplied: 1, Meanwhile: 3}
        won = next(outcome for outcome in outcomes if isinstance(outcome, Supplied))
        assert await trade.book(books[0], "SELECT quantity FROM offers WHERE id = 1") == won.now_is
        await trade.assert_books_agree(books[0])


@STORES
async def test_restocks_at_once_all_count(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:
        await books[0].write(trade.stall)
        await asyncio.gather(
            *(books[n % stores].write(lots.restock, actor=HOST, offer_id=1, more=n + 1, now=NOON) for n in range(8))
        )
        assert await trade.book(books[0], "SELECT quantity FROM offers WHERE id = 1") == 10 + sum(range(1, 9))
        await trade.assert_books_agree(books[0])


@STORES
async def test_lowering_while_sixty_buy_never_goes_below_what_is_sold(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:

        def ready(tx: Tx) -> dict[int, int]:
            stall = trade.stall(tx, eggs=50)
            for buyer in BUYERS:
                addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)
            return {buyer: trade.checkout(tx, buyer, (stall.eggs, 1)) for buyer in BUYERS}

        tapping = await books[0].write(ready)
        taps = [place(books[n % stores], buyer, checkout) for n, (buyer, checkout) in enumerate(tapping.items())]
        lowers = [
            books[n % stores].write(lots.set_quantity, actor=host, offer_id=1, quantity=20, was=50, now=NOON)
            for n, host in enumerate((HOST, OTHER_HOST))
        ]
        outcomes = await asyncio.gather(*taps[:10], *lowers, *taps[10:])
        sold = kinds(list(outcomes))["Placed"]
        quantity, taken = await books[0].read(
            lambda tx: tuple(tx.all("SELECT quantity, taken FROM offers WHERE id = 1")[0])
        )
        assert taken == sold <= quantity
        assert quantity == (20 if kinds(list(outcomes))["Supplied"] else 50)
        await trade.assert_books_agree(books[0])


async def test_hosts_who_trust_what_they_read_beforehand_go_below_what_is_sold(tmp_path: Path) -> None:
    """Negative control: a table without the CHECK, an act without the condition."""
    async with opened(tmp_path, 1) as (store,):
        await store.write(lambda tx: tx.run("CREATE TABLE careless (quantity INTEGER, taken INTEGER) STRICT"))
        await store.write(lambda tx: tx.run("INSERT INTO careless VALUES (10, 4)"))
        all_have_looked = asyncio.Barrier(3)

        async def lower() -> None:
            quantity, taken = await store.read(lambda tx: tuple(tx.all("SELECT quantity, taken FROM careless")[0]))
            await all_have_looked.wait()
            if quantity - 5 >= taken:
                await store.write(lambda tx: tx.run("UPDATE careless SET quantity = quantity - 5"))

        async def buy() -> None:
            await all_have_looked.wait()
            await store.write(lambda tx: tx.run("UPDATE careless SET taken = taken + 1"))

        await asyncio.gather(lower(), lower(), buy())
        assert await trade.book(store, "SELECT taken > quantity FROM careless") == 1
