"""Killed before any line of a restore or a migration, the books are the old ones or the new ones, and never none."""

import asyncio
import json
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from storage.store import Store
from tests.bot.commands import ROOT, environment
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN

PAST = ROOT / "tests" / "storage" / "past" / "0001.sql"


def books_of_the_past(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(PAST.read_text(encoding="utf-8"))
    connection.close()


async def kills(what: str, folder: Path) -> tuple[dict[str, Any], str]:
    """Every line of the work, one death each: what was seen, or what was found wrong."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.steps",
        what,
        str(folder),
        cwd=ROOT,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    return json.loads(out or b"{}"), errors.decode()


async def two_books(folder: Path) -> None:
    """A killed bot's books with two orders, the newest only in the -wal, and an older copy with eight."""
    bot = folder.with_name("bot")
    folder.mkdir()
    bot.mkdir()
    async with await Store.open(bot / "stall.db", now=NOON) as store:
        await store.write(trade.stall)
        await store.write(lambda tx: trade.place(tx, ANN, (1, 1)))
        await store.write(lambda tx: trade.place(tx, BEN, (1, 1)))
        for path in bot.iterdir():
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder)
    assert (folder / "stall.db-wal").stat().st_size > 0
    books_of_the_past(folder / "copy.db")
    (folder / "old").write_text("2")
    (folder / "new").write_text("8")


@pytest.mark.timeout(900)
async def test_a_restore_killed_anywhere_leaves_the_old_books_or_the_new(tmp_path: Path) -> None:
    await two_books(tmp_path / "stall")
    found, wrong = await kills("restore", tmp_path / "stall")
    assert not wrong
    assert found["lines"] > 150
    assert found["seen"]["old"] > 100
    assert found["seen"]["new"] > 0
    assert found["leftovers"] == []


async def test_an_exchange_that_leaves_a_moment_without_books_would_be_found(tmp_path: Path) -> None:
    await two_books(tmp_path / "stall")
    found, wrong = await kills("careless", tmp_path / "stall")
    assert not found
    assert "killed before line" in wrong


@pytest.mark.timeout(900)
async def test_a_migration_killed_anywhere_has_its_copy_and_goes_on_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "stall"
    folder.mkdir()
    books_of_the_past(folder / "stall.db")
    (folder / "old").write_text("8")
    found, wrong = await kills("migrate", folder)
    assert not wrong
    assert found["lines"] > 100
    assert len(found["seen"]) >= 2
    assert found["leftovers"] == []
