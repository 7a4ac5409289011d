"""A process that dies at a chosen line: forks a child for every line it runs in the files that matter, and kills it.

Run as a module it kills one sort of work again and again, looks after every death, and prints what it found. The
test's side is in `test_kill_books`. Forked, because importing takes seconds and there are two hundred lines.
"""

import io
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from bot.config import Config, given
from bot.failure import CommandFailed
from bot.restore import Restoring
from storage import backup, migrate
from tests.clock import NOON
from tests.stall import settings

WATCHED = ("storage/backup.py", "storage/restore.py", "storage/recovery.py", "storage/migrate.py", "bot/restore.py")


def dies_before(work: Callable[[], None], watched: tuple[str, ...], at: int) -> None:
    """Run `work`, count the lines of the watched files it comes to, and die before the first run of number `at`."""
    count = 0
    seen: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.endswith(watched):
            return None
        place = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and place not in seen:
            seen.add(place)
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)


def dies(work: Callable[[], None], watched: tuple[str, ...], at: int) -> bool:
    """A child that runs `work` and is killed before its line `at`; False if it came to its end."""
    pid = os.fork()
    if pid == 0:
        try:
            dies_before(work, watched, at)
        except BaseException:
            os._exit(9)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"line {at}: the work itself failed"
    return os.WIFSIGNALED(status)


def orders(books: Path) -> int:
    """How many orders the books have, which must be whole."""
    connection = sqlite3.connect(books)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok", books
        assert connection.execute("PRAGMA foreign_key_check").fetchone() is None, books
        found: int = connection.execute("SELECT count(*) FROM orders").fetchone()[0]
        return found
    finally:
        connection.close()


def version(books: Path) -> int:
    connection = sqlite3.connect(books)
    try:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return found
    finally:
        connection.close()


def refill(folder: Path, pattern: Path) -> None:
    """The folder as it was."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pattern, folder)


class Restore:
    """Going back to a copy of schema 1, with books that have their newest order in the -wal of a killed bot."""

    watched = WATCHED

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.books = folder / "stall.db"
        self.config: Config = given(settings(folder), folder)
        self.old, self.new = orders_in_copy(folder)

    def work(self) -> None:
        restoring = Restoring(self.config, self.folder / "copy.db", io.StringIO(), io.StringIO())
        list(restoring.restore(yes=True, resend=False))

    def looks(self) -> str:
        """The old books or the new; if the new, the old ones are beside them."""
        found = orders(self.books)
        assert found in (self.old, self.new), found
        if found == self.new:
            assert self.old in [orders(path) for path in self.folder.glob("stall.replaced-*.db")], "the old are gone"
        return "old" if found == self.old else "new"


def orders_in_copy(folder: Path) -> tuple[int, int]:
    return int((folder / "old").read_text()), int((folder / "new").read_text())


class Careless(Restore):
    """The same done carelessly, to see that the looking finds it: old away, then new in."""

    watched = ("tests/crash/steps.py",)

    def work(self) -> None:
        old, new = self.books, self.folder / "copy.db"
        if old.exists():
            old.rename(self.folder / "stall.replaced-x.db")
        new.rename(old)


class Migrate:
    """Opening books of schema 1 with this program."""

    watched = WATCHED

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.books = folder / "stall.db"
        self.orders = int((folder / "old").read_text())

    def work(self) -> None:
        connection = sqlite3.connect(self.books, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        migrate.migrate(connection, NOON, keep_copy=lambda number: backup.before_migration(self.books, number))
        connection.close()

    def looks(self) -> str:
        """Any schema on the way; beyond the first, the copy of before is there (each start between adds one)."""
        assert orders(self.books) == self.orders
        copies = list(self.folder.glob("stall.before-*.db"))
        assert all(orders(copy) == self.orders for copy in copies)
        found = version(self.books)
        assert found == 1 or 1 in [version(copy) for copy in copies], "there is no copy of before"
        return f"schema {found}"


def main(what: str, folder: str) -> None:
    """Kill the work before each of its lines, look, and let it be done again by somebody else."""
    place = Path(folder)
    pattern = place.with_name(f"{place.name}-pattern")
    shutil.rmtree(pattern, ignore_errors=True)
    shutil.copytree(place, pattern)
    make = {"restore": Restore, "careless": Careless, "migrate": Migrate}[what]
    seen: Counter[str] = Counter()
    at = 1
    while True:
        refill(place, pattern)
        scene = make(place)
        if not dies(scene.work, scene.watched, at):
            break
        try:
            seen[scene.looks()] += 1
            scene.work()
            last = scene.looks()
        except (AssertionError, CommandFailed, sqlite3.Error) as error:
            raise SystemExit(f"killed before line {at}: {type(error).__name__}: {error}") from error
        assert last in ("new", f"schema {migrate.known()[-1].number}"), last
        at += 1
    leftovers = [path.name for path in place.iterdir() if "restoring" in path.name or path.name.endswith(".part")]
    sys.stdout.write(json.dumps({"lines": at - 1, "seen": seen, "leftovers": leftovers}))


if __name__ == "__main__":
    main(*sys.argv[1:])
