"""Delivery fees from a host's change to the refund, and orders that are picked up."""

import asyncio
import json
from typing import Any

import pytest

from shop.delivery import Region, Tariff
from shop.shipments import ShipmentStatus
from storage import (
    addresses,
    checkouts,
    deliveries,
    destinations,
    dialogs,
    orders,
    pickups,
    quotes,
    recount,
    redirections,
    shipments,
    tariffs,
)
from storage.changes import AlreadyUndone, Changed, ChangedSince, Same, Undone
from storage.checkouts import Bill, Placed
from storage.connection import Tx
from storage.deliveries import Destination
from storage.people import NotAllowed, NotFound
from storage.quotes import NotDeliveredThere, Outdated, Quote
from storage.shipments import Moved, NotNow
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CASHIER, HOST, OWNER
from tests.storage.trade import HOME, POLICY, SUPPLIER

TARIFF = Tariff(fee=1200, free_from=9900)
NOWHERE = Tariff(regions=(Region(names=("Tonggu",), fee=None),))


async def charge(store: Store, supplier: int, tariff: Tariff = TARIFF, actor: int = HOST) -> Any:
    return await store.write(tariffs.change, actor=actor, supplier_id=supplier, tariff=tariff, now=NOON)


def total(shown: Bill) -> int:
    return quote(shown).sums.total


def quote(shown: Bill) -> Quote:
    return shown.basket.quote(NOON)


async def place(store: Store, checkout: int, shown: Bill, buyer: int = ANN) -> Any:
    """`Place order` under a summary that showed this."""
    return await store.write(
        checkouts.place,
        actor=buyer,
        checkout=checkout,
        terms="v1",
        method="Pay",
        policy=POLICY,
        now=NOON,
        shown=total(shown),
        where=None if shown.to is None else shown.to.mark,
    )


async def bill(store: Store, checkout: int) -> Bill:
    def load(tx: Tx) -> Bill | None:
        dialog = dialogs.view(tx, checkout)
        return None if dialog is None else checkouts.bill(tx, dialog)

    found = await store.read(load)
    assert found is not None
    return found


# -- Tariffs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", [HOST, OWNER])
async def test_hosts_and_owners_set_fees_and_undo_them_once(store: Store, actor: int) -> None:
    stall = await store.write(trade.stall)
    assert await charge(store, stall.egg_farm, actor=actor) == Changed(change_id=1)
    assert await charge(store, stall.egg_farm) == Same()
    assert await store.read(tariffs.of, stall.egg_farm) == TARIFF
    assert await store.write(tariffs.undo, actor=actor, change_id=1, now=NOON) == Undone()
    assert await store.write(tariffs.undo, actor=actor, change_id=1, now=NOON) == AlreadyUndone()
    assert await store.read(tariffs.of, stall.egg_farm) == Tariff()


async def test_what_was_changed_again_is_not_undone(store: Store) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm)
    await charge(store, stall.egg_farm, Tariff(fee=5))
    assert await store.write(tariffs.undo, actor=HOST, change_id=1, now=NOON) == ChangedSince()
    assert await store.read(tariffs.of, stall.egg_farm) == Tariff(fee=5)


@pytest.mark.parametrize("actor", [ANN, CASHIER, SUPPLIER])
async def test_nobody_else_changes_a_fee_or_a_place(store: Store, actor: int) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm)
    point = await a_point(store)
    assert await charge(store, stall.egg_farm, Tariff(), actor) == NotAllowed()
    assert await store.write(tariffs.undo, actor=actor, change_id=1, now=NOON) == NotAllowed()
    told = {"name": "X", "address": "Y", "hours": "Z", "now": NOON}
    assert await store.write(pickups.add, actor=actor, supplier_id=None, **told) == NotAllowed()
    assert await store.write(pickups.change, actor=actor, point_id=point, **told) == NotAllowed()
    assert await store.write(pickups.close, actor=actor, point_id=point, now=NOON) == NotAllowed()
    assert await store.read(tariffs.of, stall.egg_farm) == TARIFF


