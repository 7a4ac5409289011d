"""Special prices and codes in the chat: set by a host, seen and used by buyers, in both languages."""

import pytest

from playground.people import Person
from shop.streams import StreamStatus
from storage import streams
from storage.clock import MINUTE
from storage.roles import Role
from tests.journeys.actors import RECEIPT, code_in
from tests.journeys.market import becomes, comes_in, link_to, spring_stream, works_as
from tests.stall import TestStall


async def a_desk(stall: TestStall, *codes: str) -> tuple[Person, streams.Stream]:
    """A host before the desk of an announced stream."""
    stream = await spring_stream(stall, *(codes or ("EGG",)))
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.sends("/mystreams")
    hana.press(f"1|desk|{stream.id}", hana.last)
    await hana.sees("start=s_")
    await stall.settles()
    return hana, stream


async def flash(stall: TestStall, hana: Person, price: str = "29", quantity: str | None = "12") -> None:
    """`Special prices` → eggs → `Flash price`, for ten minutes."""
    await hana.taps_when("Special prices")
    await hana.taps_when("EGG")
    await hana.taps_when("Flash price")
    await hana.sees("Which flash price")
    await hana.sends(price)
    await hana.taps_when("10 min")
    if quantity is None:
        await hana.taps_when("All of them")
    else:
        await hana.sees("How many at this price")
        await hana.sends(quantity)
    await hana.sees("Flash price ¥")
    await stall.settles()


async def to_summary(buyer: Person, stream: streams.Stream, code: str = "EGG", *, known: bool = False) -> None:
    """From the stream's link to the summary of one pack."""
    await buyer.opens(link_to(f"s_{stream.code}"))
    await buyer.taps_when("Products")
    await buyer.taps_when(code)
    await buyer.taps_when("Order now")
    if not known:
        await buyer.sees("recipient")
        await buyer.sends("Li Hua")
        await buyer.sees("phone")
        await buyer.sends("138 0013 8000")
        await buyer.sees("address")
        await buyer.sends("12 Dingjiang West Road, Tonggu, Yichun, Jiangxi")
    await buyer.sees("Your order")


async def test_the_cart_says_what_is_taken_off_and_why(stall: TestStall) -> None:
    hana, stream = await a_desk(stall)
    ann = await comes_in(stall, "Ann")
    await flash(stall, hana)
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.taps_when("Products")
    await ann.taps_when("EGG")
    await ann.taps_when("Add to cart")
    cart = await ann.sees("Total ¥29.00")
    assert "flash price × 1: −¥7.00" in cart.text


async def test_a_flash_price_from_the_desk_to_the_receipt(stall: TestStall) -> None:
    hana, stream = await a_desk(stall)
    ann, cai = await comes_in(stall, "Ann"), await works_as(stall, "Cai", Role.CASHIER)
    await flash(stall, hana)
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.taps_when("Products")
    assert "⚡ ¥29.00" in (await ann.sees("EGG")).text
    await ann.taps_when("EGG")
    card = await ann.sees("¥29.00 instead of ¥36.00 for 12 boxes more, 10 min left")
    assert "¥29.00" in card.text.splitlines()[-1]
    stall.clock.advance(120)
    await to_summary(ann, stream)
    summary = await ann.sees("Total ¥29.00")
    assert "flash price × 1: −¥7.00" in summary.text
    await ann.taps("Place order")
    placed = await ann.sees("Pay by")
    assert "29.00" in placed.text
    assert "flash price × 1: −¥7.00" in placed.text
    await ann.sends_photo(RECEIPT)
    assert "−¥7.00" in (await cai.sees(code_in(placed.text), since=0)).text
    await cai.taps_when("Confirm")
    await ann.sees("Payment confirmed")
    await ann.sends("/orders")
    await ann.taps_when(code_in(placed.text))
    assert "Taken off: −¥7.00" in (await ann.sees("Ships to Li Hua")).text
    hana.press(f"1|report|{stream.id}", hana.last)
    await hana.sees("Discounts given: ¥7.00")


