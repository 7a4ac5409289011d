"""A clock that tests turn by hand."""

import asyncio
import heapq
import itertools

# 2026-03-10 04:00 UTC, noon in Shanghai: far from any clock change, and a weekday.
NOON = 1_773_115_200_000


class FakeClock:
    """Wall and monotonic time move together by `advance`; `step` moves only the wall clock, as an operator would."""

    def __init__(self, now: int = NOON) -> None:
        self._now = now
        self._monotonic = 1_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), future))
        await future

    def step(self, seconds: float) -> None:
        """Set the wall clock forward or back; nobody's sleep changes."""
        self._now += round(seconds * 1000)

    @property
    def sleeping(self) -> int:
        return sum(not future.done() for _, _, future in self._sleepers)

    @property
    def next_wake(self) -> float | None:
        """Seconds until the first sleeper wakes."""
        live = [at for at, _, future in self._sleepers if not future.done()]
        return min(live) - self._monotonic if live else None

    def advance(self, seconds: float) -> None:
        """Move time on and wake who is due, earliest first."""
        self._monotonic += seconds
        self._now += round(seconds * 1000)
        while self._sleepers and self._sleepers[0][0] <= self._monotonic:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
