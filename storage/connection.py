"""Opening the SQLite file, and `Tx`: what an act or a query sees of it.

Owns every pragma and the shape of a statement. Never decides when a transaction begins or ends; that is `store`.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import aiosqlite

P = ParamSpec("P")
R = TypeVar("R")

BUSY_TIMEOUT_MS = 10_000
CHECKPOINT_PAGES = 1_000
CHECKPOINT_TIMEOUT_MS = 500  # the writer waits for readers meanwhile, and everybody for the writer


class Tx:
    """One open transaction, used inside the connection's thread only; must not be kept, awaited or shared.

    `rings_outbox` and `rings_due` are set by whoever enqueues a message or writes a deadline; after COMMIT the
    store wakes the loops that wait for them.
    """

    __slots__ = ("_connection", "rings_due", "rings_outbox")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.rings_outbox = False
        self.rings_due = False

    def run(self, sql: str, **values: object) -> int:
        """Execute one statement and return how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, **values: object) -> int:
        """Execute one INSERT and return the new row's id."""
        return cast(int, self._connection.execute(sql, values).lastrowid)

    def many(self, sql: str, rows: list[dict[str, object]]) -> int:
        """Execute one statement for each of `rows` and return how many rows changed in all."""
        return self._connection.executemany(sql, rows).rowcount

    def one(self, sql: str, **values: object) -> sqlite3.Row | None:
        """The first row, or None."""
        return cast("sqlite3.Row | None", self._connection.execute(sql, values).fetchone())

    def all(self, sql: str, **values: object) -> list[sqlite3.Row]:
        """Every row, in the statement's order."""
        return self._connection.execute(sql, values).fetchall()

    def value(self, sql: str, **values: object) -> Any:
        """The first column of the first row, or None."""
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else row[0]


class Connection(aiosqlite.Connection):
    """An aiosqlite connection that can run a whole function in its thread: one hop for one transaction."""

    async def hop(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `function` in this connection's thread and return its result.

        `_execute` is what aiosqlite's own cursor calls; the exact version is pinned and a test guards its shape.
        """
        return cast(R, await self._execute(function, *args, **kwargs))  # type: ignore[no-untyped-call]

    @property
    def raw(self) -> sqlite3.Connection:
        """The sqlite3 connection; touch it only from inside a function given to `hop` (or to interrupt it)."""
        return self._conn


def _connect(path: str, *, readonly: bool) -> sqlite3.Connection:
    uri = Path(path).absolute().as_uri() + ("?mode=ro" if readonly else "")
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return connection


def _writer(path: str, synchronous: str, checkpoints: bool) -> sqlite3.Connection:
    connection = _connect(path, readonly=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        # The bot alone makes checkpoints; the command line beside it leaves the log as it is.
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES if checkpoints else 0}")
        # What is deleted or replaced is overwritten: an erased address must not lie in a free page.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        # The pragma is silently ignored inside a transaction, so read it back once.
        if connection.execute("PRAGMA foreign_keys").fetchone()[0] != 1:
            raise sqlite3.OperationalError("this SQLite was built without foreign keys")
    except BaseException:
        connection.close()
        raise
    return connection


def _reader(path: str) -> sqlite3.Connection:
    connection = _connect(path, readonly=True)
    try:
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def claim(path: Path) -> None:
    """Create the file with mode 0600 if it is not there, and take everybody else's rights from one that is.

    SQLite gives the -wal and -shm files the mode of the database, so this covers them too.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


async def open_writer(path: Path, synchronous: str, *, checkpoints: bool) -> Connection:
    """The one connection that writes. `synchronous` is FULL (power loss loses nothing) or NORMAL."""
    if synchronous not in ("FULL", "NORMAL", "EXTRA"):
        raise ValueError(f"synchronous must be FULL, NORMAL or EXTRA, not {synchronous!r}")
    claim(path)
    clock = asyncio.get_running_loop().time
    deadline = clock() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            return await _opened(lambda: _writer(str(path), synchronous, checkpoints))
        except sqlite3.OperationalError as error:
            # The busy time-out does not hold for the switch of a new file to WAL: of two processes that make it at
            # once one is refused, and tries again.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or clock() > deadline:
                raise
        await asyncio.sleep(0.02)


async def open_reader(path: Path) -> Connection:
    """A connection that cannot write."""
    return await _opened(lambda: _reader(str(path)))


async def _opened(connect: Callable[[], sqlite3.Connection]) -> Connection:
    connection = Connection(connect, iter_chunk_size=64)
    try:
        await connection
    except BaseException:
        # aiosqlite 0.22 tells its thread to stop and does not wait: it would speak to a loop that is closed by then.
        await asyncio.to_thread(connection._thread.join)
        raise
    return connection


def empty_log(connection: sqlite3.Connection) -> bool:
    """Bring the write-ahead log into the file and empty it, so that nothing of before is left there. For
    `Store.maintain`; False if somebody is reading from it."""
    connection.execute(f"PRAGMA busy_timeout = {CHECKPOINT_TIMEOUT_MS}")
    try:
        return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
