"""python-telegram-bot driving the playground through the in-process front."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from playground import Person, Playground
from playground.request import PlaygroundRequest
from tests.clock import FakeClock
from tests.playground.conftest import TOKEN
from tests.playground.pictures import png
from tests.playground.schema import check_call


@pytest.fixture
async def ptb(pg: Playground) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, request=PlaygroundRequest(pg), get_updates_request=PlaygroundRequest(pg)) as bot:
        yield bot
    for call in pg.calls:
        assert check_call(call.method, call.params) == []


async def test_a_conversation_with_pictures_buttons_and_edits(ptb: Bot, ann: Person) -> None:
    await ann.sends_photo(png(), caption="receipt")
    [update] = await ptb.get_updates(timeout=1)
    assert update.message is not None
    found = await ptb.get_file(update.message.photo[-1].file_id)
    assert bytes(await found.download_as_bytearray()) == png()
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("✅ Confirm", callback_data="1|c|42")]])
    card = await ptb.send_photo(2001, png(90, 90), caption="<b>Pay</b>", parse_mode="HTML", reply_markup=keyboard)
    await ann.taps("Confirm")
    [tap] = await ptb.get_updates(offset=update.update_id + 1)
    assert tap.callback_query is not None
    assert tap.callback_query.data == "1|c|42"
    assert tap.callback_query.message == card
    await tap.callback_query.answer("Done")
    assert (await ann.answered()).text == "Done"
    await ptb.edit_message_media(InputMediaPhoto(png(9, 9), caption="Paid"), chat_id=2001, message_id=card.message_id)
    assert (ann.last.text, ann.last.photo, ann.last.buttons) == ("Paid", png(9, 9), [])
    await ptb.send_document(2001, b"a,b", filename="report.csv", reply_to_message_id=card.message_id)
    assert ann.last.document is not None
    assert (ann.last.document.name, ann.last.document.data) == ("report.csv", b"a,b")
    assert ann.last.reply_to is ann.inbox[0]


async def test_refusals_become_the_librarys_errors(
    ptb: Bot, ann: Person, pg: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # the library warns of its coming type otherwise
    with pytest.raises(BadRequest, match="unsupported start tag"):
        await ptb.send_message(2001, "<x>", parse_mode="HTML")
    await ann.blocks()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await ptb.send_message(2001, "x")
    group = pg.group("Cashiers", members=[ann])
    new = pg.migrate(group)
    with pytest.raises(ChatMigrated) as migrated:
        await ptb.send_message(group.id, "x")
    assert migrated.value.new_chat_id == new.id
    pg.faults.add("too_many", retry_after=9)
    with pytest.raises(RetryAfter):
        await ptb.send_message(2001, "x")


async def test_broken_connections_become_network_errors(ptb: Bot, ann: Person, pg: Playground) -> None:
    for kind in ("reset", "lost_answer"):
        pg.faults.add(kind)
        with pytest.raises(NetworkError) as caught:
            await ptb.send_message(2001, kind)
        assert type(caught.value) is NetworkError
    assert [message.text for message in ann.inbox] == ["lost_answer"]


async def test_gateway_trouble_is_a_network_error(ptb: Bot, pg: Playground, caplog: pytest.LogCaptureFixture) -> None:
    pg.faults.add("server_error", status=502)
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await ptb.get_chat(1)


async def test_a_hanging_call_times_out_by_the_playgrounds_clock(
    ptb: Bot, ann: Person, pg: Playground, clock: FakeClock
) -> None:
    pg.faults.add("hang")
    call = asyncio.create_task(ptb.send_message(2001, "x", read_timeout=7))
    while not clock.sleeping:
        await asyncio.sleep(0)
    assert clock.next_wake == 7
    clock.advance(7)
    with pytest.raises(TimedOut):
        await call
    assert ann.inbox == []


async def test_a_second_poller_meets_a_conflict(ptb: Bot, ann: Person) -> None:
    first = asyncio.create_task(ptb.get_updates(timeout=30))
    for _ in range(5):
        await asyncio.sleep(0)
    second = asyncio.create_task(ptb.get_updates(timeout=30))
    with pytest.raises(Conflict):
        await first
    await ann.sends("x")
    assert len(await second) == 1


async def test_a_wrong_token_is_told_at_the_start(pg: Playground) -> None:
    request = PlaygroundRequest(pg)
    with pytest.raises(InvalidToken):
        await Bot("1:WRONG", request=request, get_updates_request=request).initialize()
