"""Hosts and owners at work, told through the chat."""

import re

from playground.messages import Message
from playground.people import Person
from tests.journeys.actors import RECEIPT, import_catalogue, invited, link_in, order, stream_with
from tests.stall import TestStall


async def a_host(stall: TestStall, *, language: str = "en") -> Person:
    await import_catalogue(stall)
    await stall.owner.sends("/start")
    await stall.settles()
    return await invited(stall, "Hana", "host", language=language)


def words(message: Message) -> list[str]:
    """The buttons' words, without the emoji before some of them."""
    return [re.sub(r"^[📣🔴] ", "", label) for label in message.labels]


def data_of(message: Message, word: str) -> str:
    """What the button of this word carries."""
    found = [button.data for row in message.buttons for button in row if button.text.endswith(word)]
    assert found, message.labels
    assert found[0] is not None
    return found[0]


async def asked_when(stall: TestStall, host: Person) -> None:
    await host.sends("/newstream")
    await host.sees("title")
    await host.sends("Tonggu spring stream")
    await host.sees("Asia/Shanghai")


# -- A new stream --------------------------------------------------------------------------------------------


async def test_a_stream_is_made_by_four_answers(stall: TestStall) -> None:
    hana = await a_host(stall)
    await asked_when(stall, hana)
    await hana.sends("2026-03-15 20:00")
    echo = await hana.sees("Sun 15 Mar, 20:00")
    assert echo.text.index("Sun 15 Mar, 20:00") < echo.text.index("Where can people watch")
    await hana.sends("Kuaishou https://live.kuaishou.com/u/tonggu\nhttps://www.taobao.com/live/1")
    await hana.sees("Watch: Kuaishou · taobao.com")
    await hana.sends_photo(RECEIPT)
    desk = await hana.sees("start=s_")
    for part in ("Tonggu spring stream", "Sun 15 Mar, 20:00", "draft", "Kuaishou", "taobao.com", "in 5 days"):
        assert part in desk.text
    assert words(desk) == ["Add products", "Preview", "Announce", "Edit", "⚡ Special prices", "Cancel stream"]
    assert await stall.value("SELECT photo IS NOT NULL FROM streams") == 1
    assert await stall.value("SELECT count(*) FROM dialogs") == 0


async def test_answers_that_cannot_be_taken_are_refused_with_an_example_and_asked_on(stall: TestStall) -> None:
    hana = await a_host(stall)
    await hana.sends("/newstream")
    await hana.sees("title")
    await hana.sends("x" * 101)
    await hana.sees("101")
    await hana.sends("Tonggu spring stream")
    await hana.sees("Asia/Shanghai")
    await hana.sends("32.13.2026")
    refused = await hana.sees("32.13.2026")
    assert "2026-03-11 20:00" in refused.text
    await hana.sends("2026-03-01 20:00")
    past = await hana.sees("Sun 1 Mar, 20:00")
    assert "2026-03-11 20:00" in past.text
    await hana.sends("2026-03-15 20:00")
    await hana.sees("Sun 15 Mar")
    await hana.sends("Kuaishou https://live.kuaishou.com/u/tonggu\nTaobao ftp://taobao.com")
    await hana.sees("Line 2")
    await hana.taps("Skip")
    await hana.sees("picture")
    await hana.sends("a picture")
    await hana.sees("photo")
    await hana.taps("Skip")
    await hana.sees("start=s_")


async def test_a_second_tap_on_skip_changes_nothing(stall: TestStall) -> None:
    hana = await a_host(stall)
    await asked_when(stall, hana)
    await hana.sends("2026-03-15 20:00")
    asked = await hana.sees("Sun 15 Mar")
    skip = data_of(asked, "Skip")
    hana.press(skip, asked)
    hana.press(skip, asked)
    await stall.settles()
    assert await stall.value("SELECT step FROM dialogs") == "picture"
    assert await stall.value("SELECT count(*) FROM streams") == 0


