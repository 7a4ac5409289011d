"""Races and kills around a presale: the list against new buyers at its opening, two words at once, a date that moves.

Each race with its negative control: the same without the safeguard ends wrong, so the tests prove something.
"""

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from shop.offers import Availability
from shop.windows import Window
from storage import (
    addresses,
    checkouts,
    choices,
    delays,
    offers,
    openings,
    presales,
    roles,
    shipments,
    soldouts,
)
from storage.clock import DAY
from storage.connection import Tx
from storage.delays import Choice
from storage.roles import Role
from storage.store import Store
from tests.clock import NOON
from tests.crash.test_race import kinds
from tests.crash.test_waitlist_race import BUYERS, STORES, opened
from tests.storage import presale as way
from tests.storage import seed, trade
from tests.storage.processes import hears, running, tells
from tests.storage.seed import BEN, CAI, HOST, OTHER_HOST
from tests.storage.trade import SUPPLIER

THEIRS = "SELECT sum(held) FROM waitlist WHERE status = 'offered'"
PRESALE = 3  # eggs, rice, and then the presale's own offer


def crowd(tx: Tx) -> int:
    """Eggs sold out to Ann, Ben and Cai wait for two each, the supplier is asked for five; sixty more look on."""
    stall = way.sold_out(tx)
    for person in (BEN, CAI):
        trade.wait(tx, person, stall.eggs, 2)
    for buyer in BUYERS:
        addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)
    return way.asked(tx, stall.eggs, quantity=5)


def buy(tx: Tx, buyer: int) -> object:
    """A new buyer who is as fast as can be: summary and `Place order` in one."""
    offer = offers.view(tx, PRESALE)
    if offer is None:
        return checkouts.AddressMissing()
    return checkouts.place(
        tx,
        actor=buyer,
        checkout=trade.checkout(tx, buyer, (offer.id, 1)),
        terms="v1",
        method="Pay",
        policy=trade.POLICY,
        now=NOON,
    )


