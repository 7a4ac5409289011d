"""Parcels: one per supplier; what can't be supplied is owed back and no longer for sale."""

import pytest

from shop.orders import OrderStatus
from shop.shipments import ShipmentStatus
from storage import orders, shipments
from storage.clock import DAY
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.shipments import Moved, NotNow
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CASHIER, HOST, OWNER
from tests.storage.trade import PRICE, SUPPLIER, Stall


async def a_paid_order(store: Store, eggs: int | None = 10) -> tuple[Stall, int, int, int]:
    """The stall, an order of 4 eggs and 2 rice, and its two parcels."""
    stall = await store.write(trade.stall, eggs=eggs)
    order = await store.write(trade.buy, ANN, (stall.eggs, 4), (stall.rice, 2))
    parcels = await store.read(trade.parcels, order)
    await trade.all_said(store)
    return stall, order, parcels[stall.egg_farm], parcels[stall.rice_farm]


async def accept(store: Store, shipment: int, actor: int = SUPPLIER) -> object:
    return await store.write(shipments.accept, actor=actor, shipment_id=shipment, now=NOON, anchor=77)


async def ship(store: Store, shipment: int, actor: int = SUPPLIER) -> object:
    return await store.write(
        shipments.ship, actor=actor, shipment_id=shipment, carrier="SF", tracking="SF123", now=NOON
    )


async def fail(store: Store, shipment: int, actor: int = SUPPLIER) -> object:
    return await store.write(shipments.fail, actor=actor, shipment_id=shipment, now=NOON)


async def receive(store: Store, shipment: int, actor: int = ANN) -> object:
    return await store.write(shipments.receive, actor=actor, shipment_id=shipment, now=NOON)


async def owed(store: Store) -> list[tuple[int, str]]:
    def query(tx: Tx) -> list[tuple[int, str]]:
        return [(row["amount"], row["reason"]) for row in tx.all("SELECT * FROM refunds ORDER BY id")]

    return await store.read(query)


async def test_each_supplier_is_asked_for_its_own_lines(store: Store) -> None:
    stall, order, eggs, rice = await a_paid_order(store)
    seen = await store.read(shipments.view, eggs)
    assert seen is not None
    assert [(line.code, line.quantity) for line in seen.lines] == [("EGG", 4)]
    assert (seen.status, seen.order_id, seen.recipient) == (ShipmentStatus.REQUESTED, order, "Ann Li")
    assert await store.read(shipments.to_do, stall.egg_farm) == [eggs]
    assert await store.read(shipments.to_do, stall.rice_farm) == [rice]


async def test_a_parcel_is_promised_by_the_earliest_of_its_lines(store: Store) -> None:
    stall = await store.write(trade.stall)

    def days(tx: Tx) -> None:
        tx.run("UPDATE offers SET ships_within_days = 3 WHERE id = :eggs", eggs=stall.eggs)
        tx.run("UPDATE offers SET ships_until = :until WHERE id = :rice", until=NOON + 9 * DAY, rice=stall.rice)

    await store.write(days)
    order = await store.write(trade.buy, ANN, (stall.eggs, 1), (stall.rice, 1))
    parcels = await store.read(trade.parcels, order)
    views = [await store.read(shipments.view, parcels[farm]) for farm in (stall.egg_farm, stall.rice_farm)]
    assert [view.ships_by for view in views if view is not None] == [NOON + 3 * DAY, NOON + 9 * DAY]