async def test_somebody_who_is_no_host_is_told_so(stall: TestStall) -> None:
    ann = stall.person("Ann")
    for command in ("/newstream", "/mystreams", "/products", "/import", "/report"):
        await ann.sends(command)
        await ann.sees("hosts")
    for command in ("/invite host", "/invite", "/roles"):
        await ann.sends(command)
        await ann.sees("owner")


async def test_the_host_speaks_chinese(stall: TestStall) -> None:
    hana = await a_host(stall, language="zh-hans")
    await hana.sends("/newstream 铜鼓春季直播")
    await hana.sees("什么时候开播")
    await hana.sends("2026年3月15日 20点")
    await hana.sees("3月15日 周日 20:00")
    await hana.taps("跳过")
    await hana.sees("图片")
    await hana.taps("跳过")
    desk = await hana.sees("start=s_")
    assert "草稿" in desk.text
    assert words(desk) == ["添加商品", "预览", "发布", "编辑", "⚡ 特价", "取消直播"]


# -- Products ------------------------------------------------------------------------------------------------


async def test_a_product_is_put_up_with_another_quantity_and_price(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana)
    await hana.taps("Add products")
    picker = await hana.sees("Tap a product")
    assert "EGG · Free-range eggs · ¥36.00" in picker.labels
    await hana.taps("EGG")
    card = await hana.sees("Quantity")
    assert ("500 boxes" in card.text, "¥36.00" in card.text) == (True, True)
    await hana.taps("Quantity")
    await hana.sees("How many")
    await hana.sends("many")
    await hana.sees("500")
    await hana.sends("１，２００")
    await hana.taps_when("Price")
    await hana.sees("cost")
    await hana.sends("¥35")
    again = await hana.sees("Price: ¥35.00")
    assert "1,200 boxes" in again.text
    await hana.taps("Add")
    desk = await hana.sees("start=s_")
    assert "1,200 boxes left" in desk.text
    assert await stall.value("SELECT quantity || ' ' || price FROM offers") == "1200 3500"
    await hana.taps("Add products")
    rest = await hana.sees("Tap a product")
    assert not [label for label in rest.labels if label.startswith("EGG")]


async def test_unlimited_has_no_end(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana)
    await hana.taps("Add products")
    await hana.taps_when("HONEY")
    await hana.taps_when("Quantity")
    await hana.sees("How many")
    await hana.sends("不限")
    await hana.taps_when("Add")
    desk = await hana.sees("start=s_")
    assert "no limit" in desk.text
    assert await stall.value("SELECT quantity FROM offers") is None


async def test_a_product_is_added_once_however_often_add_is_tapped(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana)
    await hana.taps("Add products")
    await hana.taps_when("EGG")
    card = await hana.sees("Quantity")
    add = data_of(card, "Add")
    hana.press(add, card)
    hana.press(add, card)
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM offers") == 1
    assert "Free-range eggs" in hana.last.text


async def test_the_catalogue_is_listed_and_each_product_shown(stall: TestStall) -> None:
    hana = await a_host(stall)
    await hana.sends("/products")
    listed = await hana.sees("EGG")
    assert "500 boxes" in listed.text
    await hana.taps("EGG · Free-range eggs · ¥36.00")
    card = await hana.sees("Tonggu Free-Range Poultry Cooperative")
    for part in ("散养土鸡蛋", "box of 20", "¥36.00", "212", "Eggs laid by hens"):
        assert part in card.text
    await hana.taps("Catalogue")
    await hana.sees("RICE")


# -- The desk ------------------------------------------------------------------------------------------------


async def test_preview_shows_the_viewers_card_and_leaves_the_desk(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana, "EGG")
    await hana.taps("Preview")
    card = await hana.sees("Preview")
    assert "Products" in card.labels
    await hana.taps("Announce")
    await hana.sees("announced")


