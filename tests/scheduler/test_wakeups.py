"""Wake-ups: what is due is done, soon, whatever else is going on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scheduler.wakeups import RETRY_SECONDS, SWEEP_SECONDS, Source, Wakeups
from storage.clock import Clock, SystemClock
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON, FakeClock
from tests.scheduler.office import PATIENCE, until


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Empty books in a real file, with a table of deadlines."""
    async with await Store.open(tmp_path / "livestall.db", synchronous="NORMAL", now=NOON) as opened:
        await opened.write(
            lambda tx: tx.run("CREATE TABLE deadlines (name TEXT NOT NULL, due_at INTEGER NOT NULL) STRICT")
        )
        yield opened


async def add_deadline(store: Store, due_at: int, name: str = "work") -> None:
    def act(tx: Tx) -> None:
        tx.run("INSERT INTO deadlines VALUES (:name, :due)", name=name, due=due_at)
        tx.rings_due = True

    await store.write(act)


class Work:
    """A source over the table of deadlines; `also` runs in its handler before anything is done."""

    def __init__(
        self, store: Store, clock: Clock, name: str = "work", also: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self.done: list[int] = []
        self.rounds = 0
        self.source = Source(name=name, next_due=self._next_due, handle=self._handle)
        self._store, self._clock, self._name, self._also = store, clock, name, also

    def _next_due(self, tx: Tx) -> int | None:
        due: int | None = tx.value("SELECT MIN(due_at) FROM deadlines WHERE name = :name", name=self._name)
        return due

    async def _handle(self, now: int) -> None:
        self.rounds += 1
        if self._also is not None:
            await self._also()

        def act(tx: Tx) -> list[int]:
            rows = tx.all("SELECT due_at FROM deadlines WHERE name = :n AND due_at <= :now", n=self._name, now=now)
            tx.run("DELETE FROM deadlines WHERE name = :n AND due_at <= :now", n=self._name, now=now)
            return [row["due_at"] for row in rows]

        self.done += await self._store.write(act)


@asynccontextmanager
async def running(store: Store, clock: Clock, *works: Work) -> AsyncIterator[Wakeups]:
    """The loop runs while the block does."""
    wakeups = Wakeups(store, clock, [work.source for work in works])
    task = asyncio.create_task(wakeups.run())
    try:
        yield wakeups
    finally:
        await wakeups.stop()
        await asyncio.wait_for(task, PATIENCE)


def rests(store: Store, clock: FakeClock) -> Callable[[], bool]:
    """The loop waits for its event or the clock."""
    return lambda: clock.sleeping > 0 and not store.due.is_set()


async def test_what_was_due_before_the_start_is_done_at_the_start(store: Store) -> None:
    clock = FakeClock()
    work = Work(store, clock)
    for due in (NOON - 5, NOON, NOON + 1):
        await add_deadline(store, due)
    async with running(store, clock, work):
        await until(lambda: len(work.done) == 2)
        await until(rests(store, clock))
    assert work.done == [NOON - 5, NOON]


async def test_a_deadline_that_is_written_rings(store: Store) -> None:
    clock = FakeClock()
    work = Work(store, clock)
    async with running(store, clock, work):
        await until(rests(store, clock))
        await add_deadline(store, NOON)
        await until(lambda: work.done == [NOON])


async def test_on_the_machines_clock_an_earlier_deadline_written_while_one_is_busy_fires_within_a_second(
    store: Store,
) -> None:
    clock = SystemClock()
    busy, release = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        busy.set()
        await release.wait()

    slow, other = Work(store, clock, "slow", hang), Work(store, clock, "other")
    await add_deadline(store, clock.now() + 60_000, "other")
    await add_deadline(store, clock.now(), "slow")
    async with running(store, clock, slow, other):
        await busy.wait()
        due = clock.now() + 300
        await add_deadline(store, due, "other")
        await until(lambda: other.done == [due])
        assert clock.now() - due < 1_000
        # And of the busy source itself: not lost, but done as soon as it is through.
        await add_deadline(store, clock.now(), "slow")
        release.set()
        await until(lambda: len(slow.done) == 2)


async def test_a_source_never_runs_twice_at_a_time(store: Store) -> None:
    clock = FakeClock()
    at_work, release = [0, 0], asyncio.Event()

    async def count() -> None:
        at_work[0] += 1
        at_work[1] = max(at_work)
        await release.wait()
        at_work[0] -= 1

    work = Work(store, clock, also=count)
    async with running(store, clock, work):
        for _ in range(5):
            await add_deadline(store, NOON)
        await until(lambda: at_work[0] == 1)
        clock.advance(SWEEP_SECONDS)
        await add_deadline(store, NOON)
        release.set()
        await until(lambda: len(work.done) == 6)
    assert at_work[1] == 1


async def test_a_source_that_fails_stops_no_other_and_is_tried_again_after_a_rest(store: Store) -> None:
    clock = FakeClock()
    is_broken = True

    async def fail() -> None:
        if is_broken:
            raise OSError("disk full")

    bad, good = Work(store, clock, "bad", fail), Work(store, clock, "good")
    for name in ("bad", "good"):
        await add_deadline(store, NOON, name)
    async with running(store, clock, bad, good):
        await until(lambda: good.done == [NOON])
        await until(rests(store, clock))
        # It rests however often the loop is woken: no log full of the same fault.
        for _ in range(5):
            await add_deadline(store, NOON, "good")
            await until(rests(store, clock))
        assert bad.rounds == 1
        clock.advance(RETRY_SECONDS + 0.1)
        await until(lambda: bad.rounds == 2)
        is_broken = False
        await until(rests(store, clock))
        clock.advance(RETRY_SECONDS + 0.1)
        await until(lambda: bad.done == [NOON])


async def test_a_source_whose_deadline_cannot_be_read_stops_no_other(store: Store) -> None:
    clock = FakeClock()

    def unreadable(tx: Tx) -> int | None:
        raise LookupError("no such table")

    async def never(_now: int) -> None:
        raise AssertionError

    good = Work(store, clock)
    wakeups = Wakeups(store, clock, [Source(name="bad", next_due=unreadable, handle=never), good.source])
    task = asyncio.create_task(wakeups.run())
    await until(rests(store, clock))
    await add_deadline(store, NOON)
    await until(lambda: good.done == [NOON])
    await wakeups.stop()
    await asyncio.wait_for(task, PATIENCE)


async def test_the_sweep_finds_what_another_process_wrote_and_what_time_made_due(store: Store) -> None:
    clock = FakeClock()
    work = Work(store, clock)
    async with running(store, clock, work):
        await until(rests(store, clock))
        async with await Store.open(store.path, now=NOON) as other:
            await add_deadline(other, NOON)
        await add_deadline(store, NOON + 10_000)
        await until(lambda: work.done == [NOON])
        await until(rests(store, clock))
        async with await Store.open(store.path, now=NOON) as other:
            await add_deadline(other, NOON + 1)
        clock.advance(SWEEP_SECONDS)
        await until(lambda: sorted(work.done) == [NOON, NOON + 1, NOON + 10_000])


async def test_setting_the_clock_back_does_not_stop_the_sweep(store: Store) -> None:
    clock = FakeClock()
    work = Work(store, clock)
    async with running(store, clock, work):
        await until(rests(store, clock))
        clock.step(-3600)
        async with await Store.open(store.path, now=NOON) as other:
            await add_deadline(other, clock.now())
        clock.advance(SWEEP_SECONDS)
        await until(lambda: len(work.done) == 1)


async def test_stopping_lets_the_work_in_hand_finish(store: Store) -> None:
    clock = FakeClock()
    busy, release = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        busy.set()
        await release.wait()

    work = Work(store, clock, also=hang)
    await add_deadline(store, NOON)
    wakeups = Wakeups(store, clock, [work.source])
    task = asyncio.create_task(wakeups.run())
    await busy.wait()
    await wakeups.stop()
    assert not task.done()
    release.set()
    await asyncio.wait_for(task, PATIENCE)
    assert work.done == [NOON]


async def test_a_cancelled_loop_takes_its_work_along(store: Store) -> None:
    clock = FakeClock()
    busy, cancelled = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        busy.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    work = Work(store, clock, also=hang)
    await add_deadline(store, NOON)
    task = asyncio.create_task(Wakeups(store, clock, [work.source]).run())
    await busy.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(cancelled.wait(), PATIENCE)
    assert work.done == []


async def test_what_is_overdue_is_told_by_source(store: Store) -> None:
    async def never(_now: int) -> None:
        raise AssertionError("only looked at")

    deadlines = {"late": NOON - 1_500, "early": NOON + 1_500, "none": None, "always": 0}
    sources = [
        Source(name=name, next_due=lambda _tx, due=due: due, handle=never)  # type: ignore[misc]
        for name, due in deadlines.items()
    ]
    wakeups = Wakeups(store, FakeClock(), sources)
    told = await store.read(wakeups.overdue, NOON)
    assert told == {"late": 1_500, "early": 0, "none": 0, "always": 0}
