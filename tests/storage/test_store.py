"""The store: acts are whole or nothing, and what it promises about its file, its events and its end."""

import asyncio
import importlib.metadata
import inspect
import os
import sqlite3
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiosqlite
import pytest

from storage import outbox
from storage.connection import Tx
from storage.store import GROUP, READERS, Refused, Store, StoreClosed
from tests.clock import NOON
from tests.storage import processes
from tests.storage.processes import ROOT

ADD = "INSERT INTO people (id, name, created_at) VALUES (:id, 'Somebody', 0)"


class No(Refused):
    """A refusal."""


def add(tx: Tx, person: int) -> int:
    tx.run(ADD, id=person)
    return person


def ids(tx: Tx) -> list[int]:
    return [row["id"] for row in tx.all("SELECT id FROM people ORDER BY id")]


def pragma(name: str) -> Callable[[sqlite3.Connection], Any]:
    """A job for `maintain`."""
    return lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0]


async def commits(store: Store) -> list[str]:
    """From now on, a growing list of the COMMITs the writer executes."""
    seen: list[str] = []

    def note(statement: str) -> None:
        if statement == "COMMIT":
            seen.append(statement)

    await store.maintain(lambda connection: connection.set_trace_callback(note))
    return seen


class Gate:
    """Lets a test stop an act or query in its thread at a chosen place, and let it go on."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._open = threading.Event()

    def wait(self) -> None:
        """In the thread: say that this place is reached, and wait."""
        self._reached.set()
        assert self._open.wait(processes.SECONDS)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._reached.wait, processes.SECONDS)

    def open(self) -> None:
        self._open.set()


async def test_acts_that_wait_together_share_a_commit(store: Store) -> None:
    seen = await commits(store)
    await asyncio.gather(*(store.write(add, id_) for id_ in range(1, 4 * GROUP + 1)))
    assert len(seen) == 4
    assert len(await store.read(ids)) == 4 * GROUP


async def test_a_lone_act_does_not_wait_for_company(store: Store) -> None:
    seen = await commits(store)
    for id_ in (1, 2, 3):
        await store.write(add, id_)
    assert len(seen) == 3


async def test_acts_of_a_group_see_each_other_in_order(store: Store) -> None:
    def add_next(tx: Tx) -> int:
        return add(tx, (tx.value("SELECT MAX(id) FROM people") or 0) + 1)

    assert await asyncio.gather(*(store.write(add_next) for _ in range(20))) == list(range(1, 21))


async def test_an_act_that_raises_takes_back_only_itself(store: Store) -> None:
    def fail(tx: Tx) -> None:
        add(tx, 2)
        raise LookupError("a bug")

    seen = await commits(store)
    first, failed, last = await asyncio.gather(
        store.write(add, 1), store.write(fail), store.write(add, 3), return_exceptions=True
    )
    assert (first, last) == (1, 3)
    assert isinstance(failed, LookupError)
    assert len(seen) == 1
    assert await store.read(ids) == [1, 3]


async def test_a_constraint_that_breaks_takes_back_only_its_act(store: Store) -> None:
    results = await asyncio.gather(*(store.write(add, id_) for id_ in (1, 1, 2)), return_exceptions=True)
    assert results[0] == 1
    assert isinstance(results[1], sqlite3.IntegrityError)
    assert results[2] == 2
    assert await store.read(ids) == [1, 2]


async def test_a_refusal_leaves_no_trace_and_rings_nothing(store: Store) -> None:
    def refuse(tx: Tx) -> No:
        add(tx, 2)
        outbox.tell(tx, 2, "say", now=NOON)
        tx.rings_due = True
        return No()

    store.outbox.clear()
    first, refused = await asyncio.gather(store.write(add, 1), store.write(refuse))
    assert isinstance(refused, No)
    assert first == 1
    assert await store.read(ids) == [1]
    assert await store.read(lambda tx: tx.value("SELECT count(*) FROM outbox")) == 0
    assert not store.outbox.is_set()
    assert not store.due.is_set()


async def test_a_refusal_silences_no_other_act_of_its_group(store: Store) -> None:
    def tell(tx: Tx) -> None:
        outbox.tell(tx, 1, "say", now=NOON)

    def refuse(tx: Tx) -> No:
        tx.rings_due = True
        return No()

    await asyncio.gather(store.write(tell), store.write(refuse))
    assert store.outbox.is_set()
    assert not store.due.is_set()


async def test_the_loops_are_woken_only_when_the_row_can_be_read(store: Store) -> None:
    gate = Gate()

    def tell(tx: Tx) -> None:
        outbox.tell(tx, 1, "say", now=NOON)
        tx.rings_due = True
        gate.wait()

    def waiting(tx: Tx) -> int:
        count: int = tx.value("SELECT count(*) FROM outbox")
        return count

    writing = asyncio.create_task(store.write(tell))
    await gate.reached()
    assert await store.read(waiting) == 0
    rung = asyncio.create_task(store.outbox.wait())
    assert not store.outbox.is_set()
    gate.open()
    await asyncio.wait_for(rung, processes.SECONDS)
    assert await store.read(waiting) == 1
    assert store.due.is_set()
    await writing


async def test_a_stray_next_in_an_act_or_query_stops_nobody_else(store: Store) -> None:
    """A future can't carry StopIteration: it would end the task that commits, and every write after it would hang."""

    def stray(_tx: Tx) -> int:
        nothing: list[int] = []
        return next(iter(nothing))

    for call in (store.write(stray), store.read(stray), store.read(stray), store.read(stray)):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(call, processes.SECONDS)
    assert await store.write(add, 1) == 1
    assert await store.read(ids) == [1]