@STORES
async def test_at_the_opening_the_list_has_its_units_however_fast_new_buyers_are(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:
        presale = await books[0].write(crowd)
        taps = [books[n % stores].write(buy, buyer) for n, buyer in enumerate(BUYERS)]
        opening = books[-1].write(openings.agree, actor=SUPPLIER, presale_id=presale, version=2, now=NOON)
        outcomes = await asyncio.gather(*taps[:15], opening, *taps[15:])
        assert kinds(list(outcomes))["Opened"] == 1
        again = await asyncio.gather(*(books[0].write(buy, buyer) for buyer in BUYERS))
        assert kinds(list(outcomes))["Placed"] + kinds(list(again))["Placed"] == 1
        assert await trade.book(books[0], THEIRS) == 4
        await trade.assert_books_agree(books[0])


async def test_moving_the_list_in_a_transaction_of_its_own_lets_new_buyers_jump_it(tmp_path: Path) -> None:
    """Negative control: the offer opens, and the list comes a moment later."""

    def open_carelessly(tx: Tx) -> None:
        origin = offers.view(tx, 1)
        assert origin is not None
        offers.create(
            tx,
            actor=HOST,
            quantity=5,
            now=NOON,
            stream=origin.stream_id,
            product=origin.product_id,
            supplier=origin.supplier_id,
            price=origin.price,
            currency=origin.currency,
            limit_per_buyer=None,
            availability=Availability.PRESALE,
            opens_at=None,
            closes_at=None,
            ships_within_days=None,
            ships_from=way.WINDOW.from_ms,
            ships_until=way.WINDOW.until_ms,
            hold=origin.hold,
        )

    async with opened(tmp_path, 1) as (store,):
        await store.write(crowd)
        outcomes = await asyncio.gather(
            store.write(open_carelessly),
            *(store.write(buy, buyer) for buyer in BUYERS),
            store.write(lambda tx: openings.carry(tx, 1, PRESALE, NOON)),
        )
        assert kinds(list(outcomes))["Placed"] == 5
        assert await trade.book(store, THEIRS) is None


@STORES
async def test_however_many_decide_at_once_it_opens_once(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:

        def ready(tx: Tx) -> int:
            presale = crowd(tx)
            supplier = tx.value("SELECT supplier_id FROM presales")
            roles.grant(tx, person=BEN, role=Role.SUPPLIER, supplier=supplier, by=None, now=NOON)
            return presale

        presale = await books[0].write(ready)
        acts = [
            (openings.agree, SUPPLIER),
            (openings.open_for, HOST),
            (openings.agree, BEN),
            (openings.open_for, OTHER_HOST),
            (presales.drop, HOST),
        ]
        outcomes = await asyncio.gather(
            *(
                books[n % stores].write(act, actor=actor, presale_id=presale, version=2, now=NOON)
                for n, (act, actor) in enumerate(acts)
            )
        )
        found = kinds(list(outcomes))
        assert found["Opened"] + found["Sent"] == 1
        assert found["Meanwhile"] == 4
        made = await trade.book(books[0], "SELECT count(*) FROM offers WHERE availability = 'presale'")
        assert made == found["Opened"]
        await trade.assert_books_agree(books[0])


@STORES
async def test_two_hosts_tapping_at_once_draft_one(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:
        await books[0].write(way.sold_out)
        outcomes = await asyncio.gather(
            *(
                books[n % stores].write(presales.draft, actor=host, offer_id=1, window=way.WINDOW, now=NOON)
                for n, host in enumerate((HOST, OTHER_HOST, HOST, OTHER_HOST))
            )
        )
        assert kinds(list(outcomes)) == {"Drafted": 1, "AlreadyDrafted": 3}


async def test_drafting_by_what_was_read_beforehand_would_make_two(tmp_path: Path) -> None:
    """Negative control: a table without the unique index, and both look before either writes."""
    async with opened(tmp_path, 1) as (store,):
        await store.write(lambda tx: tx.run("CREATE TABLE careless (offer INTEGER) STRICT"))
        both_have_looked = asyncio.Barrier(2)

        async def draft() -> None:
            there = await store.read(lambda tx: tx.one("SELECT 1 FROM careless"))
            await both_have_looked.wait()
            if there is None:
                await store.write(lambda tx: tx.run("INSERT INTO careless VALUES (1)"))

        await asyncio.gather(draft(), draft())
        assert await trade.book(store, "SELECT count(*) FROM careless") == 2


@STORES
async def test_the_hosts_of_a_sale_that_ends_among_many_buyers_are_told_once(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:

        def ready(tx: Tx) -> None:
            trade.stall(tx, eggs=20)
            for buyer in BUYERS:
                addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)

        def tap(tx: Tx, buyer: int) -> object:
            return checkouts.place(
                tx,
                actor=buyer,
                checkout=trade.checkout(tx, buyer, (1, 1)),
                terms="v1",
                method="Pay",
                policy=trade.POLICY,
                now=NOON,
            )

        await books[0].write(ready)
        await asyncio.gather(
            *(books[n % stores].write(tap, buyer) for n, buyer in enumerate(BUYERS)),
            *(store.write(soldouts.tell_due, now=NOON) for store in books),
        )
        await asyncio.gather(*(store.write(soldouts.tell_due, now=NOON) for store in books))
        told = await trade.book(books[0], "SELECT count(*) FROM outbox WHERE kind = 'sold_out_host'")
        assert told == 1
        assert await trade.book(books[0], "SELECT sold_out_at FROM offers WHERE id = 1") == NOON


# -- A date that moves ----------------------------------------------------------------------------------------


def moved(tx: Tx, orders: int = 1) -> Mapping[str, int]:
    """A presale with Ben's paid orders, which ships later; everybody asked."""
    stall = way.sold_out(tx)
    offer = way.opened(tx, stall.eggs, quantity=500)
    tx.run("UPDATE offers SET limit_per_buyer = NULL")
    placed = [trade.buy(tx, BEN, (offer, 1)) for _ in range(orders)]
    delay = way.moved(tx, offer)
    way.ask_all(tx)
    parcel = tx.value("SELECT id FROM shipments WHERE order_id = :o", o=placed[0])
    return {"offer": offer, "order": placed[0], "delay": delay, "parcel": parcel}


@STORES
async def test_keep_and_refund_at_once_is_one_of_them(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:
        at = await books[0].write(moved)
        outcomes = await asyncio.gather(
            *(
                books[n % stores].write(
                    choices.choose,
                    actor=BEN,
                    delay_id=at["delay"],
                    order_id=at["order"],
                    choice=choice,
                    now=NOON,
                )
                for n, choice in enumerate((Choice.KEEP, Choice.REFUND, Choice.KEEP, Choice.REFUND))
            )
        )
        assert kinds(list(outcomes)) == {"Chosen": 1, "Settled": 3}
        chosen = await trade.book(books[0], "SELECT choice FROM delay_choices")
        owed = await trade.book(books[0], "SELECT count(*) FROM refunds")
        assert owed == (chosen == "refund")
        await trade.assert_books_agree(books[0])


@STORES
async def test_a_refund_in_the_moment_the_parcel_leaves_is_one_or_the_other(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:
        at = await books[0].write(moved)
        chosen, sent = await asyncio.gather(
            books[0].write(
                choices.choose,
                actor=BEN,
                delay_id=at["delay"],
                order_id=at["order"],
                choice=Choice.REFUND,
                now=NOON,
            ),
            books[-1].write(
                shipments.ship, actor=SUPPLIER, shipment_id=at["parcel"], carrier=None, tracking=None, now=NOON
            ),
        )
        assert isinstance(chosen, choices.Chosen) != isinstance(sent, shipments.Moved)
        await trade.assert_books_agree(books[0])


ASKS = """
import asyncio, sys
from pathlib import Path
from storage import delays
from storage.store import Store

async def main(path, now):
    delays.PAGE = 7
    async with await Store.open(Path(path), synchronous="FULL", now=now) as store:
        while await store.write(delays.go_on, now=now):
            print("page", flush=True)
            sys.stdin.readline()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize("pages", [1, 3, 5])
async def test_a_kill_while_buyers_are_asked_asks_each_of_them_once(tmp_path: Path, pages: int) -> None:
    path = tmp_path / "stall.db"

    def ready(tx: Tx) -> None:
        stall = way.sold_out(tx)
        offer = way.opened(tx, stall.eggs, quantity=500)
        tx.run("UPDATE offers SET limit_per_buyer = NULL")
        for _ in range(40):
            trade.buy(tx, BEN, (offer, 1))
        way.moved(tx, offer)

    async with await Store.open(path, synchronous="FULL", now=NOON) as store:
        await store.write(ready)
    async with running(ASKS, path, NOON) as clock:
        for _ in range(pages):
            assert await hears(clock) == "page"
            await tells(clock)
        clock.kill()
        await clock.wait()
    async with await Store.open(path, synchronous="FULL", now=NOON) as store:
        await store.write(way.ask_all)
        assert await trade.book(store, "SELECT count(*) FROM delay_choices") == 40
        asked = "SELECT count(*), count(DISTINCT params) FROM outbox WHERE kind = 'delay_ask'"
        counts = await store.read(lambda tx: tuple(tx.all(asked)[0]))
        assert counts == (40, 40)
        await trade.assert_books_agree(store)


@pytest.mark.parametrize("chance", range(3))
async def test_a_kill_at_any_moment_of_a_choice_leaves_it_whole_or_undone(tmp_path: Path, chance: int) -> None:
    path = tmp_path / "stall.db"
    script = """
import asyncio, sys
from pathlib import Path
from storage import choices
from storage.delays import Choice
from storage.store import Store

async def main(path, now):
    async with await Store.open(Path(path), synchronous="FULL", now=now) as store:
        orders = await store.read(lambda tx: [row[0] for row in tx.all("SELECT order_id FROM delay_choices")])
        print("go", flush=True)
        for n, order in enumerate(orders):
            choice = Choice.REFUND if n % 2 else Choice.KEEP
            await store.write(choices.choose, actor=BUYER, delay_id=1, order_id=order, choice=choice, now=now)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
    async with await Store.open(path, synchronous="FULL", now=NOON) as store:
        await store.write(moved, 60)
    async with running(script.replace("BUYER", str(BEN)), path, NOON) as buyer:
        assert await hears(buyer) == "go"
        try:
            await asyncio.wait_for(buyer.wait(), random.Random(chance).uniform(0.0, 0.08))
        except TimeoutError:
            buyer.kill()
            await buyer.wait()
    async with await Store.open(path, synchronous="FULL", now=NOON) as store:
        owed = await trade.book(store, "SELECT count(*) FROM refunds WHERE reason = 'date_moved'")
        assert owed == await trade.book(store, "SELECT count(*) FROM delay_choices WHERE choice = 'refund'")
        kept = "SELECT count(*) FROM order_lines WHERE ships_until = :until AND order_id <= :last"
        last = await trade.book(store, "SELECT MAX(order_id) FROM delay_choices")
        keep = await trade.book(store, "SELECT count(*) FROM delay_choices WHERE choice = 'keep'")
        assert await trade.book(store, kept, until=way.LATER.until_ms, last=last) == keep
        await trade.assert_books_agree(store)


@STORES
async def test_two_who_move_the_date_at_once_move_it_once(tmp_path: Path, stores: int) -> None:
    async with opened(tmp_path, stores) as books:
        at = await books[0].write(moved)
        windows = [Window(NOON + days * DAY, NOON + (days + 1) * DAY) for days in (30, 40, 50, 60)]
        outcomes = await asyncio.gather(
            *(
                books[n % stores].write(
                    delays.move,
                    actor=SUPPLIER if n % 2 else HOST,
                    offer_id=at["offer"],
                    window=window,
                    was_until=way.LATER.until_ms,
                    now=NOON,
                )
                for n, window in enumerate(windows)
            )
        )
        assert kinds(list(outcomes)) == {"Moved": 1, "MovedMeanwhile": 3}
