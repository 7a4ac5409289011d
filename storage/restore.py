"""Putting the books back from a copy: what the copy is, what is newer than it, and the exchange of the two files.

Owns the files. The books are never without one: whenever this is cut short, the path holds the old books or the new.
Nothing is ever deleted but what an earlier attempt left unfinished. Only for whoever holds the stall's lock.
"""

import contextlib
import itertools
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from shop.money import Money
from storage import backup, pseudonyms, recovery
from storage.backup import UNFINISHED, NotCopied, Progress, Why
from storage.connection import Tx
from storage.migrate import ChangedMigration, NewerDatabase, known, migrate, verify
from storage.recovery import Settled, Terms

NAMED: Final = 5
"""Of the orders that would be lost, so many are named."""

_BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite may keep next to a database."""

_LONGEST_WAIT_MS: Final = 2_000
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class NotRestored(Exception):
    """The books are as they were. The text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newer:
    """What is in the books of now and not in the copy. `moved`: orders whose state has changed since. `erased`: who
    has been erased since, and is still in the copy."""

    orders: int = 0
    codes: tuple[str, ...] = ()
    moved: int = 0
    payments: int = 0
    money: tuple[Money, ...] = ()
    repaid: tuple[Money, ...] = ()
    shipments: int = 0
    people: int = 0
    erased: tuple[int, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return self == Newer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A copy of the copy, beside the books: whole, checked and brought to this version's schema."""

    file: Path
    schema: int


def prepare(file: Path, books: Path, now: int, progress: Progress) -> Prepared:
    """Copy `file`, which stays as it is, to the books' folder and migrate that. Raises NotRestored."""
    try:
        if not file.is_file():
            raise NotRestored(f"{file}: there is no such file")
    except PermissionError:
        raise NotRestored(f"{file}: this user may not read it; check who owns it and its folder") from None
    if books.exists() and file.samefile(books):
        raise NotRestored(f"{file} is the database itself; name a backup of it")
    version = _schema_of(file)
    target = _prepared_beside(books)
    _clear(target)
    try:
        backup.copy(file, target, progress, read_only=True)
    except NotCopied as error:
        damaged = error.why is Why.DAMAGED
        raise NotRestored(f"{file} is damaged; take another backup" if damaged else str(error)) from error
    try:
        with _alone(target) as connection:
            migrate(connection, now)
    except sqlite3.Error as error:
        _clear(target)
        raise NotRestored(f"{file} can't be brought to this version ({error}); nothing was changed") from error
    return Prepared(file=target, schema=version)


def keep_older(prepared: Prepared, file: Path, books: Path) -> Path | None:
    """The copy that goes before every migration: `file` as it was, beside the books; None if its schema is this one.

    Raises NotRestored.
    """
    missing = [step.number for step in known() if step.number > prepared.schema]
    try:
        return backup.before_migration(file, missing[0], books, read_only=True) if missing else None
    except NotCopied as error:
        raise NotRestored(str(error)) from error


def _schema_of(file: Path) -> int:
    """The schema a copy is at, if it is one of our books and this program knows it. Raises NotRestored."""
    try:
        with contextlib.closing(_opened(file, "mode=ro")) as connection:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            if (
                version < 1
                or not connection.execute(
                    "SELECT count(*) = 3 FROM sqlite_schema WHERE name IN ('migrations', 'orders', 'outbox')"
                ).fetchone()[0]
            ):
                raise NotRestored(f"{file} is a database of another program; name a backup of this stall")
            verify(connection)
    except (NewerDatabase, ChangedMigration) as error:
        raise NotRestored(f"{file}: {error}") from None
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise NotRestored(f"{file} is no SQLite database, or a damaged one; name another backup") from error
        raise NotRestored(f"{file} can't be read ({error}); check who owns it") from error
    return version


def _opened(file: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {_LONGEST_WAIT_MS}")
    return connection


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file nobody else knows, which is one file again after it."""
    connection = _opened(file, "mode=rw")
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection
    finally:
        connection.close()


def settle(prepared: Prepared, *, file: Path, terms: Terms, resend: bool, now: int) -> Settled:
    """Make the prepared books ready to be opened (`storage.recovery`)."""
    with _alone(prepared.file) as connection:
        connection.execute("BEGIN IMMEDIATE")
        settled = recovery.settle(Tx(connection), file=str(file), terms=terms, resend=resend, now=now)
        connection.execute("COMMIT")
    return settled


# Orders are known by their codes: after an earlier restore the same number may be another order.
_CODES = """
    SELECT n.code FROM books.orders AS n
    WHERE NOT EXISTS (SELECT 1 FROM main.orders AS o WHERE o.code = n.code) ORDER BY n.id DESC
"""
_MOVED = """
    SELECT count(*) FROM books.orders AS n JOIN main.orders AS o ON o.code = n.code WHERE o.status <> n.status
"""
_SAME = """
    SELECT 1 FROM main.{table} AS m JOIN main.orders AS o ON o.id = m.order_id
    WHERE o.code = n.code AND m.{key} = t.{key}
"""
_COUNT = (
    "SELECT count(*) FROM books.{table} AS t JOIN books.orders AS n ON n.id = t.order_id WHERE NOT EXISTS ({same})"
)
_SUMS = """
    SELECT t.currency, sum(t.amount) AS amount FROM books.{table} AS t JOIN books.orders AS n ON n.id = t.order_id
    WHERE t.status = '{status}' AND NOT EXISTS ({same} AND m.status = '{status}')
    GROUP BY t.currency ORDER BY t.currency
"""
_PEOPLE = """
    SELECT count(*) FROM books.people AS n
    WHERE n.id < :no_person AND NOT EXISTS (SELECT 1 FROM main.people WHERE id = n.id)
"""
_ERASED = """
    SELECT m.id FROM main.people AS m
    WHERE m.id < :no_person AND NOT EXISTS (SELECT 1 FROM books.people WHERE id = m.id) ORDER BY m.id
"""


def newer(prepared: Prepared, books: Path) -> Newer | None:
    """What the books of now have and the prepared ones have not; None when the books of now can't be read."""
    if not books.exists():
        return Newer()
    try:
        with _alone(prepared.file) as connection:
            connection.execute("ATTACH DATABASE :books AS books", {"books": f"{books.absolute().as_uri()}?mode=ro"})
            return _compared(Tx(connection))
    except sqlite3.Error:
        return None


def _compared(tx: Tx) -> Newer:
    codes = [row["code"] for row in tx.all(_CODES)]

    def count(table: str, key: str) -> int:
        found: int = tx.value(_COUNT.format(table=table, same=_SAME.format(table=table, key=key)))
        return found

    def sums(table: str, status: str) -> tuple[Money, ...]:
        same = _SAME.format(table=table, key="number")
        rows = tx.all(_SUMS.format(table=table, status=status, same=same))
        return tuple(Money(row["amount"], row["currency"]) for row in rows)

    return Newer(
        orders=len(codes),
        codes=tuple(codes[:NAMED]),
        moved=tx.value(_MOVED),
        payments=count("payments", "number"),
        money=sums("payments", "confirmed"),
        repaid=sums("refunds", "done"),
        shipments=count("shipments", "supplier_id"),
        people=tx.value(_PEOPLE, no_person=pseudonyms.NOBODY),
        erased=tuple(row["id"] for row in tx.all(_ERASED, no_person=pseudonyms.NOBODY)),
    )


def put_in_place(prepared: Prepared, books: Path, stamp: str) -> Path | None:
    """Exchange the files; returns where the old books are now (`livestall.replaced-….db`), None if there were none.

    The old books first become one file (no -wal, which would be read into the new ones) and are copied aside; then
    the new ones take their name in one step. Raises NotRestored before anything is exchanged.
    """
    aside = _free_name(books, stamp)
    if os.path.lexists(books):
        # The plain file is closed last of all: closing it ends SQLite's locks on it.
        with books.open("rb") as old, _held_still(books) as is_whole:
            _keep(old, aside)
            if not is_whole:
                _move_beside(books, aside)
            backup.sync(books.parent)
            prepared.file.rename(books)
            backup.sync(books.parent)
        return aside
    # A -wal without its database belongs to nothing.
    _move_beside(books, aside)
    prepared.file.rename(books)
    backup.sync(books.parent)
    return None


def _free_name(books: Path, stamp: str) -> Path:
    """Two restores within a second each keep their own."""
    suffixes = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    names = (books.with_name(f"{books.stem}.replaced-{stamp}{suffix}.db") for suffix in suffixes)
    return next(name for name in names if not os.path.lexists(name))


@contextlib.contextmanager
def _held_still(books: Path) -> Iterator[bool]:
    """Nobody else has the books open during the block. True: they are one file; False: too damaged for that."""
    connection = _opened(books, "mode=rw")
    try:
        try:
            # Needs the file for itself, takes in what is in the -wal, and removes it.
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise NotRestored(f"another command has {books} open; try again when it is done") from error
            mode = None
        yield mode == "delete"
    finally:
        connection.close()


def _keep(old: BinaryIO, aside: Path) -> None:
    """Every byte of the old books under their new name. No second name for the same file: SQLite finds a -wal by the
    name, so a file with two would be damaged by the next bot if we died here."""
    unfinished = aside.with_name(aside.name + UNFINISHED)
    try:
        with os.fdopen(os.open(unfinished, _NEW, 0o600), "wb") as new:
            shutil.copyfileobj(old, new, 1 << 20)
            new.flush()
            os.fsync(new.fileno())
        unfinished.rename(aside)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        reason = (error.strerror or "an error").lower()
        raise NotRestored(f"the books of now can't be kept as {aside} ({reason}); nothing was changed") from error


def _move_beside(books: Path, aside: Path) -> None:
    for suffix in _BESIDE:
        left = books.with_name(books.name + suffix)
        if left.exists():
            left.rename(aside.with_name(aside.name + suffix))


def _clear(target: Path) -> None:
    """Remove what an earlier attempt that was cut short has left."""
    for left in list(target.parent.iterdir()):
        if left.name.startswith(target.name):
            left.unlink()


def discard(books: Path) -> None:
    """What was prepared for these books is not wanted, or not needed any more."""
    _clear(_prepared_beside(books))


def _prepared_beside(books: Path) -> Path:
    return books.with_name(f"{books.name}.restoring")
