"""Whether SQLite finds rows by an index: hot statements must never walk a whole table."""

import sqlite3
from pathlib import Path

# What a scan may walk: the argument of json_each, or rows another step of the plan has already found by an index.
_NO_TABLE = ("json_each", "(subquery", "CONSTANT ROW")


def assert_no_scan(path: Path, sql: str, **values: object) -> None:
    """Fail if the plan of `sql` walks a table without an index."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    finally:
        connection.close()
    steps = [str(row[3]) for row in rows]
    scans = [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]
    bad = [step for step in scans if not any(allowed in step for allowed in _NO_TABLE)]
    assert not bad, "\n".join(steps)
