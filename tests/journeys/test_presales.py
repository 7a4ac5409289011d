"""Sold out to presale through the chat: the host's taps, the supplier's word, the list first, dates that move."""

from datetime import datetime
from zoneinfo import ZoneInfo

from playground.people import Person
from shop.streams import StreamStatus
from storage import products, roles
from storage.clock import DAY
from storage.roles import Role
from storage.streams import Stream
from tests.journeys.actors import RECEIPT, code_in, order
from tests.journeys.groups import circle, lives_at_home, says
from tests.journeys.market import becomes, comes_in, link_to
from tests.journeys.test_waitlist import assert_books_agree, joins, places, sold_out
from tests.stall import OWNER, TestStall

ZONE = ZoneInfo("Asia/Shanghai")
SECONDS = 1000


async def supplies(stall: TestStall, name: str = "Sun", language: str = "en") -> Person:
    """Somebody who speaks for the eggs' supplier."""
    person = await comes_in(stall, name, language)
    store = stall.program.deps.store
    eggs = await store.read(products.by_code, "EGG")
    assert eggs is not None
    await store.write(
        roles.grant,
        person=person.id,
        role=Role.SUPPLIER,
        supplier=eggs.supplier_id,
        by=OWNER,
        now=stall.clock.now(),
    )
    return person


async def host_in(stall: TestStall) -> None:
    await stall.owner.sends("/start")
    await stall.owner.sees("Tonggu Stall")


async def evening(stall: TestStall, quantity: int = 2) -> tuple[Stream, Person]:
    """Eggs sold out, with the owner as host and Sun as supplier."""
    await host_in(stall)
    stream, ann = await sold_out(stall, quantity)
    await supplies(stall)
    return stream, ann


async def opened(stall: TestStall) -> Stream:
    """The same, and a presale the supplier has agreed to."""
    stream, _ = await evening(stall)
    owner, sun = stall.owner, stall.people["Sun"]
    await owner.taps_when("Open presale")
    await owner.taps_when("Ask the supplier")
    await sun.taps_when("Agree")
    await owner.sees("✅ Open,")
    await stall.settles()
    return stream


async def orders(stall: TestStall, name: str, *, pays: bool = False) -> str:
    """Somebody orders one box of the presale, and perhaps their money is confirmed by the owner."""
    buyer = await comes_in(stall, name)
    offer = await stall.value("SELECT max(id) FROM offers WHERE availability = 'presale'")
    await buyer.opens(link_to(f"o_{offer}"))
    await buyer.taps_when("Order now")
    await places(buyer)
    code = code_in((await buyer.sees("Pay by")).text)
    if pays:
        mark = buyer.mark()
        await buyer.sends_photo(RECEIPT)
        await stall.owner.taps("Confirm", on=await stall.owner.sees(f"Receipt for {code}", since=0))
        await buyer.sees("Payment confirmed", since=mark)
    await stall.settles()
    return code


async def moves(stall: TestStall, person: Person, words: str) -> None:
    """From the presale's card to the tap that tells the buyers."""
    await person.sends("/fulfil")
    await person.taps_when("EGG · presale")
    await person.taps_when("Move the date")
    await person.sees("When does it ship instead?")
    await person.sends(words)
    await person.sees("Every buyer is asked")
    await person.taps("Tell the buyers")
    await stall.settles()


# -- From sold out to open ----------------------------------------------------------------------------------