# -- Placing ------------------------------------------------------------------------------------------------


async def test_each_suppliers_parcel_is_charged_by_its_own_goods_and_frozen(store: Store) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm)
    await charge(store, stall.rice_farm, Tariff(fee=800))
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 3), (stall.rice, 1))
    shown = await bill(store, checkout)
    assert [(each.fee, each.free_from) for each in quote(shown).deliveries] == [(0, 9900), (800, None)]
    placed = await place(store, checkout, shown)
    assert isinstance(placed, Placed)
    await charge(store, stall.rice_farm, Tariff(fee=5))
    order = await store.read(orders.view, placed.order_id)
    assert order is not None
    assert (order.delivery_fee, order.total) == (800, 3 * 3600 + 1000 + 800)
    assert [each.fee for each in order.deliveries] == [0, 800]


@pytest.mark.parametrize("change", ["fee", "address", "edited", "nothing"])
async def test_what_changed_after_the_summary_is_told_and_nothing_is_ordered(store: Store, change: str) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    shown = await bill(store, checkout)
    other = addresses.Address(recipient="Bo", phone="1", address="Elsewhere 5")
    if change == "fee":
        await charge(store, stall.egg_farm, Tariff(fee=1500))
    elif change == "address":
        await store.write(lambda tx: addresses.save(tx, actor=ANN, address=other, now=NOON))
    elif change == "edited":
        await store.write(addresses.edit, actor=ANN, address_id=1, address=other, now=NOON)
    outcome = await place(store, checkout, shown)
    if change == "nothing":  # the control: the guard does not refuse everything
        assert isinstance(outcome, Placed)
        return
    assert outcome == Outdated()
    assert await trade.book(store, "SELECT count(*) FROM orders") == 0
    assert await trade.free(store, stall.eggs) == 10
    assert isinstance(await place(store, checkout, await bill(store, checkout)), Placed)


async def test_what_became_cheaper_is_ordered_at_once(store: Store) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    shown = await bill(store, checkout)
    await charge(store, stall.egg_farm, Tariff(fee=500))
    placed = await place(store, checkout, shown)
    assert isinstance(placed, Placed)
    assert await trade.book(store, "SELECT total FROM orders") == 3600 + 500


async def test_a_fee_changed_while_many_tap_charges_nobody_what_they_did_not_see(store: Store) -> None:
    stall = await store.write(trade.stall, eggs=100)
    await charge(store, stall.egg_farm)

    def crowd(tx: Tx) -> dict[int, int]:
        found = {}
        for buyer in range(10_001, 10_031):
            addresses.save(tx, actor=seed.person(tx, buyer), address=HOME, now=NOON)
            found[buyer] = trade.checkout(tx, buyer, (stall.eggs, 1))
        return found

    tapping = await store.write(crowd)
    shown = {buyer: await bill(store, checkout) for buyer, checkout in tapping.items()}
    taps = [place(store, checkout, shown[buyer], buyer) for buyer, checkout in tapping.items()]
    raised = charge(store, stall.egg_farm, Tariff(fee=9000))
    outcomes = await asyncio.gather(*taps[:15], raised, *taps[15:])
    placed = sum(isinstance(outcome, Placed) for outcome in outcomes)
    assert 0 < placed < 30
    assert placed + sum(isinstance(outcome, Outdated) for outcome in outcomes) == 30
    assert await trade.book(store, "SELECT count(*) FROM orders WHERE delivery_fee <> 1200") == 0
    assert await trade.free(store, stall.eggs) == 100 - placed


