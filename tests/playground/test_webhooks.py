"""Bringing updates as the Bot API server does: in order within a chat, side by side else, until they are taken."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from playground import Playground
from tests.clock import FakeClock
from tests.playground.conftest import Voice

Answer = Callable[[dict[str, Any]], Awaitable[web.Response]]


class Hook:
    """A bot's server; `answer` decides, `got` is every update in the order in which it was brought."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.now = self.most = 0
        self.url = ""
        self.answer: Answer = self.takes

    async def takes(self, _: dict[str, Any]) -> web.Response:
        return web.Response()

    async def handle(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.got.append(update)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await self.answer(update)
        finally:
            self.now -= 1

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.got]


@pytest.fixture
async def hook(pg: Playground) -> AsyncIterator[Hook]:
    served = Hook()
    app = web.Application()
    app.router.add_post("/hook", served.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield served
    await pg.close()
    await runner.cleanup()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.002)


async def test_the_updates_of_a_chat_come_one_after_the_other_and_those_of_others_meanwhile(
    pg: Playground, bot: Voice, hook: Hook
) -> None:
    ann, bo = pg.person("Ann", id=2001), pg.person("Bo", id=2002)
    go_on = asyncio.Event()

    async def holds_ann(update: dict[str, Any]) -> web.Response:
        if update["message"]["from"]["id"] == ann.id:
            await go_on.wait()
        return web.Response()

    hook.answer = holds_ann
    await bot("setWebhook", url=hook.url)
    for text in ("/start", "one", "two"):
        await ann.sends(text)
    for text in ("/start", "three"):
        await bo.sends(text)
    await until(lambda: hook.texts.count("/start") == 2 and "three" in hook.texts)
    assert "one" not in hook.texts
    go_on.set()
    await until(lambda: pg.bot.mail.pending == 0)
    told = [update["message"]["text"] for update in hook.got if update["message"]["from"]["id"] == ann.id]
    assert told == ["/start", "one", "two"]


async def test_no_more_come_at_once_than_the_bot_allows(pg: Playground, bot: Voice, hook: Hook) -> None:
    go_on = asyncio.Event()

    async def holds(_: dict[str, Any]) -> web.Response:
        await go_on.wait()
        return web.Response()

    hook.answer = holds
    await bot("setWebhook", url=hook.url, max_connections=3)
    for number in range(10):
        await pg.person(f"Person {number}", id=3001 + number).sends("/start")
    await until(lambda: hook.now == 3)
    go_on.set()
    await until(lambda: pg.bot.mail.pending == 0)
    assert hook.most == 3
    assert (await bot("getWebhookInfo"))["max_connections"] == 3


async def test_what_is_not_taken_comes_again_at_once_then_after_pauses_that_double(
    pg: Playground, bot: Voice, hook: Hook, clock: FakeClock
) -> None:
    async def refuses(_: dict[str, Any]) -> web.Response:
        return web.Response(status=500)

    hook.answer = refuses
    await bot("setWebhook", url=hook.url)
    await pg.person("Ann", id=2001).sends("/start")
    await until(lambda: len(hook.got) == 2)
    for pause in (1, 2, 4):
        await until(lambda: clock.next_wake is not None)
        assert clock.next_wake == pytest.approx(pause)
        count = len(hook.got)
        clock.advance(pause)
        await until(lambda count=count: len(hook.got) > count)  # type: ignore[misc]
    assert len({update["update_id"] for update in hook.got}) == 1
    told = await bot("getWebhookInfo")
    assert told["pending_update_count"] == 1
    assert told["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    assert told["last_error_date"] >= pg.now - 7


async def test_an_answer_may_say_when_to_come_again(pg: Playground, bot: Voice, hook: Hook, clock: FakeClock) -> None:
    async def not_now(_: dict[str, Any]) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "30"})

    hook.answer = not_now
    await bot("setWebhook", url=hook.url)
    await pg.person("Ann", id=2001).sends("/start")
    await until(lambda: clock.next_wake is not None)
    assert clock.next_wake == pytest.approx(30)
    hook.answer = hook.takes
    clock.advance(30)
    await until(lambda: pg.bot.mail.pending == 0)


async def test_a_new_webhook_gets_what_the_old_one_has_not_taken(pg: Playground, bot: Voice, hook: Hook) -> None:
    await bot("setWebhook", url="http://127.0.0.1:1/nobody")
    await pg.person("Ann", id=2001).sends("/start")
    await bot("setWebhook", url=hook.url)
    await until(lambda: pg.bot.mail.pending == 0)
    assert hook.texts == ["/start"]
    assert "last_error_message" not in await bot("getWebhookInfo")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://stall.example/hook", "An HTTPS URL must be provided for webhook"),
        ("https://stall.example:8080/hook", "Webhook can be set up only on ports 80, 88, 443 or 8443"),
        ("https://stall.example:port/hook", "Invalid URL"),
    ],
)
async def test_an_address_that_telegram_would_not_call_is_refused(bot: Voice, url: str, said: str) -> None:
    assert (await bot.refused("setWebhook", url=url)).description == f"Bad Request: bad webhook: {said}"


async def test_more_connections_than_there_are_become_the_most(pg: Playground, bot: Voice) -> None:
    await bot("setWebhook", url="https://stall.example:8443/hook", max_connections=1000)
    assert (await bot("getWebhookInfo"))["max_connections"] == 100
    await pg.close()
