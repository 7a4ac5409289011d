"""Special prices in the books: who sets them, what an order gets and gives back, what late money finds."""

import sqlite3

import pytest

from shop.discounts import SpecialKind, Step
from storage import additions, checkouts, discounts, endings, offers, orders, payments, reports, shipments, specials
from storage.checkouts import Placed
from storage.clock import HOUR, MINUTE
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.quotes import Outdated
from storage.specials import NotCheaper, Started, StepsSet, Stopped
from storage.store import Store
from storage.streams import OutOfTurn
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CASHIER, HOST
from tests.storage.trade import POLICY, Stall


@pytest.fixture
async def stall(store: Store) -> Stall:
    return await store.write(lambda tx: trade.stall(tx))


def flash(
    tx: Tx, offer: int, *, price: int = 2900, quantity: int | None = 3, minutes: int = 10, now: int = NOON
) -> int:
    """A flash price that runs; its id."""
    started = specials.start_flash(
        tx, actor=HOST, offer_id=offer, price=price, minutes=minutes, quantity=quantity, now=now
    )
    assert isinstance(started, Started), started
    return started.flash_id


def place(tx: Tx, buyer: int, *lines: tuple[int, int], shown: int | None = None, now: int = NOON) -> object:
    return checkouts.place(
        tx,
        actor=buyer,
        checkout=trade.checkout(tx, buyer, *lines),
        terms="v1",
        method="WeChat Pay",
        policy=POLICY,
        now=now,
        shown=shown,
    )


async def taken(store: Store, id_: int) -> object:
    return await trade.book(store, "SELECT taken FROM flashes WHERE id = :id", id=id_)


