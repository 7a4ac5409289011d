"""A group beside the stream: linking it, ordering there, strangers, and everything that goes wrong around it."""

import itertools
from pathlib import Path

import pytest

from playground.chats import Chat
from shop.streams import StreamStatus
from storage import doctor
from tests.journeys.actors import RECEIPT, link_in
from tests.journeys.groups import circle, lives_at_home, says, taken
from tests.journeys.market import LONGEST_TEXT, becomes, comes_in, spring_stream
from tests.stall import OWNER, TestStall, open_stall


async def books_agree(stall: TestStall) -> None:
    findings = await doctor.examine(stall.program.deps.store, now=stall.clock.now(), bot_is_running=True)
    assert not findings.differences


def spoken(group: Chat) -> list[str]:
    """What the bot has said in a group."""
    return [message.text for message in group.messages.values() if message.from_bot]


# -- Linking -------------------------------------------------------------------------------------------------


async def test_a_host_links_a_group_and_is_told_what_to_switch_until_it_can_be_read(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    await stall.owner.sends("/start")
    group = stall.playground.group("Egg friends", members=[stall.owner])
    await stall.owner.sends("/link", chat=group)
    told = await stall.owner.sees("/setprivacy", chat=group)
    assert "administrator" in told.text
    assert "@stall_bot" in told.text
    await stall.owner.taps("Check again", chat=group)
    await stall.settles()
    assert "/setprivacy" in spoken(group)[-1]
    stall.playground.set_member(group, stall.playground.bot, "administrator", by=stall.owner)
    await stall.owner.taps("Check again", chat=group)
    await stall.owner.sees("This group takes orders now", chat=group)
    assert await stall.value("SELECT can_read FROM groups")


async def test_a_bot_without_privacy_reads_a_group_at_once(stall: TestStall) -> None:
    there = await circle(stall)
    assert "This group takes orders now" in there.said[0].text
    assert await stall.value("SELECT can_read FROM groups")


async def test_the_desk_leads_into_a_group(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    owner = stall.owner
    await owner.sends("/mystreams")
    await owner.taps_when("Spring stream")
    await owner.taps_when("Groups")
    card = await owner.sees("A group for the stream")
    link = next(button.url for row in card.buttons for button in row if button.url)
    assert link == f"https://t.me/stall_bot?startgroup=s_{stream.code}"
    group = stall.playground.group("Egg friends", members=[owner], bot="left")
    stall.playground.bot.reads_all = True
    await owner.adds_bot(link, group)
    await owner.sees("They are for “Spring stream”", chat=group)
    await owner.sends("/link")
    assert "✅ Egg friends" in (await owner.sees("A group for the stream")).text


async def test_who_is_no_host_links_nothing_and_is_told_once_a_minute(stall: TestStall) -> None:
    there = await circle(stall)
    other = stall.playground.group("Other", members=[there.ann])
    for _ in range(30):
        await there.ann.sends("/link", chat=other)
    await there.ann.sends("/unlink", chat=other)
    await stall.settles()
    assert spoken(other) == ["Only hosts of the stall can do this."]
    assert await stall.value("SELECT count(*) FROM groups") == 1


async def test_an_anonymous_administrator_is_told_that_nobody_can_tell_who_it_is(stall: TestStall) -> None:
    there = await circle(stall)
    await stall.owner.sends_as(there.group, "/unlink")
    await stall.owner.sees("Remain anonymous", chat=there.group)
    mark = len(there.said)
    await stall.owner.sends_as(there.group, "EGG 2")
    channel = stall.playground.channel("News", admins=[stall.owner])
    await stall.owner.sends_as(there.group, "EGG 2", name_of=channel)
    await stall.settles()
    assert len(there.said) == mark
    assert await taken(stall) == 0
    assert await stall.value("SELECT count(*) FROM groups WHERE ended_at IS NULL") == 1


async def test_a_group_can_be_linked_to_one_stream_and_goes_on_with_the_next(stall: TestStall) -> None:
    there = await circle(stall)
    second = await spring_stream(stall, "HONEY", title="Night market")
    await stall.owner.sends(f"/link {second.code.lower()}", chat=there.group)
    await stall.owner.sees("They are for “Night market”", chat=there.group)
    order = await says(stall, there.ann, "HONEY 1", there.group)
    assert order.reactions == ["👍"]
    assert (await says(stall, there.ann, "EGG 1", there.group)).reactions == []
    await becomes(stall, second, StreamStatus.ENDED)
    assert (await says(stall, there.ann, "EGG 1", there.group)).reactions == ["👍"]
    await stall.owner.sends("/link NOSUCH", chat=there.group)
    await stall.owner.sees("I know no stream with the code NOSUCH", chat=there.group)
    await stall.owner.sends(f"/link {second.code}", chat=there.group)
    await stall.owner.sees("That stream is over", chat=there.group)


async def test_an_unlinked_group_is_only_a_group(stall: TestStall) -> None:
    there = await circle(stall)
    await stall.owner.sends("/unlink", chat=there.group)
    await stall.owner.sees("No more orders are taken", chat=there.group)
    mark = len(there.said)
    assert (await says(stall, there.ann, "EGG 2", there.group)).reactions == []
    assert len(there.said) == mark
    await stall.owner.sends("/unlink", chat=there.group)
    await stall.owner.sees("No orders are taken in this group", chat=there.group)


async def test_a_group_that_becomes_a_supergroup_stays_linked(stall: TestStall) -> None:
    there = await circle(stall, kind="group")
    await says(stall, there.ann, "EGG 1", there.group)
    new = stall.playground.migrate(there.group)
    await stall.settles()
    assert (await says(stall, there.ann, "EGG 1", new)).reactions == ["👍"]
    await stall.passes(11)
    await stall.settles()
    assert "1 order" in spoken(new)[-1]
    assert await stall.value("SELECT count(*) FROM groups WHERE ended_at IS NULL") == 1


async def test_a_bot_that_is_thrown_out_takes_no_more_orders_and_its_host_hears_of_it(stall: TestStall) -> None:
    there = await circle(stall)
    stall.playground.set_member(there.group, stall.playground.bot, "kicked", by=there.ben)
    await stall.settles()
    assert "no longer in the group “Egg friends”" in stall.owner.last.text
    assert await stall.value("SELECT count(*) FROM groups WHERE ended_at IS NULL") == 0
    stall.playground.set_member(there.group, stall.playground.bot, "member", by=stall.owner)
    await stall.settles()
    assert "/link@stall_bot" in stall.owner.last.text


async def test_a_host_hears_when_the_group_can_no_longer_be_read(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    await stall.owner.sends("/start")
    group = stall.playground.group("Egg friends", admins=[stall.owner], bot="administrator")
    await stall.owner.sends("/link", chat=group)
    await stall.settles()
    stall.playground.set_member(group, stall.playground.bot, "member", by=stall.owner)
    await stall.settles()
    assert "I can no longer read" in stall.owner.last.text


# -- Ordering ------------------------------------------------------------------------------------------------


async def test_somebody_known_orders_in_the_group_and_pays_in_private(stall: TestStall) -> None:
    there = await circle(stall, "EGG", "HONEY")
    await lives_at_home(stall, there.ann)
    order = await says(stall, there.ann, "EGG 2 HONEY 1", there.group)
    assert order.reactions == ["👍"]
    assert await taken(stall) == 3
    summary = there.ann.last
    assert "Free-range eggs" in summary.text
    assert "Kept for you until" in summary.text
    await there.ann.taps("Place order")
    placed = await there.ann.sees("Pay by")
    assert "131.00" in placed.text
    await there.ann.sends_photo(RECEIPT)
    await there.ann.sees("is with the cashier")
    await stall.settles()
    assert await taken(stall) == 3
    assert await stall.value("SELECT status FROM claims") == "ordered"
    await books_agree(stall)


async def test_who_has_no_address_is_told_what_it_is_about_and_asked(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ann, "鸡蛋两盒", there.group)
    kept, question = there.ann.inbox[-2:]
    assert "Kept for you until" in kept.text
    assert "2 boxes" in kept.text
    assert "recipient" in question.text
    for answer in ("Li Hua", "138 0013 8000", "12 Dingjiang West Road, Tonggu"):
        await there.ann.sends(answer)
        await stall.settles()
    await there.ann.taps("Place order")
    await there.ann.sees("Pay by")
    await books_agree(stall)


async def test_the_group_sees_one_message_that_counts_and_names_nobody(stall: TestStall) -> None:
    there = await circle(stall)
    await lives_at_home(stall, there.ann)
    await says(stall, there.ann, "EGG 2", there.group)
    await says(stall, there.ben, "EGG 3", there.group)
    card = there.said[-1]
    assert "1 order" in card.text
    await stall.passes(11)
    await stall.settles()
    assert "2 orders" in card.text
    assert "1 waits for its link" in card.text
    assert "45 boxes left" in card.text
    assert not any(word in card.text for word in ("Ann", "Ben", "Li Hua", "Dingjiang", "TG-"))
    assert "start=g_" in card.text
    assert "Open the stall" in " ".join(card.labels)
    assert len(there.said) == 2  # and the word that it is linked


async def test_a_stranger_opens_the_link_and_orders(stall: TestStall) -> None:
    there = await circle(stall)
    order = await says(stall, there.ben, "EGG 3", there.group)
    assert order.reactions == ["👍"]
    assert there.ben.inbox == []
    assert await stall.value("SELECT count(*) FROM people WHERE id = :id", id=there.ben.id) == 0
    assert await taken(stall) == 3
    await there.ben.opens(link_in(there.said[-1].text))
    await there.ben.sees("recipient")
    for answer in ("Li Hua", "138 0013 8000", "12 Dingjiang West Road, Tonggu"):
        await there.ben.sends(answer)
        await stall.settles()
    await there.ben.taps("Place order")
    assert "108.00" in (await there.ben.sees("Pay by")).text
    await books_agree(stall)


async def test_what_a_stranger_does_not_open_is_released_and_counted(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ben, "EGG 3", there.group)
    link = link_in(there.said[-1].text)
    await stall.passes(9 * 60)
    await stall.settles()
    assert await taken(stall) == 3
    await stall.passes(61)
    await stall.settles()
    assert await taken(stall) == 0
    await stall.passes(11)
    await stall.settles()
    assert "1 ran out" in there.said[-1].text
    await there.ben.opens(link)
    await there.ben.sees("on sale again")
    await books_agree(stall)


async def test_an_opened_link_gives_the_usual_time(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ben, "EGG 3", there.group)
    await stall.passes(9 * 60)
    await there.ben.opens(link_in(there.said[-1].text))
    await stall.settles()
    await stall.passes(29 * 60)
    await stall.settles()
    assert await taken(stall) == 3
    await stall.passes(61)
    await stall.settles()
    assert await taken(stall) == 0
    assert "on sale again" in there.ben.last.text
    await books_agree(stall)


async def test_a_broadcast_never_goes_to_somebody_who_only_talked_in_the_group(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ben, "EGG 1", there.group)
    await says(stall, there.ben, "good evening", there.group)
    await becomes(stall, there.stream, StreamStatus.LIVE)
    await stall.passes(11 * 60)
    await stall.settles()
    assert not [call for call in stall.playground.calls if call.params.get("chat_id") == there.ben.id]


async def test_whoever_has_blocked_the_bot_is_a_stranger_again(stall: TestStall) -> None:
    there = await circle(stall)
    await there.ann.blocks()
    await stall.settles()
    mark = len(there.ann.inbox)
    await says(stall, there.ann, "EGG 2", there.group)
    assert len(there.ann.inbox) == mark
    assert await stall.value("SELECT status FROM claims") == "held"
    assert await stall.value("SELECT blocked_at IS NOT NULL FROM people WHERE id = :id", id=there.ann.id)
    await there.ann.opens(link_in(there.said[-1].text))
    await there.ann.sees("recipient")


async def test_more_words_add_up_and_an_older_summary_no_longer_decides(stall: TestStall) -> None:
    there = await circle(stall)
    await lives_at_home(stall, there.ann)
    await says(stall, there.ann, "EGG 2", there.group)
    older = there.ann.last
    await says(stall, there.ann, "EGG 1", there.group)
    assert await taken(stall) == 3
    await there.ann.taps("Place order", on=older)
    assert "no longer works" in ((await there.ann.answered()).text or "")
    await there.ann.taps("Place order")
    assert "108.00" in (await there.ann.sees("Pay by")).text
    await says(stall, there.ann, "EGG 1", there.group)
    assert await taken(stall) == 4
    assert await stall.value("SELECT count(*) FROM claims") == 2
    await books_agree(stall)


async def test_words_keep_the_limit_of_a_person(stall: TestStall) -> None:
    there = await circle(stall)  # eggs: up to 10 per person
    await says(stall, there.ann, "EGG 8", there.group)
    order = await says(stall, there.ann, "EGG 3", there.group)
    assert order.reactions == ["😢"]
    assert "up to 10 boxes per person" in there.ann.last.text
    assert await taken(stall) == 8


async def test_what_is_sold_out_gets_another_sign_and_a_word_in_private(stall: TestStall) -> None:
    there = await circle(stall, "EGG", "HONEY", quantity=2)
    order = await says(stall, there.ann, "EGG 3", there.group)
    assert order.reactions == ["😢"]
    assert "only 2 boxes left" in there.ann.last.text
    assert (await says(stall, there.ben, "EGG 3", there.group)).reactions == ["😢"]
    both = await says(stall, there.ann, "EGG 3 HONEY 1", there.group)
    assert both.reactions == ["👌"]
    assert await taken(stall) == 1


async def test_cancel_under_the_summary_frees_the_units_at_once(stall: TestStall) -> None:
    there = await circle(stall)
    await lives_at_home(stall, there.ann)
    await says(stall, there.ann, "EGG 2", there.group)
    await there.ann.taps("Cancel")
    await stall.settles()
    assert await taken(stall) == 0
    await says(stall, there.ann, "EGG 2", there.group)
    await there.ann.sends("/cancel")
    await stall.settles()
    assert await taken(stall) == 0
    await books_agree(stall)


async def test_a_question_that_is_being_asked_is_not_given_up_for_words(stall: TestStall) -> None:
    there = await circle(stall)
    await lives_at_home(stall, there.ann)
    await there.ann.sends("/address")
    await there.ann.taps_when("New address")
    await there.ann.sees("recipient")
    await says(stall, there.ann, "EGG 2", there.group)
    kept = there.ann.last
    assert "Kept for you until" in kept.text
    await there.ann.sends("Wang Wu")
    await there.ann.sees("phone")
    await there.ann.taps("Go on", on=kept)
    await there.ann.taps_when("Place order")
    await there.ann.sees("Pay by")
    await books_agree(stall)


async def test_what_was_kept_can_be_ordered_after_the_stream_has_ended(stall: TestStall) -> None:
    there = await circle(stall)
    await lives_at_home(stall, there.ann)
    await says(stall, there.ann, "EGG 2", there.group)
    await becomes(stall, there.stream, StreamStatus.ENDED)
    await there.ann.taps("Place order")
    await there.ann.sees("Pay by")
    await books_agree(stall)


async def test_a_stream_that_is_called_off_keeps_nothing(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ann, "EGG 2", there.group)
    await says(stall, there.ben, "EGG 1", there.group)
    await becomes(stall, there.stream, StreamStatus.CANCELLED)
    await stall.settles()
    assert await taken(stall) == 0
    await books_agree(stall)


# -- Talk, floods and trouble --------------------------------------------------------------------------------

TALK = [
    "hello everyone", "I like eggs", "honey", "+1", "是真的吗", "鸡蛋有吗", "@ann EGG 2", "36 EGG 元",
    "cancel", "取消", "TG-7K3QF", "138 0013 8000", "/orders", "/start", "/help", LONGEST_TEXT,
]  # fmt: skip


async def test_ordinary_talk_is_never_answered(stall: TestStall) -> None:
    there = await circle(stall, "EGG", "HONEY")
    mark, calls = len(there.said), len(stall.playground.calls)
    for text in TALK:
        message = await says(stall, there.ann, text, there.group)
        assert message.reactions == []
    await there.ann.sends_photo(RECEIPT, "EGG 2", chat=there.group)
    await stall.settles()
    assert len(there.said) == mark
    assert [call.method for call in stall.playground.calls][calls:].count("sendMessage") == 0
    assert await taken(stall) == 0


async def test_nearly_an_order_gets_a_hint_in_private_or_once_a_minute_in_the_group(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ann, "EGG 1.5", there.group)
    assert "EGG 1" in there.ann.last.text
    assert "Egg friends" in there.ann.last.text
    mark = len(there.said)
    for _ in range(20):
        await says(stall, there.ben, "EGG 0", there.group)
    assert [message.text for message in there.said[mark:]] == ["To order, write for example EGG 1."]


async def test_an_edit_changes_nothing(stall: TestStall) -> None:
    there = await circle(stall)
    order = await says(stall, there.ann, "EGG 2", there.group)
    await there.ann.edits(order, "EGG 9")
    talk = await says(stall, there.ann, "hello", there.group)
    await there.ann.edits(talk, "EGG 9")
    await stall.settles()
    assert await taken(stall) == 2


async def test_an_update_that_comes_twice_orders_once(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ann, "EGG 2", there.group)
    last = await stall.value("SELECT max(update_id) FROM inbox")
    stall.playground.redeliver(last)
    await stall.settles()
    assert await taken(stall) == 2


async def test_one_person_who_writes_without_end_holds_no_more_than_ten_times(stall: TestStall) -> None:
    there = await circle(stall, "MUMTEA", quantity=None)  # no limit per person
    for _ in range(100):
        await there.ann.sends("MUMTEA 1", chat=there.group)
    await stall.settles()
    assert await taken(stall) == 10
    assert await stall.value("SELECT count(*) FROM outbox WHERE chat_id = :id", id=there.group.id) <= 3


async def test_a_stranger_holds_no_more_than_twenty_packs_and_not_time_and_again(stall: TestStall) -> None:
    there = await circle(stall, "MUMTEA", quantity=500)
    assert (await says(stall, there.ben, "MUMTEA 400", there.group)).reactions == ["😢"]
    assert await taken(stall) == 0
    for _ in range(3):
        assert (await says(stall, there.ben, "MUMTEA 20", there.group)).reactions == ["👍"]
        await stall.passes(10 * 60 + 1)
        await stall.settles()
        assert await taken(stall) == 0
    assert (await says(stall, there.ben, "MUMTEA 20", there.group)).reactions == []
    assert await taken(stall) == 0


async def test_a_group_without_reactions_takes_orders_all_the_same(stall: TestStall) -> None:
    there = await circle(stall)
    there.group.reactions_off = True
    order = await says(stall, there.ann, "EGG 2", there.group)
    assert order.reactions == []
    assert await taken(stall) == 2
    assert "Kept for you until" in there.ann.inbox[-2].text


async def test_the_group_is_edited_every_ten_seconds_at_most(stall: TestStall) -> None:
    there = await circle(stall, "MUMTEA", quantity=None)
    buyers = [stall.person(f"Buyer {number}") for number in range(30)]
    there.group.members |= {buyer.id: "member" for buyer in buyers}
    for buyer in buyers:
        await buyer.sends("MUMTEA 1", chat=there.group)
        await stall.passes(1)
    await stall.settles()
    await stall.passes(11)
    await stall.settles()
    to_group = [call for call in stall.playground.calls if call.params.get("chat_id") == there.group.id]
    edits = [call.at for call in to_group if call.method == "editMessageText"]
    assert 2 <= len(edits) <= 5
    assert all(later - earlier >= 10 for earlier, later in itertools.pairwise(edits))
    assert "30 orders" in there.said[-1].text


async def test_a_429_in_the_group_delays_its_message_and_loses_no_order(stall: TestStall) -> None:
    there = await circle(stall)
    stall.playground.faults.add("too_many", chat=there.group.id, times=3, retry_after=5)
    await there.ann.sends("EGG 2", chat=there.group)
    for _ in range(6):
        await stall.passes(6)
    await stall.settles()
    assert await taken(stall) == 2
    assert "1 order" in there.said[-1].text


async def test_the_message_moves_down_when_talk_has_carried_it_away(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ann, "EGG 1", there.group)
    first = there.said[-1]
    for number in range(45):
        await there.ben.sends(f"hello {number}", chat=there.group)
    await stall.passes(130)
    await says(stall, there.ann, "EGG 1", there.group)
    assert there.said[-1] is not first
    assert first.labels == []
    assert there.said[-1].labels


async def test_what_is_held_survives_a_restart(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        there = await circle(stall)
        await says(stall, there.ben, "EGG 3", there.group)
        link = link_in(there.said[-1].text)
        playground, clock = stall.playground, stall.clock
    await there.ann.sends("EGG 1", chat=there.group)  # while the bot is down
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        stall.people |= {"Ann": there.ann, "Ben": there.ben}
        await stall.settles()
        assert await taken(stall) == 4
        await there.ben.opens(link)
        await there.ben.sees("recipient")
        await stall.passes(30 * 60 + 1)
        await stall.settles()
        assert await taken(stall) == 0
        await books_agree(stall)


@pytest.mark.parametrize("payload", ["g_", "g_x", "g_" + "A" * 60, "g_' OR 1=1"])
async def test_a_forged_link_leads_nowhere(stall: TestStall, payload: str) -> None:
    there = await circle(stall)
    await says(stall, there.ben, "EGG 3", there.group)
    mal = await comes_in(stall, "Mal")
    await mal.sends(f"/start {payload}")
    await mal.sees("does not open anything for you")


async def test_the_link_opens_nobody_elses_order(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ben, "EGG 3", there.group)
    mal = await comes_in(stall, "Mal")
    await mal.opens(link_in(there.said[-1].text))
    await mal.sees("Spring stream")
    claim = await stall.value("SELECT id FROM claims")
    mal.press(f"1|claim|{claim}", mal.last)
    assert "no longer works" in ((await mal.answered()).text or "")
    assert await stall.value("SELECT status FROM claims") == "held"


async def test_buttons_of_private_chats_do_nothing_in_a_group_and_the_other_way_round(stall: TestStall) -> None:
    there = await circle(stall)
    for data in ("1|home", "1|orders", f"1|desk|{there.stream.id}", f"1|live|{there.stream.id}", "1|x"):
        stall.owner.press(data, there.said[-1])
        assert "no longer works" in ((await stall.owner.answered()).text or ""), data
    there.ann.press("1|readcheck", there.ann.last)
    assert "no longer works" in ((await there.ann.answered()).text or "")


# -- An order that was missed --------------------------------------------------------------------------------


async def desk_asks(stall: TestStall) -> None:
    await stall.owner.sends("/mystreams")
    await stall.owner.taps_when("Spring stream")
    await stall.owner.taps_when("Add an order")
    await stall.owner.sees("Whose order was missed?")


async def test_a_host_adds_an_order_by_name(stall: TestStall) -> None:
    there = await circle(stall)
    there.ann.username = "ann_li"
    await there.ann.sends("/start")
    await lives_at_home(stall, there.ann)
    await desk_asks(stall)
    await stall.owner.sends("@Ann_Li EGG 2")
    assert "Written down" in (await stall.owner.sees("Written down")).text
    await stall.settles()
    await there.ann.taps("Place order")
    await there.ann.sees("Pay by")
    assert await stall.value("SELECT actor_id FROM audit WHERE action = 'claim.written_down'") == OWNER
    await books_agree(stall)


async def test_a_host_forwards_the_missed_message(stall: TestStall) -> None:
    there = await circle(stall)
    missed = await says(stall, there.ben, "two boxes of those lovely eggs for my grandma", there.group)
    await desk_asks(stall)
    await stall.owner.forwards(missed)
    await stall.owner.sees("What does Ben want?")
    await stall.owner.sends("nothing at all")
    await stall.owner.sees("no product of this stream")
    await stall.owner.sends("EGG 2")
    await stall.owner.sees("theirs once they open the link")
    await stall.settles()
    assert await taken(stall) == 2
    await there.ben.opens(link_in(there.said[-1].text))
    await there.ben.sees("recipient")


async def test_a_host_picks_who_talked_lately(stall: TestStall) -> None:
    there = await circle(stall)
    await says(stall, there.ben, "are those eggs any good", there.group)
    await desk_asks(stall)
    await stall.owner.taps("Ben")
    await stall.owner.sees("What does Ben want?")
    await stall.owner.sends("EGG 1")
    await stall.owner.sees("Written down")


async def test_what_cannot_be_told_whose_it_is_is_said(stall: TestStall) -> None:
    there = await circle(stall)
    there.ben.hides_forwards = True
    missed = await says(stall, there.ben, "eggs please, two", there.group)
    await desk_asks(stall)
    await stall.owner.forwards(missed)
    await stall.owner.sees("Telegram hides who wrote this")
    await stall.owner.sends("EGG 2")
    await stall.owner.sees("whose order it is")
    await stall.owner.sends("@nobody EGG 2")
    await stall.owner.sees("I know nobody called @nobody")
    await stall.owner.sends("@ann_li EGG 99")
    await stall.settles()
    assert await taken(stall) == 0


async def test_without_a_group_a_stranger_has_to_come_in_first(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    eve = stall.person("Eve")
    group = stall.playground.group("Elsewhere", members=[eve, stall.owner])
    missed = await eve.sends("EGG 2", chat=group)
    await desk_asks(stall)
    await stall.owner.forwards(missed)
    assert "start=s_" in (await stall.owner.sees("never opened the stall")).text
    assert await taken(stall) == 0


async def test_what_a_host_wrote_down_and_nobody_ordered_is_told_to_the_host(stall: TestStall) -> None:
    there = await circle(stall)
    await desk_asks(stall)
    await says(stall, there.ben, "hm", there.group)
    await stall.owner.forwards(await there.ben.sends("EGG 2?", chat=there.group))
    await stall.owner.sees("What does Ben want?")
    await stall.owner.sends("EGG 2")
    await stall.owner.sees("Written down")
    await stall.passes(10 * 60 + 1)
    await stall.settles()
    assert "not ordered in time" in stall.owner.last.text
    assert await taken(stall) == 0
