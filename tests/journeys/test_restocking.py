"""Quantity and price from the desk: the waiting list first, never below what is taken, and an `Undo`."""

import pytest

from playground.people import Person
from storage import specials
from tests.journeys.actors import code_in, order
from tests.journeys.market import comes_in, link_to
from tests.journeys.test_waitlist import assert_books_agree, joins, sold_out
from tests.stall import OWNER, TestStall


async def at_the_lot(stall: TestStall, language: str = "en") -> Person:
    """The owner has the card of the eggs open."""
    owner = stall.person("Olga", 1001, language=language)
    await owner.sends("/mystreams")
    await owner.taps_when("Spring stream")
    await owner.taps_when("Stock" if language == "en" else "库存")
    await owner.taps_when("EGG")
    return owner


async def test_a_restock_serves_the_waiting_list_first_and_says_so(stall: TestStall) -> None:
    stream, _ = await sold_out(stall)
    bo, chen = await comes_in(stall, "Bo"), await comes_in(stall, "Chen")
    await joins(bo, stream, 3)
    await bo.sees("first in line")
    await joins(chen, stream, 2, "All or nothing")
    await chen.sees("1 person, 3 boxes before you")
    mark = bo.mark(), chen.mark()
    owner = await at_the_lot(stall)
    assert "2 people wait for 5 boxes" in (await owner.sees("Put up: 1 box")).text
    await owner.taps_when("Restock")
    await owner.sees("How many more?")
    await owner.sends("many")
    await owner.sees("I need a whole number")
    await owner.sends("+9")
    told = await owner.sees("Quantity: 1 box → 10 boxes")
    assert "2 people of the waiting list get 5 boxes first" in told.text
    assert "Free: 4 boxes" in told.text
    await bo.sees("It is your turn: 3 boxes", since=mark[0])
    await chen.sees("It is your turn: 2 boxes", since=mark[1])
    await owner.taps_when("EGG")
    assert "held for the waiting list: 5" in (await owner.sees("Put up: 10 boxes")).text
    await stall.settles()
    await assert_books_agree(stall)


async def test_lowering_below_what_is_taken_is_refused_with_the_orders_in_the_way(stall: TestStall) -> None:
    stream, _ = await sold_out(stall, 3)
    bo = await comes_in(stall, "Bo")
    owner = await at_the_lot(stall)
    await owner.taps_when("Quantity")
    await owner.sees("How many in all? Now: 3 boxes, 3 boxes of it taken")
    await owner.sends("10")
    await owner.sees("3 boxes → 10 boxes")
    code = await order(bo, link_to(f"s_{stream.code}"), "EGG")
    await owner.taps_when("EGG")
    await owner.taps_when("Quantity")
    await owner.sees("How many in all?")
    await owner.sends("2")
    refused = await owner.sees("It can't be 2 boxes: ordered or held are 4 boxes")
    assert f"{code} Bo · 1 box · unpaid" in refused.text
    assert len([line for line in refused.text.splitlines() if "TG-" in line]) == 4
    assert code_in(refused.text)
    assert await stall.value("SELECT quantity FROM offers") == 10
    await owner.taps_when("Lower to 4")
    await owner.sees("10 boxes → 4 boxes")
    await owner.taps("Lower to 4", on=refused) if "Lower to 4" in refused.labels else None
    await stall.settles()
    assert await stall.value("SELECT quantity FROM offers") == 4
    await assert_books_agree(stall)


async def test_a_price_changes_for_new_orders_only_and_can_be_undone(stall: TestStall) -> None:
    stream, ann = await sold_out(stall)
    bo = await comes_in(stall, "Bo")
    owner = await at_the_lot(stall)
    await owner.taps_when("Restock")
    await owner.sees("How many more?")
    await owner.sends("5")
    await owner.taps_when("EGG")
    await bo.opens(link_to(f"s_{stream.code}"))
    await bo.taps_when("Products")
    await bo.taps_when("EGG")
    await bo.taps_when("Order now")
    await bo.sees("recipient")
    await bo.sends("Bo Chen")
    await bo.sees("phone")
    await bo.sends("138 0013 8000")
    await bo.sees("address")
    await bo.sends("3 Rice Road, Tonggu, Yichun, Jiangxi")
    await bo.sees("Total ¥36.00")
    await owner.taps_when("Price")
    await owner.sees("What does it cost from now on? Now: ¥36.00")
    await owner.sends("free")
    await owner.sees("I need an amount above 0")
    await owner.sends("¥40")
    changed = await owner.sees("Price: ¥36.00 → ¥40.00")
    assert "Placed orders keep their price" in changed.text
    await bo.taps("Place order")
    await bo.sees("now costs ¥40.00")
    await owner.taps("Undo", on=changed)
    await owner.sees("Price: ¥40.00 → ¥36.00")
    await bo.taps("See the offer")
    await bo.taps_when("Order now")
    await bo.taps_when("Place order")
    await bo.sees("¥36.00")
    await stall.settles()
    assert await stall.value("SELECT total FROM orders WHERE buyer_id = :ann", ann=ann.id) == 3600


