"""`backup`, `restore` and `outbox list` as an operator types them: what they say, and what they leave alone."""

import asyncio
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot import lock
from playground.api import Playground
from playground.limits import Limits
from playground.server import serve
from storage import outbox
from storage.connection import Tx
from tests.bot.commands import ROOT, config_file, environment, livestall, running
from tests.bot.test_cli import Desk, desk
from tests.clock import NOON
from tests.stall import TOKEN
from tests.storage import trade
from tests.storage.seed import ANN, BEN

__all__ = ["desk"]

PAST = ROOT / "tests" / "storage" / "past" / "0001.sql"


def sells(desk: Desk, buyer: int = ANN) -> str:
    """One order; its code."""

    def act(tx: Tx) -> str:
        order = trade.place(tx, buyer, (1, 1))
        code: str = tx.value("SELECT code FROM orders WHERE id = :id", id=order)
        return code

    code: str = desk.books(act)
    return code


def count(books: Path, table: str = "orders") -> int:
    connection = sqlite3.connect(books)
    found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return found


def replaced(desk: Desk) -> list[Path]:
    return list(desk.folder.glob("stall.replaced-*.db"))


@pytest.fixture
def copy(desk: Desk) -> Path:
    """A copy of books with one order, which has messages unsent and is unpaid."""
    desk.books(trade.stall)
    sells(desk)
    file = desk.folder / "copy.db"
    assert desk.types("backup", file) == 0
    return file


# -- backup -------------------------------------------------------------------------------------------


def test_a_backup_says_what_is_in_it(desk: Desk, copy: Path) -> None:
    assert desk.out.startswith(f"{copy}: ")
    assert ", 1 order, checked, in " in desk.out
    assert desk.err == ""
    assert count(copy) == 1


def test_a_backup_never_overwrites_and_says_where_there_is_no_folder(desk: Desk, copy: Path) -> None:
    assert "nothing is overwritten" in desk.fails("backup", copy)
    assert "there is no folder" in desk.fails("backup", desk.folder / "nowhere" / "copy.db")
    assert count(copy) == 1


def test_without_books_there_is_nothing_to_back_up(desk: Desk) -> None:
    assert "there are no books yet" in desk.fails("backup", desk.folder / "copy.db")
    assert not (desk.folder / "stall.db").exists()


async def test_a_backup_beside_a_running_bot(tmp_path: Path) -> None:
    playground = Playground(limits=Limits.off())
    playground.add_bot(token=TOKEN, username="stall_bot", name="Livestall", id=123456)
    async with await serve(playground) as server:
        config = config_file(tmp_path, telegram={"base_url": server.base_url})
        async with running(config) as bot:
            await bot.says("open as")
            await playground.person("Ann", id=2001).sends("/start")
            await playground.people[2001].sees("Tonggu Stall")  # type: ignore[union-attr]
            done = await asyncio.to_thread(livestall, tmp_path, "backup", "copy.db")
            assert (done.returncode, done.stderr) == (0, "")
            refused = await asyncio.to_thread(livestall, tmp_path, "restore", "copy.db", "--yes")
            assert refused.returncode == 1
            assert refused.stderr.count("\n") == 1
            assert f"by process {bot.process.pid}; stop that one first" in refused.stderr
            freed = await asyncio.to_thread(livestall, tmp_path, "restore", "--resend")
            assert freed.stdout == "no message is set aside\n"
            bot.process.terminate()
            assert await bot.ends() == 0
    assert count(tmp_path / "copy.db", "people WHERE id = 2001") == 1


# -- restore ------------------------------------------------------------------------------------------


def test_with_nothing_newer_a_restore_asks_nothing(desk: Desk, copy: Path) -> None:
    assert desk.types("restore", copy) == 0
    assert f"the books are back to {copy}" in desk.out
    (kept,) = replaced(desk)
    assert f"the books of before are kept as {kept}" in desk.out
    assert "1 unpaid order: time to pay begins again" in desk.out
    assert desk.types("doctor") == 0


def test_what_would_be_lost_is_told_and_nothing_changes_where_nobody_can_answer(desk: Desk, copy: Path) -> None:
    code = sells(desk, BEN)
    desk.books(lambda tx: trade.pay(tx, ANN, 1))
    assert "add --yes" in desk.fails("restore", copy)
    told = desk.out.splitlines()
    assert told[0] == f"newer than {copy}, and gone from the books if it is restored:"
    assert f"  1 order: {code}" in told
    assert "  1 older order with another state since" in told
    assert "  1 payment" in told
    assert "  money confirmed: 36.00 CNY" in told
    assert "  1 shipment" in told
    assert count(desk.folder / "stall.db") == 2
    assert replaced(desk) == []


def test_with_yes_it_is_done_all_the_same(desk: Desk, copy: Path) -> None:
    sells(desk, BEN)
    assert desk.types("restore", copy, "--yes") == 0
    assert count(desk.folder / "stall.db") == 1
    (kept,) = replaced(desk)
    assert count(kept) == 2


