"""`Add to my open order`, told through the chat: one order, one payment, and never more than was paid for."""

from playground.people import Person
from tests.journeys.actors import RECEIPT, order
from tests.journeys.players import Cast, cast
from tests.stall import TestStall

ADD = "Add to my open order"


async def at_offer(buyer: Person, link: str, code: str) -> None:
    """The card of an offer."""
    await buyer.opens(link)
    await buyer.taps_when("Products")
    await buyer.taps_when(code)


async def with_an_order(stall: TestStall, players: Cast) -> str:
    """Ann has ordered eggs and not paid; the order's code."""
    code = await order(players.ann, players.link, "EGG")
    await stall.settles()
    return code


async def test_goods_join_the_open_order_from_their_card(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    code = await with_an_order(stall, players)
    old = next(message for message in ann.inbox if message.photo)
    await stall.passes(10 * 60)
    await at_offer(ann, players.link, "RICE")
    await ann.taps_when(ADD)
    summary = await ann.sees(f"To add to your order {code}")
    assert "So far ¥36.00, with this ¥114.00" in summary.text
    assert "(in 30 min)" in summary.text
    assert "12 Dingjiang West Road" in summary.text
    await ann.taps(ADD)
    new = await ann.sees("Pay ¥114.00")
    assert new.photo
    assert code in new.text
    assert "1 × Handmade rice noodles" in new.text
    await stall.settles()
    assert "Please don't pay with this code any more" in old.text
    assert old.labels == []
    assert await stall.value("SELECT count(*) FROM orders") == 1
    # The same button once more, on the card further up.
    await ann.taps(ADD, on=summary)
    assert (await ann.answered()).text == "This has been added already"
    assert await stall.value("SELECT taken FROM offers WHERE id = 2") == 1


async def test_goods_join_the_open_order_at_the_checkout(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    code = await with_an_order(stall, players)
    await at_offer(ann, players.link, "EGG")
    await ann.taps_when("Order now")
    summary = await ann.sees("Your order")
    assert f"add it to your open order {code} (¥36.00): together ¥72.00" in summary.text
    await ann.taps(ADD)
    assert "2 × Free-range eggs" in (await ann.sees("Pay ¥72.00")).text
    await ann.sends_photo(RECEIPT)
    slip = await players.cai.sees(f"Receipt for {code}", since=0)
    assert "¥72.00" in slip.text


async def test_a_whole_cart_joins_the_open_order(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE", "HONEY")
    ann = players.ann
    await with_an_order(stall, players)
    for code in ("RICE", "HONEY"):
        await at_offer(ann, players.link, code)
        await ann.taps_when("Add to cart")
        await stall.settles()
    await ann.taps("Check out")
    await ann.taps_when(ADD)
    await ann.sees("Pay ¥173.00")
    await ann.sends("/cart")
    await ann.sees("Your cart is empty")
    assert await stall.value("SELECT count(*) FROM orders") == 1


async def test_a_receipt_sent_meanwhile_keeps_the_order_as_it_is(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    code = await with_an_order(stall, players)
    await at_offer(ann, players.link, "RICE")
    await ann.taps_when("Order now")
    summary = await ann.sees("Your order")
    await ann.sends_photo(RECEIPT)
    await ann.sees("is with the cashier")
    await ann.taps(ADD, on=summary)
    told = await ann.sees(f"a receipt for order {code} is with the cashier")
    assert told.labels == [code]
    assert await stall.value("SELECT total FROM orders") == 3600
    # Nothing is lost: the same goods as an order of their own.
    await ann.taps("Place order", on=summary)
    await ann.sees("Pay ¥78.00")


async def test_an_order_that_ran_out_meanwhile_takes_in_nothing(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    code = await with_an_order(stall, players)
    await at_offer(ann, players.link, "RICE")
    await ann.taps_when("Order now")
    summary = await ann.sees("Your order")
    await stall.passes(32 * 60)
    await stall.settles()
    await ann.taps(ADD, on=summary)
    await ann.sees(f"the time to pay for order {code} has run out")
    await stall.passes(5 * 60)
    await ann.sees("has expired")
    await ann.taps(ADD, on=summary)
    await ann.sees(f"the time to pay for order {code} has run out")


async def test_the_button_is_there_only_while_there_is_something_to_add_to(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    await at_offer(ann, players.link, "RICE")
    assert not any(ADD in label for label in (await ann.sees("How many?")).labels)
    await with_an_order(stall, players)
    await at_offer(ann, players.link, "RICE")
    assert any(ADD in label for label in (await ann.sees("How many?")).labels)
    await ann.sends_photo(RECEIPT)
    await ann.sees("is with the cashier")
    await at_offer(ann, players.link, "RICE")
    assert not any(ADD in label for label in (await ann.sees("How many?")).labels)


async def test_an_addition_can_be_left_and_the_order_stays(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    await with_an_order(stall, players)
    for leave in ("Cancel", "/cancel"):
        await at_offer(ann, players.link, "RICE")
        await ann.taps_when(ADD)
        await ann.sees("To add to your order")
        if leave == "Cancel":
            await ann.taps("Cancel")
        else:
            await ann.sends("what is this?")
            await ann.sees("To add to your order")
            await ann.sends(leave)
        await ann.sees("Nothing was added")
    assert await stall.value("SELECT total FROM orders") == 3600


async def test_a_prolonged_order_is_not_ended_at_its_old_time(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    code = await with_an_order(stall, players)
    await stall.passes(25 * 60)
    await stall.settles()
    await at_offer(ann, players.link, "RICE")
    await ann.taps_when(ADD)
    await ann.taps_when(ADD)
    await ann.sees("Pay ¥114.00")
    await stall.passes(20 * 60)
    await stall.settles()
    assert await stall.value("SELECT status FROM orders") == "pending"
    await stall.passes(16 * 60)
    await ann.sees(f"Order {code} has expired")
    await stall.settles()
    assert await stall.value("SELECT sum(taken) FROM offers") == 0


async def test_a_chinese_buyer_adds_in_chinese(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    await with_an_order(stall, players)
    await ann.sends("/language")
    await ann.taps_when("中文")
    await stall.settles()
    await ann.opens(players.link)
    await ann.taps_when("看商品")
    await ann.taps_when("RICE")
    await ann.taps_when("并入未付订单")
    assert "原来¥36.00，加上这些共 ¥114.00" in (await ann.sees("并入订单")).text
    await ann.taps("并入未付订单")
    await ann.sees("付 ¥114.00")