async def test_where_something_is_not_delivered_the_rest_can_be_ordered(store: Store) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm, NOWHERE)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1), (stall.rice, 1))
    shown = await bill(store, checkout)
    assert [each.refused_in for each in quote(shown).deliveries] == ["Tonggu", None]
    refused = NotDeliveredThere(supplier_id=stall.egg_farm, region="Tonggu")
    assert await place(store, checkout, shown) == refused
    left = {"actor": ANN, "checkout": checkout, "summary_step": "summary", "now": NOON}
    assert await store.write(destinations.leave_out, supplier_id=987, **left) == NotFound()
    other = await store.write(destinations.leave_out, supplier_id=stall.egg_farm, **{**left, "actor": BEN})
    assert other == NotFound()
    await store.write(destinations.leave_out, supplier_id=stall.egg_farm, **left)
    placed = await place(store, checkout, await bill(store, checkout))
    assert isinstance(placed, Placed)
    order = await store.read(orders.view, placed.order_id)
    assert order is not None
    assert [line.code for line in order.lines] == ["RICE"]


async def test_leaving_out_the_only_supplier_ends_the_checkout(store: Store) -> None:
    stall = await store.write(trade.stall)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    await store.write(
        destinations.leave_out,
        actor=ANN,
        checkout=checkout,
        supplier_id=stall.egg_farm,
        summary_step="summary",
        now=NOON,
    )
    assert await store.read(dialogs.of, ANN) is None


async def test_a_parcel_that_fails_gives_its_fee_back(store: Store) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm, Tariff(fee=1200))
    await charge(store, stall.rice_farm, Tariff(fee=800))
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1), (stall.rice, 1))
    placed = await place(store, checkout, await bill(store, checkout))
    await store.write(trade.pay, ANN, placed.order_id)
    parcels = await store.read(trade.parcels, placed.order_id)
    for farm, owed in ((stall.egg_farm, 3600 + 1200), (stall.rice_farm, 1000 + 800)):
        await store.write(shipments.fail, actor=OWNER, shipment_id=parcels[farm], now=NOON)
        assert await trade.book(store, "SELECT amount FROM refunds ORDER BY id DESC LIMIT 1") == owed
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []
    await store.write(lambda tx: tx.run("UPDATE order_deliveries SET fee = 1"))
    assert any("delivery comes to" in line for line in await store.read(recount.orders))


async def test_an_order_is_not_sent_on_to_where_nothing_is_delivered(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    await charge(store, stall.egg_farm, NOWHERE)
    there = Destination(recipient="Ann", phone="1", address="5 Old Road, Tonggu")
    outcome = await store.write(redirections.redirect, actor=ANN, order_id=order, to=there, now=NOON)
    assert outcome == NotDeliveredThere(supplier_id=stall.egg_farm, region="Tonggu")


# -- Picking up ---------------------------------------------------------------------------------------------


async def a_point(store: Store, supplier: int | None = None) -> int:
    kept = await store.write(
        pickups.add,
        actor=HOST,
        supplier_id=supplier,
        name="Market hall",
        address="Gate 2",
        hours="Sat 9-12",
        now=NOON,
    )
    assert isinstance(kept, pickups.Kept)
    return kept.point_id


async def picked_up(store: Store, point: int, *lines: tuple[int, int], buyer: int = ANN) -> Any:
    checkout = await store.write(trade.checkout, buyer, *lines)
    chosen = await store.write(
        destinations.choose_pickup,
        actor=buyer,
        checkout=checkout,
        point_id=point,
        contact_step="recipient",
        summary_step="summary",
        now=NOON,
    )
    if isinstance(chosen, NotFound):
        return chosen
    return await place(store, checkout, await bill(store, checkout), buyer)


async def test_picking_up_costs_nothing_and_numbers_count_up_at_each_place(store: Store) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm, NOWHERE)
    hall, other = await a_point(store), await a_point(store)
    for point, buyer, number in ((hall, ANN, 1), (hall, BEN, 2), (other, ANN, 1), (hall, ANN, 3)):
        placed = await picked_up(store, point, (stall.eggs, 1), buyer=buyer)
        assert isinstance(placed, Placed)
        order = await store.read(orders.view, placed.order_id)
        assert order is not None
        assert (order.pickup_number, order.delivery_fee) == (number, 0)
        assert order.address == "Market hall\nGate 2\nSat 9-12"


