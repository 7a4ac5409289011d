"""Selling pauses and goes on: told everywhere it is met, nothing lost meanwhile, and one tap takes it back."""

import pytest

from playground.people import Person
from shop.streams import StreamStatus
from storage.roles import Role
from tests.journeys.actors import RECEIPT, order
from tests.journeys.groups import circle, says
from tests.journeys.market import becomes, comes_in, link_to, works_as
from tests.journeys.test_live_desk import live_desk, seconds
from tests.journeys.test_waitlist import joins, sold_out
from tests.stall import TestStall

PAUSE = {
    "en": ("Pause", "Pause EGG", "paused", "Resume EGG", "Pause everything", "Selling is paused", "Resume"),
    "zh": ("暂停", "暂停 EGG", "已暂停", "恢复 EGG", "全部暂停", "已暂停销售", "恢复"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_product_and_then_everything_is_paused_and_resumed_by_one_tap_each(
    stall: TestStall, language: str
) -> None:
    hana, _, desk = await live_desk(stall, "EGG", "RICE", language=language)
    pause, pause_egg, paused, resume_egg, pause_all, all_paused, resume = PAUSE[language]
    await hana.taps(pause, on=desk)
    await stall.settles()
    listed = hana.last
    await hana.taps(pause_egg, on=listed)
    await stall.settles()
    assert paused in listed.text
    await seconds(stall, 6)
    assert "⏸ EGG" in desk.text
    await hana.taps(resume_egg, on=listed)
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM offers WHERE paused_at IS NOT NULL") == 0
    await hana.taps(pause_all, on=listed)
    await stall.settles()
    await seconds(stall, 6)
    assert all_paused in desk.text
    assert await stall.value("SELECT paused_at IS NOT NULL FROM streams")
    await hana.taps(resume, on=desk)
    await stall.settles()
    await seconds(stall, 6)
    assert all_paused not in hana.last.text
    assert await stall.value("SELECT paused_at IS NULL FROM streams")
    told = "SELECT group_concat(action) FROM audit WHERE action LIKE '%.paused' OR action LIKE '%.resumed'"
    assert await stall.value(told) == "offer.paused,offer.resumed,stream.paused,stream.resumed"


async def paused(stall: TestStall, hana: Person) -> None:
    """The host pauses the eggs."""
    await hana.taps_when("Pause")
    await hana.taps_when("Pause EGG")
    await stall.settles()


@pytest.mark.parametrize(("language", "said"), [("en", "is paused for a moment"), ("zh", "暂停下单")])
async def test_who_orders_what_is_paused_is_told_so_and_keeps_the_cart(
    stall: TestStall, language: str, said: str
) -> None:
    hana, stream, _ = await live_desk(stall)
    ann = await comes_in(stall, "Ann", language=language)
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.taps_when("Products" if language == "en" else "看商品")
    await ann.taps_when("EGG")
    await stall.settles()
    card = ann.last
    await ann.taps("Add to cart" if language == "en" else "加入购物车", on=card)
    await stall.settles()
    await paused(stall, hana)
    offer = await stall.value("SELECT id FROM offers")
    ann.press(f"1|buy|{offer}|1", card)
    await ann.sees(said)
    ann.press(f"1|checkout|{stream.id}", ann.last)
    await ann.answered()
    await stall.settles()
    assert "暂停" in ann.last.text or "Paused for a moment" in ann.last.text
    assert await stall.value("SELECT count(*) FROM cart_lines") == 1
    await ann.sends("EGG 2")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM orders") == 0
    await ann.opens(link_to(f"o_{offer}"))
    await stall.settles()
    assert "⏸" in ann.last.text
    assert not {"Order now", "立即下单"} & set(ann.last.labels)
    await hana.taps_when("Resume EGG")
    await stall.settles()
    await ann.sends("/cart")
    await ann.taps_when("Check out" if language == "en" else "去结算")
    await ann.sees("recipient" if language == "en" else "收件人")


async def test_an_unpaid_order_is_paid_while_selling_is_paused(stall: TestStall) -> None:
    await stall.owner.sends("/start")
    hana, stream, _ = await live_desk(stall)
    ann = await comes_in(stall, "Ann")
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await paused(stall, hana)
    await ann.sends_photo(RECEIPT)
    await stall.owner.taps_when("Confirm")
    await ann.sees("Payment confirmed")
    assert await stall.value("SELECT status FROM orders") == "paid"


async def test_what_comes_free_waits_for_resume_and_goes_to_the_list_first(stall: TestStall) -> None:
    stream, ann = await sold_out(stall)
    bo = await comes_in(stall, "Bo")
    await joins(bo, stream, 1)
    await becomes(stall, stream, StreamStatus.LIVE)
    hana = await works_as(stall, "Hana", Role.HOST)
    hana.press(f"1|desk|{stream.id}", hana.last)
    await hana.sees("start=s_")
    await paused(stall, hana)
    mark = bo.mark()
    await ann.taps_when("Cancel order")
    await ann.taps_when("Yes")
    await seconds(stall, 1)
    assert await stall.value("SELECT quantity - taken FROM offers") == 1
    assert await stall.value("SELECT held FROM waitlist") == 0
    await hana.taps_when("Resume EGG")
    await bo.sees("It is your turn", since=mark)
    assert await stall.value("SELECT quantity - taken FROM offers") == 0


async def test_what_is_held_already_can_be_taken_while_selling_is_paused(stall: TestStall) -> None:
    stream, ann = await sold_out(stall)
    bo = await comes_in(stall, "Bo")
    await joins(bo, stream, 1)
    await ann.taps_when("Cancel order")
    await ann.taps_when("Yes")
    turn = await bo.sees("It is your turn")
    await becomes(stall, stream, StreamStatus.LIVE)
    hana = await works_as(stall, "Hana", Role.HOST)
    hana.press(f"1|desk|{stream.id}", hana.last)
    await hana.sees("start=s_")
    await paused(stall, hana)
    await bo.taps("Take 1", on=turn)
    await bo.sees("recipient")
    for answer in ("Bo Chen", "138 0013 8000", "3 Rice Road, Tonggu, Yichun, Jiangxi"):
        await bo.sends(answer)
        await stall.settles()
    await bo.taps_when("Place order")
    await bo.sees("Pay by")
    assert await stall.value("SELECT count(*) FROM orders WHERE buyer_id = :bo", bo=bo.id) == 1


async def test_a_second_tap_and_another_host_find_it_done(stall: TestStall) -> None:
    hana, stream, _ = await live_desk(stall)
    offer = await stall.value("SELECT id FROM offers")
    await paused(stall, hana)
    since = await stall.value("SELECT paused_at FROM offers")
    await stall.passes(60)
    for host in (hana, stall.owner):
        await host.sends("/start")
        await stall.settles()
        host.press(f"1|pause|{offer}|0", host.last)
        assert "done already" in ((await host.answered()).text or "")
    assert await stall.value("SELECT paused_at FROM offers") == since
    assert await stall.value("SELECT count(*) FROM audit WHERE action = 'offer.paused'") == 1
    await becomes(stall, stream, StreamStatus.ENDED)
    hana.press(f"1|resume|{offer}|0", hana.last)
    assert "no longer on sale" in ((await hana.answered()).text or "")


async def test_the_group_sees_that_it_is_paused_and_words_hold_nothing(stall: TestStall) -> None:
    there = await circle(stall, "EGG")
    await says(stall, there.ann, "EGG 1", there.group)
    card = there.said[-1]
    hana = await works_as(stall, "Hana", Role.HOST)
    hana.press(f"1|desk|{there.stream.id}", hana.last)
    await hana.sees("start=s_")
    await paused(stall, hana)
    await seconds(stall, 11)
    assert "⏸ EGG" in card.text
    held = await stall.value("SELECT sum(taken) FROM offers")
    await says(stall, there.ben, "EGG 2", there.group)
    assert await stall.value("SELECT sum(taken) FROM offers") == held
