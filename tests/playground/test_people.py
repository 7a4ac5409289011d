"""Playing people: what they do becomes updates, what the bot does becomes what they see."""

import asyncio

import pytest

from playground import Person, Playground
from tests.playground.conftest import Voice
from tests.playground.pictures import png


def keyboard(*labels: str) -> dict[str, object]:
    return {"inline_keyboard": [[{"text": label, "callback_data": f"data of {label}"}] for label in labels]}


async def test_a_first_contact_carries_the_deep_links_payload(pg: Playground, bot: Voice) -> None:
    ben = pg.person("Ben", id=2002, language="zh")
    await ben.opens("https://t.me/stall_bot?start=s_ABC")
    [update] = await bot.updates()
    message = update["message"]
    assert message["text"] == "/start s_ABC"
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert (message["from"]["id"], message["from"]["language_code"]) == (2002, "zh")
    assert message["chat"] == {"id": 2002, "type": "private", "first_name": "Ben"}


async def test_a_link_to_another_bot_is_not_opened(ann: Person) -> None:
    with pytest.raises(ValueError, match="not a link to this bot"):
        await ann.opens("https://t.me/other_bot?start=x")


async def test_a_tap_finds_its_button_by_words_behind_an_emoji(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="card", reply_markup=keyboard("🛒 Order now", "Order"))
    assert (await ann.taps("Order")).button.text == "Order"
    assert (await ann.taps("Order n")).button.text == "🛒 Order now"
    updates = await bot.updates()
    assert [update["callback_query"]["data"] for update in updates] == ["data of Order", "data of 🛒 Order now"]
    assert updates[0]["callback_query"]["message"]["reply_markup"] == keyboard("🛒 Order now", "Order")


async def test_buttons_of_signs_only_are_found_as_they_are(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="card", reply_markup=keyboard("−", "2", "+"))
    assert (await ann.taps("+")).button.text == "+"
    assert (await ann.taps("−")).button.text == "−"


async def test_the_newest_message_with_such_a_button_is_meant_unless_told(ann: Person, bot: Voice) -> None:
    old = await bot("sendMessage", chat_id=2001, text="old", reply_markup=keyboard("Pay", "Leave"))
    await bot("sendMessage", chat_id=2001, text="new", reply_markup=keyboard("Pay"))
    await ann.taps("Pay")
    await ann.taps("Leave")
    await ann.taps("Pay", on=ann.inbox[0])
    newest, *rest = [update["callback_query"]["message"]["message_id"] for update in await bot.updates()]
    assert newest > old["message_id"]
    assert rest == [old["message_id"]] * 2


async def test_a_missing_button_is_told_with_the_transcript(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="the card", reply_markup=keyboard("Pay"))
    with pytest.raises(AssertionError, match=r'(?s)Ann sees no button "Refund".*the card.*\[Pay\]'):
        await ann.taps("Refund")


async def test_links_and_copy_buttons_do_not_reach_the_bot(ann: Person, bot: Voice) -> None:
    rows = [[{"text": "Watch", "url": "https://live.example/1"}, {"text": "Copy", "copy_text": {"text": "TG-7"}}]]
    await bot("sendMessage", chat_id=2001, text="x", reply_markup={"inline_keyboard": rows})
    assert (await ann.taps("Watch")).url == "https://live.example/1"
    assert (await ann.taps("Copy")).copied == "TG-7"
    assert await bot.updates() == []


async def test_a_button_with_a_deep_link_opens_it(ann: Person, bot: Voice) -> None:
    rows = [[{"text": "Open", "url": "https://t.me/stall_bot?start=o_7"}]]
    await bot("sendMessage", chat_id=2001, text="x", reply_markup={"inline_keyboard": rows})
    await ann.taps("Open")
    assert (await bot.updates())[0]["message"]["text"] == "/start o_7"


async def test_a_key_of_a_reply_keyboard_sends_its_words(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="x", reply_markup={"keyboard": [[{"text": "📍 Here"}, "There"]]})
    await ann.taps("Here")
    assert (await bot.updates())[0]["message"]["text"] == "📍 Here"


async def test_seeing_waits_for_a_message_or_an_edit_after_the_own_action(ann: Person, bot: Voice) -> None:
    sent = await bot("sendMessage", chat_id=2001, text="Payment pending")
    await ann.sends("well?")
    waiting = asyncio.create_task(ann.sees("Payment"))
    await asyncio.sleep(0)
    assert not waiting.done()
    await bot("editMessageText", chat_id=2001, message_id=sent["message_id"], text="Payment confirmed")
    seen = await waiting
    assert (seen.text, seen.edited) == ("Payment confirmed", True)


async def test_a_mark_says_since_when(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="one")
    mark = ann.mark()
    assert (await ann.sees("one")).text == "one"
    with pytest.raises(AssertionError, match="did not see"):
        await ann.sees("one", since=mark, timeout=0)


async def test_not_seeing_is_told_with_the_transcript(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="something else")
    with pytest.raises(AssertionError, match=r"(?s)Ann did not see \"confirmed\" in 0.01 s.*something else"):
        await ann.sees("confirmed", timeout=0.01)


