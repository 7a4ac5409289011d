"""Waiting lists told through the chat: sold out, a place in line, one's turn, and what becomes of it."""

from pathlib import Path

import pytest

from playground.people import Person
from shop.streams import StreamStatus
from storage import roles
from storage.roles import Role
from storage.streams import Stream
from tests.clock import FakeClock
from tests.journeys.actors import order
from tests.journeys.market import becomes, comes_in, link_to, spring_stream
from tests.stall import OWNER, TestStall, open_stall
from tests.storage import trade

HOLD = 10 * 60


async def joins(person: Person, stream: Stream, quantity: int = 1, mode: str = "What you have") -> None:
    """From the stream's link to the end of the waiting list."""
    await person.opens(link_to(f"s_{stream.code}"))
    await person.taps_when("Products")
    await person.taps_when("EGG")
    await person.taps_when("Join waiting list")
    for number in range(2, quantity + 1):
        await person.taps_when("+")
        await person.sees(f"How many do you want? {number}")
    await person.taps_when(mode)


async def sold_out(stall: TestStall, quantity: int = 1) -> tuple[Stream, Person]:
    """A stream whose eggs Ann has ordered, all of them one by one."""
    stream = await spring_stream(stall, "EGG", quantity=quantity)
    ann = await comes_in(stall, "Ann")
    for number in range(quantity):
        await order(ann, link_to(f"s_{stream.code}"), "EGG", known=number > 0)
    await stall.settles()
    return stream, ann


async def cancels(ann: Person, stall: TestStall) -> None:
    """Ann gives one of her orders up."""
    await ann.taps("Cancel order", on=[message for message in ann.inbox if "Cancel order" in message.labels][-1])
    await ann.taps_when("Yes, cancel order")
    await ann.sees("is cancelled")
    await stall.settles()


async def places(person: Person) -> None:
    """The questions of the checkout, and `Place order`."""
    await person.sees("recipient")
    await person.sends("Bo Chen")
    await person.sees("phone")
    await person.sends("138 0013 8000")
    await person.sees("address")
    await person.sends("3 Rice Road, Tonggu, Yichun, Jiangxi")
    await person.taps_when("Place order")


async def assert_books_agree(stall: TestStall) -> None:
    await trade.assert_books_agree(stall.program.deps.store)


async def test_the_way_from_sold_out_over_the_list_to_an_order(stall: TestStall) -> None:
    stream, ann = await sold_out(stall, 3)
    bo, chen = await comes_in(stall, "Bo"), await comes_in(stall, "Chen")
    await joins(bo, stream, 2, "All or nothing")
    first = await bo.sees("You wait for 2 boxes of Free-range eggs, all or nothing")
    assert "You are first in line" in first.text
    await joins(chen, stream, 2)
    assert "1 person, 2 boxes before you" in (await chen.sees("or what there is")).text
    mark = bo.mark(), chen.mark()
    await cancels(ann, stall)
    # One box is too few for Bo: it goes to Chen, and Bo hears of it.
    assert "Your place stays the first" in (await bo.sees("came free", since=mark[0])).text
    await chen.sees("It is your turn: 1 box of Free-range eggs", since=mark[1])
    await chen.taps("No thanks")
    await chen.sees("You said no to Free-range eggs")
    mark = (bo.mark(),)
    await cancels(ann, stall)
    offer = await bo.sees("It is your turn: 2 boxes", since=mark[0])
    assert "¥72.00" in offer.text
    assert {"Take 2 boxes", "No thanks", "−", "+"} <= set(offer.labels)
    await bo.taps("Take 2 boxes", on=offer)
    await places(bo)
    assert "2 × Free-range eggs" in (await bo.sees("Pay by")).text
    await bo.sees("your wait is over", since=mark[0])
    await stall.settles()
    assert await stall.value("SELECT quantity - taken FROM offers") == 0
    await assert_books_agree(stall)


async def test_the_same_way_in_chinese(stall: TestStall) -> None:
    stream, ann = await sold_out(stall)
    lin = await comes_in(stall, "Lin", language="zh")
    await lin.opens(link_to(f"s_{stream.code}"))
    await lin.taps_when("看商品")
    await lin.taps_when("EGG")
    await lin.taps_when("加入候补")
    assert "目前没有人排队" in (await lin.sees("要多少？")).text
    await lin.taps_when("3")
    await lin.taps_when("有多少要多少")
    assert "您排在第一位" in (await lin.sees("散养土鸡蛋：候补3份")).text
    mark = lin.mark()
    await cancels(ann, stall)
    offer = await lin.sees("轮到您了：散养土鸡蛋", since=mark)
    assert "您想要3份" in offer.text
    assert "为您保留到12:10（10分钟后）" in offer.text
    await lin.taps("要1份", on=offer)
    await lin.sees("收件人")
    await lin.sends("林芳")
    await lin.sees("电话")
    await lin.sends("138 0013 8000")
    await lin.sees("地址")
    await lin.sends("江西省宜春市铜鼓县定江西路12号")
    assert "为您保留到" in (await lin.sees("订单确认")).text
    await lin.taps_when("提交订单")
    assert "候补2份" in (await lin.sees("您排在第一位", since=mark)).text
    await lin.sends("/orders")
    mine = await lin.sees("候补中")
    assert "⏳ EGG · 2份" in mine.labels
    await assert_books_agree(stall)


