"""Time as the playground sees it: a protocol any clock of the caller fits, and the machine's own. Decides nothing."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Structurally the stall's clock, so a test hands the same one to both sides."""

    def now(self) -> int:
        """UTC milliseconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time."""


class RealClock:
    """The machine's clock, used when none is given."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
