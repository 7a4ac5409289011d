"""The ways a stall and its Telegram can be joined, so that one story is told on each of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, get_args

from tests.clock import FakeClock
from tests.stall import TestStall, open_stall
from tests.wire.stall import ticks, wired_stall

Way = Literal["in process", "polling", "webhook"]
WAYS: tuple[Way, ...] = get_args(Way)
PATIENCE = 0.3
"""Real seconds without an answer after which the bot gives up on a call."""
SPEED = 200.0
"""Pauses between tries are most of these stories; no order may run out meanwhile."""


@asynccontextmanager
async def stall_by(way: Way, path: Path) -> AsyncIterator[TestStall]:
    """A stall whose clock goes by itself, in this process or over HTTP."""
    if way == "in process":
        clock = FakeClock()
        ticking = asyncio.create_task(ticks(clock, SPEED))
        try:
            async with open_stall(path, clock=clock, orders={"pay_within": "7d"}) as stall:
                yield stall
        finally:
            ticking.cancel()
        return
    async with wired_stall(path, mode=way, read=PATIENCE, speed=SPEED, orders={"pay_within": "7d"}) as stall:
        yield stall
