"""Orders in words, written to the stall in private: the checkout of `Order now`, and what else words may mean."""

import pytest

from playground.people import Person
from shop.streams import StreamStatus
from storage import doctor
from tests.journeys.actors import code_in
from tests.journeys.groups import lives_at_home
from tests.journeys.market import becomes, comes_in, spring_stream
from tests.stall import TestStall


@pytest.mark.parametrize(
    ("text", "packs"),
    [("EGG", "1 box"), ("egg+2", "2 boxes"), ("２　ＥＧＧ", "2 boxes"), ("鸡蛋两盒", "2 boxes"), ("egg", "1 box")],
)
async def test_words_lead_to_the_summary_of_whoever_has_an_address(stall: TestStall, text: str, packs: str) -> None:
    await spring_stream(stall, "EGG", "HONEY")
    ann = await comes_in(stall, "Ann")
    await lives_at_home(stall, ann)
    await ann.sends(text)
    summary = await ann.sees("Your order")
    assert packs in summary.text
    assert "Kept" not in summary.text
    await ann.taps("Place order")
    await ann.sees("Pay by")


async def test_words_of_several_lines_are_one_order(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", "HONEY", "RICE")
    ann = await comes_in(stall, "Ann")
    await ann.sends("EGG 2 HONEY 1")
    await ann.sees("recipient")
    for answer in ("Li Hua", "138 0013 8000", "12 Dingjiang West Road, Tonggu"):
        await ann.sends(answer)
        await stall.settles()
    await ann.taps("Place order")
    placed = await ann.sees("Pay by")
    assert "131.00" in placed.text
    assert await stall.value("SELECT count(*) FROM orders") == 1
    assert await stall.value("SELECT count(*) FROM order_lines") == 2


async def test_words_in_chinese_are_answered_in_chinese(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", "HONEY")
    li = await comes_in_chinese(stall)
    await lives_at_home(stall, li)
    await li.sends("要2盒鸡蛋，还有蜂蜜1瓶")
    summary = await li.sees("散养土鸡蛋")
    assert "百花蜂蜜" in summary.text
    assert "提交订单" in " ".join(summary.labels)
    await li.sends("/cancel")
    await li.sends("鸡蛋三个")
    close = await li.sees("没太看明白")
    assert close.labels[0] == "EGG 3"


async def comes_in_chinese(stall: TestStall) -> Person:
    li = stall.person("Li", language="zh-hans")
    await li.sends("/start")
    await stall.settles()
    return li


async def test_in_which_stream_is_asked_when_several_sell_it(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", "HONEY")
    await spring_stream(stall, "EGG", title="Night market")
    ann = await comes_in(stall, "Ann")
    await lives_at_home(stall, ann)
    await ann.sends("EGG 2")
    asked = await ann.sees("in which stream?")
    assert len(asked.labels) == 2
    await ann.taps("Night market")
    await ann.taps_when("Place order")
    await ann.sees("Pay by")
    assert await stall.value("SELECT s.title FROM orders AS o JOIN streams AS s ON s.id = o.stream_id") == (
        "Night market"
    )
    # Only one of them has honey too.
    await ann.sends("EGG 1 HONEY 1")
    await ann.taps_when("Place order")


async def test_products_of_different_streams_are_ordered_one_by_one(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    await spring_stream(stall, "HONEY", title="Night market")
    ann = await comes_in(stall, "Ann")
    await lives_at_home(stall, ann)
    await ann.sends("EGG 2 HONEY 1")
    asked = await ann.sees("write it like")
    assert asked.labels[:2] == ["EGG 2", "HONEY 1"]
    await ann.taps("HONEY 1")
    assert "Wild-flower honey" in (await ann.sees("Your order")).text


async def test_what_is_nearly_an_order_gets_suggestions_and_can_still_be_asked(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", "HONEY")
    ann = await comes_in(stall, "Ann")
    await lives_at_home(stall, ann)
    await ann.sends("HONNEY 2")
    close = await ann.sees("write it like")
    assert close.labels == ["HONEY 2", "Ask the stall"]
    await ann.taps("HONEY 2")
    assert "2 jars" in (await ann.sees("Your order")).text
    await ann.sends("/cancel")
    await ann.sends("EGG 1.5")
    await ann.sees("write it like")
    await ann.taps("Ask the stall")
    await ann.sees("with the stall")
    await stall.settles()
    assert await stall.value("SELECT text FROM questions") == "EGG 1.5"


async def test_one_line_that_cannot_be_had_offers_what_can(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", quantity=3)
    ann = await comes_in(stall, "Ann")
    await lives_at_home(stall, ann)
    await ann.sends("EGG 5")
    told = await ann.sees("only 3 boxes left")
    assert told.labels[0] == "Take 3 boxes"
    await ann.taps("Take 3 boxes")
    assert "3 boxes" in (await ann.sees("Your order")).text


async def test_several_lines_are_explained_one_by_one_and_the_rest_can_be_ordered(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", "TEAOIL", "HONEY", quantity=8)
    ann = await comes_in(stall, "Ann")
    await lives_at_home(stall, ann)
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE offers SET quantity = 0 WHERE id = (SELECT max(id) FROM offers)")
    )
    await ann.sends("EGG 9 TEAOIL 7 HONEY 1")  # 8 eggs are there, 6 cans a person, no honey
    told = await ann.sees("Nothing was ordered yet")
    assert "only 8 boxes left" in told.text
    assert "up to 6 cans per person" in told.text
    assert "Wild-flower honey: sold out" in told.text
    await ann.taps("Order the rest")
    summary = await ann.sees("Your order")
    assert "8 boxes" in summary.text
    assert "6 cans" in summary.text
    assert "honey" not in summary.text
    await ann.taps("Place order")
    await ann.sees("Pay by")


async def test_what_is_not_on_sale_any_more_says_so(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = await comes_in(stall, "Ann")
    await stall.program.deps.store.write(lambda tx: tx.run("UPDATE offers SET closes_at = 1"))
    await ann.sends("EGG 2")
    told = await ann.sees("not on sale just now")
    assert "Products" in told.labels
    await becomes(stall, stream, StreamStatus.ENDED)
    await ann.sends("EGG 2")
    await stall.settles()
    assert "EGG" not in ann.last.text


async def test_other_meanings_come_first(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    ann = await comes_in(stall, "Ann")
    await lives_at_home(stall, ann)
    await ann.sends("EGG 1")
    await ann.taps_when("Place order")
    code = code_in((await ann.sees("Pay by")).text)
    await ann.sends(code)
    await ann.sees("Ships to")
    # An answer to a question is an answer.
    await ann.sends("/address")
    await ann.taps_when("New address")
    await ann.sees("recipient")
    await ann.sends("EGG 2")
    await ann.sees("phone")
    await ann.sends("/cancel")
    # At the summary a button decides: what is typed there is the order that is meant instead, and orders nothing.
    await ann.sends("EGG 2")
    await ann.sees("Your order")
    await ann.sends("EGG 7")
    await stall.settles()
    assert "7 boxes" in ann.last.text
    assert await stall.value("SELECT count(*) FROM orders") == 1


async def test_words_nobody_understands_are_offered_to_the_stall_as_ever(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    ann = await comes_in(stall, "Ann")
    for text in ("I like eggs", "when do you ship", "+1", "138 0013 8000"):
        await ann.sends(text)
        await stall.settles()
        assert "Ask the stall" in ann.last.labels, text
        assert not any(label.startswith("EGG") for label in ann.last.labels), text


async def test_a_button_under_words_is_stale_once_other_words_have_come(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    ann = await comes_in(stall, "Ann")
    await ann.sends("EGG 1.5")
    close = await ann.sees("write it like")
    await ann.sends("hello")
    await stall.settles()
    await ann.taps("EGG 1", on=close)
    assert "no longer works" in ((await ann.answered()).text or "")


async def test_the_books_agree_after_all_of_it(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", "HONEY", quantity=5)
    ann = await comes_in(stall, "Ann")
    await lives_at_home(stall, ann)
    for text in ("EGG 5", "EGG 9", "HONEY 2 EGG 1"):
        await ann.sends(text)
        await stall.settles()
        if "Place order" in ann.last.labels:
            await ann.taps("Place order")
            await stall.settles()
    findings = await doctor.examine(stall.program.deps.store, now=stall.clock.now(), bot_is_running=True)
    assert not findings.differences
