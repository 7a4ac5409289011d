"""Migrations: forward, whole or not at all, and only by a program that knows them."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage import doctor, trouble
from storage.backup import NotCopied, Why
from storage.connection import Tx
from storage.migrate import ChangedMigration, Migration, NewerDatabase, known, migrate, statements
from storage.store import Store
from tests.clock import NOON
from tests.storage import processes, seed

RECORD = "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT, checksum TEXT, applied_at INTEGER) STRICT;"
FIRST = Migration(number=1, name="0001_first.sql", sql=f"{RECORD}\nCREATE TABLE one (id INTEGER) STRICT;")
SECOND = Migration(number=2, name="0002_second.sql", sql="CREATE TABLE two (id INTEGER) STRICT;")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An empty file."""
    connection = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
    yield connection
    connection.close()


def tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [row[0] for row in rows]


def version(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def test_a_new_file_gets_every_migration(database: sqlite3.Connection) -> None:
    assert migrate(database, NOON) == [step.name for step in known()]
    assert version(database) == known()[-1].number
    rows = database.execute("SELECT number, name, checksum, applied_at FROM migrations").fetchall()
    assert rows == [(step.number, step.name, step.checksum, NOON) for step in known()]


def test_pictures_of_questions_asked_before_are_fetched_after_the_upgrade(database: sqlite3.Connection) -> None:
    migrate(database, NOON, known()[:1])
    database.execute("INSERT INTO people (id, name, created_at) VALUES (1, 'Ann', 0)")
    for photo in ("photo-1", None):
        database.execute(
            "INSERT INTO questions (person_id, audience, text, photo, asked_at) VALUES (1, 'host', 'x', ?, 7)",
            (photo,),
        )
    migrate(database, NOON)
    assert database.execute("SELECT photo_fetch_after FROM questions").fetchall() == [(7,), (None,)]


def test_a_second_start_runs_nothing(database: sqlite3.Connection) -> None:
    migrate(database, NOON)
    before = tables(database)
    assert migrate(database, NOON + 1) == []
    assert tables(database) == before


def test_what_is_new_runs_on_top_of_what_was_run(database: sqlite3.Connection) -> None:
    assert migrate(database, NOON, [FIRST]) == [FIRST.name]
    database.execute("INSERT INTO one VALUES (7)")
    assert migrate(database, NOON, [FIRST, SECOND]) == [SECOND.name]
    assert tables(database) == ["migrations", "one", "two"]
    assert database.execute("SELECT id FROM one").fetchall() == [(7,)]


def test_of_updates_that_were_done_the_text_goes_and_of_the_others_the_sender_is_found(
    database: sqlite3.Connection,
) -> None:
    before = [step for step in known() if step.number < 7]
    migrate(database, NOON, before)
    rows = [
        (1, '{"message":{"from":{"id":5001},"text":"a"}}', NOON),
        (2, '{"message":{"from":{"id":5001},"text":"b"}}', None),
        (3, '{"callback_query":{"from":{"id":5002}}}', None),
        (4, "no json", None),
    ]
    database.executemany(
        "INSERT INTO inbox (bot_id, update_id, raw, received_at, done_at) VALUES (1, ?, ?, 0, ?)", rows
    )
    migrate(database, NOON)
    found = database.execute("SELECT sender_id, raw <> '' FROM inbox ORDER BY update_id").fetchall()
    assert found == [(None, 0), (5001, 1), (5002, 1), (None, 1)]


def test_the_numbers_of_our_files_have_no_gaps() -> None:
    assert [step.number for step in known()] == list(range(1, len(known()) + 1))


def test_a_database_of_a_newer_program_is_refused_with_a_sentence(database: sqlite3.Connection) -> None:
    migrate(database, NOON, [FIRST, SECOND])
    with pytest.raises(NewerDatabase, match=r"is at schema 2, this program knows 1: upgrade livestall, or"):
        migrate(database, NOON, [FIRST])
    assert version(database) == 2


async def test_the_store_does_not_open_a_newer_database(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    async with await Store.open(path, now=NOON) as store:
        await store.maintain(lambda connection: connection.execute("PRAGMA user_version = 9999"))
    with pytest.raises(NewerDatabase):
        await Store.open(path, now=NOON)


def test_a_migration_changed_after_it_ran_is_refused(database: sqlite3.Connection) -> None:
    migrate(database, NOON, [FIRST])
    changed = Migration(number=1, name=FIRST.name, sql=FIRST.sql + "\n-- a better comment")
    with pytest.raises(ChangedMigration, match=r"0001_first\.sql differs"):
        migrate(database, NOON, [changed, SECOND])
    assert tables(database) == ["migrations", "one"]


@pytest.mark.parametrize(
    "fault", ["CREATE TABLE one (id INTEGER) STRICT;", "INSERT INTO nowhere VALUES (1);", "CREATE TABLE x ("]
)
def test_a_migration_that_fails_leaves_the_old_version(database: sqlite3.Connection, fault: str) -> None:
    migrate(database, NOON, [FIRST])
    broken = Migration(number=2, name=SECOND.name, sql=f"{SECOND.sql}\n{fault}")
    with pytest.raises((sqlite3.Error, ValueError)):
        migrate(database, NOON, [FIRST, broken])
    assert not database.in_transaction
    assert version(database) == 1
    assert tables(database) == ["migrations", "one"]
    assert migrate(database, NOON, [FIRST, SECOND]) == [SECOND.name]


def test_a_file_is_cut_into_statements_at_their_real_ends() -> None:
    sql = """
-- a comment; with a semicolon
CREATE TABLE a (x TEXT DEFAULT ';'); -- after it
CREATE TRIGGER t BEFORE DELETE ON a
BEGIN
    SELECT RAISE(ABORT, 'no; never');
END;

INSERT INTO a VALUES ('x');
"""
    found = statements(sql)
    assert [statement.split()[0:2] for statement in found] == [
        ["CREATE", "TABLE"],
        ["CREATE", "TRIGGER"],
        ["INSERT", "INTO"],
    ]
    with pytest.raises(ValueError, match="unfinished statement: CREATE TABLE b"):
        statements("CREATE TABLE b (")


# -- A copy before, and every past version ------------------------------------------------------------


PAST = sorted((Path(__file__).parent / "past").glob("*.sql"))


def past_books(dump: Path, path: Path) -> Path:
    """The books of a past version, from the history its own acts have written."""
    connection = sqlite3.connect(path)
    connection.executescript(dump.read_text(encoding="utf-8"))
    connection.close()
    return path


def schema(connection: sqlite3.Connection) -> dict[str, str]:
    """Every table, index and trigger by name, without the spaces."""
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'")
    return {name: "".join(sql.replace('"', "").split()) for name, sql in rows}


def test_there_is_a_history_of_the_first_version() -> None:
    assert [dump.stem for dump in PAST][:1] == [f"{known()[0].number:04}"]


@pytest.mark.parametrize("dump", PAST, ids=lambda dump: dump.stem)
@pytest.mark.parametrize("stop", [step.number for step in known()])
async def test_the_books_of_every_past_version_come_to_the_newest_with_nothing_amiss(
    tmp_path: Path, dump: Path, stop: int
) -> None:
    """From the version of the dump over every version between, as upgrades at different times would."""
    path = past_books(dump, tmp_path / "livestall.db")
    connection = sqlite3.connect(path, isolation_level=None)
    before = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables(connection)}
    migrate(connection, NOON, [step for step in known() if step.number <= max(stop, version(connection))])
    connection.close()
    async with await Store.open(path, now=NOON) as store:
        findings = await doctor.examine(store, now=NOON, bot_is_running=False)
        assert findings.schema == known()[-1].number
        assert findings.differences == ()
    connection = sqlite3.connect(path)
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    migrate(fresh, NOON)
    assert schema(connection) == schema(fresh)
    after = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in before}
    assert [table for table, rows in before.items() if after[table] < rows] == []
    connection.close()
    fresh.close()


