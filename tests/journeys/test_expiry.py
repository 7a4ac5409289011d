"""Unpaid orders: the reminder, the end, the units given back, and money that comes too late."""

from storage.clock import MINUTE
from tests.journeys.actors import RECEIPT, order
from tests.journeys.market import comes_in
from tests.journeys.players import Cast, cast
from tests.stall import TestStall

PAY_WITHIN, GRACE, REMIND = 30 * 60, 5 * 60, 15 * 60


async def expires(stall: TestStall, players: Cast) -> str:
    """An order that nobody pays."""
    code = await order(players.ann, players.link, "EGG")
    await stall.settles()
    await stall.passes(PAY_WITHIN + GRACE + 1)
    await players.ann.sees(f"Order {code} has expired")
    await stall.settles()
    return code


async def test_an_unpaid_order_ends_gives_its_units_back_and_both_are_told(stall: TestStall) -> None:
    players = await cast(stall)
    await stall.owner.sends("/start")
    mark = stall.owner.mark()
    code = await expires(stall, players)
    assert await stall.value("SELECT taken FROM offers") == 0
    await stall.owner.sees(code, since=mark)
    picture = next(message for message in players.ann.inbox if message.photo)
    assert "Please don't pay with this code any more" in picture.text


async def test_an_order_is_not_ended_before_its_grace_is_over(stall: TestStall) -> None:
    players = await cast(stall)
    await order(players.ann, players.link, "EGG")
    await stall.settles()
    await stall.passes(PAY_WITHIN + GRACE - 60)
    await stall.settles()
    assert await stall.value("SELECT status FROM orders") == "pending"


async def test_an_unpaid_order_is_reminded_of_once(stall: TestStall) -> None:
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    await stall.settles()
    await stall.passes(REMIND + 1)
    reminder = await players.ann.sees(f"Order {code} is still waiting")
    assert "Payment code" in reminder.labels
    for _ in range(5):
        await stall.passes(60)
        await stall.settles()
    assert sum("is still waiting" in message.text for message in players.ann.inbox) == 1


async def test_a_receipt_in_time_ends_reminders_and_expiry(stall: TestStall) -> None:
    players = await cast(stall)
    await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    await players.ann.sees("is with the cashier")
    await stall.passes(24 * 3600)
    await stall.settles()
    assert await stall.value("SELECT status FROM orders") == "pending"
    assert not [message for message in players.ann.inbox if "still waiting" in message.text]


async def test_late_money_revives_the_order_while_its_units_are_free(stall: TestStall) -> None:
    players = await cast(stall)
    ann, cai = players.ann, players.cai
    code = await expires(stall, players)
    await ann.sends_photo(RECEIPT)
    assert "revived" in (await ann.sees("is with the cashier")).text
    card = await cai.sees(f"Receipt for {code}", since=0)
    assert "had run out" in card.text
    mark = ann.mark()
    await cai.taps("Confirm", on=card)
    await ann.sees("Payment confirmed", since=mark)
    await players.sun.sees(code, since=0)
    await stall.settles()
    assert await stall.value("SELECT status FROM orders") == "paid"
    assert await stall.value("SELECT taken FROM offers") == 1


async def test_late_money_for_goods_that_are_gone_is_owed_back(stall: TestStall) -> None:
    players = await cast(stall, quantity=1)
    ann, cai = players.ann, players.cai
    code = await expires(stall, players)
    bo = await comes_in(stall, "Bo")
    await order(bo, players.link, "EGG")
    await ann.taps("I have paid")
    await ann.sees("Send a photo")
    await ann.sends_photo(RECEIPT)
    card = await cai.sees(f"Receipt for {code}", since=0)
    mark = ann.mark(), cai.mark()
    await cai.taps("Confirm", on=card)
    assert "Your money is safe" in (await ann.sees("the goods are gone", since=mark[0])).text
    await cai.sees(f"Refund owed for {code}", since=mark[1])
    await stall.settles()
    assert await stall.value("SELECT status FROM orders WHERE buyer_id = :id", id=ann.id) == "expired"
    assert await stall.value("SELECT taken FROM offers") == 1
    await cai.sends("/refunds")
    await cai.sees("1 refund is owed")
    await cai.taps(code)
    mark = (ann.mark(),)
    await cai.taps_when("Refunded")
    await ann.sees("has sent ¥36.00 back", since=mark[0])
    await stall.settles()
    await cai.sends("/refunds")
    await cai.sees("No refund is owed")


async def test_a_receipt_days_too_late_is_turned_down_with_a_way_on(stall: TestStall) -> None:
    players = await cast(stall)
    await expires(stall, players)
    card = next(message for message in players.ann.inbox if "has expired" in message.text)
    await stall.passes(25 * 3600)
    await players.ann.taps("I have paid", on=card)
    await players.ann.sees("Send a photo")
    await players.ann.sends_photo(RECEIPT)
    told = await players.ann.sees("ran out too long ago")
    assert "Ask the stall" in told.labels
    assert await stall.value("SELECT count(*) FROM payments") == 0


async def test_cancelling_gives_the_units_back_and_ends_the_code(stall: TestStall) -> None:
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    assert await stall.value("SELECT taken FROM offers") == 1
    await players.ann.taps("Cancel order")
    await players.ann.sees(f"Cancel order {code}?")
    await players.ann.taps("Yes, cancel order")
    await players.ann.sees("Nothing is to be paid")
    await stall.settles()
    assert await stall.value("SELECT taken FROM offers") == 0
    picture = next(message for message in players.ann.inbox if message.photo)
    assert "Cancelled" in picture.text
    await stall.passes(24 * 3600)
    await stall.settles()
    assert not [message for message in players.ann.inbox if "expired" in message.text]


async def test_money_for_an_order_cancelled_meanwhile_is_owed_back(stall: TestStall) -> None:
    players = await cast(stall)
    ann, cai = players.ann, players.cai
    code = await order(ann, players.link, "EGG")
    await ann.sends_photo(RECEIPT)
    card = await cai.sees(f"Receipt for {code}", since=0)
    await ann.taps("Cancel order")
    await ann.taps_when("Yes, cancel order")
    await ann.sees("the cashier checks your receipt")
    await stall.settles()
    assert "The order is cancelled" in card.text
    mark = ann.mark(), cai.mark()
    await cai.taps("Confirm", on=card)
    await ann.sees("Your money is safe", since=mark[0])
    await cai.sees(f"Refund owed for {code}", since=mark[1])


async def test_what_ran_out_while_the_stall_was_closed_ends_without_a_useless_reminder(stall: TestStall) -> None:
    players = await cast(stall)
    await order(players.ann, players.link, "EGG")
    await stall.settles()
    stall.clock.step(40 * MINUTE / 1000)
    await stall.passes(1)
    await players.ann.sees("has expired")
    await stall.settles()
    assert not [message for message in players.ann.inbox if "still waiting" in message.text]
