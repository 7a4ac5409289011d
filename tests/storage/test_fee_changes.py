"""Delivery fees of orders that change: more goods, fewer, another place, a code; before payment and after."""

from dataclasses import asdict
from typing import Any

import pytest

from shop.coupons import Terms
from shop.delivery import Region, Tariff
from storage import (
    additions,
    addresses,
    amendments,
    checkouts,
    decisions,
    orders,
    pickups,
    recount,
    redirections,
    refunds,
    requests,
    shipments,
    tariffs,
)
from storage.addresses import Address
from storage.amendments import Changed, Emptied, TooLate, UnderReview
from storage.connection import Tx
from storage.decisions import Agreed, TooFar
from storage.deliveries import Destination
from storage.orders import Order
from storage.people import NotFound
from storage.quotes import NotDeliveredThere, Outdated, SoldOut
from storage.requests import Asked
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN, CASHIER, HOST, OWNER
from tests.storage.test_coupons import make, order_with
from tests.storage.test_deliveries import a_point, charge, picked_up
from tests.storage.trade import POLICY

FAR = Address(recipient="Bo", phone="+8613900000000", address="2 Desert Road, Urumqi")
TO_FAR = Destination(**asdict(FAR))
TO_HOME = Destination(**asdict(trade.HOME))
REGIONS = Tariff(fee=500, regions=(Region(names=("Urumqi",), fee=3000), Region(names=("Tibet",), fee=None)))
NOT_HERE = Tariff(regions=(Region(names=("Tonggu",), fee=None),))


async def seen(store: Store, order: int) -> Order:
    found = await store.read(orders.view, order)
    assert found is not None
    return found


async def fees(store: Store, order: int) -> dict[str, int]:
    return {each.supplier_name: each.fee for each in (await seen(store, order)).deliveries}


async def ordered(store: Store, eggs: Tariff, rice: Tariff, packs: int = 3) -> tuple[trade.Stall, int]:
    """Ann's order of eggs and rice, unpaid, and everything said about it so far is out."""
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm, eggs)
    await charge(store, stall.rice_farm, rice)
    order = await store.write(trade.place, ANN, (stall.eggs, packs), (stall.rice, 2))
    await trade.all_said(store)
    return stall, order


async def save(store: Store, order: int, shown: int | None = None, **packs: int) -> object:
    dialog = await store.write(lambda tx: trade.draft(tx, ANN, order, **packs))
    return await store.write(amendments.save, actor=ANN, dialog_id=dialog, now=NOON + 1, shown=shown)


async def redirect(store: Store, order: int, to: Destination, shown: int | None = None, actor: int = ANN) -> object:
    return await store.write(redirections.redirect, actor=actor, order_id=order, to=to, now=NOON, shown=shown)