@pytest.mark.parametrize("step", known(), ids=lambda step: step.name)
async def test_any_of_our_files_changed_after_it_ran_is_refused(tmp_path: Path, step: Migration) -> None:
    path = tmp_path / "livestall.db"
    async with await Store.open(path, now=NOON) as store:
        await store.write(
            lambda tx: tx.run("UPDATE migrations SET checksum = 'x' WHERE number = :number", number=step.number)
        )
    with pytest.raises(ChangedMigration, match=step.name):
        await Store.open(path, now=NOON)


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if ".before-" in path.name)


FIRST_TO_COME = known()[1].number if len(known()) > 1 else None


@pytest.mark.skipif(FIRST_TO_COME is None, reason="there is one version only")
async def test_books_are_copied_before_they_are_migrated_and_only_then(tmp_path: Path) -> None:
    path = past_books(PAST[0], tmp_path / "livestall.db")
    for _ in range(2):
        async with await Store.open(path, now=NOON):
            pass
    assert copies(tmp_path) == [f"livestall.before-{FIRST_TO_COME:04}.db"]
    copy = tmp_path / copies(tmp_path)[0]
    assert copy.stat().st_mode & 0o777 == 0o600
    connection = sqlite3.connect(copy)
    assert version(connection) == 1
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (8,)
    connection.close()