async def test_the_way_from_sold_out_over_the_supplier_to_everybody(stall: TestStall) -> None:
    stream, _ = await evening(stall)
    owner, sun = stall.owner, stall.people["Sun"]
    told = await owner.sees("EGG · Free-range eggs is sold out: 2 boxes taken", since=0)
    assert {"Open presale", "Restock", "Desk"} <= set(told.labels) | {label[2:] for label in told.labels}
    bo, chen, fan = await comes_in(stall, "Bo"), await comes_in(stall, "Chen"), await comes_in(stall, "Fan")
    await fan.sends("/follow")
    await joins(bo, stream, 3)
    await bo.sees("first in line")
    await joins(chen, stream, 2, "All or nothing")
    await chen.sees("1 person, 3 boxes before you")
    await stall.settles()
    stall.clock.advance(14 * 60)
    marks = bo.mark(), chen.mark(), fan.mark()
    await owner.taps("Open presale", on=told)
    draft = await owner.sees("This is a draft")
    assert "5 boxes at ¥36.00" in draft.text
    assert "ships 17–20 Mar" in draft.text
    await owner.taps_when("Ship dates")
    await owner.sees("When does it ship? Now: 17–20 Mar")
    await owner.sends("soonish")
    await owner.sees("could not read “soonish”")
    await owner.sends("20 to 24 Mar")
    assert "ships 20–24 Mar" in (await owner.sees("This is a draft")).text
    await owner.taps_when("Quantity")
    await owner.sees("How many can be ordered? Now: 5 boxes")
    await owner.sends("unlimited")
    await owner.sees("A presale is always limited")
    await owner.sends("500")
    await owner.sees("500 boxes at ¥36.00")
    await owner.taps_when("Ask the supplier")
    await owner.sees("is asked")
    await sun.sees("500 boxes at ¥36.00")
    await sun.taps_when("Agree")
    await sun.sees("Agreed, and open for orders")
    done = await owner.sees("✅ Open, 14 min after it sold out", since=0)
    assert "2 people of the waiting list got 5 boxes first" in done.text
    held = await bo.sees("It is your turn: 3 boxes", since=marks[0])
    assert "ships 20–24 Mar" in held.text
    await chen.sees("It is your turn: 2 boxes", since=marks[1])
    news = await fan.sees("presale, ships 20–24 Mar, ¥36.00, 495 boxes", since=marks[2])
    await stall.settles()
    assert not [message for message in bo.inbox if "495 boxes" in message.text]
    await fan.taps("Order presale", on=news)
    await fan.sees("Presale: you order now, it ships later")
    await assert_books_agree(stall)


async def test_the_same_way_in_chinese_with_another_date(stall: TestStall) -> None:
    owner = stall.person("Olga", OWNER, language="zh")
    await owner.sends("/start")
    await sold_out(stall)
    sun = await supplies(stall, "Sun", "zh")
    await owner.sees("EGG · 散养土鸡蛋 已售罄，共1份")
    await owner.taps_when("开预售")
    draft = await owner.sees("这是草稿")
    assert "3月17日–20日发货" in draft.text
    await owner.taps_when("问供货方")
    await sun.sees("您同意吗")
    await sun.taps_when("提议其他日期")
    await sun.sees("什么时候发货")
    await sun.sends("哪天再说")
    await sun.sees("没看懂“哪天再说”是哪天")
    await sun.sends("3月23日到26日")
    await sun.sees("您提议：3月23日–26日发货")
    await owner.sees("提议改为3月23日–26日发货")
    await owner.taps_when("接受此日期")
    assert "距售罄" in (await owner.sees("已开售")).text
    await sun.sees("已谈妥并开售")
    await stall.settles()
    lin = await comes_in(stall, "Lin", "zh")
    await lin.sends("/shop")
    assert "预售，还剩1份，3月23日–26日发货" in (await lin.sees("EGG")).text
    await assert_books_agree(stall)


async def test_without_anybody_of_the_supplier_the_host_opens_it_in_their_name(stall: TestStall) -> None:
    await host_in(stall)
    await sold_out(stall)
    owner = stall.owner
    await owner.taps_when("Open presale")
    card = await owner.sees("can be asked here: no one of theirs has opened the bot")
    assert not any("Ask the supplier" in label for label in card.labels)
    await owner.taps_when("Open in their name")
    assert "Opened in the name of Tonggu" in (await owner.sees("✅ Open,")).text
    assert await stall.value("SELECT answered_by FROM presales") is None