async def assert_fits(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []


# -- Packs before payment -----------------------------------------------------------------------------------


async def test_a_parcel_that_shrinks_below_free_costs_what_it_costs_now_and_the_code_comes_anew(store: Store) -> None:
    stall, order = await ordered(store, Tariff(fee=800, free_from=9900), Tariff(fee=500))
    assert await fees(store, order) == {"Hill Farm": 0, "Terrace Rice": 500}
    await charge(store, stall.rice_farm, Tariff(fee=9000))  # nothing is changed in that parcel
    assert await save(store, order, EGG=2) == Changed(order_id=order)
    assert await fees(store, order) == {"Hill Farm": 800, "Terrace Rice": 500}
    assert (await seen(store, order)).total == 2 * 3600 + 2 * 1000 + 800 + 500
    assert ("order_placed", ANN) in await trade.kinds_told(store)
    await assert_fits(store)


async def test_a_parcel_that_grows_above_free_costs_nothing(store: Store) -> None:
    _, order = await ordered(store, Tariff(fee=800, free_from=9900), Tariff(), packs=2)
    assert await save(store, order, EGG=3) == Changed(order_id=order)
    assert (await seen(store, order)).delivery_fee == 0
    await assert_fits(store)


async def test_a_parcel_that_is_left_empty_takes_its_fee_along(store: Store) -> None:
    _, order = await ordered(store, Tariff(fee=800), Tariff(fee=500))
    assert await save(store, order, RICE=0) == Changed(order_id=order)
    assert await fees(store, order) == {"Hill Farm": 800}
    assert (await seen(store, order)).total == 3 * 3600 + 800
    await assert_fits(store)
    assert await save(store, order, EGG=0) == Emptied(order_id=order)


@pytest.mark.parametrize(("raised", "outcome"), [(True, Outdated()), (False, None)])
async def test_nothing_is_saved_for_more_than_stood_above_the_button(
    store: Store, raised: bool, outcome: object
) -> None:
    stall, order = await ordered(store, Tariff(fee=800), Tariff())
    if raised:
        await charge(store, stall.egg_farm, Tariff(fee=900))
    saved = await save(store, order, shown=2 * 3600 + 2 * 1000 + 800, EGG=2)
    assert saved == (outcome or Changed(order_id=order))
    # All or nothing: the units of the refused change are not given back either.
    assert await trade.free(store, stall.eggs) == (7 if raised else 8)
    await assert_fits(store)


async def test_where_nothing_is_delivered_any_more_a_parcel_may_shrink_but_not_grow(store: Store) -> None:
    stall, order = await ordered(store, Tariff(fee=800), Tariff())
    await charge(store, stall.egg_farm, NOT_HERE)
    refused = NotDeliveredThere(supplier_id=stall.egg_farm, region="Tonggu")
    assert await save(store, order, EGG=4) == refused
    assert await trade.free(store, stall.eggs) == 7
    assert await save(store, order, EGG=2) == Changed(order_id=order)
    assert await fees(store, order) == {"Hill Farm": 800, "Terrace Rice": 0}
    await assert_fits(store)


async def test_an_order_from_before_there_were_fees_is_priced_once_it_is_changed(store: Store) -> None:
    stall, order = await ordered(store, Tariff(), Tariff())
    await store.write(lambda tx: tx.run("DELETE FROM order_deliveries"))
    await charge(store, stall.egg_farm, Tariff(fee=800))
    await charge(store, stall.rice_farm, Tariff(fee=500))
    await assert_fits(store)
    assert await save(store, order, EGG=2) == Changed(order_id=order)
    assert await fees(store, order) == {"Hill Farm": 800, "Terrace Rice": 0}
    await assert_fits(store)


# -- More goods ---------------------------------------------------------------------------------------------


async def add(store: Store, order: int, shown: int | None, *lines: tuple[int, int]) -> Any:
    def act(tx: Tx) -> object:
        checkout = trade.checkout(tx, ANN, *lines)
        return additions.add(
            tx, actor=ANN, checkout=checkout, order_id=order, terms="v1", policy=POLICY, now=NOON, shown=shown
        )

    return await store.write(act)


@pytest.mark.parametrize(("shown", "is_added"), [(3600 - 800, True), (3600 - 801, False), (5000, True)])
async def test_goods_are_added_for_at_most_what_the_order_was_to_rise_by(
    store: Store, shown: int, is_added: bool
) -> None:
    """The third pack makes delivery free: the order rises by less than the pack costs."""
    stall, order = await ordered(store, Tariff(fee=800, free_from=9900), Tariff(fee=500), packs=2)
    await charge(store, stall.rice_farm, Tariff(fee=9000))
    outcome = await add(store, order, shown, (stall.eggs, 1))
    assert isinstance(outcome, additions.Added if is_added else Outdated)
    assert await fees(store, order) == {"Hill Farm": 0 if is_added else 800, "Terrace Rice": 500}
    assert await trade.free(store, stall.eggs) == (7 if is_added else 8)
    await assert_fits(store)


async def test_what_is_not_delivered_or_had_where_the_order_goes_is_not_added(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    await charge(store, stall.rice_farm, NOT_HERE)
    refused = NotDeliveredThere(supplier_id=stall.rice_farm, region="Tonggu")
    assert await add(store, order, None, (stall.rice, 1)) == refused
    point = await a_point(store, stall.egg_farm)
    placed = await picked_up(store, point, (stall.eggs, 1))
    elsewhere = await add(store, placed.order_id, None, (stall.rice, 1))
    assert elsewhere == additions.NotThere(order_id=placed.order_id)
    assert isinstance(await add(store, placed.order_id, 3600, (stall.eggs, 1)), additions.Added)
    await assert_fits(store)


# -- Another place before payment ---------------------------------------------------------------------------


async def test_an_order_goes_where_it_is_dearer_only_for_a_total_that_was_shown(store: Store) -> None:
    _, order = await ordered(store, REGIONS, Tariff())
    before = await seen(store, order)
    assert await redirect(store, order, TO_FAR, shown=before.total) == Outdated()
    assert (await seen(store, order)).address == trade.HOME.address
    assert await redirect(store, order, TO_FAR, shown=before.total + 2500) == Changed(order_id=order)
    after = await seen(store, order)
    assert (after.address, after.delivery_fee, after.total) == (FAR.address, 3000, before.total + 2500)
    assert ("order_placed", ANN) in await trade.kinds_told(store)
    nowhere = Destination(recipient="Bo", phone="1", address="1 Hill, Tibet")
    assert isinstance(await redirect(store, order, nowhere), NotDeliveredThere)
    await assert_fits(store)


async def test_who_receives_it_changes_no_fee_even_where_nothing_is_delivered_any_more(store: Store) -> None:
    stall, order = await ordered(store, REGIONS, Tariff())
    await charge(store, stall.egg_farm, NOT_HERE)
    await trade.all_said(store)
    somebody = Destination(recipient="Bo", phone="+8613900000000", address=trade.HOME.address)
    assert await redirect(store, order, somebody, shown=(await seen(store, order)).total) == Changed(order_id=order)
    after = await seen(store, order)
    assert (after.recipient, after.delivery_fee) == ("Bo", 500)
    assert await trade.kinds_told(store) == [("order_card", ANN)]


async def test_an_order_is_picked_up_after_all_and_a_number_is_never_given_twice(store: Store) -> None:
    stall, order = await ordered(store, Tariff(fee=800), Tariff())
    point = await a_point(store)
    here = Destination(recipient="Ann", phone="1", address="", pickup_point=point)
    assert await redirect(store, order, here) == Changed(order_id=order)
    found = await seen(store, order)
    assert (found.pickup_number, found.delivery_fee, found.address) == (1, 0, "Market hall\nGate 2\nSat 9-12")
    await store.write(pickups.change, actor=HOST, point_id=point, name="New", address="Gate 9", hours="", now=NOON)
    bo = Destination(recipient="Bo", phone="2", address="", pickup_point=point)
    assert await redirect(store, order, bo) == Changed(order_id=order)  # the number stays, and what was told with it
    found = await seen(store, order)
    assert (found.recipient, found.pickup_number, found.address) == ("Bo", 1, "Market hall\nGate 2\nSat 9-12")
    assert await redirect(store, order, TO_HOME) == Changed(order_id=order)
    found = await seen(store, order)
    assert (found.pickup_number, found.pickup_point_id, found.delivery_fee) == (None, None, 800)
    other = await picked_up(store, point, (stall.eggs, 1), buyer=BEN)
    assert (await seen(store, other.order_id)).pickup_number == 2
    await assert_fits(store)


async def test_a_place_for_other_goods_or_that_is_closed_is_no_place(store: Store) -> None:
    stall, order = await ordered(store, Tariff(), Tariff())
    for point in (await a_point(store, stall.egg_farm), 987):
        there = Destination(recipient="Ann", phone="1", address="", pickup_point=point)
        assert await redirect(store, order, there) == NotFound()
    point = await a_point(store)
    await store.write(pickups.close, actor=HOST, point_id=point, now=NOON)
    there = Destination(recipient="Ann", phone="1", address="", pickup_point=point)
    assert await redirect(store, order, there) == NotFound()
    assert (await seen(store, order)).pickup_number is None


async def test_only_its_buyer_redirects_an_order_and_only_while_it_waits_for_money(store: Store) -> None:
    _, order = await ordered(store, Tariff(), Tariff())
    for nobody in (BEN, HOST, CASHIER, OWNER):
        assert await redirect(store, order, TO_FAR, actor=nobody) == NotFound()
    payment = await store.write(trade.send_receipt, ANN, order)
    assert await redirect(store, order, TO_FAR) == UnderReview(order_id=order)
    await store.write(lambda tx: trade.payments.confirm(tx, actor=CASHIER, payment_id=payment, now=NOON))
    assert isinstance(await redirect(store, order, TO_FAR), TooLate)


# -- Codes and orders that cost nothing ---------------------------------------------------------------------


async def test_free_from_counts_what_goods_cost_after_a_code_which_takes_nothing_off_delivery(store: Store) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm, Tariff(fee=800, free_from=9900))
    await store.write(make)
    placed = await store.write(order_with, ANN, "SPRING10", (stall.eggs, 3))  # 108.00 - 10.80
    found = await seen(store, placed.order_id)
    assert (found.discount_total, found.delivery_fee, found.total) == (1080, 800, 10800 - 1080 + 800)


async def gift(store: Store, *, is_first_paid: bool = False) -> tuple[trade.Stall, int]:
    """Goods for nothing, with a fee: an unpaid order of 8.00."""
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm, Tariff(fee=800))
    await store.write(make, Terms(code="GIFT", percent=100))
    if is_first_paid:
        await store.write(trade.first_paid, stall.eggs)
    placed = await store.write(order_with, ANN, "GIFT", (stall.eggs, 1), shown=800)
    assert isinstance(placed, checkouts.Placed)
    return stall, placed.order_id


