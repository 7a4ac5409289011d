"""Receipts, however they come, and what cashiers decide about them."""

from pathlib import Path

from playground.messages import Message
from playground.people import Person
from storage.roles import Role
from tests.journeys.actors import RECEIPT, order
from tests.journeys.market import works_as
from tests.journeys.players import cast, receipts_are_kept
from tests.stall import TestStall, open_stall


async def slip(cashier: Person, code: str) -> Message:
    """The receipt's card with its buttons."""
    card = await cashier.sees(f"Receipt for {code}", since=0)
    assert card.labels == ["✅ Confirm", "Reject"]
    return card


async def test_first_decision_wins_and_the_second_cashier_sees_who_decided(stall: TestStall) -> None:
    players = await cast(stall)
    dan = await works_as(stall, "Dan", Role.CASHIER)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    card, other = await slip(players.cai, code), await slip(dan, code)
    late = other.buttons[0][0].data
    assert late is not None
    await players.cai.taps("Confirm", on=card)
    await stall.settles()
    assert "Confirmed by Cai" in other.text
    assert not other.labels
    messages = len(players.ann.inbox)
    dan.press(late, other)
    assert (await dan.answered()).text == "Cai has confirmed this already"
    await stall.settles()
    assert len(players.ann.inbox) == messages
    assert await stall.value("SELECT count(*) FROM outbox WHERE kind = 'payment_confirmed'") == 1


async def test_two_cashiers_who_tap_at_once_decide_once(stall: TestStall) -> None:
    players = await cast(stall)
    dan = await works_as(stall, "Dan", Role.CASHIER)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    card, other = await slip(players.cai, code), await slip(dan, code)
    await players.cai.taps("Confirm", on=card)
    await dan.taps("Confirm", on=other)
    answers = {(await person.answered()).text for person in (players.cai, dan)}
    assert answers == {"Confirmed", "Cai has confirmed this already"}
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM outbox WHERE kind = 'payment_confirmed'") == 1
    assert await stall.value("SELECT count(*) FROM shipments") == 1


async def test_a_rejected_receipt_is_told_with_its_reason_and_another_may_follow(stall: TestStall) -> None:
    players = await cast(stall)
    ann, cai = players.ann, players.cai
    code = await order(ann, players.link, "EGG")
    await ann.sends_photo(RECEIPT)
    await slip(cai, code)
    await cai.taps("Reject")
    mark = ann.mark()
    await cai.taps_when("Can't be read")
    told = await ann.sees("could not confirm", since=mark)
    assert "the receipt can't be read" in told.text
    assert "until" in told.text
    await stall.settles()
    mark = cai.mark()
    await ann.taps("I have paid", on=told)
    await ann.sees("Send a photo")
    await ann.sends_photo(RECEIPT)
    again = await cai.sees(f"Receipt for {code}", since=mark)
    mark = ann.mark()
    await cai.taps("Confirm", on=again)
    await ann.sees("Payment confirmed", since=mark)
    await stall.settles()
    assert await stall.value("SELECT group_concat(status) FROM payments") == "rejected,confirmed"


async def test_a_receipt_may_be_a_typed_reference(stall: TestStall) -> None:
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.taps("I have paid")
    await players.ann.sees("reference number")
    await players.ann.sends("4200 <0019>")
    await players.ann.sees("is with the cashier")
    assert "They write: 4200 <0019>" in (await slip(players.cai, code)).text


async def test_a_receipt_may_be_a_file(stall: TestStall) -> None:
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_document(b"%PDF-1.7", "receipt.pdf", "application/pdf")
    await players.ann.sees("is with the cashier")
    document = (await slip(players.cai, code)).document
    assert document is not None
    assert document.data == b"%PDF-1.7"
    await receipts_are_kept(stall)
    assert await stall.value("SELECT bytes FROM receipts") == b"%PDF-1.7"


async def test_a_second_picture_joins_the_first_and_the_cashier_gets_it_too(stall: TestStall) -> None:
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    await slip(players.cai, code)
    await players.ann.sends_photo(RECEIPT)
    await players.ann.sees("sees this too")
    assert (await players.cai.sees("Another receipt", since=0)).photo == RECEIPT
    assert await stall.value("SELECT count(*) FROM payments") == 1


async def test_a_picture_without_a_tap_belongs_to_the_one_open_order(stall: TestStall) -> None:
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    assert code in (await players.ann.sees("is with the cashier")).text


async def test_with_two_open_orders_the_picture_is_asked_about(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    first = await order(ann, players.link, "EGG")
    second = await order(ann, players.link, "EGG", known=True)
    await ann.sends_photo(RECEIPT)
    question = await ann.sees("Which order is this receipt for?")
    assert [label.split()[0] for label in question.labels] == [first, second]
    await ann.taps(second)
    assert second in (await ann.sees("is with the cashier")).text
    assert (await slip(players.cai, second)).photo == RECEIPT
    assert await stall.value("SELECT count(*) FROM payments") == 1


async def test_a_caption_that_names_the_order_answers_the_question(stall: TestStall) -> None:
    players = await cast(stall)
    first = await order(players.ann, players.link, "EGG")
    await order(players.ann, players.link, "EGG", known=True)
    await players.ann.sends_photo(RECEIPT, caption=f"for {first.lower()}")
    assert first in (await players.ann.sees("is with the cashier")).text


async def test_a_picture_with_no_open_order_is_answered_kindly(stall: TestStall) -> None:
    players = await cast(stall)
    await players.ann.sends_photo(RECEIPT)
    await players.ann.sees("no order waiting for payment")


async def test_a_receipt_after_a_restart_belongs_to_its_order(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        players = await cast(stall)
        code = await order(players.ann, players.link, "EGG")
        await players.ann.taps("I have paid")
        await players.ann.sees("Send a photo")
        playground, clock = stall.playground, stall.clock
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await players.ann.sends_photo(RECEIPT)
        await players.ann.sees("is with the cashier")
        mark = players.ann.mark()
        await players.cai.taps("Confirm", on=await slip(players.cai, code))
        await players.ann.sees("Payment confirmed", since=mark)
        await stall.settles()
        assert await stall.value("SELECT status FROM orders") == "paid"


async def test_a_tap_that_came_while_the_stall_was_closed_is_heard(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        players = await cast(stall)
        code = await order(players.ann, players.link, "EGG")
        await players.ann.sends_photo(RECEIPT)
        card = await slip(players.cai, code)
        playground, clock = stall.playground, stall.clock
    await players.cai.taps("Confirm", on=card)
    mark = players.ann.mark()
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await players.ann.sees("Payment confirmed", since=mark)
        await stall.settles()


async def test_the_list_of_waiting_receipts_opens_each(stall: TestStall) -> None:
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    await slip(players.cai, code)
    await players.cai.sends("/payments")
    await players.cai.sees("1 receipt is waiting")
    await players.cai.taps(code)
    card = await players.cai.sees(f"Receipt for {code}")
    mark = players.ann.mark()
    await players.cai.taps("Confirm", on=card)
    await players.ann.sees("Payment confirmed", since=mark)
    await stall.settles()
    await players.cai.sends("/payments")
    await players.cai.sees("No receipt is waiting")


async def test_only_cashiers_see_the_list(stall: TestStall) -> None:
    players = await cast(stall)
    for command in ("/payments", "/refunds"):
        await players.ann.sends(command)
        await players.ann.sees("for the stall's cashiers")