async def test_an_order_at_a_flash_price_is_not_changed_but_cancelled_and_gives_the_price_back(
    stall: TestStall,
) -> None:
    hana, stream = await a_desk(stall)
    ann, cai = await comes_in(stall, "Ann"), await works_as(stall, "Cai", Role.CASHIER)
    await flash(stall, hana)
    await to_summary(ann, stream)
    await ann.taps("Place order")
    code = code_in((await ann.sees("Pay by")).text)
    await ann.taps("Change")
    answer = await ann.answered()
    assert answer.show_alert
    assert "special prices, so its packs can't be changed. Cancel the whole order" in (answer.text or "")
    await ann.sends_photo(RECEIPT)
    await cai.sees(code, since=0)
    await cai.taps_when("Confirm")
    await ann.sees("Payment confirmed")
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE people SET language = 'zh' WHERE id = :id", id=ann.id)
    )
    await ann.sends(code)
    await ann.taps_when("申请修改")
    assert "这个订单里有优惠价，不能改数量" in ((await ann.answered()).text or "")
    assert await stall.value("SELECT taken FROM flashes") == 1
    await ann.taps("申请取消")
    await cai.taps_when("Agree")
    await ann.sees("¥29.00")
    await stall.settles()
    assert await stall.value("SELECT status FROM orders") == "cancelled"
    assert await stall.value("SELECT taken FROM flashes") == 0


async def test_a_price_that_ended_before_place_order_is_told_and_the_next_tap_orders(stall: TestStall) -> None:
    hana, stream = await a_desk(stall)
    ann = await comes_in(stall, "Ann")
    await flash(stall, hana)
    await to_summary(ann, stream)
    await stall.passes(10 * 60)
    await stall.settles()
    await hana.sees("The flash price of EGG Free-range eggs is over")
    await ann.taps("Place order")
    told = await ann.sees("It was ¥29.00 and is now ¥36.00")
    assert "Nothing was ordered" in told.text
    assert await stall.value("SELECT count(*) FROM orders") == 0
    await ann.taps("Place order", on=told)
    assert "36.00" in (await ann.sees("Pay by")).text


async def test_a_host_sets_and_stops_special_prices_and_hears_what_is_wrong(stall: TestStall) -> None:
    hana, stream = await a_desk(stall)
    await hana.taps_when("Special prices")
    await hana.taps_when("EGG")
    await hana.taps_when("Flash price")
    await hana.sends("36")
    await hana.sees("has to be below ¥36.00")
    await hana.sends("cheap")
    await hana.sees("an amount above 0")
    await hana.sends("29")
    await hana.sees("For how many minutes")
    await hana.sends("soon")
    await hana.sees("whole number of minutes")
    await hana.sends("20 min")
    await hana.sees("How many at this price")
    await hana.sends("some")
    await hana.sees("whole number")
    await hana.sends("unlimited")
    await hana.sees("Flash price ¥29.00, 20 min left")
    await hana.taps("Price by quantity")
    await hana.sends("two are cheaper")
    await hana.sees("I could not read that")
    await hana.sends("2 for 66\n3 for 90")
    await hana.sees("3 boxes for ¥90.00")
    await hana.taps("Stop flash price")
    await hana.sees("No flash price runs")
    ann = await comes_in(stall, "Ann")
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.taps_when("Products")
    await ann.taps_when("EGG")
    await ann.taps_when("+")
    await ann.sees("¥66.00", since=0)
    await stall.settles()
    await becomes(stall, stream, StreamStatus.LIVE)
    await becomes(stall, stream, StreamStatus.ENDED)
    offer = await stall.value("SELECT id FROM offers")
    hana.press(f"1|flash|{offer}", hana.last)
    assert (await hana.answered()).text


