"""The books' door: `write` runs an act, `read` runs a query, in one thread hop and one transaction for all that wait.

Owns when transactions begin, commit and fail, and tells the waiting loops after COMMIT. Knows no table.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast

from storage import backup
from storage.connection import Connection, Tx, open_reader, open_writer
from storage.migrate import migrate

P = ParamSpec("P")
R = TypeVar("R")

GROUP = 50
READERS = 2
LONG_READ = 0.01  # seconds after which a reader begins no further query of its group: another may be free for them


Watch = Callable[[int, float], None]
"""Told of every group after its commit (or failure): how many acts it had, and the seconds they waited for it."""


class Refused:
    """Base of every expected ending that changes nothing: the act's savepoint is rolled back, the value returned."""

    __slots__ = ()


class StoreClosed(RuntimeError):
    """The books are closed; nothing can be read or written any more."""


class _Void(Exception):
    """SQLite has rolled the whole group back (disk full, interrupt); its acts must be run again one by one."""


@dataclass(slots=True)
class _Waiting:
    act: Callable[[Tx], Any]  # or a query
    result: asyncio.Future[Any]


@dataclass(slots=True)
class _Ended:
    value: Any = None
    error: Exception | None = None

    def tell(self, result: asyncio.Future[Any]) -> None:
        if result.done():  # the caller was cancelled; the act stands all the same
            return
        if self.error is not None:
            result.set_exception(self.error)
        else:
            result.set_result(self.value)


def _bearable(error: Exception) -> Exception:
    """A future can't carry StopIteration (an act's stray `next`): it would end the store's own task instead."""
    if not isinstance(error, StopIteration):
        return error
    bug = RuntimeError("an act or query raised StopIteration")
    bug.__cause__ = error
    return bug


def _run_in_savepoint(connection: sqlite3.Connection, tx: Tx, act: Callable[[Tx], Any]) -> _Ended:
    """One act inside the open group. Raises _Void if SQLite has ended the transaction under us."""
    rings = (tx.rings_outbox, tx.rings_due)
    connection.execute("SAVEPOINT act")
    try:
        ended = _Ended(value=act(tx))
        undo = isinstance(ended.value, Refused)
    except Exception as error:
        if not connection.in_transaction:
            raise _Void from error
        ended, undo = _Ended(error=_bearable(error)), True
    if not connection.in_transaction:
        raise _Void
    if undo:
        connection.execute("ROLLBACK TO act")
        tx.rings_outbox, tx.rings_due = rings
    connection.execute("RELEASE act")
    return ended


def _commit_group(connection: sqlite3.Connection, acts: list[Callable[[Tx], Any]]) -> tuple[list[_Ended], Tx]:
    """Run `acts` in one BEGIN IMMEDIATE … COMMIT. Raises _Void (several acts) or the error itself (one act)."""
    tx = Tx(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        ended = [_run_in_savepoint(connection, tx, act) for act in acts]
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, _Void) and len(acts) == 1:
            raise cast(Exception, error.__cause__ or sqlite3.OperationalError("transaction lost")) from None
        raise
    return ended, tx


def _run_group(connection: sqlite3.Connection, acts: list[Callable[[Tx], Any]]) -> tuple[list[_Ended], bool, bool]:
    """Run a group; if it can't be kept as one, run each act in a transaction of its own.

    Returns what became of each act, and whether the outbox and the due loop must be woken.
    """
    try:
        ended, tx = _commit_group(connection, acts)
    except Exception as error:
        # Another process has kept the file busy for the whole time-out: waiting again for each act would be worse.
        if len(acts) > 1 and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            return [_Ended(error=error) for _ in acts], False, False
        if len(acts) == 1:
            return [_Ended(error=error)], False, False
        singles = [_run_group(connection, [act]) for act in acts]
        return (
            [single[0][0] for single in singles],
            any(single[1] for single in singles),
            any(single[2] for single in singles),
        )
    return ended, tx.rings_outbox, tx.rings_due


def _read_group(connection: sqlite3.Connection, queries: list[Callable[[Tx], Any]]) -> list[_Ended]:
    """Run queries on one consistent snapshot; at least the first, and no more once `LONG_READ` is over."""
    ended: list[_Ended] = []
    until = time.perf_counter() + LONG_READ
    try:
        for query in queries:
            if not connection.in_transaction:
                connection.execute("BEGIN")
            try:
                ended.append(_Ended(value=query(Tx(connection))))
            except Exception as error:
                ended.append(_Ended(error=_bearable(error)))
            if time.perf_counter() > until:
                break
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")
    return ended


def _next_of(waiting: deque[_Waiting]) -> list[_Waiting]:
    """The group that is next."""
    return [waiting.popleft() for _ in range(min(GROUP, len(waiting)))]