@pytest.mark.skipif(FIRST_TO_COME is None, reason="there is one version only")
async def test_an_earlier_copy_of_that_name_is_not_written_over(tmp_path: Path) -> None:
    earlier = tmp_path / f"livestall.before-{FIRST_TO_COME:04}.db"
    earlier.write_text("an earlier one")
    async with await Store.open(past_books(PAST[0], tmp_path / "livestall.db"), now=NOON):
        pass
    assert copies(tmp_path) == [f"livestall.before-{FIRST_TO_COME:04}-2.db", earlier.name]
    assert earlier.read_text() == "an earlier one"


async def test_a_new_database_and_one_without_rows_need_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "livestall.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, NOON, known()[:1])
    connection.close()
    async with await Store.open(path, now=NOON):
        pass
    assert copies(tmp_path) == []


def test_if_the_copy_cannot_be_made_nothing_is_migrated(database: sqlite3.Connection) -> None:
    migrate(database, NOON, [FIRST])
    database.execute("INSERT INTO one VALUES (7)")

    def fails(number: int) -> None:
        assert number == SECOND.number
        raise NotCopied(Why.FULL, "the disk is full")

    with pytest.raises(NotCopied):
        migrate(database, NOON, [FIRST, SECOND], fails)
    assert not database.in_transaction
    assert version(database) == 1
    assert tables(database) == ["migrations", "one"]


@pytest.mark.skipif(FIRST_TO_COME is None, reason="there is one version only")
async def test_the_store_says_what_to_do_when_the_copy_cannot_be_made(tmp_path: Path) -> None:
    path = past_books(PAST[0], tmp_path / "livestall.db")
    with path.open("r+b") as file:  # a page that the copy has to read
        connection = sqlite3.connect(path)
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'audit'").fetchone()[0]
        connection.close()
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(NotCopied) as caught:
        await Store.open(path, now=NOON)
    told = trouble.told_at_opening(caught.value, path)
    assert told is not None
    assert "keeps a copy of it first, which failed" in told
    assert "Nothing was changed" in told
    connection = sqlite3.connect(path)
    assert version(connection) == 1
    connection.close()
    assert copies(tmp_path) == []


_OPENS = """
import asyncio, sys
from pathlib import Path
from storage.store import Store

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    async with await Store.open(Path(sys.argv[1]), now=1) as store:
        await store.write(lambda tx: tx.insert("INSERT INTO suppliers (name, created_at, updated_at) "
                                               "VALUES (:name, 1, 1)", name=sys.argv[2]))

asyncio.run(main())
"""


async def test_processes_that_migrate_one_file_at_once_migrate_it_once(tmp_path: Path) -> None:
    for attempt in range(3):
        path = tmp_path / f"{attempt}.db"
        async with AsyncExitStack() as stack:
            others = [await stack.enter_async_context(processes.running(_OPENS, path, name)) for name in "ABCD"]
            for process in others:
                assert await processes.hears(process) == "ready"
            await asyncio.gather(*(processes.tells(process) for process in others))
            assert [await processes.ends(process) for process in others] == [(0, "")] * len(others)
        async with await Store.open(path, now=NOON) as store:
            assert await store.read(lambda tx: tx.value("SELECT count(*) FROM migrations")) == len(known())
            assert await store.read(lambda tx: tx.value("SELECT count(*) FROM suppliers")) == 4


async def test_every_table_is_strict(store: Store) -> None:
    def loose(tx: Tx) -> list[str]:
        rows = tx.all("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict")
        return [row["name"] for row in rows if not row["name"].startswith("sqlite_")]

    assert await store.read(loose) == []


async def test_every_foreign_key_points_at_a_key(store: Store) -> None:
    def dangling(tx: Tx) -> list[tuple[str, ...]]:
        keys = tx.all(
            'SELECT t.name, k."from", k."table" AS target, k."to" AS column FROM pragma_table_list AS t'
            " JOIN pragma_foreign_key_list(t.name) AS k WHERE t.schema = 'main'"
        )
        assert len(keys) > 30
        primary = {
            (row["name"], row["column"])
            for row in tx.all(
                "SELECT t.name, c.name AS column FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c"
                " WHERE t.schema = 'main' AND c.pk = 1"
            )
        }
        return [tuple(key) for key in keys if (key["target"], key["column"]) not in primary]

    assert await store.read(dangling) == []
    assert await store.read(lambda tx: tx.all("SELECT * FROM pragma_foreign_key_check")) == []


async def test_the_ledger_of_units_only_grows(store: Store) -> None:
    def one_movement(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        return seed.offer(tx, seed.stream(tx), seed.product(tx, seed.supplier(tx)))

    await store.write(one_movement)
    for change in ("UPDATE stock_movements SET units = 1", "DELETE FROM stock_movements"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            await store.write(lambda tx, sql: tx.run(sql), change)
    assert await store.read(lambda tx: tx.value("SELECT sum(units) FROM stock_movements")) == 10