async def test_a_code_in_one_line_and_its_way_through_an_order(stall: TestStall) -> None:
    hana, stream = await a_desk(stall, "EGG", "RICE")
    ann = await comes_in(stall, "Ann")
    await hana.sends("/coupon SPRING10 10% uses 100 per buyer 1 until Sun 20:00 for EGG")
    card = await hana.sees("Code SPRING10: 10% off EGG")
    assert "Used in 0 of 100 orders" in card.text
    assert "start=c_SPRING10" in card.text
    await to_summary(ann, stream)
    await ann.taps("I have a code")
    await ann.sees("Which code?")
    await ann.sends("SPRING11")
    await ann.sees("There is no code “SPRING11”")
    await ann.sends("spring10")
    summary = await ann.sees("Total ¥32.40")
    assert "code SPRING10: −¥3.60" in summary.text
    await ann.taps("Place order", on=summary)
    placed = await ann.sees("Pay by")
    assert "32.40" in placed.text
    await to_summary(ann, stream, known=True)
    await ann.sends("SPRING10")
    await ann.sees("You have used code SPRING10 as often as one person may")
    await ann.sends("/cancel")
    await to_summary(ann, stream, "RICE", known=True)
    await ann.sends("SPRING10")
    await ann.sees("SPRING10 as often as one person may", since=0)
    await hana.sends("/coupons")
    await hana.taps_when("SPRING10")
    assert "Used in 1 of 100 orders" in (await hana.sees("Buyers can use it now")).text
    await hana.taps("Stop the code")
    await hana.sees("It is over.")
    await hana.taps("All codes")
    await hana.sees("newest first")


async def test_each_reason_a_code_takes_nothing_off_has_its_own_sentence(stall: TestStall) -> None:
    hana, stream = await a_desk(stall, "EGG", "RICE")
    ann = await comes_in(stall, "Ann")
    for line in ("SOON 10% from tomorrow 8:00", "RICEONLY 10% for RICE", "SHORT 5 until in 2 hours", "GONE 5"):
        await hana.sends(f"/coupon {line}")
        await hana.sees(f"Code {line.split()[0]}")
    await hana.taps("Stop the code")
    await hana.sees("It is over.")
    stall.clock.advance(3 * 3600)
    await to_summary(ann, stream)
    await ann.taps("I have a code")
    for typed, told in (
        ("SOON", "does not count yet"),
        ("RICEONLY", "is not for these goods"),
        ("SHORT", "Code SHORT is over"),
        ("GONE", "Code GONE is over"),
    ):
        await ann.sends(typed)
        await ann.sees(told)
    for _ in range(5):
        await ann.sends("GUESS")
        await ann.sees("There is no code “GUESS”")
    await ann.sends("RICEONLY")
    await ann.sees("Too many wrong codes")
    await ann.taps("Without a code", on=await ann.sees("Which code?", since=0))
    await ann.taps_when("Place order")
    await ann.sees("Pay by")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("x 10%", "The code comes first"),
        ("SPRING much", "After the code comes what it takes off"),
        ("SPRING 10% uses many", "a whole number from 1"),
        ("SPRING 10% until whenever", "I could not read “whenever” as a time"),
        ("SPRING 10% until yesterday 8:00", "is over before"),
        ("SPRING 10% until 4/5 20:00", "can mean more than one time"),
        ("SPRING 10% for NONE", "The catalogue has no product NONE"),
        ("SPRING 10% uses 1 uses 2", "stands there twice"),
    ],
)
async def test_a_line_that_is_not_understood_is_answered_with_what_is_wrong(
    stall: TestStall, line: str, told: str
) -> None:
    hana, _ = await a_desk(stall)
    await hana.sends("/coupons")
    await hana.taps_when("New code")
    await hana.sees("Send the code and what it takes off")
    await hana.sends(line)
    await hana.sees(told)
    await hana.sends("SPRING 10%")
    await hana.sees("Code SPRING: 10% off")
    await hana.sends("/coupon SPRING 5%")
    await hana.sees("There is or was a code SPRING")
    assert await stall.value("SELECT count(*) FROM coupons") == 1


async def test_a_code_that_pays_for_everything_needs_no_payment(stall: TestStall) -> None:
    hana, stream = await a_desk(stall)
    await hana.sends("/coupon GIFT 100% uses 1")
    await hana.sees("Code GIFT: 100% off")
    ann = await comes_in(stall, "Ann")
    await to_summary(ann, stream)
    await ann.sends("gift")
    summary = await ann.sees("Nothing to pay")
    await ann.taps("Place order", on=summary)
    placed = await ann.sees("The order is in")
    assert placed.photo is None
    assert "¥0.00" in placed.text
    assert "I have paid" not in placed.labels
    assert await stall.value("SELECT status FROM orders") == "paid"
    assert await stall.value("SELECT count(*) FROM shipments") == 1


