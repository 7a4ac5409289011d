"""When the ground gives way under the books: disk full, interrupt, cancelled callers, another process writing.

Whatever happens in the middle of a group, every act of it is wholly in the books or not at all, and its caller knows.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from storage.connection import Tx
from storage.store import READERS, Store
from tests.clock import NOON
from tests.storage import processes
from tests.storage.test_store import Gate, add, ids

HUGE = 400_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Empty books in a real file."""
    async with await Store.open(tmp_path / "livestall.db", synchronous="NORMAL", now=NOON) as opened:
        yield opened


class Acts:
    """Acts that each write two rows and count how often they were begun."""

    def __init__(self) -> None:
        self.begun: Counter[int] = Counter()

    def two_rows(self, tx: Tx, person: int, name: str = "Somebody") -> int:
        self.begun[person] += 1
        for half in (person, person + 100):
            tx.run("INSERT INTO people (id, name, created_at) VALUES (:id, :name, 0)", id=half, name=name)
        return person


async def full_disk(store: Store, pages: int = 4) -> None:
    """Let the file grow by so many pages and no more."""

    def limit(connection: sqlite3.Connection) -> None:
        size = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {size + pages}")

    await store.maintain(limit)


async def more_disk(store: Store) -> None:
    await store.maintain(lambda connection: connection.execute("PRAGMA max_page_count = 1000000").fetchall())


def told(results: Sequence[object]) -> list[str]:
    return [type(result).__name__ if isinstance(result, Exception) else str(result) for result in results]


async def test_a_full_disk_fails_the_act_that_filled_it_and_no_other(store: Store) -> None:
    acts = Acts()
    await full_disk(store)
    results = await asyncio.gather(
        *(store.write(acts.two_rows, n, "x" * HUGE if n == 3 else "Somebody") for n in range(1, 6)),
        return_exceptions=True,
    )
    assert told(results) == ["1", "2", "OperationalError", "4", "5"]
    assert "full" in str(results[2])
    assert await store.read(ids) == [1, 2, 4, 5, 101, 102, 104, 105]
    # The group was void, so those before the fault ran again, each alone.
    assert acts.begun[1] == acts.begun[2] == 2
    await more_disk(store)
    assert await store.write(acts.two_rows, 3, "x" * HUGE) == 3
    assert len(await store.read(ids)) == 10


async def test_a_disk_with_no_room_at_all_fails_everybody_and_leaves_nothing(store: Store) -> None:
    acts = Acts()
    await full_disk(store, pages=0)
    results = await asyncio.gather(
        *(store.write(acts.two_rows, n, "x" * HUGE) for n in range(1, 4)), return_exceptions=True
    )
    assert told(results) == ["OperationalError"] * 3
    assert await store.read(ids) == []
    await more_disk(store)
    assert await store.write(acts.two_rows, 1) == 1


async def test_a_full_disk_rings_nobody(store: Store) -> None:
    def tell(tx: Tx) -> None:
        tx.rings_outbox = tx.rings_due = True
        tx.run("INSERT INTO people (id, name, created_at) VALUES (1, :name, 0)", name="x" * HUGE)

    await full_disk(store)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await store.write(tell)
    assert not store.outbox.is_set()
    assert not store.due.is_set()


class Interrupted:
    """Interrupts the writer from within a statement that changes rows, `times` times."""

    def __init__(self, store: Store, times: int) -> None:
        self._store = store
        self._left = times

    async def install(self) -> None:
        await self._store.maintain(lambda connection: connection.create_function("interrupt", 1, self._interrupt))

    def _interrupt(self, value: int) -> int:
        if self._left:
            self._left -= 1
            self._store.interrupt()
        return value

    def act(self, tx: Tx, person: int) -> int:
        add(tx, person)
        tx.run(
            "INSERT INTO people (id, name, created_at)"
            " SELECT interrupt(id + :more), name, 0 FROM people WHERE id = :id",
            id=person,
            more=100,
        )
        return person


async def test_an_interrupt_in_the_middle_of_a_group_loses_no_act(store: Store) -> None:
    acts, interrupted = Acts(), Interrupted(store, times=1)
    await interrupted.install()
    results = await asyncio.gather(
        store.write(acts.two_rows, 1), store.write(interrupted.act, 2), store.write(acts.two_rows, 3)
    )
    assert told(results) == ["1", "2", "3"]
    assert await store.read(ids) == [1, 2, 3, 101, 102, 103]
    assert acts.begun == {1: 2, 3: 1}


async def test_an_act_that_is_interrupted_again_alone_gets_the_error(store: Store) -> None:
    acts, interrupted = Acts(), Interrupted(store, times=2)
    await interrupted.install()
    results = await asyncio.gather(
        store.write(acts.two_rows, 1),
        store.write(interrupted.act, 2),
        store.write(acts.two_rows, 3),
        return_exceptions=True,
    )
    assert told(results) == ["1", "OperationalError", "3"]
    assert await store.read(ids) == [1, 3, 101, 103]
    assert await store.write(interrupted.act, 2) == 2


async def test_an_act_that_ends_the_transaction_itself_harms_only_itself(store: Store) -> None:
    acts = Acts()

    def roll_back(tx: Tx) -> None:
        tx.run("ROLLBACK")

    results = await asyncio.gather(
        store.write(acts.two_rows, 1), store.write(roll_back), store.write(acts.two_rows, 3), return_exceptions=True
    )
    assert told(results) == ["1", "OperationalError", "3"]
    assert await store.read(ids) == [1, 3, 101, 103]


