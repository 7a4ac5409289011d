"""Whether SQLite finds rows by an index: hot statements must never walk a whole table."""

import sqlite3
from pathlib import Path


def assert_no_scan(path: Path, sql: str, **values: object) -> None:
    """Fail if the plan of `sql` scans a table without an index, or sorts what an index could have ordered.

    A scan of json_each is fine: it walks the argument, not a table.
    """
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    finally:
        connection.close()
    steps = [str(row[3]) for row in rows]
    bad = [
        step
        for step in steps
        if step.startswith("SCAN") and "INDEX" not in step and "json_each" not in step and "CONSTANT" not in step
    ]
    assert not bad, "\n".join(steps)