async def test_announce_go_live_and_end_lead_to_the_report(stall: TestStall) -> None:
    hana = await a_host(stall)
    link = await stream_with(stall, hana, "EGG", "RICE")
    await hana.taps("Announce")
    desk = await hana.sees("announced")
    assert words(desk) == [
        "Add products", "Preview", "Stock", "Push", "⏸ Pause", "Go live", "End stream", "Edit", "Report",
        "Add an order", "Groups", "⚡ Special prices", "Cancel stream",
    ]  # fmt: skip
    ann = stall.person("Ann")
    await order(ann, link, "EGG")
    await hana.taps("Go live")
    live = await hana.sees("Live now")
    assert words(live) == [
        "Push", "⏸ Pause", "Add products", "End stream", "Stock", "Edit", "Report", "Add an order", "Groups",
        "⚡ Special prices",
    ]  # fmt: skip
    assert "1 to pay" in live.text
    await hana.taps("End stream")
    await hana.sees("End Tonggu spring stream now?")
    await hana.taps("No")
    await hana.sees("Live now")
    await hana.taps("End stream")
    await hana.taps_when("Yes")
    report = await hana.sees("1 unpaid")
    await stall.settles()
    assert hana.last is report
    assert "9,980 eggs" in report.text
    assert await stall.value("SELECT status FROM streams") == "ended"


async def test_announcing_twice_tells_nobody_twice(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana, "EGG")
    ann = stall.person("Ann")
    await ann.sends("/follow")
    await stall.settles()
    desk = hana.last
    announce = data_of(desk, "Announce")
    hana.press(announce, desk)
    hana.press(announce, desk)
    await stall.settles()
    assert len([message for message in ann.inbox if "Tonggu spring stream" in message.text]) == 1
    assert [alert.text for alert in hana.alerts][-1] == "It is announced already; nobody is told twice."


async def test_a_cancelled_stream_takes_its_unpaid_orders_with_it_and_keeps_the_paid(stall: TestStall) -> None:
    hana = await a_host(stall)
    link = await stream_with(stall, hana, "EGG")
    await hana.taps("Announce")
    await hana.sees("announced")
    ann, ben = stall.person("Ann"), stall.person("Ben")
    unpaid, paid = await order(ann, link, "EGG"), await order(ben, link, "EGG")
    await ben.sends_photo(RECEIPT)
    await ben.sees(paid)
    await stall.owner.taps_when("Confirm")
    await stall.settles()
    await hana.taps("Cancel stream")
    asked = await hana.sees("can't be taken back")
    assert "1 unpaid order ends" in asked.text
    assert "1 paid order stays" in asked.text
    mark = ann.mark()
    await hana.taps("Yes")
    desk = await hana.sees("called off")
    assert "Paid orders still stand" in desk.text
    assert desk.labels == ["Report"]
    await stall.settles()
    await ann.sees(unpaid, since=mark)
    assert await stall.value("SELECT group_concat(status, ' ') FROM orders") == "cancelled paid"


async def test_a_moved_stream_tells_who_wants_a_reminder(stall: TestStall) -> None:
    hana = await a_host(stall)
    link = await stream_with(stall, hana, "EGG")
    await hana.taps("Announce")
    await hana.sees("announced")
    ann = stall.person("Ann")
    await ann.opens(link)
    await ann.taps_when("Remind me")
    await stall.settles()
    await hana.taps("Edit")
    await hana.taps_when("Time")
    await hana.sees("Now: Sun 15 Mar, 20:00")
    mark = ann.mark()
    await hana.sends("2026-03-16 19:30")
    desk = await hana.sees("start=s_")
    assert "Mon 16 Mar, 19:30" in desk.text
    assert hana.last is desk
    await stall.settles()
    await ann.sees("Mon 16 Mar, 19:30", since=mark)
    await hana.taps("Edit")
    await hana.taps_when("Title")
    await hana.sees("Now: Tonggu spring stream")
    await hana.sends("Tonggu night")
    await hana.sees("Tonggu night")


