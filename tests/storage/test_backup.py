"""A copy of the books is whole or not there: beside a writer, on a full disk, under a name that is taken."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import backup, doctor
from storage.backup import UNFINISHED, NotCopied, Why
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.storage import processes, seed, trade
from tests.storage.seed import ANN


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "livestall.db"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a few pages."""
    place = tmp_path / "small"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("only root can make a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


async def sold(store: Store, orders: int = 3) -> None:
    def act(tx: Tx) -> None:
        stall = trade.stall(tx, eggs=1_000)
        for _ in range(orders):
            trade.place(tx, ANN, (stall.eggs, 1))

    await store.write(act)


def fails(source: Path, target: Path, why: Why) -> str:
    with pytest.raises(NotCopied) as caught:
        backup.copy(source, target)
    assert caught.value.why is why
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_a_copy_has_everything_that_was_committed_and_nobody_else_can_read_it(
    store: Store, source: Path, tmp_path: Path
) -> None:
    await sold(store)
    copied = await asyncio.to_thread(backup.copy, source, tmp_path / "copy.db")
    assert copied.orders == 3
    assert copied.bytes == copied.file.stat().st_size
    assert stat.S_IMODE(copied.file.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy.db"]
    async with await Store.open(copied.file, now=NOON) as opened:
        assert (await doctor.examine(opened, now=NOON, bot_is_running=False)).differences == ()


async def test_a_copy_made_while_others_write_is_of_one_moment(store: Store, source: Path, tmp_path: Path) -> None:
    await sold(store)
    stops = asyncio.Event()

    async def goes_on_selling() -> int:
        sales = 0
        while not stops.is_set():
            await store.write(lambda tx: trade.place(tx, ANN, (1, 1)) and tx.run("UPDATE offers SET taken = taken"))
            await store.write(lambda tx: tx.run("UPDATE products SET limit_per_buyer = NULL"))
            sales += 1
        return sales

    await store.write(lambda tx: tx.run("UPDATE offers SET limit_per_buyer = NULL, quantity = NULL"))
    selling = asyncio.create_task(goes_on_selling())
    for number in range(5):
        copied = await asyncio.to_thread(backup.copy, source, tmp_path / f"copy-{number}.db")
        with sqlite3.connect(copied.file) as connection:
            orders, lines, taken = connection.execute(
                "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_lines),"
                " (SELECT count(*) FROM stock_movements WHERE kind = 'take')"
            ).fetchone()
        connection.close()
        assert orders == lines == taken == copied.orders
    stops.set()
    assert await selling > 0


async def test_a_name_that_is_taken_is_never_written_over(store: Store, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.txt"
    target.write_text("my notes")
    assert "nothing is overwritten" in fails(source, target, Why.EXISTS)
    assert target.read_text() == "my notes"
    (tmp_path / "link.db").symlink_to(tmp_path / "nowhere.db")
    fails(source, tmp_path / "link.db", Why.EXISTS)


async def test_of_two_copies_to_one_name_at_once_one_is_refused(store: Store, source: Path, tmp_path: Path) -> None:
    await sold(store, 20)
    target, both = tmp_path / "copy.db", threading.Barrier(2)

    def copies() -> str:
        waits = True

        def meets(_done: float) -> bool:
            nonlocal waits
            if waits:
                waits = False
                both.wait(10)
            return True

        try:
            backup.copy(source, target, meets, step=10)
        except NotCopied as error:
            return error.why
        return "made"

    ended = await asyncio.gather(asyncio.to_thread(copies), asyncio.to_thread(copies))
    assert sorted(ended) == ["exists", "made"]
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy.db"]


@pytest.mark.parametrize(
    ("place", "why", "told"),
    [("nowhere/copy.db", Why.NO_FOLDER, "there is no folder"), ("livestall.db/copy.db", Why.NO_FOLDER, "no folder")],
)
async def test_a_folder_that_is_not_there_is_told(
    store: Store, source: Path, tmp_path: Path, place: str, why: Why, told: str
) -> None:
    assert told in fails(source, tmp_path / place, why)


async def test_a_full_disk_leaves_nothing_behind_and_the_books_as_they_were(
    store: Store, source: Path, small_disk: Path
) -> None:
    await sold(store)
    assert "is full; make room" in fails(source, small_disk / "copy.db", Why.FULL)
    assert list(small_disk.iterdir()) == []
    await sold_again(store)


async def sold_again(store: Store) -> None:
    await store.write(lambda tx: trade.place(tx, seed.BEN, (1, 1)))


async def test_what_is_no_database_and_what_is_damaged_is_not_copied(
    tmp_path: Path, store: Store, source: Path
) -> None:
    letter = tmp_path / "letter.db"
    letter.write_bytes(b"This is a letter, not a database. " * 200)
    assert "no SQLite database" in fails(letter, tmp_path / "copy.db", Why.DAMAGED)
    await sold(store, 50)
    await store.close()
    damaged = tmp_path / "damaged.db"
    shutil.copy(source, damaged)
    index = sqlite3.connect(damaged)
    page = index.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'orders'").fetchone()[0]
    index.close()
    with damaged.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    fails(damaged, tmp_path / "copy.db", Why.DAMAGED)
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []


@pytest.mark.parametrize(
    ("copied", "lost"),
    [
        ({"orders": 3}, None),
        ({"orders": 5}, None),
        ({"orders": 2}, "orders"),
        ({"orders": 6}, "orders"),
        ({}, "orders"),
    ],
)
def test_a_copy_has_as_many_rows_as_were_there_before_or_came_meanwhile(
    copied: dict[str, int], lost: str | None
) -> None:
    assert backup.short_of({"orders": 3}, copied, {"orders": 5}) == lost


async def test_a_copy_can_be_given_up_and_leaves_nothing(store: Store, source: Path, tmp_path: Path) -> None:
    await sold(store, 200)
    with pytest.raises(NotCopied) as caught:
        backup.copy(source, tmp_path / "copy.db", lambda _done: False, step=10)
    assert caught.value.why is Why.GIVEN_UP
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []


async def test_what_a_killed_copy_left_is_swept_after_a_day_and_nothing_else(
    store: Store, source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    old, young, other = (
        tmp_path / f"{name}{UNFINISHED}" for name in ("copy.db.aaaaaaaa", "copy.db.bbbbbbbb", "other.db.cccccccc")
    )
    for left in (old, young, other):
        left.write_bytes(b"half a copy")
    yesterday = time.time() - 2 * 86_400
    for left in (old, other):
        os.utime(left, (yesterday, yesterday))
    backup.copy(source, target)
    assert (old.exists(), young.exists(), other.exists(), target.exists()) == (False, True, True, True)


_COPIES = """
import sys
from pathlib import Path
from storage import backup

steps = 0

def goes_on(done):
    global steps
    steps += 1
    if steps == int(sys.argv[3]):
        print("half way", flush=True)
        sys.stdin.readline()
    return True

backup.copy(Path(sys.argv[1]), Path(sys.argv[2]), goes_on, step=1)
print("whole", flush=True)
"""


@pytest.mark.parametrize("step", [1, 40, 400, 4_000])
async def test_a_kill_in_the_middle_leaves_no_copy_that_looks_like_one(
    store: Store, source: Path, tmp_path: Path, step: int
) -> None:
    await sold(store, 30)
    target = tmp_path / "copy.db"
    async with processes.running(_COPIES, source, target, step) as process:
        assert await processes.hears(process) == "half way"
        process.kill()
        await process.wait()
    assert not target.exists()
    assert backup.copy(source, target).orders == 30
    await sold_again(store)
