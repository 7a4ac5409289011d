"""After each answer the next step is a button, and what a card says is true at that moment."""

from datetime import datetime

from shop.streams import StreamStatus
from storage.roles import Role
from tests.journeys.actors import RECEIPT, order
from tests.journeys.groups import HOME, circle, lives_at_home, says
from tests.journeys.market import becomes, comes_in, link_to, spring_stream, works_as
from tests.journeys.players import cast, one_order
from tests.journeys.test_delivery import starts
from tests.journeys.test_presales import ZONE, moves, opened, orders
from tests.journeys.test_waitlist import sold_out
from tests.stall import TestStall


async def test_a_cancelled_order_says_what_becomes_of_its_money(stall: TestStall) -> None:
    players, code = await one_order(stall)
    ann, cai = players.ann, players.cai
    await ann.sends_photo(RECEIPT)
    await cai.taps_when("Confirm")
    await ann.sees("Payment confirmed", since=0)
    await ann.sends(code)
    await ann.taps_when("Ask to cancel")
    await cai.taps_when("Agree")
    await stall.settles()
    await ann.sends(code)
    card = await ann.sees("Cancelled. ¥36.00 that was paid goes back.")
    assert "pay with this code" not in card.text
    await cai.taps("Refunded")
    await stall.settles()
    await ann.sends(code)
    await ann.sees("Cancelled. ¥36.00 has been sent back.")


async def test_an_order_that_was_never_paid_still_warns_of_its_code(stall: TestStall) -> None:
    players, code = await one_order(stall)
    await players.ann.taps("Cancel order")
    await players.ann.taps_when("Yes, cancel order")
    await players.ann.sends(code)
    await players.ann.sees("Please don't pay with this code any more")


async def test_a_saved_address_leads_on_to_all_of_them(stall: TestStall) -> None:
    lin = await comes_in(stall, "Lin", language="zh")
    await lin.sends("/address")
    await lin.sees("收件人")
    await lin.sends("林芳")
    await lin.sees("电话")
    await lin.sends("138 0013 8000")
    await lin.sees("地址")
    await lin.sends("江西省宜春市铜鼓县定江西路12号")
    saved = await lin.sees("已保存，下次订单将寄到这里")
    assert {"编辑", "删除", "新地址"} <= set(saved.labels)