@pytest.mark.parametrize(("answer", "code", "orders"), [("yes", 0, 1), ("no", 1, 2), ("", 1, 2)])
def test_somebody_at_the_keyboard_is_asked(desk: Desk, copy: Path, answer: str, code: int, orders: int) -> None:
    sells(desk, BEN)
    keyboard, typed = pty.openpty()
    os.write(keyboard, f"{answer}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "bot", "restore", str(copy), "--config", str(desk.config)],
        env=environment(),
        stdin=typed,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    os.close(keyboard)
    os.close(typed)
    assert done.returncode == code
    assert "Type yes: " in done.stderr
    assert count(desk.folder / "stall.db") == orders


def test_messages_are_set_aside_listed_and_let_go(desk: Desk, copy: Path) -> None:
    unsent = count(copy, "outbox WHERE state = 'queued'")
    assert unsent > 0
    assert desk.types("restore", copy) == 0
    assert f"{unsent} message" in desk.out
    assert desk.types("outbox", "list") == 0
    assert len(desk.out.splitlines()) == unsent
    assert f"order_placed  to {ANN}" in desk.out
    assert desk.types("restore", "--resend") == 0
    assert desk.out == f"{unsent} message{'s' if unsent > 1 else ''} freed; sent at the next start of the bot\n"
    assert count(desk.folder / "stall.db", "outbox WHERE state = 'queued'") == unsent
    assert desk.types("outbox", "list") == 0
    assert desk.out == ""


def test_with_resend_nothing_is_set_aside(desk: Desk, copy: Path) -> None:
    assert desk.types("restore", copy, "--resend") == 0
    assert "set aside" not in desk.out
    assert count(desk.folder / "stall.db", "outbox WHERE state = 'queued'") > 0


def test_a_restore_without_a_file_is_not_understood(desk: Desk, copy: Path) -> None:
    assert "which backup?" in desk.fails("restore", code=2)
    assert "which backup?" in desk.fails("restore", "--resend", "--yes", code=2)


@pytest.mark.parametrize("content", [b"This is a letter. " * 500, b""])
def test_what_is_no_backup_is_refused_and_the_books_stay(desk: Desk, copy: Path, content: bytes) -> None:
    letter = desk.file(content, "letter.db")
    desk.fails("restore", letter, "--yes")
    assert "no such file" in desk.fails("restore", desk.folder / "nowhere.db")
    assert "the database itself" in desk.fails("restore", desk.folder / "stall.db")
    assert count(desk.folder / "stall.db") == 1
    assert not list(desk.folder.glob("*.restoring*"))


def test_a_backup_of_an_older_version_is_brought_to_this_one(desk: Desk, copy: Path) -> None:
    old = desk.folder / "old.db"
    connection = sqlite3.connect(old)
    connection.executescript(PAST.read_text(encoding="utf-8"))
    connection.close()
    assert desk.types("restore", old, "--yes") == 0
    (kept,) = desk.folder.glob("stall.before-*.db")
    assert f"they were at schema 1 and are at this version's now; as they were: {kept}" in desk.out
    assert desk.types("doctor") == 0
    assert count(desk.folder / "stall.db") == 8


def test_on_an_empty_machine_a_backup_becomes_the_books(desk: Desk, copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    moved = shutil.move(copy, other / "copy.db")
    config_file(other)
    done = livestall(other, "restore", moved)
    assert (done.returncode, done.stderr) == (0, "")
    assert count(other / "stall.db") == 1


def test_other_commands_keep_away_while_books_are_exchanged(desk: Desk, copy: Path) -> None:
    with lock.held(desk.folder / "stall.db", restoring=True):
        for words in (["doctor"], ["backup", desk.folder / "other.db"], ["restore", "--resend"], ["inbox", "list"]):
            assert f"is being restored by process {os.getpid()}" in desk.fails(*words)
        assert "is already open" in desk.fails("restore", copy)
    assert desk.types("doctor") == 0


def test_books_that_another_command_has_open_are_not_exchanged(desk: Desk, copy: Path) -> None:
    def open_meanwhile(tx: Any) -> None:
        tx.run("UPDATE people SET name = name")
        done = livestall(desk.folder, "restore", copy, "--yes")
        assert done.returncode == 1
        assert "another command has" in done.stderr

    desk.books(open_meanwhile)
    assert replaced(desk) == []


def test_the_doctor_tells_what_a_restore_has_set_aside(desk: Desk, copy: Path) -> None:
    desk.books(lambda tx: outbox.tell(tx, ANN, "say", now=NOON))
    assert desk.types("restore", copy, "--yes") == 0
    assert desk.types("doctor") == 0
    assert "set aside by a restore; `livestall outbox list` shows them" in desk.out


def test_the_doctor_tells_of_files_others_can_read(desk: Desk, copy: Path) -> None:
    desk.config.chmod(0o644)
    assert desk.types("doctor") == 0
    assert f"note: {desk.config} can be read by other users (mode 644)" in desk.out
    desk.config.chmod(0o600)
    assert desk.types("doctor") == 0
    assert "can be read" not in desk.out
