"""A stall over real HTTP, in this process: transport, updates and files use a socket, the clock is turned by us.

Updates are asked for, or brought to a server of the stall's own (`mode="webhook"`); a story can be told both ways.

Time goes by fifty times as fast as on the wall, so that pauses of minutes end in moments; `read` seconds, after
which the bot gives up on an answer, are real ones.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from bot import web
from bot.compose import opened
from bot.config import given
from bot.front import Front
from bot.transport import AiohttpRequest
from playground.api import Playground
from playground.limits import Limits
from playground.server import Server, serve
from tests.bot.server import unused_port
from tests.clock import FakeClock
from tests.stall import TOKEN, TestStall, faulty_calls, settings

Mode = Literal["polling", "webhook"]

TICK = 0.005
SPEED = 50.0
MODES: tuple[Mode, ...] = ("polling", "webhook")
ASKED: dict[Mode, str] = {"polling": "getUpdates", "webhook": "getWebhookInfo"}
"""By which call the stall knows that Telegram is there."""


@asynccontextmanager
async def wired_stall(
    path: Path,
    *,
    mode: Mode = "polling",
    limits: Limits | None = None,
    read: float = 20.0,
    speed: float = SPEED,
    **changes: dict[str, Any],
) -> AsyncIterator[TestStall]:
    """A stall on the database in `path`, and its Telegram on a port of this machine."""
    async with (
        wired_telegram(limits=limits, speed=speed) as (server, clock),
        wired(path, server, clock, mode=mode, read=read, **changes) as stall,
    ):
        yield stall
    assert not faulty_calls(server.playground)


@asynccontextmanager
async def wired_telegram(
    *, limits: Limits | None = None, speed: float = SPEED
) -> AsyncIterator[tuple[Server, FakeClock]]:
    """A Telegram on a port of this machine, and the clock it goes by; a stall can be opened there again and again."""
    clock = FakeClock()
    playground = Playground(clock=clock, limits=limits or Limits.off(), query_lifetime=3_600)
    playground.add_bot(token=TOKEN, username="stall_bot", name="Livestall", id=123456)
    ticking = asyncio.create_task(ticks(clock, speed))
    try:
        async with await serve(playground) as server:
            yield server, clock
    finally:
        ticking.cancel()


@asynccontextmanager
async def wired(
    path: Path,
    server: Server,
    clock: FakeClock,
    *,
    mode: Mode = "polling",
    read: float = 20.0,
    **changes: dict[str, Any],
) -> AsyncIterator[TestStall]:
    """The stall alone, at this Telegram. `front` serves its pages and its webhook as the process does."""
    port = unused_port()
    own = {
        "mode": mode,
        "webhook": {"url": f"http://127.0.0.1:{port}/telegram", "port": port},
        "base_url": server.base_url,
    }
    telegram = own | changes.pop("telegram", {})
    config = given(settings(path, telegram=telegram, **changes), path)
    front = Front()
    async with web.serving(front.sites(config)):
        request = AiohttpRequest(read=read)
        async with opened(config, request=request, clock=clock, metrics=front.metrics) as program:
            front.phase, front.stall = None, program
            yield TestStall(playground=server.playground, clock=clock, config=config, program=program, front=front)


async def ticks(clock: FakeClock, speed: float) -> None:
    """Turn the clock for ever, `speed` times as fast as the wall's."""
    loop = asyncio.get_running_loop()
    last = loop.time()
    while True:
        await asyncio.sleep(TICK)
        now = loop.time()
        clock.advance((now - last) * speed)
        last = now