async def test_the_address_questions_lead_back_to_the_summary(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await lives_at_home(stall, ann)
    await starts(ann, players.link)
    await ann.taps_when("Change address")
    await ann.sees("recipient")
    await ann.taps("Back")
    assert HOME.address in (await ann.sees("Your order")).text
    await ann.taps("Place order")
    await ann.sees("Pay by")


async def test_the_address_questions_of_an_order_can_be_left_with_it_as_it_is(stall: TestStall) -> None:
    players, code = await one_order(stall)
    ann = players.ann
    await ann.taps("Change address")
    await ann.sees("recipient")
    await ann.taps("Keep as it is")
    assert HOME.address in (await ann.sees(code)).text
    await ann.sends("Li Hua")
    await ann.sees("did not understand")


async def test_the_first_address_of_all_has_nothing_to_go_back_to(stall: TestStall) -> None:
    players = await cast(stall)
    await starts(players.ann, players.link)
    asked = await players.ann.sees("recipient")
    assert asked.labels == []


async def test_a_presale_is_told_from_what_it_follows_wherever_a_host_chooses(stall: TestStall) -> None:
    stream = await opened(stall)
    owner = stall.owner
    await becomes(stall, stream, StreamStatus.LIVE)
    owner.press(f"1|desk|{stream.id}", owner.last)
    await owner.answered()
    await stall.settles()
    desk = owner.last
    assert "EGG Free-range eggs · ¥36.00 · 📅 presale, ships 17–20 Mar" in desk.text
    for button in ("Stock", "Pause", "Special prices"):
        await owner.taps(button, on=desk)
        await stall.settles()
        labels = [label for label in owner.last.labels if "EGG" in label]
        assert len(labels) == len(set(labels)) == 2, labels
        assert sum("📅 EGG" in label for label in labels) == 1, labels


async def test_what_is_picked_up_is_said_to_be_picked_up(stall: TestStall) -> None:
    players = await cast(stall)
    ann, cai, sun = players.ann, players.cai, players.sun
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.sends("/delivery")
    await hana.taps_when("Pick-up points (0)")
    await hana.taps_when("New pick-up point")
    await hana.sees("three lines")
    await hana.sends("Market hall\n12 Dingjiang West Road, gate 2\nSat 9:00–12:00")
    await hana.sees("Buyers can choose it")
    await lives_at_home(stall, ann)
    await starts(ann, players.link)
    await ann.taps_when("Pick up")
    await ann.taps_when("Place order")
    assert "Market hall" in (await ann.sees("Pay by")).text
    await ann.sends_photo(RECEIPT)
    await cai.taps_when("Confirm")
    assert "when you can pick it up" in (await ann.sees("Payment confirmed", since=0)).text
    parcel = await sun.sees("Ready for pick-up by", since=0)
    assert "Ship by" not in parcel.text


async def test_words_that_find_nothing_left_lead_to_the_waiting_list(stall: TestStall) -> None:
    await sold_out(stall)
    lin = await comes_in(stall, "Lin", language="zh")
    await lin.sends("鸡蛋两盒")
    await lin.sees("已售罄")
    await lin.taps("加入候补")
    await lin.sees("要多少？2份")


async def test_words_for_what_is_paused_say_so(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    ann = await comes_in(stall, "Ann")
    offer = await stall.value("SELECT id FROM offers")
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE offers SET paused_at = 1 WHERE id = :offer", offer=offer)
    )
    await ann.sends("EGG 2")
    await ann.sees("is paused for a moment")


async def test_a_group_is_never_told_to_order_what_can_not_be_had(stall: TestStall) -> None:
    there = await circle(stall, "EGG", "RICE", quantity=2)
    await lives_at_home(stall, there.ann)
    await says(stall, there.ann, "EGG 2", there.group)
    await stall.passes(11)
    await stall.settles()
    card = there.said[-1]
    assert "write for example RICE 2" in card.text
    stall.owner.press(f"1|pauseall|{there.stream.id}", stall.owner.last)
    await stall.owner.answered()
    await stall.settles()
    await stall.passes(11)
    await stall.settles()
    assert "paused" in card.text
    assert "write for example" not in card.text


async def test_talk_under_a_summary_is_answered_and_the_summary_stays(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", "HONEY")
    lin = await comes_in(stall, "Lin", language="zh")
    await lives_at_home(stall, lin)
    await lin.sends("鸡蛋两盒")
    await lin.sees("订单确认")
    await lin.sends("什么时候到货")
    asked = await lin.sees("没")
    assert "问摊主" in asked.labels
    await stall.settles()
    assert "订单确认" in lin.last.text
    await lin.sends("蜂蜜一瓶")
    summary = await lin.sees("百花蜂蜜")
    assert "散养土鸡蛋" not in summary.text


async def test_what_words_hold_is_not_given_up_for_other_words(stall: TestStall) -> None:
    there = await circle(stall, "EGG", "RICE")
    ann = there.ann
    await lives_at_home(stall, ann)
    await says(stall, ann, "EGG 2", there.group)
    await ann.sees("Your order", since=0)
    await ann.sends("RICE 1")
    await ann.sees("One order at a time")
    await stall.settles()
    assert "Free-range eggs · 2 boxes" in ann.last.text
    await ann.taps("Place order")
    await ann.sees("Pay by")


async def test_a_code_survives_putting_the_cart_in_order(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG", "RICE", quantity=4)
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.sends("/coupon SPRING10 10%")
    await hana.sees("Buyers can use it now")
    ann, bo = await comes_in(stall, "Ann"), await comes_in(stall, "Bo")
    await lives_at_home(stall, ann, bo)
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.taps_when("Products")
    await ann.taps_when("EGG")
    for _ in range(3):
        await ann.taps_when("+")
        await stall.settles()
    await ann.taps("Add to cart")
    await ann.taps_when("Check out")
    await ann.taps_when("I have a code")
    await ann.sees("Which code")
    await ann.sends("SPRING10")
    await ann.sees("Total ¥129.60")
    await order(bo, link_to(f"s_{stream.code}"), "EGG", known=True)
    await ann.taps("Place order")
    await ann.taps_when("Take 3 boxes")
    await ann.taps_when("Check out")
    assert "code SPRING10: −¥10.80" in (await ann.sees("Total ¥97.20")).text


async def test_an_order_that_is_left_leads_back_to_what_is_sold(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = await comes_in(stall, "Ann")
    await lives_at_home(stall, ann)
    await ann.sends("EGG 2")
    await ann.taps_when("Cancel")
    left = await ann.sees("Nothing was ordered")
    assert left.labels == ["Shop"]
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.taps_when("Products")
    await ann.taps_when("EGG")
    await ann.taps_when("Add to cart")
    await ann.taps_when("Check out")
    await ann.taps_when("Cancel")
    await ann.sees("Your cart is as it was")
    await ann.taps("My cart (1)")
    await ann.sees("Your cart")
    await ann.taps("Check out")
    await ann.sees("Your order")
    await ann.sends("/cancel")
    assert (await ann.sees("You left the order")).labels == ["Shop"]


async def test_who_cancels_while_the_cashier_checks_hears_what_becomes_of_the_money(stall: TestStall) -> None:
    players, _ = await one_order(stall)
    ann = players.ann
    await ann.sends_photo(RECEIPT)
    await ann.sees("is with the cashier")
    placed = next(message for message in ann.inbox if "Cancel order" in message.labels)
    await ann.taps("Cancel order", on=placed)
    await ann.sees("money that has arrived is sent back")
    await ann.taps("Yes, cancel order")
    assert "Shop" in (await ann.sees("is cancelled")).labels


async def test_an_answer_is_given_where_it_was_tapped_and_leaves_no_buttons_behind(stall: TestStall) -> None:
    await opened(stall)
    await orders(stall, "Bo", pays=True)
    bo, sun = stall.people["Bo"], stall.people["Sun"]
    await moves(stall, sun, "28 Mar")
    asked = bo.last
    old = datetime(2026, 3, 17, tzinfo=ZONE).timestamp()
    await stall.passes(old - 24 * 60 * 60 - stall.clock.now() / 1000)
    await stall.settles()
    reminded = bo.last
    assert "Please choose" in reminded.text
    await bo.taps("Refund", on=reminded)
    await stall.settles()
    assert bo.last is reminded
    assert "You chose a refund" in reminded.text
    assert "Refund" not in [*asked.labels, *reminded.labels]
    owner = stall.owner
    await owner.sends("/refunds")
    await owner.taps_when("TG-")
    listed = owner.last
    await owner.taps_when("Refunded")
    await stall.settles()
    assert owner.last is listed
    assert not any("Refunded" in message.labels for message in owner.inbox)


async def test_a_host_who_writes_an_order_down_is_told_of_the_buyer_and_offered_nothing_of_theirs(
    stall: TestStall,
) -> None:
    there = await circle(stall, "EGG", "RICE")
    owner = stall.owner
    await says(stall, there.ann, "eggs would be lovely", there.group)
    owner.press(f"1|desk|{there.stream.id}", owner.last)
    await owner.taps_when("Add an order")
    await owner.taps_when("Ann")
    await owner.sees("What does Ann want?")
    await owner.sends("RICE 1 EGG 99")
    told = await owner.sees("this buyer's orders have 0 boxes")
    assert told.labels == ["Desk"]
    await owner.sees("Written down")