async def test_ones_place_can_be_seen_changed_and_left(stall: TestStall) -> None:
    stream, _ = await sold_out(stall)
    bo, chen = await comes_in(stall, "Bo"), await comes_in(stall, "Chen")
    await joins(bo, stream, 2)
    await bo.sees("first in line")
    await joins(chen, stream)
    await chen.sees("1 person, 2 boxes before you")
    await bo.taps("All or nothing")
    await bo.sees("all or nothing")
    await bo.taps("Leave")
    assert "Join waiting list" in (await bo.sees("You no longer wait")).labels
    await chen.taps("My place")
    await chen.sees("You are first in line")
    await chen.sends("/shop")
    await chen.taps_when("EGG")
    card = await chen.sees("Sold out for now")
    assert "You are first in line" in card.text
    assert "Join waiting list" not in card.labels
    chen.press("1|wjoin|1|1", chen.last)
    assert (await chen.answered()).text == "You are on this waiting list already"
    chen.press("1|wadd|1|1|any", chen.last)
    assert (await chen.answered()).text == "You are on this waiting list already"
    assert await stall.value("SELECT count(*) FROM waitlist WHERE ended_at IS NULL") == 1


async def test_a_buyer_who_comes_too_late_is_shown_the_list(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG", quantity=1)
    ann, bo = await comes_in(stall, "Ann"), await comes_in(stall, "Bo")
    await bo.opens(link_to(f"s_{stream.code}"))
    await bo.taps_when("Products")
    await bo.taps_when("EGG")
    card = await bo.sees("How many?")
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await bo.taps("Order now", on=card)
    assert "Join waiting list" in (await bo.sees("sold out")).labels
    await bo.taps_when("Join waiting list")
    await bo.taps_when("What you have")
    await bo.sees("You are first in line")


async def test_a_hold_that_runs_out_goes_to_the_next_and_the_late_tap_is_answered(stall: TestStall) -> None:
    stream, ann = await sold_out(stall)
    bo, chen = await comes_in(stall, "Bo"), await comes_in(stall, "Chen")
    await joins(bo, stream)
    await bo.sees("first in line")
    await joins(chen, stream)
    await chen.sees("1 person")
    await cancels(ann, stall)
    offer = await bo.sees("It is your turn", since=0)
    mark = chen.mark()
    await stall.passes(HOLD + 1)
    await chen.sees("It is your turn", since=mark)
    await stall.settles()
    assert "no longer held for you" in offer.text
    bo.press("1|wtake|1|1|1", offer)
    assert (await bo.answered()).text == "That is over; this is how it stands now"
    assert await stall.value("SELECT group_concat(status) FROM waitlist") == "lapsed,offered"
    await assert_books_agree(stall)


async def test_a_checkout_left_open_until_the_hold_is_over_finds_nothing_left(stall: TestStall) -> None:
    stream, ann = await sold_out(stall)
    bo, chen = await comes_in(stall, "Bo"), await comes_in(stall, "Chen")
    await joins(bo, stream)
    await bo.sees("first in line")
    await joins(chen, stream)
    await chen.sees("1 person")
    await cancels(ann, stall)
    await bo.taps("Take 1 box")
    await bo.sees("recipient")
    await bo.sends("Bo Chen")
    await bo.sees("phone")
    await bo.sends("138 0013 8000")
    await bo.sees("address")
    await bo.sends("3 Rice Road, Tonggu, Yichun, Jiangxi")
    await bo.sees("Held for you until")
    await stall.passes(HOLD + 1)
    await stall.settles()
    await bo.taps("Place order")
    assert "Join waiting list" in (await bo.sees("sold out. Nothing was ordered")).labels
    await chen.sees("It is your turn", since=0)
    await assert_books_agree(stall)


async def test_somebody_who_blocks_the_bot_while_holding_is_passed_over_and_flagged(stall: TestStall) -> None:
    stream, ann = await sold_out(stall)
    await stall.owner.sends("/start")
    bo, chen = await comes_in(stall, "Bo"), await comes_in(stall, "Chen")
    await joins(bo, stream)
    await bo.sees("first in line")
    await joins(chen, stream)
    await chen.sees("1 person")
    await cancels(ann, stall)
    await bo.sees("It is your turn", since=0)
    mark = chen.mark()
    await bo.blocks()
    await chen.sees("It is your turn", since=mark)
    await stall.owner.sends("/mystreams")
    await stall.owner.taps_when("Spring stream")
    await stall.owner.taps_when("Stock")
    await stall.owner.taps_when("EGG")
    await stall.owner.sees("1 person on the list has blocked the bot")
    await assert_books_agree(stall)


@pytest.mark.parametrize("status", [StreamStatus.ENDED, StreamStatus.CANCELLED])
async def test_the_list_closes_with_its_stream_and_says_so_once(stall: TestStall, status: StreamStatus) -> None:
    stream, _ = await sold_out(stall)
    bo, lin = await comes_in(stall, "Bo"), await comes_in(stall, "Lin", language="zh")
    await joins(bo, stream)
    await bo.sees("first in line")
    await lin.sends("/shop")
    await lin.taps_when("EGG")
    await lin.taps_when("加入候补")
    await lin.taps_when("凑齐才要")
    await lin.sees("您前面有1人，共1份")
    mark = bo.mark(), lin.mark()
    await becomes(stall, stream, status)
    await bo.sees("The waiting list for Free-range eggs is closed", since=mark[0])
    await lin.sees("的候补已结束", since=mark[1])
    await stall.settles()
    assert sum("waiting list for" in message.text for message in bo.inbox) == 1
    await bo.taps("Leave", on=next(message for message in bo.inbox if "Leave" in message.labels))
    assert (await bo.answered()).text == "That is over; this is how it stands now"


async def test_a_turn_is_kept_over_a_restart_and_ends_while_the_stall_sleeps(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        stream, ann = await sold_out(stall)
        bo, chen = await comes_in(stall, "Bo"), await comes_in(stall, "Chen")
        await joins(bo, stream)
        await bo.sees("first in line")
        await joins(chen, stream)
        await chen.sees("1 person")
        await cancels(ann, stall)
        await bo.sees("It is your turn", since=0)
        await stall.settles()
        playground = stall.playground
    clock.advance(HOLD / 2)
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await stall.settles()
        assert await stall.value("SELECT group_concat(status) FROM waitlist") == "offered,waiting"
    clock.advance(24 * 3600)
    mark = chen.mark()
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await chen.sees("It is your turn", since=mark)
        await stall.settles()
        assert await stall.value("SELECT group_concat(status) FROM waitlist") == "lapsed,offered"
        until = await stall.value("SELECT hold_until FROM waitlist WHERE status = 'offered'")
        assert until >= clock.now() + (HOLD - 60) * 1000
        await assert_books_agree(stall)


async def test_the_hold_can_be_set(tmp_path: Path) -> None:
    async with open_stall(tmp_path, waiting_list={"hold": "2h"}) as stall:
        stream, ann = await sold_out(stall)
        bo = await comes_in(stall, "Bo")
        await joins(bo, stream)
        assert "held for you for 2 h" in (await bo.sees("first in line")).text
        await cancels(ann, stall)
        await bo.sees("(in 2 h)", since=0)


async def test_two_taps_on_take_are_one_checkout_and_one_order(stall: TestStall) -> None:
    stream, ann = await sold_out(stall)
    bo = await comes_in(stall, "Bo")
    await joins(bo, stream)
    await bo.sees("first in line")
    await cancels(ann, stall)
    offer = await bo.sees("It is your turn", since=0)
    await bo.taps("Take 1 box", on=offer)
    await bo.taps("Take 1 box", on=offer)
    await places(bo)
    await bo.sees("Pay by")
    placed = next(message for message in bo.inbox if "Place order" in message.labels or "Pay by" in message.text)
    assert placed is not None
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM orders WHERE buyer_id = :bo", bo=bo.id) == 1
    await assert_books_agree(stall)


async def test_a_host_who_is_a_host_no_more_changes_nothing_with_an_open_question(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", quantity=5)
    store, now = stall.program.deps.store, stall.clock.now()
    hal = await comes_in(stall, "Hal")
    await store.write(roles.grant, person=hal.id, role=Role.HOST, supplier=None, by=OWNER, now=now)
    hal.press("1|lotqty|1", hal.last)
    await hal.sees("How many in all?")
    await store.write(lambda tx: tx.run("UPDATE roles SET revoked_at = 1 WHERE person_id = :hal", hal=hal.id))
    await hal.sends("500")
    await hal.sees("no longer works")
    assert await stall.value("SELECT quantity FROM offers") == 5