async def test_the_whole_way_of_a_parcel_completes_the_order(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.buy, ANN, (stall.eggs, 4))
    parcel = (await store.read(trade.parcels, order))[stall.egg_farm]
    await trade.all_said(store)
    assert await accept(store, parcel) == Moved(shipment_id=parcel, status=ShipmentStatus.ACCEPTED)
    assert await trade.kinds_told(store) == [("shipment_card", SUPPLIER)]
    await trade.all_said(store)
    assert await ship(store, parcel) == Moved(shipment_id=parcel, status=ShipmentStatus.SHIPPED)
    assert await trade.kinds_told(store) == [("shipment_shipped", ANN), ("shipment_card", SUPPLIER)]
    assert await store.read(shipments.to_do, stall.egg_farm) == []
    await trade.all_said(store)
    assert await receive(store, parcel) == Moved(shipment_id=parcel, status=ShipmentStatus.DELIVERED)
    assert await trade.kinds_told(store) == [("shipment_received", ANN), ("shipment_card", SUPPLIER)]
    assert await trade.status(store, order) == "completed"
    assert await store.read(orders.history, ANN) == (1, 1)
    await trade.assert_books_agree(store)


async def test_shipping_may_skip_accepting(store: Store) -> None:
    _, _, eggs, _ = await a_paid_order(store)
    assert await ship(store, eggs) == Moved(shipment_id=eggs, status=ShipmentStatus.SHIPPED)
    at = "SELECT accepted_at = shipped_at FROM shipments WHERE id = :id"
    assert await trade.book(store, at, id=eggs) == 1
    seen = await store.read(shipments.view, eggs)
    assert seen is not None
    assert (seen.carrier, seen.tracking) == ("SF", "SF123")


@pytest.mark.parametrize("actor", [ANN, BEN, HOST, CASHIER])
async def test_nobody_else_moves_a_suppliers_parcel(store: Store, actor: int) -> None:
    _, order, eggs, _ = await a_paid_order(store)
    for act in (accept, ship, fail):
        assert await act(store, eggs, actor) == NotAllowed()
        assert await act(store, 999, actor) == NotFound()
    assert await trade.kinds_told(store) == []
    assert await trade.status(store, order) == "paid"


async def test_a_supplier_moves_no_other_suppliers_parcel_but_an_owner_moves_all(store: Store) -> None:
    _, _, _, rice = await a_paid_order(store)
    for act in (accept, ship, fail):
        assert await act(store, rice) == NotAllowed()
    assert await accept(store, rice, OWNER) == Moved(shipment_id=rice, status=ShipmentStatus.ACCEPTED)


async def test_only_the_buyer_receives_and_only_what_was_sent(store: Store) -> None:
    _, _, eggs, _ = await a_paid_order(store)
    assert await receive(store, eggs) == NotNow(shipment_id=eggs, status=ShipmentStatus.REQUESTED)
    await ship(store, eggs)
    assert await receive(store, eggs, BEN) == NotFound()
    assert await receive(store, eggs, SUPPLIER) == NotFound()
    assert await receive(store, 999) == NotFound()
    assert isinstance(await receive(store, eggs), Moved)
    assert await receive(store, eggs) == NotNow(shipment_id=eggs, status=ShipmentStatus.DELIVERED)


@pytest.mark.parametrize(
    ("reached", "refused"),
    [
        ((accept,), (accept,)),
        ((ship,), (accept, ship, fail)),
        ((ship, receive), (accept, ship, fail)),
        ((fail,), (accept, ship, fail)),
    ],
    ids=["accepted", "shipped", "delivered", "failed"],
)
async def test_a_parcel_never_goes_back(store: Store, reached: tuple, refused: tuple) -> None:  # type: ignore[type-arg]
    _, _, eggs, _ = await a_paid_order(store)
    for act in reached:
        assert isinstance(await act(store, eggs), Moved)
    before = await store.read(shipments.view, eggs)
    await trade.all_said(store)
    for act in refused:
        assert isinstance(await act(store, eggs), NotNow)
    assert await store.read(shipments.view, eggs) == before
    assert await trade.kinds_told(store) == []


