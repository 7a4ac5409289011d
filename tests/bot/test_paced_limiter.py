"""python-telegram-bot's calls on their way through the pacer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from telegram.error import BadRequest, RetryAfter
from telegram.ext import ExtBot

from bot.pacer import ALREADY_PACED, Limits, PacedLimiter, Pacer
from bot.transport import AiohttpRequest
from storage.outbox import Lane
from tests.bot.server import serving
from tests.bot.test_pacer import ANN, BOB, GROUP, paced, run_out, wait
from tests.clock import FakeClock


class Telegram:
    """Stands for the call itself: answers in turn, keeping the instants."""

    def __init__(self, clock: FakeClock, *answers: Exception) -> None:
        self._clock = clock
        self._answers: Iterator[Exception] = iter(answers)
        self.called: list[float] = []

    async def __call__(self, endpoint: str, data: dict[str, Any]) -> bool:
        self.called.append(round(self._clock.monotonic() - 1_000, 3))
        if (answer := next(self._answers, None)) is not None:
            raise answer
        return True


def limited(*answers: Exception, **limits: float) -> tuple[FakeClock, Telegram, Pacer, Callable[..., Awaitable[Any]]]:
    clock, pacer = paced(**limits)
    telegram = Telegram(clock, *answers)
    limiter = PacedLimiter(pacer, clock)

    async def call(endpoint: str, lane: Any = None, **data: Any) -> Any:
        return await limiter.process_request(telegram, (endpoint, data), {}, endpoint, data, lane)

    return clock, telegram, pacer, call


@pytest.mark.parametrize(
    "endpoint",
    ["sendMessage", "sendPhoto", "editMessageText", "editMessageCaption", "copyMessage", "forwardMessages"],
)
async def test_messages_to_a_chat_are_paced(endpoint: str) -> None:
    clock, telegram, _, call = limited(per_chat_burst=1)
    await run_out(clock, [asyncio.create_task(call(endpoint, chat_id=ANN)) for _ in range(3)])
    assert telegram.called == [0, 1, 2]


@pytest.mark.parametrize("lane", [None, ALREADY_PACED])
async def test_an_album_counts_as_many_messages_as_it_has_files(lane: Any) -> None:
    clock, telegram, pacer, call = limited(per_chat_burst=1)
    await run_out(clock, [asyncio.create_task(call("sendMediaGroup", lane, chat_id=ANN, media=[1, 2, 3, 4]))])
    assert round(pacer.ready_at(Lane.ORDER, ANN) - clock.monotonic(), 3) == (4 if lane is None else 3)
    assert len(telegram.called) == 1


async def test_an_album_that_was_refused_counts_nothing_more() -> None:
    clock, _, pacer, call = limited(BadRequest("wrong file"), per_chat_burst=1)
    with pytest.raises(BadRequest):
        await call("sendMediaGroup", chat_id=ANN, media=[1, 2, 3, 4])
    assert round(pacer.ready_at(Lane.ORDER, ANN) - clock.monotonic(), 3) == 1


@pytest.mark.parametrize(
    ("endpoint", "data"),
    [
        ("answerCallbackQuery", {"callback_query_id": "1"}),
        ("answerPreCheckoutQuery", {"pre_checkout_query_id": "1"}),
        ("getFile", {"file_id": "x"}),
        ("setMyCommands", {"commands": []}),
        ("editMessageText", {"inline_message_id": "1"}),
        ("editMessageText", {"inline_message_id": "1", "chat_id": None}),
        ("sendChatAction", {"chat_id": ANN}),
        ("getChat", {"chat_id": ANN}),
        ("editChatInviteLink", {"chat_id": GROUP}),
    ],
)
async def test_what_is_no_message_to_a_chat_passes_straight(endpoint: str, data: dict[str, Any]) -> None:
    _, telegram, pacer, call = limited()
    pacer.on_retry_after(Lane.BROADCAST, ANN, 60)
    pacer.pause_chat(GROUP, 60)
    assert await call(endpoint, **data) is True
    assert telegram.called == [0]


async def test_a_lane_may_be_named_and_a_reply_is_the_default() -> None:
    clock, telegram, pacer, call = limited()
    pacer.pause_bulk(7)
    await run_out(clock, [asyncio.create_task(call("sendMessage", Lane.BROADCAST, chat_id=ANN))])
    await call("sendMessage", Lane.REPLY, chat_id=BOB)
    assert telegram.called == [7, 7]


async def test_a_refused_reply_waits_as_long_as_telegram_says_and_goes_again() -> None:
    clock, telegram, _, call = limited(RetryAfter(4), RetryAfter(2))
    task = asyncio.create_task(call("sendMessage", chat_id=ANN))
    await run_out(clock, [task])
    assert task.result() is True
    assert telegram.called == [0, 4, 6]


async def test_after_three_refusals_the_reply_gives_up() -> None:
    clock, telegram, _, call = limited(*(RetryAfter(1) for _ in range(9)))
    task = asyncio.create_task(call("sendMessage", chat_id=ANN))
    await run_out(clock, [task])
    assert isinstance(task.exception(), RetryAfter)
    assert telegram.called == [0, 1, 2]


async def test_a_wait_beyond_all_patience_is_refused_at_once() -> None:
    clock, telegram, pacer, call = limited(RetryAfter(600))
    with pytest.raises(RetryAfter):
        await call("sendMessage", chat_id=ANN)
    assert telegram.called == [0]
    clock.advance(100)
    with pytest.raises(RetryAfter, match=r"0:08:20"):
        await call("sendMessage", chat_id=ANN)
    assert telegram.called == [0]
    assert pacer.remembered == 1


async def test_what_is_already_paced_goes_at_once_and_its_refusal_is_the_outboxs_business() -> None:
    clock, telegram, pacer, call = limited(RetryAfter(30))
    pacer.pause_chat(ANN, 5)
    with pytest.raises(RetryAfter):
        await call("sendMessage", ALREADY_PACED, chat_id=ANN)
    assert telegram.called == [0]
    assert wait(pacer, clock, Lane.REPLY, ANN) == pytest.approx(30)
    assert ALREADY_PACED  # python-telegram-bot drops arguments that are false


async def test_a_refused_broadcast_is_not_tried_again_here() -> None:
    clock, telegram, pacer, call = limited(RetryAfter(3))
    with pytest.raises(RetryAfter):
        await call("sendMessage", Lane.BROADCAST, chat_id=ANN)
    assert telegram.called == [0]
    assert wait(pacer, clock, Lane.REMINDER, BOB) == pytest.approx(3)


async def test_other_errors_pass_through_untouched() -> None:
    _, telegram, _, call = limited(BadRequest("Message is not modified"))
    with pytest.raises(BadRequest, match="not modified"):
        await call("editMessageText", chat_id=ANN)
    assert telegram.called == [0]


@pytest.mark.parametrize("lane", [None, Lane.REPLY, Lane.BROADCAST, ALREADY_PACED])
async def test_the_library_hands_over_the_lane_and_telegram_never_sees_it(lane: Any) -> None:
    clock = FakeClock()
    pacer = Pacer(clock, Limits())
    async with serving() as server, AiohttpRequest() as transport:
        bot = ExtBot("1:A", base_url=server.base_url, request=transport, rate_limiter=PacedLimiter(pacer, clock))
        await bot.send_message(ANN, "Eggs", rate_limit_args=lane)
    assert server.fields == [{"chat_id": ANN, "text": "Eggs"}]
    assert pacer.remembered == (0 if lane is ALREADY_PACED else 1)
    assert (wait(pacer, clock, Lane.REMINDER, BOB) > 0) == (lane is Lane.BROADCAST)