async def test_a_cancelled_caller_neither_stops_nor_fails_the_group(store: Store) -> None:
    gate = Gate()

    def slow(tx: Tx) -> int:
        add(tx, 1)
        gate.wait()
        return 1

    running = asyncio.create_task(store.write(slow))
    await gate.reached()
    waiting = [asyncio.create_task(store.write(add, person)) for person in (2, 3)]
    await asyncio.sleep(0)
    running.cancel()
    waiting[0].cancel()
    gate.open()
    assert await waiting[1] == 3
    assert running.cancelled()
    assert waiting[0].cancelled()
    # What was decided stands, also for those who no longer listen.
    assert await store.read(ids) == [1, 2, 3]
    assert await store.write(add, 4) == 4


async def test_cancelled_readers_give_their_connections_back_when_they_are_done_with_them(store: Store) -> None:
    gates = [Gate() for _ in range(READERS)]

    def slow(tx: Tx, gate: Gate) -> list[int]:
        gate.wait()
        return ids(tx)

    running = [asyncio.create_task(store.read(slow, gate)) for gate in gates]
    for gate in gates:
        await gate.reached()
    queued = asyncio.create_task(store.read(ids))
    next_one = asyncio.create_task(store.read(ids))
    await asyncio.sleep(0)
    for task in (*running, queued):
        task.cancel()
    await asyncio.gather(*running, queued, return_exceptions=True)
    assert not next_one.done()
    gates[0].open()
    assert await asyncio.wait_for(next_one, processes.SECONDS) == []
    gates[1].open()
    await store.write(add, 1)
    assert await asyncio.gather(*(store.read(ids) for _ in range(4 * READERS))) == [[1]] * (4 * READERS)


_HOLDS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("INSERT INTO people (id, name, created_at) VALUES (900, 'Another', 0)")
print("held", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
print("free", flush=True)
sys.stdin.readline()
"""


async def test_a_write_waits_for_another_process_and_readers_do_not(store: Store) -> None:
    async with processes.running(_HOLDS, store.path) as other:
        assert await processes.hears(other) == "held"
        writes = [asyncio.create_task(store.write(add, person)) for person in range(1, 101)]
        assert await store.read(ids) == []
        assert not any(write.done() for write in writes)
        await processes.tells(other)
        assert await asyncio.gather(*writes) == list(range(1, 101))
        assert await store.read(ids) == [*range(1, 101), 900]


async def test_a_process_that_holds_the_file_too_long_fails_the_group_once_and_nothing_is_half_done(
    store: Store,
) -> None:
    acts = Acts()
    await store.maintain(lambda connection: connection.execute("PRAGMA busy_timeout = 50").fetchall())
    async with processes.running(_HOLDS, store.path) as other:
        assert await processes.hears(other) == "held"
        results = await asyncio.gather(*(store.write(acts.two_rows, n) for n in range(1, 4)), return_exceptions=True)
        assert told(results) == ["OperationalError"] * 3
        await processes.tells(other)
        assert await processes.hears(other) == "free"
        assert acts.begun == {}
        assert await store.write(acts.two_rows, 1) == 1
    assert await store.read(ids) == [1, 101, 900]


_COUNTS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(200):
    connection.execute("BEGIN IMMEDIATE")
    seen = connection.execute("SELECT households FROM suppliers").fetchone()[0]
    connection.execute("UPDATE suppliers SET households = ?", (seen + 1,))
    connection.execute("COMMIT")
"""


async def test_reading_before_writing_never_meets_a_snapshot_that_has_grown_old(store: Store) -> None:
    """With a deferred BEGIN this fails at once with SQLITE_BUSY_SNAPSHOT, whatever the time-out, or loses counts."""

    def count(tx: Tx) -> None:
        seen = tx.value("SELECT households FROM suppliers")
        tx.run("UPDATE suppliers SET households = :more", more=seen + 1)

    await store.write(
        lambda tx: tx.run(
            "INSERT INTO suppliers (name, households, created_at, updated_at) VALUES ('Hill Farm', 0, 0, 0)"
        )
    )
    async with processes.running(_COUNTS, store.path) as other:
        assert await processes.hears(other) == "ready"
        await processes.tells(other)
        for _ in range(200):
            await store.write(count)
        assert await processes.ends(other) == (0, "")
    assert await store.read(lambda tx: tx.value("SELECT households FROM suppliers")) == 400


def test_a_deferred_beginning_would_have_failed(tmp_path: Path) -> None:
    """The negative control of the test above, on two plain connections."""
    ours, theirs = (sqlite3.connect(tmp_path / "plain.db", isolation_level=None, timeout=5) for _ in range(2))
    try:
        ours.execute("PRAGMA journal_mode = WAL")
        ours.execute("CREATE TABLE counter (n INTEGER)")
        ours.execute("BEGIN")
        ours.execute("SELECT * FROM counter").fetchall()
        theirs.execute("INSERT INTO counter VALUES (1)")
        with pytest.raises(sqlite3.OperationalError) as failure:
            ours.execute("INSERT INTO counter VALUES (2)")
        assert failure.value.sqlite_errorcode == sqlite3.SQLITE_BUSY_SNAPSHOT
    finally:
        ours.close()
        theirs.close()