async def test_what_cannot_be_supplied_is_owed_back_and_no_longer_for_sale(store: Store) -> None:
    stall, order, eggs, _ = await a_paid_order(store)
    assert await fail(store, eggs) == Moved(shipment_id=eggs, status=ShipmentStatus.FAILED)
    assert await owed(store) == [(4 * PRICE, "cannot_supply")]
    assert await trade.free(store, stall.eggs) == 6
    assert await trade.book(store, "SELECT quantity FROM offers WHERE id = :id", id=stall.eggs) == 6
    assert await trade.status(store, order) == "paid"
    told = await trade.kinds_told(store)
    assert ("shipment_failed", ANN) in told
    assert ("refund_card", CASHIER) in told
    await trade.assert_books_agree(store)


async def test_failing_twice_owes_once(store: Store) -> None:
    _, _, eggs, _ = await a_paid_order(store)
    await fail(store, eggs)
    assert await fail(store, eggs) == NotNow(shipment_id=eggs, status=ShipmentStatus.FAILED)
    assert len(await owed(store)) == 1


async def test_an_order_nobody_can_supply_is_cancelled_and_owed_whole(store: Store) -> None:
    _, order, eggs, rice = await a_paid_order(store)
    await fail(store, eggs)
    await fail(store, rice, OWNER)
    assert await trade.status(store, order) == "cancelled"
    assert await owed(store) == [(4 * PRICE, "cannot_supply"), (2000, "cannot_supply")]
    await trade.assert_books_agree(store)


async def test_the_last_failure_also_owes_the_fee_that_was_paid_for_delivery(store: Store) -> None:
    _, _, eggs, rice = await a_paid_order(store)

    def fee(tx: Tx) -> None:
        tx.run("UPDATE orders SET delivery_fee = 500, total = total + 500")
        tx.run("UPDATE payments SET amount = amount + 500")

    await store.write(fee)
    await fail(store, eggs)
    await fail(store, rice, OWNER)
    assert [amount for amount, _ in await owed(store)] == [4 * PRICE, 2500]


@pytest.mark.parametrize("first", ["failed", "delivered"])
async def test_an_order_that_arrived_in_part_is_completed(store: Store, first: str) -> None:
    _, order, eggs, rice = await a_paid_order(store)

    async def deliver() -> None:
        await ship(store, rice, OWNER)
        await receive(store, rice)

    if first == "failed":
        await fail(store, eggs)
        await deliver()
    else:
        await deliver()
        await fail(store, eggs)
    assert await trade.status(store, order) == OrderStatus.COMPLETED
    assert await owed(store) == [(4 * PRICE, "cannot_supply")]
    await trade.assert_books_agree(store)


async def test_an_unlimited_offer_loses_no_quantity_when_a_parcel_fails(store: Store) -> None:
    stall, _, eggs, _ = await a_paid_order(store, eggs=None)
    await fail(store, eggs)
    assert await trade.book(store, "SELECT taken FROM offers WHERE id = :id", id=stall.eggs) == 0
    assert await trade.book(store, "SELECT quantity FROM offers WHERE id = :id", id=stall.eggs) is None
    put_up = "SELECT count(*) FROM stock_movements WHERE kind = 'quantity' AND offer_id = :id"
    assert await trade.book(store, put_up, id=stall.eggs) == 0
    await trade.assert_books_agree(store)


async def test_everybody_who_speaks_for_the_supplier_sees_what_one_of_them_did(store: Store) -> None:
    stall, _, eggs, _ = await a_paid_order(store)

    def colleague(tx: Tx) -> None:
        seed.person(tx, 4002)
        tx.run(
            "INSERT INTO roles (person_id, role, supplier_id, granted_at) VALUES (4002, 'supplier', :s, 1)",
            s=stall.egg_farm,
        )

    await store.write(colleague)
    await accept(store, eggs)
    assert await trade.kinds_told(store) == [("shipment_card", SUPPLIER), ("shipment_card", 4002)]
    anchors = "SELECT group_concat(coalesce(anchor, '-')) FROM outbox WHERE state = 'queued'"
    assert await trade.book(store, anchors) == "77,-"
