"""Who is served next: one line per person, all lines side by side.

Owns the order in which jobs run and how many run at once. It stores nothing: what waits here also stands in the
inbox, so dropping a line loses no update. Jobs are expected to deal with their own failures.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import cast

from storage.clock import Clock

Job = Callable[[], Awaitable[None]]

LOG = logging.getLogger(__name__)


class QueueClosed(RuntimeError):
    """No job is taken after `close`."""


class PersonQueue:
    """Jobs of one key run one after another in the order they were put; of all keys at most `concurrency` at once.

    Keys that have work take turns, one job each, so a long line delays nobody else by more than one round.
    A key without work costs nothing: neither a task nor an entry.
    """

    def __init__(self, clock: Clock, concurrency: int = 256) -> None:
        self._clock = clock
        self._concurrency = concurrency
        self._lines: dict[int, deque[Job]] = {}  # what waits, per key that has work (also when its last job runs)
        self._turns: deque[int] = deque()  # keys that have a job waiting and none running
        self._workers: set[asyncio.Task[None]] = set()
        self._size = 0
        self._below: list[tuple[int, asyncio.Future[None]]] = []
        self._is_closed = False

    @property
    def size(self) -> int:
        """Jobs waiting or running."""
        return self._size

    @property
    def keys(self) -> int:
        """Keys that have work."""
        return len(self._lines)

    def put(self, key: int, job: Job) -> None:
        """Add a job to the end of the key's line; it never runs before this returns. Raises `QueueClosed`."""
        if self._is_closed:
            raise QueueClosed("the queue is closed")
        self._size += 1
        line = self._lines.get(key)
        if line is not None:
            line.append(job)
            return
        self._lines[key] = deque((job,))
        self._turns.append(key)
        if len(self._workers) < self._concurrency:
            self._workers.add(asyncio.get_running_loop().create_task(self._work(), name="person-queue"))

    async def wait_below(self, size: int, timeout: float | None = None) -> bool:
        """Wait, at most `timeout` seconds, until fewer than `size` jobs wait or run (or the queue is closed).

        False if they don't. The intake takes nothing in until then.
        """
        if self._size < size or self._is_closed:
            return True
        room = asyncio.get_running_loop().create_future()
        self._below.append((size, room))
        if timeout is None:
            await room
            return True
        deadline = asyncio.ensure_future(self._clock.sleep(timeout))
        try:
            await asyncio.wait((room, deadline), return_when=asyncio.FIRST_COMPLETED)
            return room.done()
        finally:
            room.cancel()
            deadline.cancel()

    async def drain(self, timeout: float) -> bool:
        """Wait until nothing is left, `timeout` seconds at most; True if nothing is. Jobs are still taken."""
        await self.wait_below(1, timeout)
        return self._size == 0

    async def close(self) -> None:
        """Take nothing more, drop what waits, cancel what runs and wait for its end. Idempotent."""
        self._is_closed = True
        self._turns.clear()
        self._lines.clear()
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._size = 0
        self._make_room()

    async def _work(self) -> None:
        """Serve one key after another until no line has a job that may run."""
        try:
            while self._turns:
                key = self._turns.popleft()
                line = self._lines[key]
                await _run(key, line.popleft())
                if self._is_closed:
                    return
                self._size -= 1
                if line:
                    self._turns.append(key)
                else:
                    del self._lines[key]
                if self._below:
                    self._make_room()
        finally:
            # In the same step in which `_turns` was seen empty, or a job put right after would wait for nobody.
            self._workers.discard(cast(asyncio.Task[None], asyncio.current_task()))

    def _make_room(self) -> None:
        still_full: list[tuple[int, asyncio.Future[None]]] = []
        for size, room in self._below:
            if room.done():
                continue
            if self._size < size or self._is_closed:
                room.set_result(None)
            else:
                still_full.append((size, room))
        self._below = still_full


async def _run(key: int, job: Job) -> None:
    try:
        await job()
    except asyncio.CancelledError:
        # What a job waits for may be cancelled by others: that ends the job, not the line.
        if cast(asyncio.Task[None], asyncio.current_task()).cancelling():
            raise
        LOG.error("job cancelled from within", extra={"person": key})
    except Exception:
        LOG.exception("job failed", extra={"person": key})