async def test_a_query_sees_one_moment_however_long_it_reads(store: Store) -> None:
    gate = Gate()

    def twice(tx: Tx) -> tuple[list[int], list[int]]:
        before = ids(tx)
        gate.wait()
        return before, ids(tx)

    reading = asyncio.create_task(store.read(twice))
    await gate.reached()
    await store.write(add, 1)
    gate.open()
    assert await reading == ([], [])
    assert await store.read(ids) == [1]


async def busy(store: Store, query: Callable[[Tx], Any] = ids) -> tuple[list[Gate], list[asyncio.Task[Any]]]:
    """Every reader stands at a gate of its own, and goes on with `query` when it opens."""
    gates = [Gate() for _ in range(READERS)]

    def held(tx: Tx, gate: Gate) -> Any:
        gate.wait()
        return query(tx)

    reads = [asyncio.create_task(store.read(held, gate)) for gate in gates]
    for gate in gates:
        await gate.reached()
    return gates, reads


def where(_tx: Tx) -> int:
    return threading.get_ident()


async def test_queries_that_wait_for_a_reader_are_answered_together(store: Store) -> None:
    gates, reads = await busy(store)
    waiting = [asyncio.create_task(store.read(where)) for _ in range(3)]
    await asyncio.sleep(0)
    gates[0].open()
    assert len(set(await asyncio.gather(*waiting))) == 1
    gates[1].open()
    await asyncio.gather(*reads)


async def test_a_query_that_waited_sees_what_was_written_before_it_was_asked(store: Store) -> None:
    gates, reads = await busy(store)
    await store.write(add, 1)
    waiting = asyncio.create_task(store.read(ids))
    await asyncio.sleep(0)
    for gate in gates:
        gate.open()
    assert await waiting == [1]
    await asyncio.gather(*reads)


