"""Bringing a database to the schema this program knows: numbered SQL files, one transaction each, forward only.

Owns `PRAGMA user_version` and the `migrations` table. Never touches data except through a numbered file.
"""

import hashlib
import re
import sqlite3
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


def migrate(connection: sqlite3.Connection, now: int, migrations: list[Migration] | None = None) -> list[str]:
    """Run what is missing and return the names of the migrations that ran.

    Raises NewerDatabase, ChangedMigration or sqlite3.Error; what was done before the failing file stays.
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
    return [step.name for step in steps if step.number > version and _apply(connection, step, now)]


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
