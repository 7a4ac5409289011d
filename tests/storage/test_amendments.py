"""Changing an unpaid order: one act takes and gives back exactly the difference, or nothing happens at all."""

from dataclasses import asdict

from storage import addresses, amendments, buyers, endings, orders, recount, redirections
from storage.addresses import Address
from storage.amendments import Changed, Emptied, TooLate, TooMany, UnderReview
from storage.clock import HOUR
from storage.connection import Tx
from storage.deliveries import Destination
from storage.people import NotFound
from storage.quotes import NotOpen, OrderingBlocked, PriceChanged
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN, HOST

ELSEWHERE = Address(recipient="Bo", phone="+8613900000000", address="2 Hill Road, Tonggu")


async def save(store: Store, dialog: int, actor: int = ANN) -> object:
    return await store.write(amendments.save, actor=actor, dialog_id=dialog, now=NOON + 1)


async def facts(store: Store, order: int) -> tuple[dict[str, int], int, int]:
    """Packs by code, total, pay-by."""

    def read(tx: Tx) -> tuple[dict[str, int], int, int]:
        found = orders.view(tx, order)
        assert found is not None
        return {line.code: line.quantity for line in found.lines}, found.total, found.pay_by

    return await store.read(read)


async def assert_all_adds_up(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []


async def test_saving_takes_and_gives_back_exactly_the_difference(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4), (stall.rice, 3))
    pay_by = (await facts(store, order))[2]
    await trade.all_said(store)
    dialog = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=1, RICE=5))
    assert await save(store, dialog) == Changed(order_id=order)
    assert await facts(store, order) == ({"EGG": 1, "RICE": 5}, trade.PRICE + 5000, pay_by)
    assert (await trade.free(store, stall.eggs), await trade.free(store, stall.rice)) == (9, 5)
    assert await trade.kinds_told(store) == [("order_placed", ANN)], "the payment code comes anew"
    await assert_all_adds_up(store)


async def test_saving_twice_changes_once(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4))
    dialog = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=2))
    await save(store, dialog)
    assert await save(store, dialog) == NotFound()
    assert await trade.free(store, stall.eggs) == 8


async def test_a_line_is_taken_out_and_the_last_one_is_not(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4), (stall.rice, 3))
    assert await save(store, await store.write(lambda tx: trade.draft(tx, ANN, order, RICE=0))) == Changed(
        order_id=order
    )
    assert (await facts(store, order))[0] == {"EGG": 4}
    assert await trade.free(store, stall.rice) == 10
    last = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=0))
    assert await save(store, last) == Emptied(order_id=order)
    assert (await facts(store, order))[0] == {"EGG": 4}
    await assert_all_adds_up(store)


async def test_when_stock_is_short_the_old_order_stands_whole_and_the_possible_number_is_told(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4), (stall.rice, 3))
    await store.write(trade.place, BEN, (stall.eggs, 5))
    dialog = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=7, RICE=1))
    assert await save(store, dialog) == TooMany(offer_id=stall.eggs, possible=5)
    assert (await facts(store, order))[0] == {"EGG": 4, "RICE": 3}
    assert await trade.free(store, stall.rice) == 7
    assert await trade.book(store, "SELECT count(*) FROM dialogs WHERE id = :id", id=dialog) == 1, "to be mended"
    await assert_all_adds_up(store)


async def test_more_is_bound_by_the_limit_the_price_and_the_offers_times(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 2), (stall.rice, 1))
    await store.write(trade.place, ANN, (stall.eggs, 1))
    more = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=4))
    await store.write(lambda tx: tx.run("UPDATE offers SET limit_per_buyer = 4 WHERE id = :id", id=stall.eggs))
    assert await save(store, more) == TooMany(offer_id=stall.eggs, possible=3)
    await store.write(lambda tx: tx.run("UPDATE offers SET limit_per_buyer = NULL, price = 1 WHERE id > 0"))
    assert await save(store, more) == PriceChanged(offer_id=stall.eggs)
    await store.write(lambda tx: tx.run("UPDATE streams SET status = 'ended'"))
    assert await save(store, more) == NotOpen(offer_id=stall.eggs)
    fewer = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=1))
    assert await save(store, fewer) == Changed(order_id=order), "fewer is always possible, at the price it was"
    assert (await facts(store, order))[1] == trade.PRICE + 1000
    await assert_all_adds_up(store)


async def test_whoever_may_not_order_may_still_take_fewer(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    await store.write(buyers.block, actor=HOST, person=ANN, now=NOON)
    assert await save(store, await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=3))) == OrderingBlocked()
    assert await save(store, await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=1))) == Changed(
        order_id=order
    )


async def test_under_review_paid_expired_or_somebody_elses_it_is_not_changed(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    dialog = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=1))
    assert await save(store, dialog, actor=BEN) == NotFound()
    stolen = await store.write(lambda tx: trade.draft(tx, BEN, order, EGG=1))
    assert await save(store, stolen, actor=BEN) == NotFound()
    await store.write(trade.send_receipt, ANN, order)
    assert await save(store, dialog) == UnderReview(order_id=order)
    expired = await store.write(trade.place, ANN, (stall.eggs, 2))
    dialog = await store.write(lambda tx: trade.draft(tx, ANN, expired, EGG=1))
    await store.write(endings.expire_due, now=NOON + HOUR)
    assert isinstance(await save(store, dialog), TooLate)
    assert await trade.free(store, stall.eggs) == 8
    await assert_all_adds_up(store)


async def test_a_first_paid_line_changes_without_touching_stock(store: Store) -> None:
    stall = await store.write(trade.stall)
    await store.write(trade.first_paid, stall.eggs)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    assert await save(store, await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=5))) == Changed(
        order_id=order
    )
    assert await trade.free(store, stall.eggs) == 10
    too_many = await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=16))
    assert await save(store, too_many) == TooMany(offer_id=stall.eggs, possible=15)
    await assert_all_adds_up(store)


async def test_discounts_are_shared_by_packs_and_no_cent_is_lost(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 3))

    def discount(tx: Tx) -> None:
        tx.run("UPDATE order_lines SET discount = 1000, total = total - 1000 WHERE order_id = :o", o=order)
        tx.run("UPDATE orders SET discount_total = 1000, total = total - 1000 WHERE id = :o", o=order)

    await store.write(discount)
    await save(store, await store.write(lambda tx: trade.draft(tx, ANN, order, EGG=2)))
    assert (await facts(store, order))[1] == 2 * trade.PRICE - 666
    await assert_all_adds_up(store)


async def test_an_unpaid_order_goes_somewhere_else_and_the_saved_address_stays(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))

    there = Destination(**asdict(ELSEWHERE))

    async def move(actor: int) -> object:
        return await store.write(redirections.redirect, actor=actor, order_id=order, to=there, now=NOON)

    assert await move(BEN) == NotFound()
    assert await move(ANN) == Changed(order_id=order)
    assert await trade.book(store, "SELECT address FROM orders WHERE id = :o", o=order) == ELSEWHERE.address
    assert await store.read(addresses.current, ANN) == trade.HOME
    await store.write(trade.send_receipt, ANN, order)
    assert await move(ANN) == UnderReview(order_id=order)
