"""When something becomes due: APScheduler's one job rings, one loop starts the work.

Owns the loop and the job. What is due and what to do about it comes from `Source`s; a kill loses nothing, because
every deadline is a row and only the ringing is in memory.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from scheduler.waiting import wait
from storage.clock import Clock
from storage.connection import Tx
from storage.store import Store

log = logging.getLogger(__name__)

# For a suspended machine and deadlines another process wrote. On the monotonic clock: an interval job of APScheduler
# stands still for an hour when the wall clock is set back by one.
SWEEP_SECONDS = 30.0
RETRY_SECONDS = 5.0
_MOST_RINGS = 100
_JOB = "next-due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One sort of deadline. `handle(now)` does everything that is due and returns; it never runs twice at a time."""

    name: str
    next_due: Callable[[Tx], int | None]
    handle: Callable[[int], Awaitable[None]]


class Wakeups:
    """One owned task: clear, start everything due, read the next deadline, arm the job, wait for the ring.

    Each source works in a task of its own, started in the order given: a slow one (a download, a long broadcast)
    keeps no other waiting, and one that fails rests a little and is tried again.
    """

    def __init__(self, store: Store, clock: Clock, sources: list[Source]) -> None:
        self._store = store
        self._clock = clock
        self._sources = sources
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._working: dict[str, asyncio.Task[None]] = {}
        # Source name -> monotonic instant before which it is not tried again.
        self._resting: dict[str, float] = {}
        self._stopping = False

    def overdue(self, tx: Tx, now: int) -> dict[str, int]:
        """A query: for how many milliseconds the oldest deadline of each source has been due; 0 where none is, or
        where what is due has no instant of its own."""
        return {source.name: max(0, now - (source.next_due(tx) or now)) for source in self._sources}

    async def run(self) -> None:
        """Loop until `stop`, then wait for the sources that are working."""
        self._scheduler.start()
        try:
            while not self._stopping:
                # Cleared before the look: a deadline written, or work that ends, while we look rings again.
                self._store.due.clear()
                self._arm(await self._start_due())
                await wait(self._store.due, self._clock, self._pause())
            await asyncio.gather(*self._working.values())
        finally:
            for task in self._working.values():
                task.cancel()
            self._scheduler.shutdown(wait=False)

    async def stop(self) -> None:
        """Start nothing more; `run` ends when what is being done is done."""
        self._stopping = True
        self._store.due.set()

    async def _start_due(self) -> int | None:
        """Start every source that has something due; returns the first deadline of the others."""
        moments: list[int] = []
        for source in self._sources:
            if source.name in self._working or self._is_resting(source):
                continue
            try:
                due = await self._store.read(source.next_due)
            except Exception:
                self._rest(source)
                continue
            if due is None or self._stopping:
                continue
            if due > self._clock.now():
                moments.append(due)
            else:
                self._working[source.name] = asyncio.create_task(self._handle(source), name=f"due-{source.name}")
        return min(moments, default=None)

    async def _handle(self, source: Source) -> None:
        try:
            await source.handle(self._clock.now())
        except Exception:
            self._rest(source)
        finally:
            del self._working[source.name]
            self._store.due.set()

    def _rest(self, source: Source) -> None:
        log.exception("due work failed", extra={"source": source.name})
        self._resting[source.name] = self._clock.monotonic() + RETRY_SECONDS

    def _is_resting(self, source: Source) -> bool:
        return self._resting.get(source.name, float("-inf")) > self._clock.monotonic()

    def _pause(self) -> float:
        instant = self._clock.monotonic()
        return min([SWEEP_SECONDS, *(until - instant for until in self._resting.values() if until > instant)])

    def _arm(self, due: int | None) -> None:
        if due is None:
            return
        delay = max(0.0, (due - self._clock.now()) / 1000)
        self._scheduler.add_job(
            self._ring,
            "date",
            run_date=datetime.now(UTC) + timedelta(seconds=delay),
            id=_JOB,
            replace_existing=True,
            # The default drops a job that is a second late.
            misfire_grace_time=None,
            # Re-armed while the last ring has not ended yet, a second one would be skipped with a warning.
            max_instances=_MOST_RINGS,
        )

    async def _ring(self) -> None:
        self._store.due.set()