async def test_a_query_that_fails_takes_down_none_that_waited_with_it(store: Store) -> None:
    gates, reads = await busy(store)
    bad = asyncio.create_task(store.read(lambda tx: tx.value("SELECT nothing")))
    unhelpful = asyncio.create_task(store.read(lambda _tx: next(iter(()))))
    good = asyncio.create_task(store.read(ids))
    await asyncio.sleep(0)
    for gate in gates:
        gate.open()
    with pytest.raises(sqlite3.OperationalError):
        await bad
    with pytest.raises(RuntimeError, match="StopIteration"):
        await unhelpful
    assert await good == []
    await asyncio.gather(*reads)


async def test_what_waited_with_a_long_query_is_asked_anew_after_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.store.LONG_READ", -1.0)  # every query is a long one
    gates, reads = await busy(store)
    waiting = [asyncio.create_task(store.read(ids)) for _ in range(3)]
    await asyncio.sleep(0)
    for gate in gates:
        gate.open()
    assert await asyncio.gather(*waiting) == [[]] * 3
    await asyncio.gather(*reads)


async def test_closing_answers_what_waits_for_a_reader(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "closing.db", now=NOON)
    gates, reads = await busy(store)
    waiting = [asyncio.create_task(store.read(ids)) for _ in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    for gate in gates:
        gate.open()
    await closing
    assert await asyncio.gather(*waiting, *reads) == [[]] * (3 + READERS)


async def test_whoever_gives_up_waiting_for_a_reader_disturbs_nobody(store: Store) -> None:
    gates, reads = await busy(store)
    leaving, staying = asyncio.create_task(store.read(ids)), asyncio.create_task(store.read(ids))
    await asyncio.sleep(0)
    leaving.cancel()
    for gate in gates:
        gate.open()
    assert await staying == []
    assert leaving.cancelled() or await asyncio.gather(leaving, return_exceptions=True)
    await asyncio.gather(*reads)
    assert [await store.read(ids) for _ in range(READERS + 1)] == [[]] * (READERS + 1)


async def test_readers_cannot_write(store: Store) -> None:
    for _ in range(READERS + 1):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await store.read(add, 1)
    assert await store.read(ids) == []


async def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    umask = os.umask(0)
    try:
        async with await Store.open(path, now=NOON) as store:
            await store.write(add, 1)
            modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
    finally:
        os.umask(umask)
    assert modes == {"new.db": "0o600", "new.db-wal": "0o600", "new.db-shm": "0o600"}


async def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    path.touch()
    path.chmod(0o644)
    async with await Store.open(path, now=NOON):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("given", "found"), [({}, 2), ({"synchronous": "NORMAL"}, 1)], ids=["default", "NORMAL"])
async def test_power_loss_loses_nothing_unless_the_operator_wants_speed(
    tmp_path: Path, given: dict[str, str], found: int
) -> None:
    async with await Store.open(tmp_path / "new.db", now=NOON, **given) as store:
        assert await store.maintain(pragma("synchronous")) == found
        assert await store.maintain(pragma("journal_mode")) == "wal"
        assert await store.maintain(pragma("foreign_keys")) == 1


async def test_a_row_never_points_at_nothing(store: Store) -> None:
    def orphan(tx: Tx) -> None:
        tx.run("INSERT INTO roles (person_id, role, granted_at) VALUES (404, 'host', 0)")

    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await store.write(orphan)


async def test_what_is_no_way_to_write_is_refused_before_a_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="FULL, NORMAL or EXTRA"):
        await Store.open(tmp_path / "new.db", synchronous="OFF", now=NOON)
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_no_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ann, " * 500)
    with pytest.raises(sqlite3.DatabaseError):
        await Store.open(path, now=NOON)
    assert path.read_text().startswith("Dear Ann")


async def test_closing_finishes_what_is_waiting_and_refuses_what_comes_after(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "new.db", now=NOON)
    writes = [asyncio.create_task(store.write(add, id_)) for id_ in range(1, 3 * GROUP)]
    reads = [asyncio.create_task(store.read(ids)) for _ in range(3 * READERS)]
    await asyncio.sleep(0)
    await asyncio.gather(store.close(), store.close())
    await store.close()
    assert [task.result() for task in writes] == list(range(1, 3 * GROUP))
    assert all(task.done() and task.exception() is None for task in reads)
    for call in (store.write(add, 999), store.read(ids), store.maintain(pragma("user_version"))):
        with pytest.raises(StoreClosed):
            await call
    async with await Store.open(tmp_path / "new.db", now=NOON) as again:
        assert len(await again.read(ids)) == 3 * GROUP - 1


