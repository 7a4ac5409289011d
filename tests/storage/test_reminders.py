"""Reminders: planned once, told once, and dropped with a note when they would help nobody."""

from storage import reminders
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, HOST

OFFSETS = (HOUR, 10 * MINUTE)
START = NOON + 2 * HOUR
Rows = list[tuple[int, str, str | None]]


async def a_watched_stream(store: Store, *watchers: int) -> int:
    """An announced stream, planned at noon for two hours later."""

    def act(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        stream = seed.stream(tx, starts_at=START)
        for person in watchers or (ANN, BEN):
            seed.watcher(tx, stream, person)
        reminders.plan(tx, stream, START, OFFSETS, NOON)
        return stream

    return await store.write(act)


async def rows(store: Store) -> Rows:
    def query(tx: Tx) -> Rows:
        found = tx.all("SELECT before_ms, state, note FROM reminders ORDER BY starts_at, before_ms DESC")
        return [(row["before_ms"], row["state"], row["note"]) for row in found]

    return await store.read(query)


async def run_due(store: Store, now: int) -> None:
    """What the scheduler does: fan out everything due until it is finished."""
    for reminder in await store.read(reminders.due, now):
        while not await store.write(reminders.fan_out, reminder, now):
            pass


async def change(store: Store, sql: str, **values: object) -> None:
    def act(tx: Tx) -> int:
        return tx.run(sql, **values)

    await store.write(act)


async def test_planning_sets_what_is_ahead_and_the_start_itself(store: Store) -> None:
    store.due.clear()
    stream = await a_watched_stream(store)
    assert await rows(store) == [(HOUR, "due", None), (10 * MINUTE, "due", None), (0, "due", None)]
    assert await store.read(reminders.next_due) == START - HOUR
    assert store.due.is_set()
    await store.write(reminders.plan, stream, START, OFFSETS, NOON)
    assert len(await rows(store)) == 3


async def test_nothing_is_planned_for_a_moment_gone_by(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    stream = await store.write(seed.stream, starts_at=START)
    await store.write(reminders.plan, stream, START, OFFSETS, START - 30 * MINUTE)
    assert await rows(store) == [(10 * MINUTE, "due", None), (0, "due", None)]


async def test_a_reminder_is_not_told_before_its_time(store: Store) -> None:
    await a_watched_stream(store)
    assert await store.write(reminders.fan_out, 1, START - HOUR - 1) is True
    assert await store.read(seed.told) == []
    assert (await rows(store))[0] == (HOUR, "due", None)


async def test_planning_again_after_the_clock_was_set_back_repeats_nothing(store: Store) -> None:
    stream = await a_watched_stream(store)
    await run_due(store, START - HOUR)
    await store.write(reminders.plan, stream, START, OFFSETS, NOON)
    assert (await rows(store))[0] == (HOUR, "done", None)


async def test_everyone_who_asked_is_told_once(store: Store) -> None:
    await a_watched_stream(store)
    await run_due(store, START - HOUR - 1)
    assert await store.read(seed.told) == []
    await run_due(store, START - HOUR)
    assert await store.read(seed.told) == [("stream_soon", ANN), ("stream_soon", BEN)]
    assert await rows(store) == [(HOUR, "done", None), (10 * MINUTE, "due", None), (0, "due", None)]
    await run_due(store, START - HOUR)
    assert await store.write(reminders.fan_out, 1, START - HOUR) is True
    assert len(await store.read(seed.told)) == 2


async def test_watchers_are_told_page_by_page_and_a_restart_goes_on_where_it_stopped(store: Store) -> None:
    await a_watched_stream(store, ANN, BEN, CAI)
    assert await store.write(reminders.fan_out, 1, START - HOUR, page=2) is False
    assert await store.read(seed.told) == [("stream_soon", ANN), ("stream_soon", BEN)]
    assert await store.read(reminders.due, START - HOUR) == [1]
    assert await store.write(reminders.fan_out, 1, START - HOUR, page=2) is True
    assert await store.read(seed.told) == [("stream_soon", ANN), ("stream_soon", BEN), ("stream_soon", CAI)]


async def test_who_blocked_the_bot_is_passed_over(store: Store) -> None:
    await a_watched_stream(store)
    await change(store, "UPDATE people SET blocked_at = 1 WHERE id = :id", id=ANN)
    await run_due(store, START - HOUR)
    assert await store.read(seed.told) == [("stream_soon", BEN)]


async def test_at_the_start_the_host_of_a_stream_that_is_not_live_hears_of_it_once(store: Store) -> None:
    await a_watched_stream(store, ANN, BEN)
    await run_due(store, START - HOUR)
    await run_due(store, START - 10 * MINUTE)
    await change(store, "UPDATE outbox SET state = 'sent'")
    assert await store.write(reminders.fan_out, 3, START, page=1) is False
    await run_due(store, START)
    assert await store.read(seed.told) == [("stream_due_host", HOST), ("stream_soon", ANN), ("stream_soon", BEN)]


async def test_after_a_long_silence_only_the_newest_reminder_is_told(store: Store) -> None:
    await a_watched_stream(store)
    await run_due(store, START - 5 * MINUTE)
    assert await store.read(seed.told) == [("stream_soon", ANN), ("stream_soon", BEN)]
    assert await rows(store) == [
        (HOUR, "dropped", "a newer one is due"),
        (10 * MINUTE, "done", None),
        (0, "due", None),
    ]


async def test_an_hour_after_the_start_nobody_is_reminded(store: Store) -> None:
    await a_watched_stream(store)
    await run_due(store, START + HOUR + 1)
    assert await store.read(seed.told) == []
    assert {note for _, _, note in await rows(store)} == {"too late"}
    assert await store.read(reminders.next_due) is None


async def test_a_stream_that_is_live_or_over_reminds_nobody(store: Store) -> None:
    await a_watched_stream(store)
    await change(store, "UPDATE streams SET status = 'live'")
    await run_due(store, START - HOUR)
    await change(store, "UPDATE streams SET status = 'ended'")
    await run_due(store, START)
    assert await store.read(seed.told) == []
    assert [note for _, _, note in await rows(store)] == ["stream is live", "stream is ended", "stream is ended"]


async def test_a_moved_stream_drops_the_old_moments_and_keeps_the_new(store: Store) -> None:
    stream = await a_watched_stream(store)
    later = START + DAY
    await change(store, "UPDATE streams SET starts_at = :later", later=later)
    await store.write(reminders.plan, stream, later, OFFSETS, NOON)
    old, new = (await rows(store))[:3], (await rows(store))[3:]
    assert {(state, note) for _, state, note in old} == {("dropped", "stream moved")}
    assert new == [(HOUR, "due", None), (10 * MINUTE, "due", None), (0, "due", None)]


async def test_a_stream_moved_away_and_back_is_reminded_of_and_nobody_hears_twice(store: Store) -> None:
    stream = await a_watched_stream(store)
    await run_due(store, START - HOUR)
    for start in (START + DAY, START):
        await change(store, "UPDATE streams SET starts_at = :start", start=start)
        await store.write(reminders.plan, stream, start, OFFSETS, START - HOUR)
    assert (await rows(store))[:3] == [(HOUR, "done", None), (10 * MINUTE, "due", None), (0, "due", None)]
    await run_due(store, START - 10 * MINUTE)
    assert len(await store.read(seed.told)) == 4


async def test_a_reminder_of_another_start_is_never_told(store: Store) -> None:
    await a_watched_stream(store)
    await change(store, "UPDATE streams SET starts_at = :later", later=START + DAY)
    await run_due(store, START - HOUR)
    assert await store.read(seed.told) == []
    assert (await rows(store))[0] == (HOUR, "dropped", "stream moved")


async def test_dropping_ends_what_is_due_of_one_stream_only(store: Store) -> None:
    stream = await a_watched_stream(store)
    other = await store.write(seed.stream, "OTHER", starts_at=START)
    await store.write(reminders.plan, other, START, (), NOON)
    assert await store.write(reminders.drop, stream, "stream is cancelled") == 3
    assert await store.read(reminders.next_due) == START


async def test_reminders_are_found_by_index(store: Store) -> None:
    values = {
        "stream": 1,
        "starts_at": START,
        "before": HOUR,
        "now": NOON,
        "cursor": 0,
        "page": 9,
        "limit": 9,
        "id": 1,
    }
    for sql in (
        reminders._NEXT_DUE,
        reminders._DUE,
        reminders._REMINDER,
        reminders._NEWER,
        reminders._WATCHERS,
        reminders._DROP_MOVED,
    ):
        assert_no_scan(store.path, sql, **values)
