"""The desk during a stream: one message that keeps itself current, and the group's beside it."""

from pathlib import Path

import pytest

from playground.calls import Call
from playground.messages import Message
from playground.people import Person
from shop.streams import StreamStatus
from storage import lots, streams
from storage.roles import Role
from tests.clock import FakeClock
from tests.journeys.actors import RECEIPT, code_in, order
from tests.journeys.groups import circle, lives_at_home, says
from tests.journeys.market import becomes, comes_in, link_to, spring_stream, works_as
from tests.stall import OWNER, TestStall, open_stall

WORDS = {
    "en": ("1 box sold\n49 left", "¥36.00 to come", "1 box sold\n49 left · ✅ 1 paid, ¥36.00", "Stock", "Push"),
    "zh": ("已订1份\n余49", "待收 ¥36.00", "已订1份\n余49 · ✅ 已付1，¥36.00", "库存", "推送"),
}


async def live_desk(stall: TestStall, *codes: str, language: str = "en") -> tuple[Person, streams.Stream, Message]:
    """A host before the desk of a live stream, and its message."""
    stall.person("Hana", language=language)
    stream = await spring_stream(stall, *(codes or ("EGG",)))
    await becomes(stall, stream, StreamStatus.LIVE)
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.sends("/mystreams")
    hana.press(f"1|desk|{stream.id}", hana.last)
    desk = await hana.sees("start=s_")
    await stall.settles()
    return hana, stream, desk


async def seconds(stall: TestStall, count: float) -> None:
    """So much time goes by, and what may leave has left."""
    await stall.passes(count)
    await stall.settles()


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_desk_follows_an_order_from_placing_to_payment_in_one_message(
    stall: TestStall, language: str
) -> None:
    hana, stream, desk = await live_desk(stall, language=language)
    sold, to_come, paid, *_ = WORDS[language]
    await stall.owner.sends("/start")
    ann = await comes_in(stall, "Ann")
    messages = len(hana.inbox)
    await seconds(stall, 6)
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await seconds(stall, 6)
    assert sold in desk.text
    assert to_come in desk.text
    assert "░░░░" in desk.text
    await ann.sends_photo(RECEIPT)
    await stall.owner.taps_when("Confirm")
    await stall.settles()
    await seconds(stall, 6)
    assert paid in desk.text
    assert len(hana.inbox) == messages, "edited where it stands, nothing is sent"


async def test_what_is_opened_from_the_desk_comes_below_and_is_not_taken_away(stall: TestStall) -> None:
    hana, stream, desk = await live_desk(stall, "EGG", "RICE")
    ann = await comes_in(stall, "Ann")
    await hana.taps("Stock", on=desk)
    stock = await hana.sees("quantities and prices")
    assert stock is not desk
    await hana.taps("EGG", on=stock)
    lot = await hana.sees("Put up")
    assert lot is stock, "below the desk, one message is enough"
    await hana.taps("Restock", on=lot)
    asked = await hana.sees("How many more?")
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await seconds(stall, 6)
    assert "How many more?" in asked.text
    assert "1 box sold" in desk.text
    await hana.taps("End stream", on=desk)
    question = await hana.sees("End Spring stream now?")
    assert question is not desk
    await hana.taps("No", on=question)
    anew = await hana.sees("start=s_")
    assert anew is not desk
    await stall.settles()
    assert desk.labels == [], "the newest desk is the live one"
    await order(ann, link_to(f"s_{stream.code}"), "RICE", known=True)
    await seconds(stall, 6)
    assert "2 to pay" in anew.text
    assert "1 to pay" in desk.text


GONE = ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID"]


@pytest.mark.parametrize("answer", GONE, ids=["deleted", "another bot's", "nonsense"])
async def test_a_desk_that_is_gone_is_not_sent_again_until_it_is_opened(stall: TestStall, answer: str) -> None:
    hana, stream, _ = await live_desk(stall)
    ann = await comes_in(stall, "Ann")
    stall.playground.faults.add("bad_request", method="editMessageText", chat=hana.id, times=None, description=answer)
    messages = len(hana.inbox)
    for is_known in (False, True):
        await order(ann, link_to(f"s_{stream.code}"), "EGG", known=is_known)
        await seconds(stall, 6)
    edits = [call for call in stall.playground.calls if call.method == "editMessageText" and _of(call, hana)]
    assert len(edits) == 1
    assert len(hana.inbox) == messages
    stall.playground.faults.clear()
    await hana.sends("/mystreams")
    hana.press(f"1|desk|{stream.id}", hana.last)
    await hana.sees("2 boxes sold")


def _of(call: Call, person: Person) -> bool:
    return call.params.get("chat_id") == person.id


async def test_a_host_who_has_blocked_the_bot_is_left_alone(stall: TestStall) -> None:
    hana, stream, _ = await live_desk(stall)
    ann = await comes_in(stall, "Ann")
    await hana.blocks()
    await stall.settles()
    before = len([call for call in stall.playground.calls if _of(call, hana)])
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await seconds(stall, 6)
    assert len([call for call in stall.playground.calls if _of(call, hana)]) == before
    assert await stall.value("SELECT count(*) FROM outbox WHERE chat_id = :h AND state = 'queued'", h=hana.id) == 0


async def test_a_429_delays_the_desk_and_its_last_edit_is_the_truth(stall: TestStall) -> None:
    hana, stream, desk = await live_desk(stall)
    ann = await comes_in(stall, "Ann")
    stall.playground.faults.add("too_many", method="editMessageText", chat=hana.id, times=3, retry_after=7)
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await stall.passes(6)
    await order(ann, link_to(f"s_{stream.code}"), "EGG", known=True)
    for _ in range(8):
        await stall.passes(7)
    await stall.settles()
    assert "2 boxes sold" in desk.text


async def test_a_restart_loses_no_edit(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        hana, stream, desk = await live_desk(stall)
        ann = await comes_in(stall, "Ann")
        await order(ann, link_to(f"s_{stream.code}"), "EGG")
        await stall.settles()
        assert "0 boxes sold" in desk.text
        playground, clock = stall.playground, stall.clock
    async with open_stall(tmp_path, playground=playground, clock=clock) as again:
        await seconds(again, 6)
        assert "1 box sold" in desk.text
        assert hana.last is desk


async def test_a_clock_set_back_an_hour_keeps_the_desk_current(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        _, stream, desk = await live_desk(stall)
        ann = await comes_in(stall, "Ann")
        await order(ann, link_to(f"s_{stream.code}"), "EGG")
        clock.step(-3_600)
        await seconds(stall, 6)
        assert "1 box sold" in desk.text


async def test_the_groups_message_follows_what_happens_in_private_too(stall: TestStall) -> None:
    there = await circle(stall, "EGG", quantity=5)
    await lives_at_home(stall, there.ann)
    await says(stall, there.ann, "EGG 2", there.group)
    card = there.said[-1]
    assert "3 boxes left" in card.text
    await there.ann.taps_when("Place order")
    code = code_in((await there.ann.sees("Pay by")).text)
    await there.ann.taps("Cancel order")
    await there.ann.taps_when("Yes")
    await there.ann.sees(code)
    await seconds(stall, 11)
    assert "5 boxes left" in card.text
    offer = await stall.value("SELECT id FROM offers")
    await stall.program.deps.store.write(lots.restock, actor=OWNER, offer_id=offer, more=4, now=stall.clock.now())
    await seconds(stall, 11)
    assert "9 boxes left" in card.text