async def test_two_hosts_and_two_answers_have_one_outcome(stall: TestStall) -> None:
    await evening(stall)
    owner, sun = stall.owner, stall.people["Sun"]
    hana = await comes_in(stall, "Hana")
    await stall.program.deps.store.write(
        roles.grant, person=hana.id, role=Role.HOST, supplier=None, by=OWNER, now=stall.clock.now()
    )
    told = await owner.sees("is sold out", since=0)
    await owner.taps("Open presale", on=told)
    await owner.sees("This is a draft")
    hana.press("1|psnew|1", hana.last)
    assert (await hana.answered()).text == "There is a presale of it already"
    await hana.sees("This is a draft")
    await owner.taps_when("Ask the supplier")
    ask = await sun.sees("Do you agree?")
    hana.press("1|psdrop|1|1", hana.last)
    await hana.answered()
    await stall.settles()
    assert await stall.value("SELECT status FROM presales") == "dropped"
    sun.press("1|psyes|1|1", ask)
    assert (await sun.answered()).text == "It has changed meanwhile. This is how it stands now"
    await sun.sees("The host has discarded it", since=0)
    assert await stall.value("SELECT count(*) FROM offers WHERE availability = 'presale'") == 0


async def test_a_supplier_who_cannot_says_so_with_one_tap(stall: TestStall) -> None:
    await evening(stall)
    owner, sun = stall.owner, stall.people["Sun"]
    await owner.taps_when("Open presale")
    await owner.taps_when("Ask the supplier")
    await sun.taps_when("Cannot supply")
    news = await owner.sees("Sun can't supply this presale")
    await owner.taps("Open presale", on=news)
    await owner.sees("This is a draft")


async def test_a_presale_opens_after_its_stream_and_the_list_has_waited_for_it(stall: TestStall) -> None:
    stream, _ = await evening(stall)
    owner, sun = stall.owner, stall.people["Sun"]
    bo = await comes_in(stall, "Bo")
    await joins(bo, stream, 1)
    await bo.sees("first in line")
    await owner.taps_when("Open presale")
    await owner.taps_when("Ask the supplier")
    await sun.sees("Do you agree?")
    await becomes(stall, stream, StreamStatus.LIVE)
    await becomes(stall, stream, StreamStatus.ENDED)
    mark = bo.mark()
    await sun.taps_when("Agree")
    held = await bo.sees("It is your turn: 1 box", since=mark)
    await bo.taps("Take 1 box", on=held)
    await places(bo)
    assert "presale, ships" in (await bo.sees("Pay by")).text
    await bo.sends("/shop")
    assert "presale, 1 box left" in (await bo.sees("EGG")).text
    await assert_books_agree(stall)


async def test_what_sold_out_leads_to_its_presale_everywhere(stall: TestStall) -> None:
    stream = await opened(stall)
    bo = await comes_in(stall, "Bo")
    await bo.opens(link_to("o_1"))
    old = await bo.sees("Sold out for now")
    assert "presale, ships 17–20 Mar" in old.text
    await bo.taps("Order presale", on=old)
    await bo.sees("Presale: you order now, it ships later")
    await bo.opens(link_to(f"s_{stream.code}"))
    await bo.taps_when("Products")
    assert "presale, 2 boxes left, ships 17–20 Mar" in (await bo.sees("EGG")).text


