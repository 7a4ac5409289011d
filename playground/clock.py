"""Time as the playground sees it: a protocol any clock of the caller fits, the machine's own, and one that is turned.

Decides nothing; who turns it is in switches.py.
"""

import asyncio
import time
from typing import Protocol

from playground.signals import Signal

FASTEST = 600.0
LONGEST_JUMP = 366 * 24 * 3600.0
SHORTEST_SLEEP = 0.001
"""Real seconds: a loop that waits a moment must not spin when time flies."""


class Clock(Protocol):
    """Structurally the stall's clock, so a test hands the same one to both sides."""

    def now(self) -> int:
        """UTC milliseconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time."""


class RealClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class TurnedClock:
    """The machine's clock, which can be made to run faster and to jump ahead; it never goes back.

    Wall and monotonic time move together, and whoever sleeps wakes when the time has come by this clock, also when it
    came by a jump. `shared` says that the bot lives by this very object too; else a turn moves only the playground.
    """

    def __init__(self, *, shared: bool = False, machine: Clock | None = None) -> None:
        self.shared = shared
        self.turned = Signal()
        self._machine = machine or RealClock()
        self._speed = 1.0
        self._ahead = 0.0
        self._since = self._machine.monotonic()

    @property
    def speed(self) -> float:
        """Seconds of this clock in a second of the machine's."""
        return self._speed

    @property
    def ahead(self) -> float:
        """Seconds this clock has gained on the machine's."""
        return self._ahead + (self._machine.monotonic() - self._since) * (self._speed - 1)

    def now(self) -> int:
        return self._machine.now() + round(self.ahead * 1000)

    def monotonic(self) -> float:
        return self._machine.monotonic() + self.ahead

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            turn = self.turned.next()
            alarm = asyncio.ensure_future(self._machine.sleep(max(SHORTEST_SLEEP, left / self._speed)))
            try:
                await asyncio.wait((turn, alarm), return_when=asyncio.FIRST_COMPLETED)
            finally:
                turn.cancel()
                alarm.cancel()

    def run(self, speed: float) -> None:
        """Go at `speed` from now on. Raises `ValueError` unless it is from 1 to 600."""
        if not 1 <= speed <= FASTEST:
            raise ValueError(f"the clock runs at 1 to {FASTEST:g} times the machine's speed, not {speed:g}")
        self._turn(0.0, speed)

    def jump(self, seconds: float) -> None:
        """Skip `seconds`, a year at most. Raises `ValueError` for a step back: what has happened stays."""
        if not 0 <= seconds <= LONGEST_JUMP:
            raise ValueError("the clock only goes ahead, and no further than a year at once")
        self._turn(seconds, self._speed)

    def _turn(self, seconds: float, speed: float) -> None:
        self._ahead, self._since = self.ahead + seconds, self._machine.monotonic()
        self._speed = speed
        self.turned.notify()
