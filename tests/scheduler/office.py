"""A dispatcher at work in a test: its deliveries follow a script, and its clock is turned by hand."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.pacer import Limits, Pacer
from scheduler.dispatch import Dispatch
from storage import outbox
from storage.connection import Tx
from storage.outbox import Delivered, Lane, Outcome, Row
from storage.store import Store
from tests.clock import NOON, FakeClock

NO_LIMITS = Limits(per_chat_per_second=0, group_per_minute=0, bulk_per_second=0)
PATIENCE = 10.0
"""Real seconds for what takes milliseconds; when they are over, it is never going to happen."""


class Post:
    """A `deliver` by script: what each chat's next deliveries end with; delivered where nothing is written."""

    def __init__(self) -> None:
        self.carried: list[tuple[int, str]] = []
        self.on_the_way = 0
        self.most = 0
        self._script: dict[int, deque[Outcome | Exception]] = {}
        self._open = asyncio.Event()
        self._open.set()

    def answers(self, chat: int, *outcomes: Outcome | Exception) -> None:
        self._script.setdefault(chat, deque()).extend(outcomes)

    def shut(self) -> None:
        """Deliveries set out and do not arrive until `reopen`."""
        self._open.clear()

    def reopen(self) -> None:
        self._open.set()

    async def deliver(self, row: Row) -> Outcome:
        self.on_the_way += 1
        self.most = max(self.most, self.on_the_way)
        try:
            await self._open.wait()
        finally:
            self.on_the_way -= 1
        self.carried.append((row.chat_id, row.kind))
        script = self._script.get(row.chat_id)
        outcome = script.popleft() if script else Delivered(message_id=len(self.carried))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Office:
    """A dispatcher at work, with everything around it in the test's hands."""

    def __init__(self, store: Store, clock: FakeClock, limits: Limits) -> None:
        self.store = store
        self.clock = clock
        self.pacer = Pacer(clock, limits)
        self.post = Post()
        self.dispatch = Dispatch(store, clock, self.pacer, self.post.deliver)

    async def tell(self, chat: int, kind: str = "say", lane: Lane = Lane.REPLY, not_before: int = 0) -> None:
        def act(tx: Tx) -> None:
            outbox.tell(tx, chat, kind, now=NOON, lane=lane, not_before=not_before)

        await self.store.write(act)

    async def broadcast(self, people: int) -> None:
        """One broadcast row for each of so many people."""
        await self.store.write(
            lambda tx: tx.run(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people)"
                " INSERT INTO outbox (kind, params, chat_id, lane, not_before, created_at)"
                " SELECT 'live', '{}', 10000 + i, 3, 0, 0 FROM n",
                people=people,
            )
        )
        self.store.outbox.set()

    async def rests(self) -> None:
        """Wait until the loop has nothing to do but to wait for its event or the clock."""
        await until(
            lambda: self.clock.sleeping > 0 and not self.store.outbox.is_set() and not self.dispatch.in_flight
        )

    async def states(self) -> dict[str, int]:
        def query(tx: Tx) -> dict[str, int]:
            return {row[0]: row[1] for row in tx.all("SELECT state, count(*) FROM outbox GROUP BY state ORDER BY 1")}

        return await self.store.read(query)

    async def repeated(self) -> int:
        total: int = await self.store.read(lambda tx: tx.value("SELECT sum(repeated) FROM outbox"))
        return total

    async def all_ended(self) -> None:
        async def nothing_left() -> bool:
            states = await self.states()
            return not states.keys() & {"queued", "sending"}

        await until(nothing_left)


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Let the loop run until `condition` holds."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        held = condition()
        if held if isinstance(held, bool) else await held:
            return
        assert asyncio.get_running_loop().time() < deadline, "it never came to that"
        await asyncio.sleep(0.001)


@asynccontextmanager
async def office(store: Store, limits: Limits = NO_LIMITS, clock: FakeClock | None = None) -> AsyncIterator[Office]:
    """A dispatcher that runs while the block does, and is stopped properly after it."""
    opened = Office(store, clock or FakeClock(), limits)
    running = asyncio.create_task(opened.dispatch.run())
    try:
        yield opened
    finally:
        opened.post.reopen()
        await asyncio.wait_for(opened.dispatch.stop(), PATIENCE)
        await asyncio.wait_for(running, PATIENCE)


async def break_books(store: Store, when: str) -> None:
    """No row can become `when` any more: what a full disk looks like from here."""
    await store.maintain(
        lambda connection: connection.execute(
            f"CREATE TRIGGER broken BEFORE UPDATE ON outbox WHEN new.state = '{when}'"
            " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    )


async def mend_books(store: Store) -> None:
    def mend(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TRIGGER broken")

    await store.maintain(mend)