async def test_coming_back_to_the_desk_leaves_the_question(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana)
    await hana.taps("Add products")
    await hana.taps_when("EGG")
    await hana.taps_when("Desk")
    await hana.sees("start=s_")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM dialogs") == 0


async def test_a_strangers_tap_on_a_desk_does_nothing_and_tells_nothing(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana, "EGG")
    ann = stall.person("Ann")
    await ann.sends("/start")
    await stall.settles()
    stream = await stall.value("SELECT id FROM streams")
    for data in (
        "desk", "preview", "announce", "live", "end", "endyes", "edit", "cancels", "cancelsyes", "report",
    ):  # fmt: skip
        ann.press(f"1|{data}|{stream}", ann.last)
        assert "no longer works" in ((await ann.answered()).text or "")
    for data in (
        f"1|pick|{stream}|0",
        f"1|addp|{stream}|1",
        f"1|editf|{stream}|title",
        "1|products|0",
        "1|product|1",
    ):
        ann.press(data, ann.last)
        assert "no longer works" in ((await ann.answered()).text or "")
    assert await stall.value("SELECT status FROM streams") == "draft"
    assert len(ann.inbox) == 1


# -- The owner -----------------------------------------------------------------------------------------------


async def test_an_owner_invites_by_buttons_and_hears_when_it_is_opened(stall: TestStall) -> None:
    await import_catalogue(stall)
    owner, sun = stall.owner, stall.person("Sun")
    await owner.sends("/invite")
    await owner.taps_when("Supplier")
    await owner.taps_when("Paibu Rice Noodle Workshop")
    invitation = await owner.sees("start=i_")
    assert "supplier (Paibu Rice Noodle Workshop)" in invitation.text
    assert "Tue 17 Mar, 12:00" in invitation.text
    await sun.opens(link_in(invitation.text))
    await sun.sees("supplier (Paibu Rice Noodle Workshop)")
    await owner.sees("Sun")
    await owner.sends("/roles")
    listed = await owner.sees("Owners")
    assert "Sun, for Paibu Rice Noodle Workshop" in listed.text


async def test_an_unknown_supplier_is_answered_with_the_known_ones(stall: TestStall) -> None:
    owner = stall.owner
    await owner.sends("/invite supplier")
    await owner.sees("/import")
    await import_catalogue(stall)
    await owner.sends("/invite supplier Nobody")
    asked = await owner.sees("Nobody")
    assert "Paibu Rice Noodle Workshop" in asked.labels


# -- By the clock --------------------------------------------------------------------------------------------


async def test_when_it_is_time_the_host_is_told_and_goes_live_from_there(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana, "EGG", when="2026-03-10 14:00")
    await hana.taps("Announce")
    await hana.sees("announced")
    await stall.settles()
    mark = hana.mark()
    await stall.passes(2 * 3600 + 1)
    due = await hana.sees("It is time", since=mark)
    assert words(due) == ["Go live", "Desk"]
    await hana.taps("Go live", on=due)
    await hana.sees("Live now")
    assert await stall.value("SELECT status FROM streams") == "live"


async def test_the_host_hears_of_an_order_that_ran_out_and_its_units_are_free(stall: TestStall) -> None:
    hana = await a_host(stall)
    link = await stream_with(stall, hana, "EGG")
    await hana.taps("Announce")
    await hana.sees("announced")
    code = await order(stall.person("Ann"), link, "EGG")
    await stall.settles()
    mark = hana.mark()
    await stall.passes(36 * 60)
    told = await hana.sees(code, since=mark)
    assert "1 × Free-range eggs" in told.text
    await hana.sends("/mystreams")
    await hana.taps_when("Tonggu spring stream")
    assert "0 boxes sold\n500 left" in (await hana.sees("start=s_")).text
