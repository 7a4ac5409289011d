"""One product told to everybody: followers, those who asked for reminders, and the group; once, and only while it can
be ordered."""

import pytest

from shop.streams import StreamStatus
from storage import lots, watchers
from storage.roles import Role
from tests.journeys.actors import order
from tests.journeys.groups import circle
from tests.journeys.market import becomes, comes_in, link_to, works_as
from tests.journeys.test_live_desk import live_desk
from tests.stall import OWNER, TestStall

WORDS = {
    "en": ("Push", "On now in", "Order now", "2–", "People are being told"),
    "zh": ("推送", "正在讲", "立即下单", "2", "正在通知大家"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_followers_and_watchers_get_the_card_and_order_from_it(stall: TestStall, language: str) -> None:
    push, head, order_now, _, toast = WORDS[language]
    fay, wu, ann = [await comes_in(stall, name, language=language) for name in ("Fay", "Wu", "Ann")]
    await fay.sends("/follow")
    hana, stream, desk = await live_desk(stall, "EGG", "RICE", language=language)
    await stall.program.deps.store.write(watchers.watch, actor=wu.id, stream_id=stream.id, now=stall.clock.now())
    await stall.settles()
    await hana.taps(push, on=desk)
    await stall.settles()
    listed = hana.last
    tap = await hana.taps("EGG", on=listed)
    assert toast in ((await hana.answered()).text or str(tap))
    await stall.settles()
    for person in (fay, wu):
        assert head in person.last.text
        assert "¥36.00" in person.last.text
        assert order_now in person.last.labels
    assert head not in ann.last.text
    assert "Hana" in listed.text, "the list says who pushed it, and when"
    await fay.taps(order_now)
    await fay.sees("recipient" if language == "en" else "收件人")
    assert await stall.value("SELECT kind || told FROM broadcasts WHERE offer_id IS NOT NULL") == "push2"


async def test_nobody_is_told_the_same_twice_whoever_taps(stall: TestStall) -> None:
    fay = await comes_in(stall, "Fay")
    await fay.sends("/follow")
    hana, _, _ = await live_desk(stall)
    offer = await stall.value("SELECT id FROM offers")
    await stall.owner.sends("/start")
    await stall.settles()
    messages = len(fay.inbox)
    hana.press(f"1|push|{offer}|0", hana.last)
    await hana.answered()
    for host in (hana, stall.owner):
        host.press(f"1|push|{offer}|0", host.last)
        assert "Hana pushed it at" in ((await host.answered()).text or "")
    await stall.settles()
    assert len(fay.inbox) == messages + 1
    await stall.passes(601)
    hana.press(f"1|push|{offer}|0", hana.last)
    await hana.answered()
    await stall.settles()
    assert len(fay.inbox) == messages + 2
    assert await stall.value("SELECT count(*) FROM audit WHERE action = 'offer.pushed'") == 2


async def test_the_group_gets_it_with_the_link_and_nothing_personal(stall: TestStall) -> None:
    there = await circle(stall, "EGG", "RICE")
    other = stall.playground.group("Elsewhere", members=[there.ann])
    await becomes(stall, there.stream, StreamStatus.LIVE)
    hana = await works_as(stall, "Hana", Role.HOST)
    hana.press(f"1|desk|{there.stream.id}", hana.last)
    desk = await hana.sees("start=s_")
    await hana.taps("Push", on=desk)
    await hana.taps_when("EGG")
    await stall.settles()
    told = there.said[-1]
    offer = await stall.value(
        "SELECT o.id FROM offers AS o JOIN products AS p ON p.id = o.product_id WHERE code = 'EGG'"
    )
    assert "On now in Spring stream" in told.text
    assert "50 boxes left" in told.text
    assert link_to(f"o_{offer}") in told.text
    assert not {"Ann", "Hana", "Olga"} & set(told.text.split())
    assert [button.url for row in told.buttons for button in row] == [link_to(f"o_{offer}")]
    assert not [message for message in other.messages.values() if message.from_bot]
    await there.ben.opens(link_to(f"o_{offer}"))
    await there.ben.sees("Free-range eggs")


async def test_what_sells_out_afterwards_still_answers_its_buttons(stall: TestStall) -> None:
    fay = await comes_in(stall, "Fay")
    await fay.sends("/follow")
    hana, stream, desk = await live_desk(stall)
    offer = await stall.value("SELECT id FROM offers")
    await hana.taps("Push", on=desk)
    await hana.taps_when("EGG")
    await stall.settles()
    card = fay.last
    ann = await comes_in(stall, "Ann")
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await stall.program.deps.store.write(
        lots.set_quantity, actor=OWNER, offer_id=offer, quantity=1, was=50, now=stall.clock.now()
    )
    await stall.settles()
    await fay.taps("Order now", on=card)
    await fay.sees("sold out")
    assert "Join waiting list" in fay.last.labels
    await stall.passes(601)
    hana.press(f"1|push|{offer}|0", hana.last)
    assert "can't be ordered just now" in ((await hana.answered()).text or "")


async def test_who_has_blocked_the_bot_or_has_all_they_may_have_is_passed_over(stall: TestStall) -> None:
    fay, gus, lea = [await comes_in(stall, name) for name in ("Fay", "Gus", "Lea")]
    for person in (fay, gus, lea):
        await person.sends("/follow")
    await stall.settles()
    _, stream, _ = await live_desk(stall)
    await stall.program.deps.store.write(lambda tx: tx.run("UPDATE offers SET limit_per_buyer = 1"))
    await order(lea, link_to(f"s_{stream.code}"), "EGG")
    await gus.blocks()
    await stall.settles()
    hana = stall.people["Hana"]
    messages = len(lea.inbox)
    offer = await stall.value("SELECT id FROM offers")
    hana.press(f"1|push|{offer}|0", hana.last)
    await hana.answered()
    await stall.settles()
    assert "On now in" in fay.last.text
    assert len(lea.inbox) == messages
    assert not any("On now in" in message.text for message in gus.inbox)