@pytest.mark.parametrize(
    ("language", "price", "said"),
    [
        ("en", "Price", "Special prices that were not below it any more have ended"),
        ("zh", "价格", "不再低于新价格的特价已结束"),
    ],
)
async def test_a_price_below_the_flash_price_ends_that_and_says_so(
    stall: TestStall, language: str, price: str, said: str
) -> None:
    stall.person("Olga", OWNER, language)
    await sold_out(stall)
    owner = await at_the_lot(stall, language)
    offer = await stall.value("SELECT id FROM offers")
    store, now = stall.program.deps.store, stall.clock.now()
    started = await store.write(
        specials.start_flash, actor=OWNER, offer_id=offer, price=3000, minutes=10, quantity=None, now=now
    )
    assert isinstance(started, specials.Started)
    await owner.taps_when(price)
    await owner.sees("36.00")
    await owner.sends("29")
    assert said in (await owner.sees("29.00")).text


async def test_an_offer_without_limit_lets_its_list_go(stall: TestStall) -> None:
    stream, _ = await sold_out(stall)
    bo = await comes_in(stall, "Bo")
    await joins(bo, stream, 3, "All or nothing")
    await bo.sees("first in line")
    mark = bo.mark()
    owner = await at_the_lot(stall)
    await owner.taps_when("Quantity")
    await owner.sees("How many in all?")
    await owner.sends("unlimited")
    assert "The waiting list is told now" in (await owner.sees("1 box → unlimited")).text
    served = await bo.sees("can be ordered without waiting now", since=mark)
    await bo.taps("See the offer", on=served)
    await bo.sees("How many? 3 boxes")
    await stall.settles()
    assert await stall.value("SELECT status FROM waitlist") == "served"
    await assert_books_agree(stall)


async def test_the_desk_in_chinese(stall: TestStall) -> None:
    stream, _ = await sold_out(stall)
    bo = await comes_in(stall, "Bo")
    await joins(bo, stream, 2)
    await bo.sees("first in line")
    owner = await at_the_lot(stall, "zh")
    assert "1人候补，共2份" in (await owner.sees("上架：1份 · 已订：1 · 为候补保留：0")).text
    await owner.taps_when("补货")
    await owner.sees("补多少？")
    await owner.sends("５")
    told = await owner.sees("数量：1份 → 6份")
    assert "先给候补的1人，共2份" in told.text
    assert "可订：3份" in told.text
    await owner.taps_when("EGG")
    await owner.taps_when("数量")
    await owner.sees("总共放多少？")
    await owner.sends("1")
    refused = await owner.sees("不能减到1份：已订和保留的有3份")
    assert "为候补保留" in refused.text
    await owner.taps_when("减到3")
    await owner.sees("6份 → 3份")
    await owner.taps_when("EGG")
    await owner.taps_when("价格")
    await owner.sees("以后卖多少钱？")
    await owner.sends("38.5")
    await owner.sees("价格：¥36.00 → ¥38.50")
    await owner.taps_when("撤销")
    await owner.sees("价格：¥38.50 → ¥36.00")
    await assert_books_agree(stall)


async def test_two_hosts_with_the_same_figure_before_them_change_it_once(stall: TestStall) -> None:
    await sold_out(stall)
    owner = await at_the_lot(stall)
    await owner.taps_when("Quantity")
    await owner.sees("How many in all?")
    await stall.program.deps.store.write(lambda tx: tx.run("UPDATE offers SET quantity = 9"))
    await stall.program.deps.store.write(
        lambda tx: tx.run(
            "INSERT INTO stock_movements (offer_id, kind, units, reason, at) VALUES (1, 'quantity', 8, 'x', 1)"
        )
    )
    await owner.sends("5")
    await owner.sees("Somebody has changed it meanwhile")
    await owner.sees("Put up: 9 boxes")
    assert await stall.value("SELECT quantity FROM offers") == 9