async def test_answers_to_taps_are_seen(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="x", reply_markup=keyboard("Pay"))
    tap = await ann.taps("Pay")
    waiting = asyncio.create_task(ann.answered())
    await asyncio.sleep(0)
    assert tap.query is not None
    await bot("answerCallbackQuery", callback_query_id=tap.query.id, text="Sold out", show_alert=True)
    answer = await waiting
    assert (answer.text, answer.show_alert) == ("Sold out", True)
    assert ann.alerts == [answer]


async def test_an_unanswered_tap_is_told(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="x", reply_markup=keyboard("Pay"))
    await ann.taps("Pay")
    with pytest.raises(AssertionError, match="tap was not answered"):
        await ann.answered(timeout=0)


async def test_forged_data_arrives_as_if_tapped(ann: Person, bot: Voice, pg: Playground) -> None:
    await bot("sendMessage", chat_id=2001, text="x")
    pg.forge("1|confirm|42", ann, ann.last)
    [update] = await bot.updates()
    assert update["callback_query"]["data"] == "1|confirm|42"


async def test_a_tap_on_a_deleted_message_shows_it_as_gone(ann: Person, bot: Voice) -> None:
    sent = await bot("sendMessage", chat_id=2001, text="x", reply_markup=keyboard("Pay"))
    card = ann.last
    await bot("deleteMessage", chat_id=2001, message_id=sent["message_id"])
    await ann.taps("Pay", on=card)
    [update] = await bot.updates()
    assert update["callback_query"]["message"] == {"chat": card.chat.describe(), "message_id": card.id, "date": 0}


async def test_blocking_and_coming_back_are_told_to_the_bot(ann: Person, bot: Voice) -> None:
    await ann.blocks()
    await ann.blocks()
    await ann.unblocks()
    changes = [update["my_chat_member"] for update in await bot.updates()]
    assert [change["new_chat_member"]["status"] for change in changes] == ["kicked", "member"]
    assert changes[0]["from"]["id"] == ann.id


async def test_replies_contacts_places_and_edits_arrive(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="Which phone?")
    mine = await ann.replies(ann.last, "138 0013 8000")
    await ann.sends_contact("+8613800138000")
    await ann.sends_location(28.5, 114.4)
    await ann.edits(mine, "138 0013 8001")
    reply, contact, place, edit = await bot.updates()
    assert reply["message"]["reply_to_message"]["text"] == "Which phone?"
    assert contact["message"]["contact"]["phone_number"] == "+8613800138000"
    assert place["message"]["location"] == {"latitude": 28.5, "longitude": 114.4}
    assert edit["edited_message"]["text"] == "138 0013 8001"


async def test_a_deleted_chat_is_empty_but_the_bot_may_write(ann: Person, bot: Voice) -> None:
    sent = await bot("sendMessage", chat_id=2001, text="x")
    await ann.deletes_chat()
    assert ann.inbox == []
    refusal = await bot.refused("editMessageText", chat_id=2001, message_id=sent["message_id"], text="y")
    assert refusal.description == "Bad Request: message to edit not found"
    await bot("sendMessage", chat_id=2001, text="z")
    assert ann.last.text == "z"


async def test_a_persons_menu_follows_scope_and_language(pg: Playground, ann: Person, bot: Voice) -> None:
    async def names() -> list[str]:
        return [command["command"] for command in ann.menu]

    await bot("setMyCommands", commands=[{"command": "help", "description": "Help"}])
    assert await names() == ["help"]
    scope = {"type": "chat", "chat_id": 2001}
    await bot("setMyCommands", commands=[{"command": "pay", "description": "Pay"}], scope=scope, language_code="en")
    assert await names() == ["pay"]
    ann.language = "zh"
    assert await names() == ["help"]
    await bot("deleteMyCommands")
    assert await names() == []


async def test_searches_and_checkouts_are_queries_of_their_own(ann: Person, bot: Voice) -> None:
    search, checkout = await ann.searches("eggs"), await ann.checks_out("TG-7", total=7200)
    first, second = await bot.updates()
    assert first["inline_query"]["query"] == "eggs"
    assert second["pre_checkout_query"]["total_amount"] == 7200
    await bot("answerInlineQuery", inline_query_id=search.id, results=[])
    await bot("answerPreCheckoutQuery", pre_checkout_query_id=checkout.id, ok=False, error_message="Sold out")
    assert checkout.result == (False, "Sold out")


async def test_two_thousand_people_cost_no_tasks(pg: Playground, bot: Voice) -> None:
    people = [pg.person(f"Buyer {number}") for number in range(2000)]
    before = len(asyncio.all_tasks())
    for person in people:
        await person.sends("/start")
    for person in people:
        await bot("sendMessage", chat_id=person.id, text="welcome")
    assert all(person.last.text == "welcome" for person in people)
    assert len(asyncio.all_tasks()) == before


async def test_a_transcript_reads_like_a_chat(ann: Person, bot: Voice) -> None:
    await ann.sends_photo(png(), caption="receipt")
    await bot("sendMessage", chat_id=2001, text="Thank you", reply_markup=keyboard("My orders"))
    assert ann.transcript(last=2) == (
        "--- Ann (private chat 2001) ---\nAnn: [photo 64x48] receipt\nLivestall: Thank you\n    [My orders]"
    )