async def test_an_order_is_free_only_if_its_delivery_is_too(store: Store) -> None:
    _, order = await gift(store)
    assert await trade.status(store, order) == "pending"
    here = Destination(recipient="Ann", phone="1", address="", pickup_point=await a_point(store))
    assert await redirect(store, order, here, shown=800) == Changed(order_id=order)
    assert await trade.status(store, order) == "paid"
    assert await trade.book(store, "SELECT pickup_number FROM shipments WHERE order_id = :o", o=order) == 1
    await assert_fits(store)


async def test_an_order_that_becomes_free_too_late_for_goods_of_who_pays_first_stays_as_it_is(store: Store) -> None:
    stall, order = await gift(store, is_first_paid=True)
    await store.write(lambda tx: tx.run("UPDATE offers SET quantity = taken WHERE id = :id", id=stall.eggs))
    here = Destination(recipient="Ann", phone="1", address="", pickup_point=await a_point(store))
    assert isinstance(await redirect(store, order, here), SoldOut)
    found = await seen(store, order)
    assert (found.status, found.total, found.pickup_number) == ("pending", 800, None)
    assert await trade.book(store, "SELECT count(*) FROM pickup_counters") == 0


# -- After payment ------------------------------------------------------------------------------------------


async def ask_address(store: Store, order: int, address: Address) -> Any:
    return await store.write(requests.ask_address, actor=ANN, order_id=order, address=address, now=NOON)


