"""A stall over real HTTP, in this process: transport, polling and files use a socket, the clock is turned by us.

Time goes by fifty times as fast as on the wall, so that pauses of minutes end in moments; `read` seconds, after
which the bot gives up on an answer, are real ones.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.compose import opened
from bot.config import given
from bot.transport import AiohttpRequest
from playground.api import Playground
from playground.limits import Limits
from playground.server import serve
from tests.clock import FakeClock
from tests.stall import TOKEN, TestStall, faulty_calls, settings

TICK = 0.005
SPEED = 50.0


@asynccontextmanager
async def wired_stall(
    path: Path, *, limits: Limits | None = None, read: float = 20.0, speed: float = SPEED, **changes: dict[str, Any]
) -> AsyncIterator[TestStall]:
    """A stall on the database in `path`, and its Telegram on a port of this machine."""
    clock = FakeClock()
    playground = Playground(clock=clock, limits=limits or Limits.off(), query_lifetime=3_600)
    playground.add_bot(token=TOKEN, username="stall_bot", name="Livestall", id=123456)
    ticking = asyncio.create_task(ticks(clock, speed))
    try:
        async with await serve(playground) as server:
            telegram = {**changes.pop("telegram", {}), "base_url": server.base_url}
            config = given(settings(path, telegram=telegram, **changes), path)
            async with opened(config, request=AiohttpRequest(read=read), clock=clock) as program:
                yield TestStall(playground=playground, clock=clock, config=config, program=program)
    finally:
        ticking.cancel()
    assert not faulty_calls(playground)


async def ticks(clock: FakeClock, speed: float) -> None:
    """Turn the clock for ever, `speed` times as fast as the wall's."""
    loop = asyncio.get_running_loop()
    last = loop.time()
    while True:
        await asyncio.sleep(TICK)
        now = loop.time()
        clock.advance((now - last) * speed)
        last = now
