"""One whole copy of the books in one new file, made beside whoever is writing.

Owns how a copy is made, checked and put in its place: it is there whole, or not at all. Never writes the books and
never overwrites a file. When copies are made and which are kept is in `daily`.
"""

import contextlib
import errno
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from storage.clock import DAY
from storage.connection import BUSY_TIMEOUT_MS

STEP: Final = 200_000
"""SQLite's steps between two looks at the progress: some milliseconds. Each look needs the interpreter's lock, which
a busy bot holds nearly always."""

UNFINISHED: Final = ".part"
"""What the name of a copy ends with until it is whole."""

_LASTING: Final = ("orders", "order_lines", "stock_movements", "payments", "refunds", "shipments")
"""Tables nothing is ever deleted from: a copy has as many rows as the books had before it, or more."""

Progress = Callable[[float], bool]
"""Told how much is done, from 0 to 1, every few milliseconds; False gives the copy up."""


class Why(StrEnum):
    """Why there is no copy, in one word for the books and for messages."""

    EXISTS = "exists"
    NO_FOLDER = "no_folder"
    NOT_ALLOWED = "not_allowed"
    FULL = "full"
    BUSY = "busy"
    DAMAGED = "damaged"
    GIVEN_UP = "given_up"
    FAILED = "failed"


