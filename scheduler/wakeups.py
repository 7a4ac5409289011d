"""When something becomes due: APScheduler's one job rings, one loop does the work.

Owns the loop and the job. What is due and what to do about it comes from `Source`s; a kill loses nothing, because
every deadline is a row and only the ringing is in memory.
"""

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

SWEEP_SECONDS = 30  # for clock steps, a suspended machine and deadlines another process wrote
RETRY_SECONDS = 5.0
_JOB = "next-due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One sort of deadline. `handle(now)` does everything that is due and returns."""

    name: str
    next_due: Callable[[Tx], int | None]
    handle: Callable[[int], Awaitable[None]]


class Wakeups:
    """One owned task: clear, handle everything due, read the next deadline, arm the job, wait for the ring."""

    def __init__(self, store: Store, clock: Clock, sources: list[Source]) -> None:
        self._store = store
        self._clock = clock
        self._sources = sources
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._stopping = False

    async def run(self) -> None:
        """Loop until `stop`."""
        self._scheduler.start()
        self._scheduler.add_job(self._ring, "interval", seconds=SWEEP_SECONDS, misfire_grace_time=None, id="sweep")
        try:
            while not self._stopping:
                # Cleared before the work: a deadline written while we are busy rings again.
                self._store.due.clear()
                failed = await self._handle_all()
                self._arm(await self._next_due())
                await wait(self._store.due, self._clock, RETRY_SECONDS if failed else None)
        finally:
            self._scheduler.shutdown(wait=False)

    async def stop(self) -> None:
        """Finish the round that is running, then end."""
        self._stopping = True
        self._store.due.set()

    async def _handle_all(self) -> bool:
        """Let every source do its work; True if one failed and should be tried again soon."""
        failed = False
        for source in self._sources:
            if self._stopping:
                return False
            try:
                due = await self._store.read(source.next_due)
                if due is not None and due <= self._clock.now():
                    await source.handle(self._clock.now())
            except Exception:
                log.exception("due work failed", extra={"source": source.name})
                failed = True
        return failed

    async def _next_due(self) -> int | None:
        def earliest(tx: Tx) -> int | None:
            moments = [source.next_due(tx) for source in self._sources]
            return min((moment for moment in moments if moment is not None), default=None)

        return await self._store.read(earliest)

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
        )

    async def _ring(self) -> None:
        self._store.due.set()