async def test_a_paid_order_is_not_asked_to_go_where_nothing_is_delivered_and_its_money_stays(store: Store) -> None:
    _, order = await ordered(store, REGIONS, Tariff())
    await store.write(trade.pay, ANN, order)
    nowhere = Address(recipient="Bo", phone="1", address="1 Hill, Tibet")
    assert isinstance(await ask_address(store, order, nowhere), NotDeliveredThere)
    asked = await ask_address(store, order, FAR)
    assert isinstance(asked, Asked)
    whole = await seen(store, order)
    there = await store.read(lambda tx: requests.deliveries_there(tx, whole, FAR))
    assert [each.fee for each in there] == [3000, 0]  # what the cashier's card tells
    agreed = await store.write(decisions.agree, actor=CASHIER, request_id=asked.request_id, now=NOON)
    assert isinstance(agreed, Agreed)
    after = await seen(store, order)
    assert (after.address, after.total, after.delivery_fee) == (FAR.address, whole.total, 500)
    await assert_fits(store)


async def test_where_nothing_is_delivered_since_it_was_asked_it_can_only_be_declined(store: Store) -> None:
    stall, order = await ordered(store, Tariff(), Tariff())
    await store.write(trade.pay, ANN, order)
    asked = await ask_address(store, order, FAR)
    await charge(store, stall.egg_farm, Tariff(regions=(Region(names=("Urumqi",), fee=None),)))
    outcome = await store.write(decisions.agree, actor=CASHIER, request_id=asked.request_id, now=NOON)
    assert outcome == TooFar(request_id=asked.request_id)
    assert (await seen(store, order)).address == trade.HOME.address