class Store:
    """One writer with group commit and two read-only connections over one SQLite file.

    `outbox` is set after a commit that enqueued a message, `due` after one that wrote a deadline.
    """

    def __init__(
        self, path: Path, writer: Connection, readers: list[Connection], watch: Watch = lambda acts, seconds: None
    ) -> None:
        self.path = path
        self.outbox = asyncio.Event()
        self.due = asyncio.Event()
        self._watch = watch
        self._writer = writer
        self._open = [writer, *readers]
        self._free_readers = list(readers)
        self._asked: deque[_Waiting] = deque()  # queries for which no reader was free
        self._reading: set[asyncio.Task[None]] = set()
        self._waiting: deque[_Waiting] = deque()
        self._group: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._closed: asyncio.Task[None] | None = None
        # The group belongs to this task: a cancelled caller neither stops nor fails it.
        self._task = asyncio.create_task(self._live(), name="store")

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        synchronous: str = "FULL",
        checkpoints: bool = True,
        now: int,
        watch: Watch = lambda acts, seconds: None,
    ) -> Self:
        """Open the file, create or migrate it. `checkpoints` is for the bot; others leave the log to it.

        Books with something in them are copied before they are migrated. Raises `storage.migrate.NewerDatabase` or
        `ChangedMigration`, `storage.backup.NotCopied`, or sqlite3.Error.
        """
        writer = await open_writer(path, synchronous, checkpoints=checkpoints)
        readers: list[Connection] = []
        try:
            await writer.hop(migrate, writer.raw, now, keep_copy=partial(backup.before_migration, path))
            for _ in range(READERS):
                readers.append(await open_reader(path))  # noqa: PERF401 — what is open must be known if one fails
        except BaseException:
            # aiosqlite's thread is not a daemon: an unclosed connection would hang the exit.
            for connection in (*readers, writer):
                await connection.close()
            raise
        return cls(path, writer, readers, watch)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def write(self, act: Callable[Concatenate[Tx, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `act` whole inside the writer's thread and return its outcome once it is committed.

        A raised exception or a `Refused` outcome leaves no trace. Raises StoreClosed after `close`.
        """
        if self._closing:
            raise StoreClosed(StoreClosed.__doc__)
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(lambda tx: act(tx, *args, **kwargs), result))
        self._wake.set()
        return await result

    async def read(self, query: Callable[Concatenate[Tx, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `query` on a read-only connection and one snapshot, and return its result.

        While every reader is busy queries gather, and the next free one takes them together.
        """
        if self._closing:
            raise StoreClosed(StoreClosed.__doc__)
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        job = _Waiting(lambda tx: query(tx, *args, **kwargs), result)
        if self._free_readers:
            # The connection belongs to this task: a cancelled caller must not hand it on while the query still runs.
            task = asyncio.create_task(self._answer(self._free_readers.pop(), [job]), name="store-read")
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        else:
            self._asked.append(job)
        return await result

    async def _answer(self, reader: Connection, group: list[_Waiting]) -> None:
        """Run queries on one reader until none waits."""
        try:
            while group:
                try:
                    ended = await reader.hop(_read_group, reader.raw, [job.act for job in group])
                except Exception as error:
                    ended = [_Ended(error=error) for _ in group]
                for job, end in zip(group, ended, strict=False):
                    end.tell(job.result)
                self._asked.extendleft(reversed(group[len(ended) :]))
                group = _next_of(self._asked)
        finally:
            self._free_readers.append(reader)

    def interrupt(self) -> None:
        """Abort the statement the writer is running. If it was changing rows, the acts of its group are run again;
        if it was reading, its act fails. For tests and emergencies."""
        self._writer.raw.interrupt()

    async def maintain(self, job: Callable[[sqlite3.Connection], R]) -> R:
        """Run `job` on the writer outside any transaction: checkpoint, VACUUM INTO, pragmas."""
        if self._closing:
            raise StoreClosed(StoreClosed.__doc__)
        return await self._writer.hop(job, self._writer.raw)

    async def close(self) -> None:
        """Finish what is waiting, then close every connection. Safe to call twice; a cancelled call goes on."""
        if self._closed is None:
            self._closing = True
            self._wake.set()
            self._closed = asyncio.create_task(self._close(), name="store-close")
        await asyncio.shield(self._closed)

    async def _close(self) -> None:
        try:
            await asyncio.wait([self._task])
            while self._reading:
                await asyncio.wait(self._reading)
        finally:
            await self._close_connections()

    async def _close_connections(self) -> None:
        while self._open:
            await self._open.pop().close()

    async def _live(self) -> None:
        try:
            await self._commit_forever()
        except asyncio.CancelledError:
            # The event loop ends and nobody has closed the books. aiosqlite's threads are no daemons: left open,
            # they would hang the exit.
            self._closing = True
            for job in (*self._group, *self._waiting, *self._asked):
                job.result.cancel()
            await self._close_connections()
            raise

    async def _commit_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._group = _next_of(self._waiting)
                await self._commit(self._group)
            if self._closing:
                return

    async def _commit(self, group: list[_Waiting]) -> None:
        began = time.perf_counter()
        try:
            ended, outbox, due = await self._writer.hop(_run_group, self._writer.raw, [job.act for job in group])
        except Exception as error:
            ended, outbox, due = [_Ended(error=error) for _ in group], False, False
        self._watch(len(group), time.perf_counter() - began)
        for job, end in zip(group, ended, strict=True):
            end.tell(job.result)
        if outbox:
            self.outbox.set()
        if due:
            self.due.set()