async def test_a_cancelled_close_closes_all_the_same(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    store = await Store.open(tmp_path / "new.db", now=NOON)
    threads = set(threading.enumerate()) - before
    gate = Gate()

    def act(tx: Tx) -> int:
        gate.wait()
        return add(tx, 1)

    writing = asyncio.create_task(store.write(act))
    await gate.reached()
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    closing.cancel()
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await store.close()
    assert await writing == 1
    assert len(threads) == READERS + 1
    for thread in threads:
        await asyncio.to_thread(thread.join, processes.SECONDS)
        assert not thread.is_alive()


_OPENED = """
import asyncio, sys
from pathlib import Path
from storage.store import Store

kept = []

def add(tx):
    return tx.run("INSERT INTO people (id, name, created_at) VALUES (1, 'Ann', 0)")

async def main():
    store = await Store.open(Path(sys.argv[1]), now=1)
    kept.append(store)
    {then}

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("then", "code", "rows"),
    [
        ("await store.write(add); await store.close()", 0, 1),
        ("await store.write(add)", 0, 1),
        ("await store.write(add); raise SystemExit(3)", 3, 1),
        ("await store.write(add); raise ValueError", 1, 1),
        ("asyncio.create_task(store.write(add)); await asyncio.sleep(0)", 0, None),
        ("asyncio.create_task(store.close()); await asyncio.sleep(0)", 0, 0),
    ],
    ids=["closed", "left open", "left open by an exit", "left open by an error", "left busy", "left closing"],
)
async def test_a_process_ends_however_it_leaves_its_books(
    tmp_path: Path, then: str, code: int, rows: int | None
) -> None:
    """aiosqlite's threads are no daemons: one that is left running would hang the exit for ever."""
    path = tmp_path / "new.db"
    async with processes.running(_OPENED.format(then=then), path) as process:
        ended, errors = await processes.ends(process)
    assert ended == code
    if code != 1:
        assert errors == ""
    async with await Store.open(path, now=NOON) as store:
        found = len(await store.read(ids))
        assert found == rows or (rows is None and found in (0, 1))


def test_what_is_used_of_aiosqlite_is_still_there_in_the_version_we_pin() -> None:
    """`Connection.hop` relies on a private method: a new version must be looked at before it is taken."""
    assert importlib.metadata.version("aiosqlite") == "0.22.1"
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert "aiosqlite==0.22.1" in pinned
    execute = aiosqlite.Connection._execute
    assert inspect.iscoroutinefunction(execute)
    kinds = [parameter.kind for parameter in inspect.signature(execute).parameters.values()]
    assert kinds == [
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.VAR_KEYWORD,
    ]
    assert isinstance(inspect.getattr_static(aiosqlite.Connection, "_conn"), property)


async def test_whoever_watches_is_told_of_every_group(tmp_path: Path) -> None:
    seen: list[tuple[int, float]] = []
    opening = Store.open(tmp_path / "watched.db", now=NOON, watch=lambda acts, seconds: seen.append((acts, seconds)))
    async with await opening as store:
        await store.write(lambda tx: tx.value("SELECT 1"))
        await asyncio.gather(*(store.write(lambda tx: tx.value("SELECT 1")) for _ in range(60)))
        with pytest.raises(ZeroDivisionError):
            await store.write(lambda tx: 1 // 0)
    assert sum(acts for acts, _ in seen) == 62
    assert max(acts for acts, _ in seen) == GROUP
    assert all(seconds > 0 for _, seconds in seen)