async def test_of_a_paid_order_that_is_picked_up_only_who_comes_is_changed(store: Store) -> None:
    stall = await store.write(trade.stall)
    placed = await picked_up(store, await a_point(store), (stall.eggs, 1))
    await store.write(trade.pay, ANN, placed.order_id)
    asked = await ask_address(store, placed.order_id, Address(recipient="Bo", phone="2", address=""))
    await store.write(decisions.agree, actor=CASHIER, request_id=asked.request_id, now=NOON)
    found = await seen(store, placed.order_id)
    assert (found.recipient, found.pickup_number) == ("Bo", 1)
    assert found.address == "Market hall\nGate 2\nSat 9-12"


async def test_a_parcel_called_off_gives_its_fee_back_and_a_smaller_one_does_not(store: Store) -> None:
    _, order = await ordered(store, Tariff(fee=800), Tariff(fee=500))
    await store.write(trade.pay, ANN, order)

    async def agree(**packs: int) -> int:
        before = await store.read(refunds.promised, order)
        found = await seen(store, order)
        ids = await store.read(trade.lines, order)
        wanted = {ids[code]: quantity for code, quantity in packs.items()}
        worth = amendments.worth(found, wanted)
        asked: Any = await store.write(requests.ask_change, actor=ANN, order_id=order, lines=wanted, now=NOON)
        await store.write(decisions.agree, actor=CASHIER, request_id=asked.request_id, now=NOON)
        owed = await store.read(refunds.promised, order) - before
        assert owed == worth  # what the cashier's card said
        return owed

    assert await agree(EGG=1) == 2 * 3600
    assert await agree(RICE=0) == 2 * 1000 + 500
    await assert_fits(store)


async def test_what_others_paid_for_first_gives_its_fee_back_with_its_parcel(store: Store) -> None:
    stall = await store.write(lambda tx: trade.stall(tx, rice=1))
    await charge(store, stall.egg_farm, Tariff(fee=800))
    await charge(store, stall.rice_farm, Tariff(fee=500))
    await store.write(trade.first_paid, stall.rice)
    order = await store.write(trade.place, ANN, (stall.eggs, 1), (stall.rice, 1))
    await store.write(trade.buy, BEN, (stall.rice, 1))
    await store.write(trade.pay, ANN, order)
    found = await seen(store, order)
    assert (found.status, found.total) == ("paid", 3600 + 800)
    assert await store.read(refunds.promised, order) == 1000 + 500
    await assert_fits(store)


async def test_a_supplier_sees_its_own_fee_and_where_its_parcel_goes(store: Store) -> None:
    stall, order = await ordered(store, Tariff(fee=800), Tariff(fee=500))
    await store.write(trade.pay, ANN, order)
    parcels = await store.read(trade.parcels, order)
    eggs = await store.read(shipments.view, parcels[stall.egg_farm])
    assert eggs is not None
    assert (eggs.fee, eggs.address, [line.code for line in eggs.lines]) == (800, trade.HOME.address, ["EGG"])


async def test_tariffs_of_several_suppliers_are_read_at_once(store: Store) -> None:
    stall = await store.write(trade.stall)
    await charge(store, stall.egg_farm, REGIONS)
    found = await store.read(tariffs.of_all, [stall.egg_farm, stall.rice_farm])
    assert found == {stall.egg_farm: REGIONS, stall.rice_farm: Tariff()}
    assert await store.read(lambda tx: [each.id for each in addresses.every(tx, ANN)]) == [1]
