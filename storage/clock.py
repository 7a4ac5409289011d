"""The one source of time for everything above the rules: wall clock, monotonic clock and waiting.

Owns nothing but reading and waiting; whoever needs time gets a `Clock` by constructor, so tests can turn it by hand.
"""

import asyncio
import time
from typing import Protocol

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """What the stall knows of time."""

    def now(self) -> int:
        """UTC milliseconds since the epoch; may jump when the machine's clock is set."""

    def monotonic(self) -> float:
        """Seconds that only ever grow; for pauses and pacing, never stored."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time (at once when 0 or less)."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