async def assert_fits(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(lambda tx: list(discounts.recount(tx))) == []


async def test_a_flash_price_is_frozen_in_the_order_with_the_packs_it_was_for(store: Store, stall: Stall) -> None:
    id_ = await store.write(flash, stall.eggs, quantity=3)
    order = await store.write(trade.place, ANN, (stall.eggs, 5))
    found = await store.read(orders.view, order)
    assert found is not None
    assert (found.lines_total, found.discount_total, found.total) == (18_000, 2_100, 15_900)
    assert [(one.kind, one.units, one.amount) for one in found.lines[0].specials] == [(SpecialKind.FLASH, 3, 2100)]
    assert await taken(store, id_) == 3
    await assert_fits(store)


@pytest.mark.parametrize("way", ["cancelled", "expired"])
async def test_an_order_that_is_over_gives_its_packs_at_the_flash_price_back(
    store: Store, stall: Stall, way: str
) -> None:
    id_ = await store.write(flash, stall.eggs, minutes=600)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    if way == "cancelled":
        await store.write(endings.cancel, actor=ANN, order_id=order, now=NOON)
    else:
        await store.write(endings.expire_due, now=NOON + HOUR)
    assert await taken(store, id_) == 0
    await assert_fits(store)


async def test_a_paid_order_nobody_can_supply_gives_them_back(store: Store, stall: Stall) -> None:
    id_ = await store.write(flash, stall.eggs)
    order = await store.write(trade.buy, ANN, (stall.eggs, 2))
    parcel = (await store.read(trade.parcels, order))[stall.egg_farm]
    await store.write(shipments.fail, actor=seed.OWNER, shipment_id=parcel, now=NOON)
    assert await trade.status(store, order) == "cancelled"
    assert await taken(store, id_) == 0
    assert await trade.book(store, "SELECT amount FROM refunds WHERE order_id = :o", o=order) == 5800
    await assert_fits(store)


async def test_late_money_takes_them_again_even_after_their_time(store: Store, stall: Stall) -> None:
    id_ = await store.write(flash, stall.eggs)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    await store.write(endings.expire_due, now=NOON + HOUR)
    await store.write(specials.close_due, now=NOON + HOUR)
    await store.write(trade.pay, ANN, order, now=NOON + 2 * HOUR)
    assert await trade.status(store, order) == "paid"
    assert await taken(store, id_) == 2
    await assert_fits(store)


async def test_late_money_goes_back_when_somebody_else_has_had_them(store: Store, stall: Stall) -> None:
    id_ = await store.write(flash, stall.eggs, minutes=600)
    order = await store.write(trade.place, ANN, (stall.eggs, 2), (stall.rice, 1))
    await store.write(endings.expire_due, now=NOON + HOUR)
    await store.write(place, BEN, (stall.eggs, 2), now=NOON + HOUR)
    await store.write(trade.pay, ANN, order, now=NOON + 2 * HOUR)
    assert await trade.status(store, order) == "expired"
    assert await trade.book(store, "SELECT amount FROM refunds WHERE order_id = :o", o=order) == 6800
    assert await taken(store, id_) == 2
    await assert_fits(store)


async def test_late_money_for_goods_that_are_gone_leaves_the_flash_price_alone(store: Store, stall: Stall) -> None:
    id_ = await store.write(flash, stall.eggs, minutes=600)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    await store.write(endings.expire_due, now=NOON + HOUR)
    await store.write(lambda tx: tx.run("UPDATE offers SET quantity = taken WHERE id = :id", id=stall.eggs))
    await store.write(trade.pay, ANN, order, now=NOON + 2 * HOUR)
    assert await trade.status(store, order) == "expired"
    assert await taken(store, id_) == 0


@pytest.mark.parametrize(("later", "total"), [(10 * MINUTE - 1, 2900), (10 * MINUTE, 3600)])
async def test_a_flash_price_ends_to_the_millisecond_without_the_clocks_help(
    store: Store, stall: Stall, later: int, total: int
) -> None:
    await store.write(flash, stall.eggs)
    placed = await store.write(place, ANN, (stall.eggs, 1), now=NOON + later)
    assert isinstance(placed, Placed)
    assert await trade.book(store, "SELECT total FROM orders WHERE id = :id", id=placed.order_id) == total


async def test_nobody_pays_more_than_was_shown_and_everybody_may_pay_less(store: Store, stall: Stall) -> None:
    await store.write(flash, stall.eggs)
    refused = await store.write(place, ANN, (stall.eggs, 1), shown=2900, now=NOON + HOUR)
    assert isinstance(refused, Outdated)
    assert await trade.book(store, "SELECT count(*) FROM orders") == 0
    assert isinstance(await store.write(place, ANN, (stall.eggs, 1), shown=3600, now=NOON), Placed)
    await assert_fits(store)


async def test_prices_by_quantity_are_set_all_at_once_and_frozen(store: Store, stall: Stall) -> None:
    wanted = [Step(quantity=2, price=6600), Step(quantity=3, price=9600)]
    set_ = await store.write(specials.set_steps, actor=HOST, offer_id=stall.eggs, wanted=wanted, now=NOON)
    assert isinstance(set_, StepsSet)
    order = await store.write(trade.place, ANN, (stall.eggs, 3))
    await store.write(specials.set_steps, actor=HOST, offer_id=stall.eggs, wanted=[], now=NOON)
    offer = await store.read(offers.view, stall.eggs)
    assert offer is not None
    assert offer.steps == ()
    found = await store.read(orders.view, order)
    assert found is not None
    assert [(one.kind, one.threshold, one.amount) for one in found.lines[0].specials] == [
        (SpecialKind.STEPS, 3, 1200)
    ]
    await assert_fits(store)


async def test_a_special_price_has_to_be_below_the_usual_one(store: Store, stall: Stall) -> None:
    async def start(price: int) -> object:
        return await store.write(
            specials.start_flash, actor=HOST, offer_id=stall.eggs, price=price, minutes=5, quantity=1, now=NOON
        )

    assert await start(3600) == NotCheaper(price=3600)
    wanted = [Step(quantity=2, price=7200)]
    refused = await store.write(specials.set_steps, actor=HOST, offer_id=stall.eggs, wanted=wanted, now=NOON)
    assert refused == NotCheaper(price=7200)
    assert await trade.book(store, "SELECT count(*) FROM flashes") == 0


async def test_only_hosts_set_special_prices_and_not_of_a_stream_that_is_over(store: Store, stall: Stall) -> None:
    async def start(actor: int, offer: int) -> object:
        return await store.write(
            specials.start_flash, actor=actor, offer_id=offer, price=1, minutes=5, quantity=1, now=NOON
        )

    async def steps(actor: int, offer: int) -> object:
        return await store.write(specials.set_steps, actor=actor, offer_id=offer, wanted=[], now=NOON)

    for act in (start, steps):
        assert isinstance(await act(CASHIER, stall.eggs), NotAllowed)
        assert isinstance(await act(HOST, 99_999), NotFound)
    assert isinstance(await store.write(specials.stop_flash, actor=ANN, offer_id=stall.eggs, now=NOON), NotAllowed)
    await store.write(lambda tx: tx.run("UPDATE streams SET status = 'ended'"))
    for act in (start, steps):
        assert isinstance(await act(HOST, stall.eggs), OutOfTurn)


async def test_stopping_twice_stops_once_and_a_new_flash_price_takes_the_place_of_one_that_runs(
    store: Store, stall: Stall
) -> None:
    await store.write(flash, stall.eggs)
    second = await store.write(flash, stall.eggs, price=2500)
    offer = await store.read(offers.view, stall.eggs)
    assert offer is not None
    assert offer.flash is not None
    assert (offer.flash.id, offer.price_at(NOON)) == (second, 2500)
    outcomes = [await store.write(specials.stop_flash, actor=HOST, offer_id=stall.eggs, now=NOON) for _ in range(2)]
    assert [type(outcome) for outcome in outcomes] == [Stopped, NotFound]


async def test_the_clock_tells_the_host_once_when_a_flash_price_is_over(store: Store, stall: Stall) -> None:
    await store.write(flash, stall.eggs)
    await trade.all_said(store)
    assert await store.read(specials.next_due) == NOON + 10 * MINUTE
    assert [await store.write(specials.close_due, now=NOON + 10 * MINUTE) for _ in range(2)] == [1, 0]
    assert await trade.kinds_told(store) == [("flash_over", HOST)]
    assert await store.read(specials.next_due) is None


async def test_a_free_order_is_paid_at_once_and_the_suppliers_are_asked(store: Store, stall: Stall) -> None:
    await store.write(flash, stall.eggs, price=0)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    assert await trade.status(store, order) == "paid"
    assert await trade.book(store, "SELECT count(*) FROM payments") == 0
    assert await trade.book(store, "SELECT hold_until IS NULL AND remind_at IS NULL FROM orders") == 1
    assert ("order_placed", ANN) in await trade.kinds_told(store)
    assert ("shipment_card", trade.SUPPLIER) in await trade.kinds_told(store)
    assert await store.write(endings.expire_due, now=NOON + HOUR) == 0
    parcel = (await store.read(trade.parcels, order))[stall.egg_farm]
    await store.write(shipments.fail, actor=seed.OWNER, shipment_id=parcel, now=NOON)
    assert await trade.status(store, order) == "cancelled"
    assert await trade.book(store, "SELECT count(*) FROM refunds") == 0
    await assert_fits(store)


async def test_goods_that_cost_nothing_are_a_free_order_too(store: Store, stall: Stall) -> None:
    await store.write(lambda tx: tx.run("UPDATE offers SET price = 0 WHERE id = :id", id=stall.eggs))

    def act(tx: Tx) -> object:
        checkout = trade.checkout(tx, ANN, (stall.eggs, 1))
        lines = f'{{"lines": [[{stall.eggs}, 1, 0]]}}'
        tx.run("UPDATE dialogs SET data = :data WHERE id = :id", data=lines, id=checkout)
        return checkouts.place(
            tx, actor=ANN, checkout=checkout, terms="v1", method="Pay", policy=POLICY, now=NOON, shown=0
        )

    placed = await store.write(act)
    assert isinstance(placed, Placed)
    assert await trade.status(store, placed.order_id) == "paid"
    await assert_fits(store)


async def test_the_report_counts_what_was_taken_off(store: Store, stall: Stall) -> None:
    await store.write(flash, stall.eggs)
    await store.write(trade.buy, ANN, (stall.eggs, 2))
    await store.write(trade.place, BEN, (stall.eggs, 1))
    report = await store.read(reports.view, stall.stream)
    assert report is not None
    assert (report.turnover, report.discounts) == (5800, 1400)


async def test_the_recount_sees_a_counter_and_a_discount_that_are_wrong(store: Store, stall: Stall) -> None:
    id_ = await store.write(flash, stall.eggs)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    await store.write(lambda tx: tx.run("UPDATE flashes SET taken = 1 WHERE id = :id", id=id_))
    await store.write(lambda tx: tx.run("UPDATE order_specials SET amount = 1 WHERE order_id = :o", o=order))
    found = await store.read(lambda tx: list(discounts.recount(tx)))
    assert len(found) == 2


async def test_the_table_itself_refuses_more_than_there_is(store: Store, stall: Stall) -> None:
    id_ = await store.write(flash, stall.eggs)
    with pytest.raises(sqlite3.IntegrityError, match="never_over_the_flash"):
        await store.write(lambda tx: tx.run("UPDATE flashes SET taken = 4 WHERE id = :id", id=id_))


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (specials._OPEN, {"offer": 1}),
        (specials._DUE, {"now": 1, "limit": 1}),
        (specials._CLOSE, {"offer": 1, "now": 1}),
        (specials._TAKE, {"flash": 1, "units": 1}),
        (specials._GIVE_BACK, {"flash": 1, "units": 1}),
        (discounts._FLASHES, {"order": 1}),
        (discounts._COUPON, {"order": 1}),
        (discounts._LINE, {"line": 1}),
        (discounts._DROP, {"line": 1}),
        (discounts._WITHOUT_CODE, {"order": 1}),
        (orders._SPECIALS, {"id": 1}),
        (offers._VIEW, {"id": 1}),
        (offers._LISTING, {"stream": 1}),
    ],
)
async def test_hot_statements_find_their_rows_by_an_index(store: Store, sql: str, values: dict[str, int]) -> None:
    assert_no_scan(store.path, sql, **values)


