"""The daily copy: when it is due, what is written down of it, and which files are kept."""

import stat
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storage import daily
from storage.backup import UNFINISHED, Copied, Why
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.daily import Plan
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan

FOUR = NOON - 8 * HOUR
"""04:00 in Shanghai on the day of NOON."""


def plan(folder: Path = Path("backups"), *, keep: int = 3, zone: str = "Asia/Shanghai", minute: int = 240) -> Plan:
    return Plan(folder=folder, stem="livestall", minute=minute, zone=ZoneInfo(zone), keep=keep, makes_folder=True)


async def made(store: Store, at: int, file: str = "copy.db") -> None:
    await store.write(daily.made, Copied(file=Path(file), bytes=7, orders=0), at)


async def due(store: Store, now: int) -> int:
    return await store.read(daily.next_due, plan(), now)


async def test_the_first_copy_is_due_at_the_first_hour_after_the_books_began(store: Store) -> None:
    assert await due(store, NOON) == FOUR + DAY
    assert await due(store, NOON + 10 * DAY) == FOUR + DAY


async def test_after_a_copy_the_next_is_due_a_day_later(store: Store) -> None:
    await made(store, FOUR + DAY + 3_000)
    assert await due(store, FOUR + DAY + HOUR) == FOUR + 2 * DAY


async def test_however_long_the_bot_was_away_one_copy_makes_up_for_it(store: Store) -> None:
    await made(store, FOUR + DAY)
    later = NOON + 30 * DAY
    assert await due(store, later) < later
    await made(store, later)
    assert await due(store, later) == FOUR + 31 * DAY


async def test_a_clock_that_was_once_years_ahead_keeps_no_copy_from_being_made(store: Store) -> None:
    await made(store, NOON + 1_000 * DAY)
    assert await due(store, NOON + DAY) == FOUR + DAY
    await store.write(lambda tx: tx.run("UPDATE migrations SET applied_at = :at", at=NOON + 1_000 * DAY))
    assert await due(store, NOON + DAY) == 0


async def test_a_clock_set_back_by_hours_makes_no_second_copy_of_the_day(store: Store) -> None:
    await made(store, FOUR + DAY + MINUTE)
    assert await due(store, FOUR + DAY - 2 * HOUR) == FOUR + 2 * DAY


async def test_the_hour_is_the_stalls_and_a_skipped_one_is_the_first_after_the_gap(store: Store) -> None:
    berlin = plan(zone="Europe/Berlin", minute=2 * 60 + 30)
    spring = 1_774_663_200_000  # 2026-03-28 02:00 UTC, 03:00 in Berlin; on the 29th 02:30 does not exist
    await made(store, spring)
    gap = await store.read(daily.next_due, berlin, spring)
    assert gap == 1_774_746_000_000  # 2026-03-29 01:00 UTC, 03:00 summer time
    await made(store, gap)
    assert await store.read(daily.next_due, berlin, gap) == gap + 23 * HOUR + 30 * MINUTE


async def test_an_hour_that_comes_twice_is_one_copy(store: Store) -> None:
    berlin = plan(zone="Europe/Berlin", minute=2 * 60 + 30)
    before = 1_792_800_000_000  # 2026-10-24 00:00 UTC
    await made(store, before + 31 * MINUTE)
    first = await store.read(daily.next_due, berlin, before + HOUR)
    assert first == 1_792_888_200_000  # 2026-10-25 00:30 UTC, the first 02:30
    await made(store, first)
    assert await store.read(daily.next_due, berlin, first) == first + 25 * HOUR


async def test_owners_hear_of_a_failure_once_a_day_and_not_of_the_next_tries(store: Store) -> None:
    await store.write(seed.staff_and_viewers)

    async def fails(day: str, now: int) -> None:
        await store.write(daily.failed, why=Why.FULL, file=Path("x.db"), day=day, now=now)

    for hour in range(3):
        await fails("2026-03-10", NOON + hour * HOUR)
    assert await trade.kinds_told(store) == [("backup_failed", seed.OWNER)]
    await fails("2026-03-11", NOON + DAY)
    assert await trade.kinds_told(store) == [("backup_failed", seed.OWNER)] * 2
    assert await store.read(daily.trouble) == daily.Failed(at=NOON + DAY, why=Why.FULL)
    await made(store, NOON + DAY + HOUR)
    assert await store.read(daily.trouble) is None


async def test_the_newest_copy_is_found_by_an_index(store: Store) -> None:
    assert_no_scan(store.path, daily._NEWEST, latest=NOON)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def day(number: int) -> str:
    return f"livestall-2026-03-{number:02}-040000.db"


def test_the_oldest_of_our_own_copies_go_and_nothing_else(tmp_path: Path) -> None:
    ours = [day(number) for number in range(1, 7)]
    others = [
        "livestall-2026-03-01.db",
        "livestall-before-the-fair.db",
        "other-2026-03-01-040000.db",
        f"{day(1)}.gz",
        "livestall.db",
        "notes.txt",
    ]
    for name in (*ours, *others):
        (tmp_path / name).touch()
    gone = daily.rotate(plan(tmp_path, keep=3), tmp_path / day(6))
    assert {path.name for path in gone} == set(ours[:3])
    assert files(tmp_path) == {*ours[3:], *others}


def test_what_killed_attempts_left_goes_too(tmp_path: Path) -> None:
    (tmp_path / f"{day(5)}.0123abcd{UNFINISHED}").touch()
    (tmp_path / f"somebodys{UNFINISHED}").touch()
    (tmp_path / day(6)).touch()
    daily.rotate(plan(tmp_path), tmp_path / day(6))
    assert files(tmp_path) == {day(6), f"somebodys{UNFINISHED}"}


@pytest.mark.parametrize("keep", [1, 3])
def test_the_newest_copy_stays_even_if_others_seem_to_be_from_the_future(tmp_path: Path, keep: int) -> None:
    for number in (2, 20, 21, 22, 23):
        (tmp_path / day(number)).touch()
    daily.rotate(plan(tmp_path, keep=keep), tmp_path / day(2))
    assert day(2) in files(tmp_path)
    assert len(files(tmp_path)) == keep


def test_a_name_tells_the_day_and_the_second_where_the_stall_is() -> None:
    assert daily.file_for(plan(), NOON).name == "livestall-2026-03-10-120000.db"


def test_the_stem_may_hold_anything(tmp_path: Path) -> None:
    odd = Plan(folder=tmp_path, stem="a+b[1]", minute=0, zone=ZoneInfo("UTC"), keep=1, makes_folder=True)
    names = [daily.file_for(odd, NOON + number * DAY) for number in range(3)]
    for name in names:
        name.touch()
    assert daily.rotate(odd, names[2]) == names[:2]
    assert stat.S_ISREG(names[2].stat().st_mode)


async def test_a_failure_without_owners_is_written_down_all_the_same(store: Store) -> None:
    await store.write(daily.failed, why=Why.BUSY, file=Path("x.db"), day="2026-03-10", now=NOON)

    def rows(tx: Tx) -> int:
        count: int = tx.value("SELECT count(*) FROM backups WHERE error = 'busy'")
        return count

    assert await store.read(rows) == 1
