"""Orders that change: in the chat, by the buyer until they are paid, by the cashier's and the host's word after."""

from pathlib import Path

import pytest

from storage.roles import Role
from tests.journeys.actors import RECEIPT, code_in, order
from tests.journeys.market import comes_in, link_to, spring_stream, works_as
from tests.journeys.players import Cast, cast
from tests.stall import TestStall, open_stall


async def paid(players: Cast) -> str:
    """An order of one pack of eggs that the cashier has confirmed."""
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    slip = await players.cai.sees(f"Receipt for {code}", since=0)
    mark = players.ann.mark()
    await players.cai.taps("Confirm", on=slip)
    await players.ann.sees("Payment confirmed", since=mark)
    await players.sun.sees(code, since=0)
    return code


async def test_a_buyer_changes_packs_and_the_code_comes_anew(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    code = await order(ann, players.link, "EGG")
    await ann.taps("Change")
    await ann.sees("Nothing happens before")
    await ann.taps("+")
    await ann.sees("72.00")
    mark = ann.mark()
    await ann.taps("Save")
    placed = await ann.sees("Pay by", since=mark)
    assert code in placed.text
    assert "72.00" in placed.text
    await stall.settles()
    # Nobody should pay by the picture with the total of before.
    before = next(message for message in ann.inbox if message.photo is not None and message.id < placed.id)
    assert "out of date" in before.text
    assert not before.labels
    assert await stall.value("SELECT total FROM orders") == 7200
    assert await stall.value("SELECT taken FROM offers") == 2


async def test_a_draft_survives_a_restart_and_can_be_left(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        players = await cast(stall)
        await order(players.ann, players.link, "EGG")
        await players.ann.taps("Change")
        await players.ann.sees("Nothing happens before")
        await players.ann.taps("+")
        await players.ann.sees("72.00")
        playground, clock = stall.playground, stall.clock
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        mark = players.ann.mark()
        await players.ann.taps("Keep as it is")
        await players.ann.sees("Ships to", since=mark)
        await stall.settles()
        assert await stall.value("SELECT total FROM orders") == 3600
        assert await stall.value("SELECT count(*) FROM dialogs") == 0


async def test_taking_everything_out_is_cancelling_which_asks_again(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await order(ann, players.link, "EGG")
    await ann.taps("Change")
    await ann.sees("Nothing happens before")
    await ann.taps("−")
    await ann.taps_when("Save")
    await ann.taps_when("Yes, cancel order")
    await ann.sees("is cancelled")
    await stall.settles()
    assert await stall.value("SELECT status FROM orders") == "cancelled"


async def test_while_the_cashier_looks_nothing_changes(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await order(ann, players.link, "EGG")
    card = ann.last
    change = next(button.data for row in card.buttons for button in row if button.text == "Change")
    assert change is not None
    await ann.sends_photo(RECEIPT)
    await ann.sees("is with the cashier")
    ann.press(change, card)
    assert "checking your receipt" in ((await ann.answered()).text or "")


async def test_too_many_packs_are_told_with_what_is_possible(stall: TestStall) -> None:
    players = await cast(stall, quantity=1)
    ann = players.ann
    await order(ann, players.link, "EGG")
    await ann.taps("Change")
    await ann.sees("Nothing happens before")
    await ann.taps("+")
    await ann.sees("72.00")
    await ann.taps("Save")
    await ann.sees("you can have 1 box in this order")
    await ann.taps("Back")
    await ann.sees("Nothing happens before")
    await stall.settles()
    assert await stall.value("SELECT total FROM orders") == 3600


async def test_an_unpaid_order_is_sent_somewhere_else(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await order(ann, players.link, "EGG")
    await ann.taps("Change address")
    await ann.sees("recipient")
    await ann.sends("Bo")
    await ann.sees("phone")
    await ann.sends("139 0013 8000")
    await ann.sees("address")
    await ann.sends("2 Hill Road, Tonggu, Yichun")
    await ann.sees("2 Hill Road")
    await stall.settles()
    assert await stall.value("SELECT recipient FROM orders") == "Bo"


async def test_a_paid_order_is_cancelled_when_the_cashier_agrees(stall: TestStall) -> None:
    players = await cast(stall)
    ann, cai, sun = players.ann, players.cai, players.sun
    code = await paid(players)
    await ann.sends(code)
    await ann.taps_when("Ask to cancel")
    await ann.sees("You ask to cancel")
    wish = await cai.sees("asks to cancel", since=0)
    assert "36.00" in wish.text
    marks = ann.mark(), sun.mark()
    await cai.taps("Agree", on=wish)
    assert "36.00" in (await ann.sees("Done as you asked", since=marks[0])).text
    await sun.sees("is called off", since=marks[1])
    await cai.sees("Refund", since=0)
    await stall.settles()
    assert await stall.value("SELECT status FROM orders") == "cancelled"
    assert await stall.value("SELECT taken FROM offers") == 0
    assert await stall.value("SELECT sum(amount) FROM refunds") == 3600


async def test_a_wish_is_declined_with_a_reason_or_taken_back(stall: TestStall) -> None:
    players = await cast(stall)
    ann, cai = players.ann, players.cai
    code = await paid(players)
    await ann.sends(code)
    await ann.taps_when("Ask to cancel")
    await ann.taps_when("Take back")
    await ann.sees("Ships to")
    await ann.taps_when("Ask to cancel")
    await ann.sees("You ask to cancel")
    await stall.settles()
    await cai.sends("/payments")
    await cai.sees("1 wish of a buyer")
    await cai.taps(f"{code} · wish")
    await cai.taps_when("Decline")
    mark = ann.mark()
    await cai.taps_when("Already packed")
    assert "packed already" in (await ann.sees("stays as it is", since=mark)).text
    await stall.settles()
    assert await stall.value("SELECT group_concat(status) FROM change_requests") == "withdrawn,declined"


async def test_a_host_cancels_in_their_own_words_and_the_buyer_reads_them(stall: TestStall) -> None:
    players = await cast(stall)
    code = await paid(players)
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.opens(link_to(f"r_{code}"))
    await hana.taps_when("Cancel order")
    await hana.taps_when("Own words")
    await hana.sees("read as the reason")
    mark = players.ann.mark()
    await hana.sends("The <hens> are ill")
    told = await players.ann.sees("has cancelled order", since=mark)
    assert "The <hens> are ill" in told.text
    assert "36.00" in told.text
    await stall.settles()
    assert await stall.value("SELECT status FROM orders") == "cancelled"


async def test_whoever_pays_first_gets_it_and_the_other_is_told(stall: TestStall) -> None:
    players = await cast(stall, quantity=1)
    await stall.program.deps.store.write(lambda tx: tx.run("UPDATE offers SET hold = 'first_paid'"))
    ann, cai = players.ann, players.cai
    ben = await comes_in(stall, "Ben")
    codes = [await order(person, players.link, "EGG") for person in (ann, ben)]
    assert "keeps nothing back" in ann.last.text
    await ben.sends_photo(RECEIPT)
    await ben.sees("Nothing is kept back")
    mark = ann.mark()
    await cai.taps("Confirm", on=await cai.sees(f"Receipt for {codes[1]}", since=0))
    await ann.sees("Others paid first", since=mark)
    await ann.sends_photo(RECEIPT)
    slip = await cai.sees(f"Receipt for {codes[0]}", since=0)
    assert "Others paid first" in slip.text
    mark = ann.mark()
    await cai.taps("Confirm", on=slip)
    await ann.sees("the cashier will send it back", since=mark)
    await stall.settles()
    assert await stall.value("SELECT taken FROM offers") == 1
    assert await stall.value("SELECT sum(amount) FROM refunds") == 3600


async def test_a_host_chooses_the_policy_when_adding_a_product(stall: TestStall) -> None:
    await spring_stream(stall, is_announced=False)
    owner = stall.owner
    await owner.sends("/mystreams")
    await owner.taps_when("Spring stream")
    await owner.taps_when("Add products")
    await owner.taps_when("EGG")
    await owner.taps_when("Hold on order")
    await owner.sees("first paid, first served")
    await owner.taps("Add")
    await stall.settles()
    assert await stall.value("SELECT hold FROM offers") == "first_paid"


async def test_a_host_sees_who_lets_orders_run_out_and_blocks_them(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    hana = await works_as(stall, "Hana", Role.HOST)
    await order(ann, players.link, "EGG")
    await stall.program.deps.store.write(
        lambda tx: tx.run(
            "UPDATE orders SET status = 'expired', expired_at = :now, hold_until = NULL, remind_at = NULL",
            now=stall.clock.now(),
        )
    )
    await hana.sends("/buyers")
    await hana.taps_when("Ann · 1")
    await hana.sees("1 order of this buyer ran out unpaid in 30 days")
    await hana.taps("Block ordering")
    await hana.sees("May not order since")
    await ann.opens(players.link)
    await ann.taps_when("Products")
    await ann.taps_when("EGG")
    await ann.taps_when("Order now")
    await ann.sees("can't place orders here at the moment")
    await hana.taps("Allow ordering")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM people WHERE ordering_blocked_at IS NOT NULL") == 0


async def test_only_hosts_see_the_buyers(stall: TestStall) -> None:
    players = await cast(stall)
    await players.ann.sends("/buyers")
    await stall.settles()
    assert "host" in players.ann.last.text


@pytest.mark.parametrize(("language", "change", "save"), [("zh", "修改订单", "保存")])
async def test_it_reads_in_chinese_too(stall: TestStall, language: str, change: str, save: str) -> None:
    players = await cast(stall)
    ann = players.ann
    code = await order(ann, players.link, "EGG")
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE people SET language = :l WHERE id = :id", l=language, id=ann.id)
    )
    await ann.sends(code)
    await ann.taps_when(change)
    await ann.sees("点“保存”才生效")
    await ann.taps("+")
    await ann.sees("合计 ¥72.00")
    mark = ann.mark()
    await ann.taps(save)
    assert code_in((await ann.sees("请用", since=mark)).text) == code
