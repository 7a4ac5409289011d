"""What the doctor finds around the books: files others can read, a full disk, copies that are old or gone."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storage import daily, doctor
from storage.backup import Copied, Why
from storage.clock import DAY, HOUR
from storage.daily import Plan
from storage.store import Store
from storage.surroundings import Place
from tests.clock import NOON


@pytest.fixture
def place(store: Store) -> Place:
    """As the bot leaves it: private files, and a folder for copies."""
    folder = store.path.parent / "backups"
    folder.mkdir(mode=0o700)
    settings = store.path.with_name("config.toml")
    settings.touch(mode=0o600)
    zone = ZoneInfo("Asia/Shanghai")
    plan = Plan(folder=folder, stem="livestall", minute=240, zone=zone, keep=14, makes_folder=True)
    return Place(books=store.path, settings=settings, plan=plan)


async def notes(store: Store, place: Place, now: int = NOON) -> list[str]:
    found = await doctor.examine(store, now=now, bot_is_running=False, place=place)
    assert found.differences == ()
    return [note for note in found.notes if "WAL-reset" not in note and "owner" not in note]


async def made(store: Store, place: Place, at: int) -> Path:
    assert place.plan is not None
    file = daily.file_for(place.plan, at)
    file.write_bytes(b"a copy")
    file.chmod(0o600)
    await store.write(daily.made, Copied(file=file, bytes=6, orders=0), at)
    return file


async def test_a_stall_in_order_has_nothing_around_it_worth_a_note(store: Store, place: Place) -> None:
    await made(store, place, NOON)
    assert await notes(store, place) == []


@pytest.mark.parametrize("name", ["livestall.db", "livestall.db-wal", "config.toml", "livestall.before-0002.db"])
async def test_a_file_that_others_can_read_is_told_with_the_cure(store: Store, place: Place, name: str) -> None:
    await made(store, place, NOON)
    file = store.path.with_name(name)
    file.touch()
    file.chmod(0o640)
    assert await notes(store, place) == [f"{file} can be read by other users (mode 640); `chmod 600 {file}`"]
    os.chmod(file, 0o600)
    assert await notes(store, place) == []


async def test_a_copy_that_others_can_read_is_told(store: Store, place: Place) -> None:
    file = await made(store, place, NOON)
    file.chmod(0o644)
    assert any(str(file) in note for note in await notes(store, place))


async def test_a_disk_with_too_little_room_is_told(store: Store, place: Place) -> None:
    await made(store, place, NOON)
    free = shutil.disk_usage(store.path.parent).free
    told = await notes(store, replace(place, spare_bytes=free + 10**12))
    assert len(told) == 2
    assert all(note.startswith("only ") and note.endswith("make room") for note in told)


async def test_copies_that_get_older_than_people_were_told_are_named(store: Store, place: Place) -> None:
    file = await made(store, place, NOON)
    kept = store.path.with_name("livestall.replaced-20260201-000000.db")
    kept.touch(mode=0o600)
    for copy, age in ((file, DAY), (kept, 31 * DAY)):
        os.utime(copy, ((NOON - age) / 1000, (NOON - age) / 1000))
    dated = replace(place, oldest_ms=30 * DAY)
    assert await notes(store, dated) == [
        f"{kept} is 31 days old, older than [privacy] backups says; delete it if nobody needs it"
    ]


async def test_copies_that_are_switched_off_are_told(store: Store, place: Place) -> None:
    off = Place(books=place.books, settings=place.settings, plan=None)
    assert any("switched off" in note for note in await notes(store, off))


async def test_a_copy_that_is_late_is_told_with_its_age(store: Store, place: Place) -> None:
    await made(store, place, NOON)
    assert await notes(store, place, NOON + 26 * HOUR) == []
    assert await notes(store, place, NOON + 30 * HOUR) == [
        "the newest daily backup is 30 hours old; the bot makes them while it runs"
    ]
    assert "the newest daily backup is 5 days old" in (await notes(store, place, NOON + 5 * DAY))[0]


async def test_books_that_never_had_a_copy_are_told_once_one_is_overdue(store: Store, place: Place) -> None:
    assert await notes(store, place, NOON + HOUR) == []
    assert await notes(store, place, NOON + 2 * DAY) == [
        "no daily backup was ever made; the bot makes them while it runs"
    ]


async def test_a_copy_that_is_gone_or_cut_is_told(store: Store, place: Place) -> None:
    file = await made(store, place, NOON)
    file.write_bytes(b"a")
    told = [f"the newest daily backup, {file}, is not there any more, or not as it was made"]
    assert await notes(store, place) == told
    file.unlink()
    assert await notes(store, place) == told


@pytest.mark.parametrize("why", list(Why))
async def test_the_last_failure_is_told_with_its_reason_until_a_copy_succeeds(
    store: Store, place: Place, why: Why
) -> None:
    await made(store, place, NOON)
    await store.write(daily.failed, why=why, file=Path("x.db"), day="2026-03-10", now=NOON)
    (note,) = await notes(store, place, NOON + 3 * HOUR)
    assert note.startswith("the last daily backup failed 3 hours ago: ")
    assert str(place.plan and place.plan.folder) in note
    await made(store, place, NOON + 4 * HOUR)
    assert await notes(store, place, NOON + 4 * HOUR) == []