async def test_a_suppliers_place_is_for_its_goods_only(store: Store) -> None:
    stall = await store.write(trade.stall)
    point = await a_point(store, stall.egg_farm)
    assert isinstance(await picked_up(store, point, (stall.eggs, 1)), Placed)
    assert await picked_up(store, point, (stall.eggs, 1), (stall.rice, 1)) == NotFound()


async def test_a_place_closed_after_the_summary_is_told(store: Store) -> None:
    stall = await store.write(trade.stall)
    point = await a_point(store)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    await store.write(
        lambda tx: tx.run(
            "UPDATE dialogs SET data = json_set(data, '$.pickup', :p) WHERE id = :c", p=point, c=checkout
        )
    )
    shown = await bill(store, checkout)
    assert await store.write(pickups.close, actor=HOST, point_id=point, now=NOON) == pickups.Closed()
    assert await store.write(pickups.close, actor=HOST, point_id=point, now=NOON) == NotFound()
    assert await place(store, checkout, shown) == Outdated()
    after = await bill(store, checkout)
    assert after.to is not None
    assert after.to.address == HOME.address


async def test_what_is_picked_up_is_ready_then_handed_over_by_its_supplier_only(store: Store) -> None:
    stall = await store.write(trade.stall)
    placed = await picked_up(store, await a_point(store), (stall.eggs, 1))
    await store.write(trade.pay, ANN, placed.order_id)
    (parcel,) = (await store.read(trade.parcels, placed.order_id)).values()
    over = {"shipment_id": parcel, "now": NOON}
    assert await store.write(shipments.hand_over, actor=SUPPLIER, **over) == NotNow(
        shipment_id=parcel, status=ShipmentStatus.REQUESTED, is_pickup=True
    )
    sent = await store.write(shipments.ship, actor=SUPPLIER, carrier=None, tracking=None, **over)
    assert sent == Moved(shipment_id=parcel, status=ShipmentStatus.SHIPPED)
    assert await store.read(shipments.to_do, stall.egg_farm) == [parcel]
    for nobody in (ANN, BEN, CASHIER):
        assert await store.write(shipments.hand_over, actor=nobody, **over) == NotAllowed()
    assert isinstance(await store.write(shipments.hand_over, actor=SUPPLIER, **over), Moved)
    assert isinstance(await store.write(shipments.hand_over, actor=SUPPLIER, **over), NotNow)
    assert isinstance(await store.write(shipments.receive, actor=ANN, **over), NotNow)
    assert await trade.status(store, placed.order_id) == "completed"
    actions = "SELECT count(*) FROM audit WHERE action IN ('shipment.ready', 'shipment.handed_over')"
    assert await trade.book(store, actions) == 2


async def test_a_parcel_that_is_sent_is_not_handed_over(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.buy, ANN, (stall.eggs, 1))
    (parcel,) = (await store.read(trade.parcels, order)).values()
    assert await store.write(shipments.hand_over, actor=SUPPLIER, shipment_id=parcel, now=NOON) == NotFound()


async def test_an_offer_that_is_gone_has_no_bill(store: Store) -> None:
    gone = quotes.Wish(offer_id=987, quantity=1, price=1)
    assert await store.read(lambda tx: quotes.basket(tx, buyer=ANN, wishes=[gone])) is None
    assert json.loads(tariffs._stored(TARIFF))["free_from"] == 9900


def test_fees_places_and_numbers_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, tariffs._TERMS, supplier=1)
    assert_no_scan(store.path, deliveries._FEE, order=1, supplier=1)
    assert_no_scan(store.path, deliveries._FEES, order=1)
    assert_no_scan(store.path, pickups._OPEN, supplier=1, limit=1)
    assert_no_scan(store.path, pickups._LAST, point=1, stream=1)
    assert_no_scan(store.path, shipments._READY, supplier=1, limit=1)
