"""Offers: a product becomes a lot of a stream, open as its stream goes, limited per buyer."""

from typing import Any

import pytest

from shop.offers import Availability, Standing
from shop.streams import StreamStatus
from storage import offers, stock
from storage.clock import DAY, HOUR
from storage.connection import Tx
from storage.offers import Added, AlreadyOffered, Offer
from storage.people import NotAllowed, NotFound
from storage.store import Store
from storage.streams import OutOfTurn
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CASHIER, HOST


async def a_stall(store: Store, status: str = "announced") -> None:
    """Stream 1 of HOST, products 1 (EGG) and 2 (RICE)."""

    def act(tx: Tx) -> None:
        seed.staff_and_viewers(tx)
        supplier = seed.supplier(tx)
        seed.product(tx, supplier, "EGG")
        seed.product(tx, supplier, "RICE")
        seed.stream(tx, status=status)

    await store.write(act)


async def add(store: Store, **changes: Any) -> object:
    asked = {"actor": HOST, "stream_id": 1, "product_id": 1, "quantity": 10, "price": 3200, "now": NOON}
    return await store.write(offers.add, **(asked | changes))


async def added(store: Store, **changes: Any) -> Offer:
    outcome = await add(store, **changes)
    assert isinstance(outcome, Added)
    return outcome.offer


async def test_an_offer_carries_its_product_its_own_price_and_the_desk_follows(store: Store) -> None:
    await a_stall(store)
    offer = await added(store, anchor=5)
    assert (offer.code, offer.names["zh"], offer.supplier_name) == ("EGG", "鸡蛋", "Hill Farm")
    assert (offer.price, offer.currency, offer.limit_per_buyer, offer.ships_within_days) == (3200, "CNY", 10, 3)
    assert (offer.quantity, offer.taken, offer.free, offer.is_sold_out) == (10, 0, 10, False)
    assert await store.read(offers.view, offer.id) == offer
    assert await store.read(seed.told) == [("desk", HOST)]
    assert await store.read(stock.recount) == []


async def test_an_unlimited_offer_has_no_end(store: Store) -> None:
    await a_stall(store)
    offer = await added(store, quantity=None)
    assert (offer.quantity, offer.free, offer.is_sold_out) == (None, None, False)
    assert await store.read(stock.recount) == []


async def test_none_to_sell_is_sold_out_from_the_start(store: Store) -> None:
    await a_stall(store)
    assert (await added(store, quantity=0)).is_sold_out


async def test_a_negative_quantity_is_a_bug_and_leaves_nothing(store: Store) -> None:
    await a_stall(store)
    with pytest.raises(ValueError, match="-1"):
        await add(store, quantity=-1)
    assert await store.read(offers.listing, 1) == []


async def test_a_product_is_offered_once_a_stream_in_stock_and_once_as_presale(store: Store) -> None:
    await a_stall(store)
    first = await added(store)
    assert await add(store) == AlreadyOffered(offer_id=first.id)
    presale = await added(store, availability=Availability.PRESALE, ships_from=NOON + DAY, ships_until=NOON + 2 * DAY)
    rice = await added(store, product_id=2)
    assert [offer.id for offer in await store.read(offers.listing, 1)] == [first.id, presale.id, rice.id]


async def test_nobody_but_a_host_adds_to_a_stream(store: Store) -> None:
    await a_stall(store)
    for actor in (ANN, CASHIER):
        assert await add(store, actor=actor) == NotAllowed()
    assert await store.read(offers.listing, 1) == []


async def test_what_is_not_there_or_over_takes_no_offers(store: Store) -> None:
    await a_stall(store, "ended")
    assert await add(store) == OutOfTurn(status=StreamStatus.ENDED)
    assert await add(store, stream_id=9) == NotFound()
    assert await add(store, product_id=9) == NotFound()

    def archive(tx: Tx) -> int:
        return tx.run("UPDATE products SET archived_at = :now WHERE id = 1", now=NOON)

    await store.write(archive)
    assert await add(store) == NotFound()


async def test_an_offer_opens_and_closes_with_its_stream_and_a_presale_stays(store: Store) -> None:
    await a_stall(store, "draft")
    in_stock = await added(store)
    presale = await added(store, availability=Availability.PRESALE, closes_at=NOON + DAY)

    async def stands(status: str, now: int) -> list[Standing]:
        def turn(tx: Tx) -> int:
            return tx.run("UPDATE streams SET status = :status", status=status)

        await store.write(turn)
        found = [await store.read(offers.view, id_) for id_ in (in_stock.id, presale.id)]
        return [offer.standing(now) for offer in found if offer is not None]

    assert await stands("draft", NOON) == [Standing.NOT_YET, Standing.NOT_YET]
    assert await stands("announced", NOON) == [Standing.OPEN, Standing.OPEN]
    assert await stands("ended", NOON + HOUR) == [Standing.CLOSED, Standing.OPEN]
    assert await stands("ended", NOON + DAY) == [Standing.CLOSED, Standing.CLOSED]
    assert await stands("cancelled", NOON) == [Standing.CLOSED, Standing.CLOSED]


async def test_only_standing_orders_count_towards_the_limit(store: Store) -> None:
    await a_stall(store)
    eggs, rice = await added(store), await added(store, product_id=2)

    def act(tx: Tx) -> None:
        for status, units in (("pending", 1), ("paid", 2), ("completed", 4), ("expired", 8), ("cancelled", 16)):
            seed.order(tx, ANN, eggs.id, units, status=status)
        seed.order(tx, ANN, rice.id, 32)
        seed.order(tx, BEN, eggs.id, 64)
        failed = seed.order(tx, ANN, eggs.id, 128, status="paid")
        seed.shipment(tx, failed, eggs.supplier_id, "failed")

    await store.write(act)
    assert await store.read(offers.bought_by, eggs.id, ANN) == 7
    assert await store.read(offers.bought_by, eggs.id, CASHIER) == 0


async def test_offers_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, offers._VIEW, id=1)
    assert_no_scan(store.path, offers._LISTING, stream=1)
    assert_no_scan(store.path, offers._BOUGHT_BY, offer=1, person=1)
    assert_no_scan(store.path, offers._SAME, stream=1, product=1, availability="in_stock")