async def test_a_group_sees_the_presale_and_its_words_order_it(stall: TestStall) -> None:
    here = await circle(stall, "EGG", quantity=1)
    await lives_at_home(stall, here.ann)
    await order(here.ann, link_to(f"s_{here.stream.code}"), "EGG", known=True)
    await supplies(stall)
    await stall.owner.taps_when("Open presale")
    await stall.owner.taps_when("Ask the supplier")
    await stall.people["Sun"].taps_when("Agree")
    await stall.settles()
    await stall.passes(15)
    await stall.settles()
    assert "presale, ships 17–20 Mar" in here.said[-1].text
    mark = here.ann.mark()
    await says(stall, here.ann, "EGG 1", here.group)
    assert "presale, ships 17–20 Mar" in (await here.ann.sees("Kept for you until", since=mark)).text
    await becomes(stall, here.stream, StreamStatus.LIVE)
    await becomes(stall, here.stream, StreamStatus.ENDED)
    await stall.passes(15)
    await stall.settles()
    assert "presale" in here.said[-1].text


async def test_the_window_stands_on_everything_an_order_shows(stall: TestStall) -> None:
    await opened(stall)
    code = await orders(stall, "Bo", pays=True)
    bo, sun, owner = stall.people["Bo"], stall.people["Sun"], stall.owner
    window = "ships 17–20 Mar"
    for person, words in ((bo, "Pay by"), (bo, "is with the cashier"), (bo, "Payment confirmed"), (sun, code)):
        shown = [message for message in person.inbox if words in message.text]
        assert all(window in message.text for message in shown[-1:]), words
    slips = [message for message in owner.inbox if f"Receipt for {code}" in message.text]
    assert window in slips[-1].text
    await bo.sends("/orders")
    assert f"{code} {window}" in (await bo.sees("Your orders")).text
    await sun.taps("Accept", on=[message for message in sun.inbox if "Accept" in str(message.labels)][-1])
    await sun.taps_when("Mark shipped")
    await sun.taps_when("No tracking")
    assert window in (await bo.sees("is on its way")).text


# -- The date moves -----------------------------------------------------------------------------------------


async def test_every_buyer_keeps_or_has_their_money_back_and_the_supplier_sees_the_figures(stall: TestStall) -> None:
    await opened(stall)
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE offers SET quantity = 9 WHERE availability = 'presale'")
    )
    await stall.program.deps.store.write(
        lambda tx: tx.run(
            "INSERT INTO stock_movements (offer_id, kind, units, reason, at) SELECT MAX(id), 'quantity', 7, 'x', 1"
            " FROM offers"
        )
    )
    first, second = await orders(stall, "Bo", pays=True), await orders(stall, "Chen", pays=True)
    await orders(stall, "Dan")
    bo, chen, dan, sun, owner = (stall.people[name] for name in ("Bo", "Chen", "Dan", "Sun", "Olga"))
    marks = [person.mark() for person in (bo, chen, dan, owner)]
    await moves(stall, sun, "28 Mar to 2 Apr")
    assert "0 keep, 0 refund, 3 without an answer" in sun.last.text
    asked = await bo.sees(f"Your order {first} ships later than promised", since=marks[0])
    assert "ships 28 Mar – 2 Apr" in asked.text
    await bo.taps("Keep", on=asked)
    await bo.sees("You keep it. Ships 28 Mar – 2 Apr")
    asked = await chen.sees(f"Your order {second} ships later", since=marks[1])
    await chen.taps("Refund", on=asked)
    await chen.sees("You chose a refund: ¥36.00 goes back to you")
    refund = await owner.sees(f"Refund owed for {second}: ¥36.00", since=marks[3])
    assert "The presale ships later" in refund.text
    await dan.taps("Refund", on=await dan.sees("ships later", since=marks[2]))
    await dan.sees("this is off your order")
    await stall.settles()
    assert any("1 keep, 2 refund, 0 without an answer" in message.text for message in sun.inbox)
    assert any("1 keep, 2 refund, 0 without an answer" in message.text for message in owner.inbox)
    # A second tap on the old message finds how it ended.
    chen.press("1|dlkeep|1|3", asked)
    await chen.answered()
    await stall.settles()
    assert await stall.value("SELECT group_concat(choice) FROM delay_choices") == "keep,refund,refund"
    await assert_books_agree(stall)


