"""Quantity and price from the desk: the waiting list first, never below what is taken, placed orders untouched."""

import asyncio

import pytest

from shop.discounts import Step
from shop.lots import MOST_PACKS
from storage import checkouts, discounts, endings, lots, offers, orders, specials, stock
from storage.connection import Tx
from storage.lots import BelowTaken, Claim, Meanwhile, Repriced, Same, Supplied, TooMany
from storage.people import NotAllowed, NotFound
from storage.quotes import PriceChanged
from storage.store import Store
from storage.streams import OutOfTurn
from storage.waitlist import Served
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, HOST, OTHER_HOST
from tests.storage.test_waitlist import sold_out, standing
from tests.storage.trade import wait


async def change(store: Store, quantity: int | None, was: int | None, *, actor: int = HOST, offer: int = 1) -> object:
    return await store.write(lots.set_quantity, actor=actor, offer_id=offer, quantity=quantity, was=was, now=NOON)


async def figures(store: Store, offer: int = 1) -> tuple[int | None, int]:
    return await store.read(
        lambda tx: tuple(tx.all("SELECT quantity, taken FROM offers WHERE id = :id", id=offer)[0])  # type: ignore[return-value]
    )


async def test_raising_serves_the_waiting_list_first_and_says_what_is_left(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall, _ = sold_out(tx)
        wait(tx, ANN, stall.eggs, 3)
        wait(tx, BEN, stall.eggs, 4)

    await store.write(act)
    outcome = await change(store, 16, 4)
    assert outcome == Supplied(offer_id=1, was=4, now_is=16, served=Served(people=2, units=7))
    assert await store.read(standing, 1, 2) == [("offered", 3), ("offered", 4)]
    assert await trade.free(store, 1) == 5
    told = await trade.kinds_told(store)
    assert told[-3:] == [("waitlist_offer", ANN), ("waitlist_offer", BEN), ("lot_supplied", HOST)]
    await trade.assert_books_agree(store)


async def test_a_restock_adds_to_what_there_is_by_now(store: Store) -> None:
    await store.write(trade.stall)
    outcomes = await asyncio.gather(
        *(store.write(lots.restock, actor=host, offer_id=1, more=5, now=NOON) for host in (HOST, OTHER_HOST))
    )
    assert [outcome.now_is for outcome in outcomes if isinstance(outcome, Supplied)] == [15, 20]
    assert await figures(store) == (20, 0)
    await trade.assert_books_agree(store)


async def test_below_what_is_taken_nothing_is_changed_and_everybody_affected_is_listed(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = trade.stall(tx, eggs=10)
        trade.buy(tx, ANN, (stall.eggs, 2))
        trade.place(tx, BEN, (stall.eggs, 3))
        reviewed = trade.place(tx, CAI, (stall.eggs, 4))
        trade.send_receipt(tx, CAI, reviewed)
        gone = trade.place(tx, BEN, (stall.eggs, 1))
        wait(tx, CAI, stall.eggs, 5)
        endings.cancel(tx, actor=BEN, order_id=gone, now=NOON)

    await store.write(act)
    assert await change(store, 5, 10) == BelowTaken(offer_id=1, wanted=5, least=10)
    assert await figures(store) == (10, 10)
    page = await store.read(lots.claims, 1, HOST, 0)
    assert page is not None
    assert [(claim.name, claim.quantity, claim.claim) for claim in page.claims] == [
        (f"Person {BEN}", 3, Claim.UNPAID),
        (f"Person {CAI}", 4, Claim.REVIEW),
        (f"Person {ANN}", 2, Claim.PAID),
        (f"Person {CAI}", 1, Claim.HELD),
    ]
    assert [claim.code is None for claim in page.claims] == [False, False, False, True]
    assert sum(claim.quantity for claim in page.claims) == 10


async def test_who_is_affected_is_told_page_by_page(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = trade.stall(tx, eggs=100)
        for _ in range(2 * lots.PAGE + 1):
            trade.place(tx, ANN, (stall.eggs, 1))

    await store.write(act)
    pages = [await store.read(lots.claims, 1, HOST, number) for number in (0, 1, 2, 99, -1)]
    assert [page and (page.number, page.pages, len(page.claims)) for page in pages] == [
        (0, 3, 10), (1, 3, 10), (2, 3, 1), (2, 3, 1), (0, 3, 10),
    ]  # fmt: skip


async def test_lowering_to_what_is_taken_is_the_least_there_can_be(store: Store) -> None:
    def act(tx: Tx) -> None:
        trade.place(tx, ANN, (trade.stall(tx).eggs, 4))

    await store.write(act)
    assert isinstance(await change(store, 4, 10), Supplied)
    assert await figures(store) == (4, 4)
    assert isinstance(await change(store, 3, 4), BelowTaken)
    await trade.assert_books_agree(store)


async def test_an_offer_goes_to_unlimited_and_back_and_the_ledger_follows(store: Store) -> None:
    def act(tx: Tx) -> None:
        trade.place(tx, ANN, (trade.stall(tx).eggs, 4))

    await store.write(act)
    for quantity, was in ((None, 10), (7, None), (None, 7), (40, None)):
        assert isinstance(await change(store, quantity, was), Supplied)
        await trade.assert_books_agree(store)
    assert await change(store, 3, 40) == BelowTaken(offer_id=1, wanted=3, least=4)


async def test_two_hosts_who_saw_the_same_figure_change_it_once(store: Store) -> None:
    await store.write(trade.stall)
    outcomes = await asyncio.gather(change(store, 6, 10), change(store, 8, 10, actor=OTHER_HOST))
    assert [type(outcome) for outcome in outcomes] == [Supplied, Meanwhile]
    assert await figures(store) == (6, 0)
    await trade.assert_books_agree(store)


@pytest.mark.parametrize(
    ("act", "values"),
    [(lots.set_quantity, {"quantity": 5, "was": 10}), (lots.restock, {"more": 5}),
     (lots.set_price, {"price": 1, "was": 3600})],
)  # fmt: skip
async def test_only_hosts_change_what_is_sold_and_only_while_it_is(
    store: Store, act: object, values: dict[str, int]
) -> None:
    await store.write(trade.stall)

    async def outcome(actor: int, offer: int) -> object:
        return await store.write(act, actor=actor, offer_id=offer, now=NOON, **values)  # type: ignore[arg-type]

    assert await outcome(ANN, 1) == NotAllowed()
    assert await outcome(HOST, 99) == NotFound()
    await store.write(lambda tx: tx.run("UPDATE streams SET status = 'ended'"))
    assert isinstance(await outcome(HOST, 1), OutOfTurn)
    assert await figures(store) == (10, 0)
    assert await trade.book(store, "SELECT count(*) FROM audit WHERE action LIKE 'offer.%'") == 0


async def test_what_is_no_change_or_too_much_is_refused(store: Store) -> None:
    await store.write(trade.stall, rice=None)
    assert await change(store, 10, 10) == Same(offer_id=1)
    assert await change(store, MOST_PACKS + 1, 10) == TooMany(offer_id=1)
    more = await store.write(lots.restock, actor=HOST, offer_id=1, more=MOST_PACKS, now=NOON)
    assert more == TooMany(offer_id=1)
    unlimited = await store.write(lots.restock, actor=HOST, offer_id=2, more=1, now=NOON)
    assert unlimited == Meanwhile(offer_id=2)
    same = await store.write(lots.set_price, actor=HOST, offer_id=1, price=3600, was=3600, now=NOON)
    assert same == Same(offer_id=1)
    for price in (0, -1, 10**16):
        bad = await store.write(lots.set_price, actor=HOST, offer_id=1, price=price, was=3600, now=NOON)
        assert bad == NotFound()


async def test_a_new_price_leaves_placed_orders_and_stops_open_checkouts(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, object]:
        stall = trade.stall(tx)
        order = trade.place(tx, ANN, (stall.eggs, 2))
        open_ = trade.checkout(tx, BEN, (stall.eggs, 1))
        changed = lots.set_price(tx, actor=HOST, offer_id=stall.eggs, price=3000, was=3600, now=NOON)
        assert changed == Repriced(offer_id=stall.eggs, was=3600, price=3000)
        return order, checkouts.place(
            tx, actor=BEN, checkout=open_, terms="v1", method="Pay", policy=trade.POLICY, now=NOON
        )

    order, refused = await store.write(act)
    assert refused == PriceChanged(offer_id=1)
    placed = await store.read(orders.view, order)
    assert placed is not None
    assert (placed.total, placed.lines[0].unit_price) == (7200, 3600)


async def specials_of(store: Store, offer: int) -> tuple[int | None, list[int]]:
    """The flash price that is open, and from how many packs on there is a price."""
    flash, steps = await store.read(specials.open_flash, offer), await store.read(specials.steps, offer)
    return None if flash is None else flash.price, [step.quantity for step in steps]


@pytest.mark.parametrize(
    ("price", "left"),
    [(3001, (2900, [2, 5])), (3000, (2900, [5])), (2900, (None, [5])), (2000, (None, []))],
)
async def test_special_prices_that_are_no_lower_than_the_new_price_end_with_it(
    store: Store, price: int, left: tuple[int | None, list[int]]
) -> None:
    def act(tx: Tx) -> int:
        eggs = trade.stall(tx).eggs
        specials.start_flash(tx, actor=HOST, offer_id=eggs, price=2900, minutes=10, quantity=None, now=NOON)
        steps = [Step(quantity=2, price=6000), Step(quantity=5, price=10_000)]
        specials.set_steps(tx, actor=HOST, offer_id=eggs, wanted=steps, now=NOON)
        return eggs

    eggs = await store.write(act)
    order = await store.write(trade.place, ANN, (eggs, 1))
    await store.write(lots.set_price, actor=OTHER_HOST, offer_id=eggs, price=price, was=3600, now=NOON)
    assert await specials_of(store, eggs) == left
    offer = await store.read(offers.view, eggs)
    assert offer is not None
    assert offer.price_at(NOON) <= price
    has_ended = "SELECT json_extract(params, '$.ended') FROM outbox WHERE kind = 'lot_repriced'"
    assert await trade.book(store, has_ended) == (left != (2900, [2, 5]))
    # The order has its flash price as before, and gives its pack back to it.
    assert await trade.book(store, "SELECT total FROM orders") == 2900
    await store.write(endings.cancel, actor=ANN, order_id=order, now=NOON)
    assert await store.read(lambda tx: list(discounts.recount(tx))) == []


async def test_undoing_a_price_that_somebody_has_changed_since_changes_nothing(store: Store) -> None:
    await store.write(trade.stall)
    for price, was in ((3000, 3600), (2500, 3000)):
        await store.write(lots.set_price, actor=HOST, offer_id=1, price=price, was=was, now=NOON)
    undone = await store.write(lots.set_price, actor=OTHER_HOST, offer_id=1, price=3600, was=3000, now=NOON)
    assert undone == Meanwhile(offer_id=1)
    assert await trade.book(store, "SELECT price FROM offers WHERE id = 1") == 2500


async def test_changes_are_audited_and_other_hosts_desks_brought_up_to_date(store: Store) -> None:
    def act(tx: Tx) -> None:
        trade.stall(tx)
        for chat in (OTHER_HOST, ANN):
            tx.run("INSERT INTO cards VALUES ('desk:1', :chat, 7, 0, 1)", chat=chat)

    await store.write(act)
    await change(store, 12, 10)
    assert sorted(await trade.kinds_told(store)) == [("desk", OTHER_HOST), ("lot_supplied", HOST)]
    entry = "SELECT action || details FROM audit WHERE actor_id = :host"
    assert await trade.book(store, entry, host=HOST) == 'offer.quantity{"was":10,"quantity":12}'


async def test_claims_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, lots._CLAIMS, offer=1)
    assert_no_scan(store.path, stock._SET, offer=1, quantity=1, now=NOON)


async def test_a_viewer_sees_neither_lots_nor_claims(store: Store) -> None:
    await store.write(trade.stall)
    assert await store.read(lots.view, 1, ANN) is None
    assert await store.read(lots.claims, 1, ANN, 0) is None
    assert await store.read(lots.of_stream, 1, ANN) is None
    seen = await store.read(lots.of_stream, 1, seed.OWNER)
    assert seen is not None
    assert len(seen) == 2