async def test_confirming_a_payment_of_a_discounted_order_takes_what_it_costs(store: Store, stall: Stall) -> None:
    await store.write(flash, stall.eggs)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    payment = await store.write(trade.send_receipt, ANN, order)
    found = await store.read(payments.view, payment)
    assert found is not None
    assert found.amount == 2900


async def test_goods_are_not_added_for_more_than_was_shown(store: Store, stall: Stall) -> None:
    """The flash price that stood under the button is over: nothing is added, and at what was shown it is."""
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 2))

    def add(tx: Tx, shown: int) -> object:
        return additions.add(
            tx, actor=ANN, checkout=checkout, order_id=order, terms="v1", policy=POLICY, now=NOON, shown=shown
        )

    assert await store.write(add, 5800) == Outdated()
    found = await store.read(orders.view, order)
    assert found is not None
    assert found.total == 3600
    await assert_fits(store)
    assert isinstance(await store.write(add, 7200), additions.Added)


async def test_goods_added_to_an_open_order_get_the_flash_price_and_give_it_back_with_the_order(
    store: Store, stall: Stall
) -> None:
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    id_ = await store.write(flash, stall.eggs)

    def add(tx: Tx) -> object:
        checkout = trade.checkout(tx, ANN, (stall.eggs, 2))
        return additions.add(tx, actor=ANN, checkout=checkout, order_id=order, terms="v1", policy=POLICY, now=NOON)

    assert isinstance(await store.write(add), additions.Added)
    found = await store.read(orders.view, order)
    assert found is not None
    assert (found.total, found.discount_total, await taken(store, id_)) == (3600 + 5800, 1400, 2)
    await assert_fits(store)
    await store.write(endings.cancel, actor=ANN, order_id=order, now=NOON)
    assert await taken(store, id_) == 0
    await assert_fits(store)