async def test_who_says_nothing_is_reminded_then_shown_to_the_host_and_can_still_choose(stall: TestStall) -> None:
    await opened(stall)
    code = await orders(stall, "Bo", pays=True)
    bo, sun, owner = (stall.people[name] for name in ("Bo", "Sun", "Olga"))
    await moves(stall, sun, "28 Mar")
    old = datetime(2026, 3, 17, tzinfo=ZONE).timestamp() * SECONDS
    mark = bo.mark()
    await stall.passes((old - DAY - stall.clock.now()) / SECONDS)
    await stall.settles()
    reminded = await bo.sees("Please choose: your order", since=mark)
    mark = owner.mark()
    await stall.passes(25 * 60 * 60)
    await stall.settles()
    silent = await owner.sees("These have not answered", since=mark)
    assert code in silent.labels
    await bo.taps("Keep", on=reminded)
    await bo.sees("You keep it")
    await stall.settles()
    assert await stall.value("SELECT choice FROM delay_choices") == "keep"


async def test_the_choice_stands_on_the_orders_card_too(stall: TestStall) -> None:
    await opened(stall)
    code = await orders(stall, "Bo")
    bo = stall.people["Bo"]
    await moves(stall, stall.people["Sun"], "in 20 days")
    await bo.sends(code)
    card = await bo.sees("The ship date has moved")
    assert {"Keep", "Refund"} <= set(card.labels)
    await bo.taps("Keep", on=card)
    await bo.sees("You keep it. Ships Mon 30 Mar")
    await bo.sends(code)
    assert "Keep" not in (await bo.sees("ships Mon 30 Mar")).labels


async def test_a_date_that_is_no_later_or_can_mean_two_days_is_asked_again(stall: TestStall) -> None:
    await opened(stall)
    sun = stall.people["Sun"]
    await sun.sends("/fulfil")
    await sun.taps_when("EGG · presale")
    await sun.taps_when("Move the date")
    await sun.sees("When does it ship instead?")
    for words, answer in (
        ("18 Mar", "not later than promised"),
        ("1 Mar 2026", "has come already"),
        ("4/5", "can mean"),
        ("1 Dec", "more than half a year"),
        ("<b>", "could not read"),
    ):
        await sun.sends(words)
        await sun.sees(answer)
    assert await stall.value("SELECT count(*) FROM delays") == 0


async def test_a_summary_that_showed_the_old_date_is_shown_anew(stall: TestStall) -> None:
    await opened(stall)
    bo = await comes_in(stall, "Bo")
    await lives_at_home(stall, bo)
    await bo.opens(link_to("o_2"))
    await bo.taps_when("Order now")
    await bo.sees("ships 17–20 Mar")
    await moves(stall, stall.people["Sun"], "28 Mar to 2 Apr")
    await bo.taps("Place order")
    await bo.sees("ships 28 Mar – 2 Apr")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM orders WHERE buyer_id = :b", b=bo.id) == 0
    await bo.taps("Place order")
    await bo.sees("Pay by")
    assert await stall.value("SELECT count(*) FROM delay_choices") == 0


async def test_the_dates_move_in_chinese(stall: TestStall) -> None:
    await opened(stall)
    lin = await comes_in(stall, "Lin", "zh")
    await lives_at_home(stall, lin)
    await lin.opens(link_to("o_2"))
    await lin.taps_when("立即下单")
    assert "预售，3月17日–20日发货" in (await lin.sees("订单确认")).text
    await lin.taps_when("提交订单")
    assert "3月17日–20日发货" in (await lin.sees("付款")).text
    mark = lin.mark()
    await moves(stall, stall.people["Sun"], "3月28日到4月2日")
    asked = await lin.sees("要比约定的晚发货", since=mark)
    assert "新日期：3月28日–4月2日发货" in asked.text
    await lin.taps("退款", on=asked)
    await lin.sees("已从订单中取消")
    await assert_books_agree(stall)
