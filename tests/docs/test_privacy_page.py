"""docs/privacy.md and the database: every column that can hold words or bytes is said to be personal or not.

A new column that nobody has thought about fails here; that what the page says is also done is shown in
tests/storage/test_rights.py, for every column it calls personal.
"""

import re
import sqlite3

from bot.config import Privacy
from shop.schedule import parse_duration
from storage.migrate import migrate
from tests.docs.pages import page, quoted, rows, section

PAGE = page("docs/privacy.md")


def schema() -> set[str]:
    """`table.column` of everything that is text or bytes."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, 0)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    found = {
        f"{table}.{column[1]}"
        for (table,) in tables.fetchall()
        for column in connection.execute(f"PRAGMA table_info({table})")
        if column[2] in ("TEXT", "BLOB", "ANY")
    }
    connection.close()
    return found


def personal() -> list[str]:
    """The columns the page calls personal."""
    return [quoted(cells[0])[0] for cells in rows(section(PAGE, "Personal columns"))]


def harmless() -> list[str]:
    """The columns it says are not."""
    tables = rows(section(PAGE, "Columns that are not personal"))
    return [f"{cells[0]}.{column}" for cells in tables for column in quoted(cells[1])]


def test_every_column_of_words_or_bytes_is_said_to_be_personal_or_not_and_none_is_invented() -> None:
    said = [*personal(), *harmless()]
    assert sorted(said) == sorted(set(said)), "said twice"
    assert set(said) == schema()


def test_every_reason_is_given() -> None:
    for cells in (*rows(section(PAGE, "Personal columns")), *rows(section(PAGE, "Columns that are not personal"))):
        assert all(cells), cells


def test_the_page_tells_the_defaults_and_every_duration_there_is() -> None:
    table = {quoted(cells[0])[0]: quoted(cells[1])[0] for cells in rows(section(PAGE, "What goes by itself"))}
    ours = {name: field.default for name, field in Privacy.model_fields.items() if name not in ("contact", "backups")}
    assert {name: parse_duration(text) for name, text in table.items()} == ours


def test_every_key_the_columns_name_is_a_key() -> None:
    for cells in rows(section(PAGE, "Personal columns")):
        assert set(re.findall(r"`(\w+)`", cells[3])) <= Privacy.model_fields.keys()
