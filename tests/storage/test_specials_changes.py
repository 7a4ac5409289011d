"""Orders with special prices that change or are called off: whole, or not at all; what goes back is what was paid."""

import pytest

from shop.coupons import Terms
from storage import amendments, calloffs, checkouts, decisions, discounts, orders, recount, refunds, requests
from storage.amendments import AtSpecialPrices
from storage.calloffs import CalledOff
from storage.checkouts import Placed
from storage.connection import Tx
from storage.decisions import Agreed
from storage.givingcodes import CodeTaken
from storage.quotes import SoldOut
from storage.requests import Asked, NotPossible
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN, CASHIER, HOST
from tests.storage.test_coupons import give, make, order_with, used
from tests.storage.test_specials import flash, taken
from tests.storage.trade import Stall


@pytest.fixture
async def stall(store: Store) -> Stall:
    return await store.write(lambda tx: trade.stall(tx))


async def assert_fits(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []
    assert await store.read(lambda tx: list(discounts.recount(tx))) == []


async def total(store: Store, order: int) -> int:
    found = await store.read(orders.view, order)
    assert found is not None
    return found.total


def coded(tx: Tx, text: str, *lines: tuple[int, int]) -> int:
    placed = order_with(tx, ANN, text, *lines)
    assert isinstance(placed, Placed), placed
    return placed.order_id


@pytest.mark.parametrize("packs", [{"EGG": 1}, {"EGG": 5}, {"EGG": 0}, {"RICE": 0}])
async def test_an_unpaid_order_with_a_special_price_is_not_changed(
    store: Store, stall: Stall, packs: dict[str, int]
) -> None:
    id_ = await store.write(flash, stall.eggs)
    order = await store.write(trade.place, ANN, (stall.eggs, 2), (stall.rice, 1))
    draft = await store.write(lambda tx: trade.draft(tx, ANN, order, **packs))
    refused = await store.write(amendments.save, actor=ANN, dialog_id=draft, now=NOON)
    assert refused == AtSpecialPrices(order_id=order)
    assert (await total(store, order), await taken(store, id_)) == (6800, 2)
    await assert_fits(store)


async def test_a_paid_one_is_not_asked_to_change_but_to_be_cancelled_and_gives_all_back(
    store: Store, stall: Stall
) -> None:
    code = await store.write(make)
    id_ = await store.write(flash, stall.rice, price=900)
    order = await store.write(coded, "SPRING10", (stall.eggs, 2), (stall.rice, 1))
    await store.write(trade.pay, ANN, order)
    paid = await total(store, order)
    line = (await store.read(trade.lines, order))["EGG"]
    refused = await store.write(requests.ask_change, actor=ANN, order_id=order, lines={line: 1}, now=NOON)
    assert isinstance(refused, NotPossible)
    asked = await store.write(requests.ask_cancel, actor=ANN, order_id=order, now=NOON)
    assert isinstance(asked, Asked)
    agreed = await store.write(decisions.agree, actor=CASHIER, request_id=asked.request_id, now=NOON)
    assert isinstance(agreed, Agreed)
    assert await trade.status(store, order) == "cancelled"
    assert await store.read(refunds.promised, order) == paid
    assert (await used(store, code), await taken(store, id_)) == (0, 0)
    await assert_fits(store)


@pytest.mark.parametrize("is_paid", [False, True])
async def test_a_host_who_cancels_it_gives_all_back(store: Store, stall: Stall, is_paid: bool) -> None:
    code = await store.write(make)
    id_ = await store.write(flash, stall.rice, price=900)
    order = await store.write(coded, "SPRING10", (stall.eggs, 2), (stall.rice, 1))
    if is_paid:
        await store.write(trade.pay, ANN, order)
    outcome = await store.write(calloffs.cancel_by_stall, actor=HOST, order_id=order, reason="agreed", now=NOON)
    assert isinstance(outcome, CalledOff)
    assert await trade.status(store, order) == "cancelled"
    assert (await used(store, code), await taken(store, id_)) == (0, 0)
    await assert_fits(store)


async def test_what_has_left_keeps_its_special_price_when_the_rest_is_called_off(store: Store, stall: Stall) -> None:
    code = await store.write(make)
    id_ = await store.write(flash, stall.rice, price=900)
    order = await store.write(coded, "SPRING10", (stall.eggs, 2), (stall.rice, 1))
    await store.write(trade.pay, ANN, order)
    await store.write(lambda tx: trade.send(tx, trade.parcels(tx, order)[stall.egg_farm]))
    before = await total(store, order)
    outcome = await store.write(calloffs.cancel_by_stall, actor=HOST, order_id=order, reason="agreed", now=NOON)
    assert isinstance(outcome, CalledOff)
    assert await total(store, order) == 6480
    assert await store.read(refunds.promised, order) == before - 6480
    assert (await used(store, code), await taken(store, id_)) == (1, 0)
    await assert_fits(store)


async def test_a_code_that_takes_nothing_off_what_is_left_can_be_used_again(store: Store, stall: Stall) -> None:
    code = await store.write(make, Terms(code="RICE", amount=100, products=("RICE",)))
    order = await store.write(coded, "RICE", (stall.eggs, 1), (stall.rice, 1))
    await store.write(trade.pay, ANN, order)
    await store.write(lambda tx: trade.send(tx, trade.parcels(tx, order)[stall.egg_farm]))
    await store.write(calloffs.cancel_by_stall, actor=HOST, order_id=order, reason="agreed", now=NOON)
    assert await used(store, code) == 0
    await assert_fits(store)


async def test_a_line_others_paid_for_first_leaves_with_its_special_price(store: Store, stall: Stall) -> None:
    await store.write(trade.first_paid, stall.rice)
    id_ = await store.write(flash, stall.rice, price=900, quantity=8)
    order = await store.write(trade.place, ANN, (stall.eggs, 1), (stall.rice, 4))
    other = await store.write(trade.place, BEN, (stall.rice, 10))
    await store.write(trade.pay, BEN, other)
    assert await taken(store, id_) == 8
    await store.write(trade.pay, ANN, order)
    assert await trade.status(store, order) == "paid"
    assert await store.read(refunds.promised, order) == 3600
    assert (await total(store, order), await taken(store, id_)) == (3600, 4)
    await assert_fits(store)


async def test_a_line_with_special_prices_has_no_other_size(store: Store, stall: Stall) -> None:
    await store.write(flash, stall.eggs)
    order = await store.write(trade.place, ANN, (stall.eggs, 2))
    line = (await store.read(trade.lines, order))["EGG"]
    with pytest.raises(ValueError, match="special prices"):
        await store.write(amendments.rewrite, order, {line: 1})


@pytest.mark.parametrize("left", [1, 0])
async def test_a_free_order_of_what_goes_to_whoever_pays_first_takes_it_as_it_is_placed(
    store: Store, left: int
) -> None:
    stall = await store.write(lambda tx: trade.stall(tx, rice=1))
    await store.write(trade.first_paid, stall.rice)
    await store.write(make, Terms(code="FREE", percent=100))
    checkout, outcome = await store.write(give, ANN, "FREE", (stall.rice, 1))
    assert isinstance(outcome, CodeTaken)
    if not left:
        await store.write(trade.buy, BEN, (stall.rice, 1))
    placed = await store.write(
        checkouts.place, actor=ANN, checkout=checkout, terms="v1", method="Pay", policy=trade.POLICY, now=NOON
    )
    if left:
        assert isinstance(placed, Placed)
        assert await trade.status(store, placed.order_id) == "paid"
    else:
        assert placed == SoldOut(offer_id=stall.rice, free=0)
    assert await trade.free(store, stall.rice) == 0
    await assert_fits(store)
