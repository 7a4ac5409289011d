"""Bringing a database to the schema this program knows: numbered SQL files, one transaction each, forward only.

Owns `PRAGMA user_version` and the `migrations` table. Never touches data except through a numbered file, and never
before it has been copied.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

_NAME = re.compile(r"(\d{4})_\w+\.sql")


class NewerDatabase(Exception):
    """The database was written by a newer version of the program; upgrade the program or use another file."""


class ChangedMigration(Exception):
    """A migration that this database has already run has been changed since; restore the original file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered step."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def known() -> list[Migration]:
    """Every migration that comes with the program, in order."""
    files = sorted(
        (file for file in resources.files("storage").joinpath("migrations").iterdir() if _NAME.fullmatch(file.name)),
        key=lambda file: file.name,
    )
    return [Migration(number=int(file.name[:4]), name=file.name, sql=file.read_text("utf-8")) for file in files]


def statements(sql: str) -> list[str]:
    """Split a migration into single statements, so that each runs inside our transaction.

    `executescript` would commit first; `complete_statement` knows triggers and quoted semicolons.
    """
    found, pending = [], ""
    for line in sql.splitlines(keepends=True):
        if not pending and (not line.strip() or line.lstrip().startswith("--")):
            continue
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    if pending.strip():
        raise ValueError(f"unfinished statement: {pending.strip()[:60]}")
    return found


def migrate(
    connection: sqlite3.Connection,
    now: int,
    migrations: list[Migration] | None = None,
    keep_copy: Callable[[int], object] | None = None,
) -> list[str]:
    """Run what is missing and return the names of the migrations that ran.

    If there are rows in it already, `keep_copy` is called first, with the number of the first file that will run;
    when it raises, nothing runs. Raises NewerDatabase, ChangedMigration or sqlite3.Error; what was done before the
    failing file stays.
    """
    steps = known() if migrations is None else migrations
    version = verify(connection, steps)
    newest = steps[-1].number if steps else 0
    if keep_copy is not None and 0 < version < newest:
        _keep(connection, steps, keep_copy)
    return [step.name for step in steps if step.number > version and _apply(connection, step, now)]


def verify(connection: sqlite3.Connection, migrations: list[Migration] | None = None) -> int:
    """The schema's number, if this program knows it and has every file as it was when it ran.

    Raises NewerDatabase, ChangedMigration or sqlite3.Error.
    """
    steps = known() if migrations is None else migrations
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    newest = steps[-1].number if steps else 0
    if version > newest:
        raise NewerDatabase(
            f"the database is at schema {version}, this program knows {newest}: "
            "upgrade livestall, or point [storage] path at another file"
        )
    _check_unchanged(connection, steps, version)
    return version


def _keep(connection: sqlite3.Connection, steps: list[Migration], keep_copy: Callable[[int], object]) -> None:
    """Have the books copied as they are; nobody else may write or migrate them meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        missing = [step.number for step in steps if step.number > version]
        if missing and _has_rows(connection):
            keep_copy(missing[0])
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _has_rows(connection: sqlite3.Connection) -> bool:
    """Is anything in it but the record of migrations?"""
    tables = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'migrations'"
    ).fetchall()
    return any(connection.execute(f"SELECT 1 FROM {row[0]} LIMIT 1").fetchone() for row in tables)  # noqa: S608


def _check_unchanged(connection: sqlite3.Connection, steps: list[Migration], version: int) -> None:
    if version == 0:
        return
    run = dict(connection.execute("SELECT number, checksum FROM migrations").fetchall())
    for step in steps:
        if step.number <= version and run.get(step.number) != step.checksum:
            raise ChangedMigration(f"{step.name} differs from what this database has run; restore the original file")


def _apply(connection: sqlite3.Connection, step: Migration, now: int) -> bool:
    """Run one file unless another process has just done so."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] >= step.number:
            connection.execute("ROLLBACK")
            return False
        for statement in statements(step.sql):
            connection.execute(statement)
        connection.execute(
            "INSERT INTO migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
            (step.number, step.name, step.checksum, now),
        )
        connection.execute(f"PRAGMA user_version = {step.number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return True
