"""The daily copy on the loop: made at its minute, once, kept in number, told when it fails, in nobody's way."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scheduler.daily import AGAIN_SECONDS, daily_backup
from scheduler.wakeups import Wakeups
from storage import daily
from storage.backup import Why
from storage.clock import DAY, HOUR
from storage.daily import Plan
from storage.store import Store
from tests.clock import NOON, FakeClock
from tests.scheduler.office import PATIENCE, until
from tests.storage import seed, trade

FOUR = NOON - 8 * HOUR


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Books with an owner and an order in a real file."""
    async with await Store.open(tmp_path / "livestall.db", synchronous="NORMAL", now=NOON) as opened:
        await opened.write(trade.stall)
        await opened.write(lambda tx: trade.place(tx, seed.ANN, (1, 1)))
        await trade.all_said(opened)
        yield opened


def plan(folder: Path, *, keep: int = 3, makes_folder: bool = True) -> Plan:
    zone = ZoneInfo("Asia/Shanghai")
    return Plan(folder=folder, stem="livestall", minute=240, zone=zone, keep=keep, makes_folder=makes_folder)


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@asynccontextmanager
async def waiting(store: Store, clock: FakeClock, chosen: Plan) -> AsyncIterator[None]:
    """The loop that waits for the copy's minute."""
    wakeups = Wakeups(store, clock, [daily_backup(store, clock, chosen)])
    task = asyncio.create_task(wakeups.run())
    try:
        yield
    finally:
        await wakeups.stop()
        await asyncio.wait_for(task, PATIENCE)


async def attempts(store: Store) -> int:
    count: int = await store.read(lambda tx: tx.value("SELECT count(*) FROM backups"))
    return count


async def passes(store: Store, clock: FakeClock, seconds: float) -> None:
    """Time goes by, and the loop looks (its sweep, and what may have rung)."""
    clock.advance(seconds)
    store.due.set()
    await asyncio.sleep(0)


async def test_a_copy_is_made_at_its_minute_every_day_and_the_oldest_go(store: Store, tmp_path: Path) -> None:
    clock, folder = FakeClock(NOON), tmp_path / "backups"
    async with waiting(store, clock, plan(folder)):
        await passes(store, clock, 15.9 * 3_600)
        assert copies(folder) == []
        for number in range(1, 6):
            await passes(store, clock, 0.2 * 3_600)
            await until(lambda number=number: _counted(store, number))  # type: ignore[misc]
            await passes(store, clock, 23.8 * 3_600)
    names = copies(folder)
    assert len(names) == 3
    assert [name[:20] for name in names] == [f"livestall-2026-03-{day}" for day in (13, 14, 15)]
    connection = sqlite3.connect(folder / names[-1])
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)
    connection.close()
    assert folder.stat().st_mode & 0o777 == 0o700


async def _counted(store: Store, number: int) -> bool:
    return await attempts(store) == number


async def test_after_a_long_absence_one_copy_is_made_at_once(store: Store, tmp_path: Path) -> None:
    clock, folder = FakeClock(NOON + 40 * DAY), tmp_path / "backups"
    async with waiting(store, clock, plan(folder)):
        await until(lambda: _counted(store, 1))
        for _ in range(3):
            await passes(store, clock, 60)
    assert len(copies(folder)) == 1


async def test_a_clock_set_back_makes_no_second_copy_and_one_set_ahead_makes_one(
    store: Store, tmp_path: Path
) -> None:
    clock, folder = FakeClock(NOON + DAY), tmp_path / "backups"
    async with waiting(store, clock, plan(folder)):
        await until(lambda: _counted(store, 1))
        clock.step(-3_600)
        for _ in range(20):
            await passes(store, clock, 31)
            await asyncio.sleep(0.002)
        assert await attempts(store) == 1
        clock.step(86_400)
        store.due.set()
        await until(lambda: _counted(store, 2))
    assert len(copies(folder)) == 2


async def test_a_folder_that_is_missing_is_told_once_tried_every_hour_and_good_again_when_it_is_there(
    store: Store, tmp_path: Path
) -> None:
    clock, folder = FakeClock(FOUR + DAY), tmp_path / "disk" / "backups"
    async with waiting(store, clock, plan(folder, makes_folder=False)):
        await until(lambda: _counted(store, 1))
        await passes(store, clock, 60)
        assert await attempts(store) == 1
        for number in (2, 3):
            await passes(store, clock, AGAIN_SECONDS)
            await until(lambda number=number: _counted(store, number))  # type: ignore[misc]
        assert await trade.kinds_told(store) == [("backup_failed", seed.OWNER)]
        assert await store.read(daily.trouble) == daily.Failed(at=clock.now(), why=Why.NO_FOLDER)
        folder.mkdir(parents=True)
        await passes(store, clock, AGAIN_SECONDS)
        await until(lambda: _counted(store, 4))
    assert await store.read(daily.trouble) is None
    assert len(copies(folder)) == 1


async def test_a_chosen_folder_is_never_made_where_its_disk_is_missing(store: Store, tmp_path: Path) -> None:
    clock = FakeClock(FOUR + DAY)
    async with waiting(store, clock, plan(tmp_path / "disk", makes_folder=False)):
        await until(lambda: _counted(store, 1))
    assert not (tmp_path / "disk").exists()


async def test_while_not_even_the_failure_can_be_written_down_it_rests_for_an_hour(
    store: Store, tmp_path: Path
) -> None:
    await store.maintain(
        lambda connection: connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON backups BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    )
    clock, folder = FakeClock(FOUR + DAY), tmp_path / "backups"
    async with waiting(store, clock, plan(folder)):
        await until(lambda: len(copies(folder)) == 1)
        for _ in range(20):
            await passes(store, clock, 60)
            await asyncio.sleep(0.002)
        assert len(copies(folder)) == 1
        await store.maintain(lambda connection: connection.execute("DROP TRIGGER full"))
        await passes(store, clock, AGAIN_SECONDS)
        await until(lambda: _counted(store, 1))


async def test_the_books_are_written_while_the_copy_is_made(store: Store, tmp_path: Path) -> None:
    clock, folder = FakeClock(FOUR + DAY), tmp_path / "backups"
    async with waiting(store, clock, plan(folder)):
        for _ in range(50):
            await store.write(lambda tx: tx.run("UPDATE people SET name = name"))
        await until(lambda: _counted(store, 1))
    assert len(copies(folder)) == 1


async def test_a_copy_whose_record_was_lost_by_a_kill_is_simply_made_again(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    shutil.copy(store.path, daily.file_for(plan(folder), FOUR + DAY))
    clock = FakeClock(FOUR + DAY + 5_000)
    async with waiting(store, clock, plan(folder)):
        await until(lambda: _counted(store, 1))
    assert len(copies(folder)) == 2