async def test_a_code_typed_into_the_chat_and_its_link_say_what_it_gives(stall: TestStall) -> None:
    hana, _ = await a_desk(stall)
    await hana.sends("/coupon THANKS 5")
    await hana.sees("Code THANKS: ¥5.00 off")
    ann = await comes_in(stall, "Ann")
    await ann.sends("thanks")
    await ann.sees("Code THANKS: ¥5.00 off. Choose something")
    await ann.opens(link_to("c_THANKS"))
    await ann.sees("Code THANKS: ¥5.00 off. Choose something")
    await ann.opens(link_to("c_NOTHING"))
    await ann.sees("link")


async def test_all_of_it_is_said_in_chinese(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    hana = await works_as(stall, "Hana", Role.HOST)
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE people SET language = 'zh' WHERE id = :p", p=hana.id)
    )
    hana.press(f"1|desk|{stream.id}", hana.last)
    await hana.taps_when("特价")
    await hana.taps_when("EGG")
    await hana.taps_when("限时价")
    await hana.sees("限时价多少")
    await hana.sends("29元")
    await hana.taps_when("15分钟")
    await hana.taps_when("全部")
    await hana.sees("限时价 ¥29.00，还剩15分钟")
    await hana.taps("多件价")
    await hana.sends("2件66元")
    await hana.sees("共 ¥66.00")
    await hana.sends("/coupon 春茶节 9折 共100次 每人1次 到周日20:00 仅限EGG")
    await hana.sees("优惠码 春茶节：EGG减10%")
    ann = await comes_in(stall, "Ann", language="zh")
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.taps_when("看商品")
    await ann.taps_when("EGG")
    await ann.sees("限时价 ¥29.00（原价 ¥36.00），还剩15分钟")
    await ann.taps("立即下单")
    await ann.sends("李华")
    await ann.sends("138 0013 8000")
    await ann.sends("江西省宜春市铜鼓县定江西路12号")
    await ann.taps_when("我有优惠码")
    await ann.sends("没有这个")
    await ann.sees("没有“没有这个”这个优惠码")
    await ann.sends("春茶节")
    summary = await ann.sees("¥26.10")
    assert "限时价 × 1：−¥7.00" in summary.text
    assert "优惠码 春茶节：−¥2.90" in summary.text
    await ann.taps("提交订单", on=summary)
    assert "26.10" in (await ann.sees("TG-")).text


async def test_buttons_of_others_and_forged_ones_change_nothing(stall: TestStall) -> None:
    hana, stream = await a_desk(stall)
    await hana.sends("/coupon SPRING10 10%")
    await hana.sees("Code SPRING10")
    ann, eve = await comes_in(stall, "Ann"), await comes_in(stall, "Eve")
    await to_summary(ann, stream)
    await stall.settles()
    offer = await stall.value("SELECT id FROM offers")
    checkout = await stall.value("SELECT id FROM dialogs WHERE person_id = :p", p=ann.id)
    for data in (
        f"1|specials|{stream.id}",
        f"1|special|{offer}",
        f"1|flash|{offer}",
        f"1|flashmin|{checkout}|10",
        f"1|flashall|{checkout}",
        f"1|flashstop|{offer}",
        f"1|steps|{offer}",
        "1|coupons",
        "1|coupon|1",
        "1|couponnew",
        "1|couponstop|1",
        f"1|havecode|{checkout}",
        f"1|nocode|{checkout}",
        f"1|place|{checkout}|0",
        f"1|place|{checkout}|999999",
        "1|place|-1|-1",
        f"1|placeas|{checkout}|999999|0",
    ):
        eve.press(data, eve.last)
        assert (await eve.answered()).text == "This button no longer works. Send /start to begin again.", data
    await eve.sends("/coupons")
    await eve.sees("hosts")
    await eve.sends("/coupon EVIL 100%")
    await eve.sees("hosts")
    assert await stall.value("SELECT count(*) FROM coupons") == 1
    assert await stall.value("SELECT count(*) FROM orders") == 0
    assert await stall.value("SELECT count(*) FROM flashes WHERE ends_at > :n", n=MINUTE) == 0
    # A forged total above the real one pays the real one.
    shown = next(button.data for row in ann.last.buttons for button in row if "Place order" in button.text)
    ann.press(shown.replace("|3600|", "|999999|"), ann.last)
    assert "36.00" in (await ann.sees("Pay by")).text