class NotCopied(Exception):
    """No copy was made, and nothing is left of the attempt. The text says why and what to do."""

    def __init__(self, why: Why, sentence: str) -> None:
        self.why = why
        super().__init__(sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy that is whole and on the disk."""

    file: Path
    bytes: int
    orders: int


def _goes_on(_done: float) -> bool:
    return True


def copy(
    source: Path, target: Path, progress: Progress = _goes_on, *, read_only: bool = False, step: int = STEP
) -> Copied:
    """Copy the books at `source`, as they are when it begins, to the new file `target` (mode 0600).

    `VACUUM INTO` from a connection of its own, then SQLite's own check of the copy and a comparison of rows. Blocks
    for as long as that takes: run it in a thread. `read_only` leaves a file that nobody else has open as it is to the
    last byte (its -wal is not taken in), and takes four times as long. Raises NotCopied.
    """
    if os.path.lexists(target):
        raise NotCopied(Why.EXISTS, f"{target} is there already; give another name, nothing is overwritten")
    _sweep(target)
    unfinished = target.with_name(f"{target.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            orders = _write(source, unfinished, progress, read_only, step)
            _settle(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)
        sync(target.parent)
        return Copied(file=target, bytes=target.stat().st_size, orders=orders)
    except (OSError, sqlite3.Error) as error:
        raise _told(error, source, target) from error


def _write(source: Path, unfinished: Path, progress: Progress, read_only: bool, step: int) -> int:
    """Fill the empty file; returns how many orders are in it."""
    # A read-only connection knows no CHECKs (sqlite3AddCheckConstraint leaves them out), so its tables are not those
    # of the copy, and SQLite carries over every row singly instead of whole pages.
    with _reading(f"{source.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}") as books:
        # Pages are counted from the header: a copy is never much larger.
        size = books.execute("PRAGMA page_count").fetchone()[0] * books.execute("PRAGMA page_size").fetchone()[0]
        _watch(books, step, lambda: progress(min(unfinished.stat().st_size / max(size, 1), 1.0)))
        before = _rows(books)
        books.execute("VACUUM INTO :file", {"file": str(unfinished)})
        after = _rows(books)
    # Nobody else has the copy: without locks, and without a -wal or -shm beside it.
    with _reading(f"{unfinished.absolute().as_uri()}?mode=ro&immutable=1") as copied:
        _watch(copied, step, lambda: progress(1.0))
        fault = next((row[0] for row in copied.execute("PRAGMA integrity_check") if row[0] != "ok"), None)
        if fault is not None:
            raise NotCopied(
                Why.DAMAGED, f"{source} is damaged ({fault}), so no copy was kept; go back to an older one"
            )
        found = _rows(copied)
    if (lost := short_of(before, found, after)) is not None:
        raise NotCopied(Why.FAILED, f"the copy has not the rows of {lost} that {source} has; try again")
    return found.get("orders", 0)


@contextlib.contextmanager
def _reading(uri: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        yield connection
    finally:
        connection.close()


def _watch(connection: sqlite3.Connection, step: int, goes_on: Callable[[], bool]) -> None:
    connection.set_progress_handler(lambda: int(not goes_on()), step)


def _rows(connection: sqlite3.Connection) -> dict[str, int]:
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        for table in _LASTING
        if table in there
    }


def short_of(before: Mapping[str, int], copied: Mapping[str, int], after: Mapping[str, int]) -> str | None:
    """The first table of which a copy made between two counts of a growing original can't be whole, or None."""
    return next((table for table in before if not before[table] <= copied.get(table, -1) <= after[table]), None)


def _settle(unfinished: Path, target: Path) -> None:
    """Bring the copy to the disk and give it its name, which nobody may have taken meanwhile."""
    descriptor = os.open(unfinished, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(unfinished, target)
    except FileExistsError:
        raise
    except OSError:
        # A stick or share that knows no second name for a file.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        unfinished.rename(target)


def sync(folder: Path) -> None:
    """A name is on the disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # shares that keep their own order
            raise
    finally:
        os.close(descriptor)


def _sweep(target: Path) -> None:
    """Remove what copies to this name left behind when they were killed; nobody writes one for a day."""
    with contextlib.suppress(OSError):
        for name in os.listdir(target.parent):
            if name.startswith(f"{target.name}.") and name.endswith(UNFINISHED):
                left = target.with_name(name)
                if left.stat().st_mtime < time.time() - DAY / 1000:
                    left.unlink()


_BY_CODE: Final = {
    sqlite3.SQLITE_FULL: Why.FULL,
    sqlite3.SQLITE_BUSY: Why.BUSY,
    sqlite3.SQLITE_LOCKED: Why.BUSY,
    sqlite3.SQLITE_CORRUPT: Why.DAMAGED,
    sqlite3.SQLITE_NOTADB: Why.DAMAGED,
    sqlite3.SQLITE_INTERRUPT: Why.GIVEN_UP,
    sqlite3.SQLITE_READONLY: Why.NOT_ALLOWED,
}
_BY_ERRNO: Final = {
    errno.EEXIST: Why.EXISTS,
    errno.ENOENT: Why.NO_FOLDER,
    errno.ENOTDIR: Why.NO_FOLDER,
    errno.EACCES: Why.NOT_ALLOWED,
    errno.EPERM: Why.NOT_ALLOWED,
    errno.EROFS: Why.NOT_ALLOWED,
    errno.ENOSPC: Why.FULL,
    errno.EDQUOT: Why.FULL,
    errno.EFBIG: Why.FULL,
}


def _told(error: OSError | sqlite3.Error, source: Path, target: Path) -> NotCopied:
    if isinstance(error, OSError):
        why = _BY_ERRNO.get(error.errno or 0, Why.FAILED)
    else:
        why = _BY_CODE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, Why.FAILED)
    match why:
        case Why.EXISTS:
            sentence = f"{target} is there already; give another name, nothing is overwritten"
        case Why.NO_FOLDER:
            sentence = f"there is no folder {target.parent}; make it first"
        case Why.NOT_ALLOWED:
            sentence = f"this user may not write in {target.parent}; check who owns the folder"
        case Why.FULL:
            sentence = f"the disk of {target.parent} is full; make room, or take another folder"
        case Why.BUSY:
            sentence = f"another program keeps {source} busy; try again when it is done"
        case Why.DAMAGED:
            sentence = f"{source} is damaged or no SQLite database; go back to an older copy"
        case Why.GIVEN_UP:
            sentence = "the copy was given up before it was whole"
        case Why.FAILED:
            sentence = f"{source} could not be copied to {target} ({error}); check both disks"
    return NotCopied(why, sentence)


def make_folder(folder: Path) -> None:
    """The folder for copies, open to nobody else, unless it is there. Raises NotCopied."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _told(error, folder, folder) from error


def before_migration(source: Path, number: int, books: Path | None = None, *, read_only: bool = False) -> Path:
    """The copy that is kept when a newer schema comes: `livestall.before-0004.db` beside the books.

    `number` is the first migration that will run, `books` the file the copy is named after if it is not `source`.
    Raises NotCopied, with what that means for the migration.
    """
    named = books or source
    for attempt in range(1, 100):
        suffix = "" if attempt == 1 else f"-{attempt}"
        target = named.with_name(f"{named.stem}.before-{number:04}{suffix}.db")
        try:
            return copy(source, target, read_only=read_only).file
        except NotCopied as error:
            if error.why is not Why.EXISTS:
                raise NotCopied(
                    error.why,
                    f"this version changes the database and keeps a copy of it first, which failed: {error}. "
                    "Nothing was changed; then start again",
                ) from error
    raise NotCopied(Why.EXISTS, f"{named.parent} is full of copies {named.stem}.before-*; move some away")
