"""Calls past the library's objects: what goes out, what comes back, how they are paced and refused."""

from collections.abc import AsyncIterator

import pytest
from telegram.error import BadRequest, Forbidden, RetryAfter

from bot.calls import Calls
from bot.pacer import ALREADY_PACED, Limits, PacedLimiter, Pacer
from bot.transport import AiohttpRequest
from bot.updates import lean
from storage.outbox import Lane
from tests.bot.server import Server, refusing, serving
from tests.clock import FakeClock

TOKEN = "123456:AAF-a_token"
KEYBOARD = {"inline_keyboard": [[{"text": "Pay 蛋", "callback_data": "1|paid|7"}]]}


class Counter:
    """Calls to a server, the clock they are paced by, and the pacer."""

    def __init__(self, server: Server, request: AiohttpRequest) -> None:
        self.server = server
        self.clock = FakeClock()
        self.pacer = Pacer(self.clock, Limits())
        self.call = Calls(request, f"{server.base_url}{TOKEN}", PacedLimiter(self.pacer, self.clock)).call


@pytest.fixture
async def out() -> AsyncIterator[Counter]:
    async with serving() as server, AiohttpRequest() as request:
        yield Counter(server, request)


async def test_a_call_goes_out_as_it_is_and_its_result_comes_back_as_json(out: Counter) -> None:
    fields = {"chat_id": 7, "text": "<b>Eggs</b>", "reply_markup": KEYBOARD, "caption": None}
    assert (await out.call("sendMessage", fields))["message_id"] == 5
    assert out.server.calls == ["sendMessage"]
    assert out.server.fields == [{"chat_id": 7, "text": "<b>Eggs</b>", "reply_markup": KEYBOARD}]


@pytest.mark.parametrize(
    ("status", "words", "error"),
    [(400, "Bad Request: chat not found", BadRequest), (403, "Forbidden: bot was blocked by the user", Forbidden)],
)
async def test_a_refusal_is_the_librarys_error(out: Counter, status: int, words: str, error: type[Exception]) -> None:
    out.server.answer = refusing(status, words)
    with pytest.raises(error):
        await out.call("sendMessage", {"chat_id": 7, "text": "Eggs"})


async def test_a_message_takes_its_place_and_one_that_was_paced_before_takes_none(out: Counter) -> None:
    free = out.pacer.ready_at(Lane.REPLY, 7)
    for _ in range(5):
        await out.call("sendMessage", {"chat_id": 7, "text": "Eggs"})
    after = out.pacer.ready_at(Lane.REPLY, 7)
    assert after > free
    await out.call("sendMessage", {"chat_id": 7, "text": "Eggs"}, ALREADY_PACED)
    await out.call("answerCallbackQuery", {"callback_query_id": "1"})
    assert out.pacer.ready_at(Lane.REPLY, 7) == after


async def test_being_asked_to_wait_pauses_the_chat(out: Counter) -> None:
    out.server.answer = refusing(429, "Too Many Requests: retry after 9", retry_after=9)
    with pytest.raises(RetryAfter):
        await out.call("sendMessage", {"chat_id": 7, "text": "Eggs"}, ALREADY_PACED)
    assert out.pacer.ready_at(Lane.REPLY, 7) == out.clock.monotonic() + 9


def test_of_a_tapped_message_only_its_look_is_left_out_and_the_update_itself_stays_whole() -> None:
    message = {"message_id": 5, "date": 1, "chat": {"id": 7}, "text": "Eggs", "photo": [{"file_id": "a"}]}
    look = {"reply_markup": KEYBOARD, "entities": [{"type": "bold", "offset": 0, "length": 4}]}
    update = {"update_id": 1, "callback_query": {"id": "1", "data": "1|paid|7", "message": {**message, **look}}}
    assert lean(update) == {"update_id": 1, "callback_query": {"id": "1", "data": "1|paid|7", "message": message}}
    assert update["callback_query"]["message"] == {**message, **look}  # type: ignore[index]


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1, "message": {"message_id": 5, "entities": [], "reply_markup": KEYBOARD}},
        {"update_id": 1, "callback_query": {"id": "1", "inline_message_id": "x"}},
        {"update_id": 1, "callback_query": None},
        {"update_id": 1, "callback_query": {"message": "odd"}},
        {},
    ],
)
def test_what_is_no_tap_on_a_message_is_left_alone(update: dict[str, object]) -> None:
    assert lean(update) is update
