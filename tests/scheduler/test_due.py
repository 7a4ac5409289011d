"""What the clock does for the books: each source finds its deadlines and does everything that is due."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scheduler import due
from scheduler.wakeups import Wakeups
from storage import broadcasts, endings, inbox, outbox, reminders
from storage.broadcasts import Kind
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.inbox import Arrival, UpdateKey
from storage.store import Store
from tests.clock import NOON, FakeClock
from tests.scheduler.office import PATIENCE, until
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CAI, HOST

EXPIRY = 35 * MINUTE


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Empty books in a real file."""
    async with await Store.open(tmp_path / "livestall.db", synchronous="NORMAL", now=NOON) as opened:
        yield opened


async def test_every_expiry_that_is_due_is_done_however_many(store: Store) -> None:
    def many(tx: Tx) -> None:
        stall = trade.stall(tx, eggs=1_000)
        for _ in range(2 * due.PAGE + 1):
            trade.place(tx, ANN, (stall.eggs, 1))
        trade.place(tx, BEN, (stall.eggs, 1), now=NOON + HOUR)

    await store.write(many)
    clock = FakeClock(NOON + EXPIRY)
    await due.orders_to_expire(store, clock).handle(clock.now())
    assert await trade.book(store, "SELECT count(*) FROM orders WHERE status = 'expired'") == 2 * due.PAGE + 1
    assert await store.read(endings.next_expiry) == NOON + HOUR + EXPIRY
    await trade.assert_books_agree(store)


async def test_unpaid_orders_are_reminded_of_when_it_is_time(store: Store) -> None:
    def two(tx: Tx) -> None:
        stall = trade.stall(tx)
        trade.place(tx, ANN, (stall.eggs, 1))
        trade.place(tx, BEN, (stall.eggs, 1), now=NOON + HOUR)

    await store.write(two)
    await trade.all_said(store)
    source = due.orders_to_remind(store, FakeClock(NOON + 15 * MINUTE))
    assert await store.read(source.next_due) == NOON + 15 * MINUTE
    await source.handle(NOON + 15 * MINUTE)
    assert await trade.kinds_told(store) == [("order_unpaid", ANN)]
    assert await store.read(source.next_due) == NOON + HOUR + 15 * MINUTE


async def test_a_reminder_goes_to_every_watcher_when_it_is_due(store: Store) -> None:
    def watched(tx: Tx) -> None:
        seed.staff_and_viewers(tx)
        stream = seed.stream(tx, starts_at=NOON + HOUR)
        for person in (ANN, BEN, CAI):
            seed.watcher(tx, stream, person)
        reminders.plan(tx, stream, NOON + HOUR, [10 * MINUTE], NOON)

    await store.write(watched)
    moment = NOON + 50 * MINUTE
    source = due.stream_reminders(store, FakeClock(moment))
    assert await store.read(source.next_due) == moment
    await source.handle(moment)
    assert await trade.kinds_told(store) == [("stream_soon", person) for person in (ANN, BEN, CAI)]
    assert await store.read(source.next_due) == NOON + HOUR


async def test_an_announcement_is_told_to_all_followers_page_by_page(store: Store) -> None:
    followers = broadcasts.PAGE + 1

    def announced(tx: Tx) -> None:
        seed.staff_and_viewers(tx)
        for person in range(10_000, 10_000 + followers):
            seed.person(tx, person, follows=True)
        broadcasts.start(tx, Kind.ANNOUNCE, seed.stream(tx), HOST, NOON)

    source = due.stream_broadcasts(store, FakeClock())
    assert await store.read(source.next_due) is None
    await store.write(announced)
    assert await store.read(source.next_due) == 0
    await source.handle(NOON)
    assert await store.read(source.next_due) is None
    assert await trade.book(store, "SELECT count(*) FROM outbox WHERE kind = 'stream_card'") == followers


async def test_what_is_long_done_is_tidied_away_once_an_hour(store: Store) -> None:
    def old(tx: Tx) -> None:
        updates = [Arrival(update_id=number, raw="{}", sender=None) for number in range(1_100)]
        inbox.keep(tx, 1, updates, NOON)
        inbox.close(tx, [UpdateKey(1, number) for number in range(1_099)], NOON)
        for _ in range(600):
            outbox.tell(tx, ANN, "say", now=NOON)
        tx.run("UPDATE outbox SET state = 'sent', ended_at = :now", now=NOON)

    await store.write(old)
    clock = FakeClock()
    source = due.upkeep(store, clock)
    first = NOON + 2 * DAY + 1
    clock.step((first - NOON) / 1000)
    assert await store.read(source.next_due) is not None
    await source.handle(first)
    assert await trade.book(store, "SELECT count(*) FROM inbox") == 1
    assert await trade.book(store, "SELECT count(*) FROM outbox") == 600
    assert await store.read(source.next_due) == first + HOUR


async def test_after_a_night_off_everything_overdue_is_done_at_once_and_what_became_pointless_is_not_said(
    store: Store,
) -> None:
    """Expiry, reminder and broadcast together on the loop, as the program runs them."""

    def evening(tx: Tx) -> None:
        stall = trade.stall(tx, eggs=1_000)
        for _ in range(due.PAGE + 1):
            trade.place(tx, ANN, (stall.eggs, 1))
        seed.watcher(tx, stall.stream, BEN)
        tx.run("UPDATE streams SET starts_at = :at", at=NOON + HOUR)
        reminders.plan(tx, stall.stream, NOON + HOUR, [10 * MINUTE], NOON)
        tx.run("UPDATE people SET follows_since = 1 WHERE id = :cai", cai=CAI)
        broadcasts.start(tx, Kind.ANNOUNCE, stall.stream, HOST, NOON)

    await store.write(evening)
    await trade.all_said(store)
    clock = FakeClock(NOON + 12 * HOUR)
    wakeups = Wakeups(store, clock, due.sources(store, clock))
    task = asyncio.create_task(wakeups.run())

    async def all_done() -> bool:
        sql = """
            SELECT (SELECT count(*) FROM orders WHERE status = 'pending' OR remind_at IS NOT NULL)
                + (SELECT count(*) FROM reminders WHERE state = 'due')
                + (SELECT count(*) FROM broadcasts WHERE state = 'running')
        """
        return await trade.book(store, sql) == 0

    await until(all_done)
    await wakeups.stop()
    await asyncio.wait_for(task, PATIENCE)
    told = Counter(kind for kind, _ in await trade.kinds_told(store))
    # A page of them, and the one that was left over.
    assert told == {"order_expired": due.PAGE + 1, "orders_ran_out": 1, "order_expired_host": 1}
    await trade.assert_books_agree(store)


async def test_the_most_urgent_source_comes_first(store: Store) -> None:
    clock = FakeClock()
    assert [source.name for source in due.sources(store, clock)] == [
        "setback",
        "expiry",
        "claims",
        "waitlist",
        "soldout",
        "delays",
        "unpaid",
        "broadcasts",
        "reminders",
        "progress",
        "flash",
        "upkeep",
    ]
