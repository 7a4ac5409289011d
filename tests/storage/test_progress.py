"""How far a broadcast has come: counted from its messages, told after two seconds, and once when it is over."""

from storage import broadcasts, outbox, progress
from storage.broadcasts import REPORT_AFTER, Kind
from storage.clock import SECOND
from storage.connection import Tx
from storage.outbox import Blocked, Delivered, Lane, Outcome, Pointless, Rejected, RetryAfter, Unknown
from storage.progress import OFTEN, SELDOM, Progress
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import HOST

FIRST = 10_000
SENT = Delivered(message_id=1)


async def announced(store: Store, followers: int, *, kind: Kind = Kind.ANNOUNCE) -> int:
    """A broadcast whose messages are all enqueued; returns its id."""

    def act(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        stream = seed.stream(tx)
        for person in range(FIRST, FIRST + followers):
            seed.person(tx, person, follows=True)
        return broadcasts.start(tx, kind, stream, HOST, NOON)

    broadcast = await store.write(act)
    while not await store.write(broadcasts.fan_out, broadcast, NOON):
        pass
    return broadcast


async def carry(store: Store, count: int, outcome: Outcome = SENT, *, at: int = NOON + SECOND) -> None:
    """The next messages of the broadcast are taken and end like this."""

    def act(tx: Tx) -> None:
        rows = outbox.eligible(tx, [Lane.BROADCAST], [], count, at)
        assert len(rows) == count
        outbox.claim(tx, [row.id for row in rows])
        outbox.settle(tx, [(row, outcome) for row in rows], at)

    await store.write(act)


async def seen(store: Store, broadcast: int) -> Progress:
    found = await store.read(progress.view, broadcast)
    assert found is not None
    return found


def told(tx: Tx) -> int:
    """Progress messages that wait to be sent or edited."""
    count: int = tx.value("SELECT count(*) FROM outbox WHERE kind = 'broadcast_progress' AND state = 'queued'")
    return count


async def next_report(store: Store) -> int | None:
    return await store.read(progress.next_due)


async def the_host_has_read(store: Store) -> None:
    """What waits for the host is sent."""

    def act(tx: Tx) -> None:
        for row in outbox.eligible(tx, [Lane.REPLY, Lane.ORDER], [], 9, NOON):
            outbox.claim(tx, [row.id])
            outbox.settle(tx, [(row, SENT)], NOON)

    await store.write(act)


async def test_every_ending_is_counted_where_it_belongs(store: Store) -> None:
    broadcast = await announced(store, 12)
    await carry(store, 4)
    await carry(store, 2, Blocked())
    await carry(store, 1, Rejected(reason="text is empty"))
    await carry(store, 1, Pointless(reason="stream is over"))
    found = await seen(store, broadcast)
    assert (found.sent, found.blocked, found.failed, found.dropped, found.left) == (4, 2, 1, 1, 4)
    assert (found.total, found.is_over) == (12, False)


async def test_what_is_sent_again_is_counted_once(store: Store) -> None:
    broadcast = await announced(store, 3)
    await carry(store, 1, Unknown(reason="no answer"))
    await carry(store, 1, RetryAfter(seconds=5))
    assert (await seen(store, broadcast)).left == 3
    await carry(store, 3)
    found = await seen(store, broadcast)
    assert (found.sent, found.total, found.is_over) == (3, 3, True)
    assert await store.read(lambda tx: tx.value("SELECT sum(repeated) FROM outbox")) == 1


async def test_messages_on_their_way_at_a_kill_are_still_to_be_told(store: Store) -> None:
    broadcast = await announced(store, 3)

    def killed(tx: Tx) -> None:
        outbox.claim(tx, [row.id for row in outbox.eligible(tx, [Lane.BROADCAST], [], 2, NOON)])

    await store.write(killed)
    assert (await seen(store, broadcast)).left == 3
    await store.write(outbox.heal)
    assert ((await seen(store, broadcast)).left, (await seen(store, broadcast)).sent) == (3, 0)


async def test_one_broadcast_is_not_counted_into_another(store: Store) -> None:
    first = await announced(store, 3)
    second = await store.write(broadcasts.start, Kind.ANNOUNCE, 1, HOST, NOON)
    await store.write(broadcasts.fan_out, second, NOON, page=2)
    assert ((await seen(store, first)).total, (await seen(store, second)).total) == (3, 2)
    assert not (await seen(store, second)).is_over


async def test_nobody_speaks_of_what_is_over_within_two_seconds(store: Store) -> None:
    broadcast = await announced(store, 3)
    await carry(store, 3, at=NOON + REPORT_AFTER)
    assert await next_report(store) == NOON + REPORT_AFTER
    await store.write(progress.report, broadcast, NOON + REPORT_AFTER)
    assert await next_report(store) is None
    assert await store.read(told) == 0


async def test_before_its_time_nothing_is_told(store: Store) -> None:
    broadcast = await announced(store, 3)
    await store.write(progress.report, broadcast, NOON + REPORT_AFTER - 1)
    assert await store.read(told) == 0
    assert await next_report(store) == NOON + REPORT_AFTER


async def test_from_two_seconds_on_it_is_told_every_few_seconds_and_at_the_end_once(store: Store) -> None:
    broadcast = await announced(store, 400)
    now = NOON + REPORT_AFTER
    await carry(store, 20, at=now)
    await store.write(progress.report, broadcast, now)
    assert await store.read(told) == 1
    assert await next_report(store) == now + SELDOM
    await the_host_has_read(store)
    now += SELDOM
    await carry(store, 350, at=now)
    await store.write(progress.report, broadcast, now)
    assert await store.read(told) == 1
    assert await next_report(store) == now + OFTEN  # the rest takes less than a second
    await the_host_has_read(store)
    now += OFTEN
    await carry(store, 30, at=now)
    for _ in range(2):
        await store.write(progress.report, broadcast, now)
        assert await store.read(told) == 1
        assert await next_report(store) is None
    assert (await seen(store, broadcast)).took_ms == now - NOON


async def test_while_other_messages_wait_for_the_host_only_the_end_is_told(store: Store) -> None:
    broadcast = await announced(store, 400)
    now = NOON + REPORT_AFTER

    def answered(tx: Tx) -> None:
        outbox.tell(tx, HOST, "say", now=now, key="chatter.not_understood")

    await store.write(answered)
    await carry(store, 20, at=now)
    await store.write(progress.report, broadcast, now)
    assert await store.read(told) == 0
    assert await next_report(store) == now + SELDOM
    await carry(store, 380, at=now + SELDOM)
    await store.write(progress.report, broadcast, now + SELDOM)
    assert await store.read(told) == 1


async def test_a_look_that_comes_late_still_tells_the_end_of_what_took_long(store: Store) -> None:
    broadcast = await announced(store, 3)
    await carry(store, 3, at=NOON + REPORT_AFTER + 1)
    await store.write(progress.report, broadcast, NOON + 60 * SECOND)
    assert await store.read(told) == 1
    assert await next_report(store) is None


async def test_what_was_begun_to_be_told_is_ended_though_the_clock_was_set_back(store: Store) -> None:
    broadcast = await announced(store, 400)
    now = NOON + REPORT_AFTER
    await store.write(progress.report, broadcast, now)
    await the_host_has_read(store)
    await carry(store, 400, at=NOON - 3600 * SECOND)
    found = await seen(store, broadcast)
    assert (found.took_ms, found.to_go_ms) == (0, None)
    await store.write(progress.report, broadcast, now + SELDOM)
    assert await store.read(told) == 1
    assert await next_report(store) is None


async def test_the_time_to_go_follows_the_pace_of_the_last_ten_seconds(store: Store) -> None:
    broadcast = await announced(store, 400)
    assert (await seen(store, broadcast)).to_go_ms is None
    await carry(store, 100, at=NOON + SECOND)
    assert (await seen(store, broadcast)).to_go_ms == 3 * SECOND
    # An hour of standstill, then a tenth of the pace.
    await carry(store, 100, at=NOON + 3_610 * SECOND)
    assert (await seen(store, broadcast)).to_go_ms == 20 * SECOND


async def test_an_unfinished_fan_out_is_not_over_though_nothing_waits(store: Store) -> None:
    broadcast = await announced(store, 2)
    await carry(store, 2)
    assert (await seen(store, broadcast)).is_over
    await store.write(lambda tx: tx.run("UPDATE broadcasts SET state = 'running'"))
    assert not (await seen(store, broadcast)).is_over


async def test_progress_is_found_and_counted_by_index(store: Store) -> None:
    for sql in (progress._BROADCAST, progress._COUNTS, progress._BLOCKED, progress._RECENT, progress._IS_DUE):
        assert_no_scan(store.path, sql, id=1, since=0, now=0)
    for sql in (progress._NEXT_DUE, progress._DUE, progress._HAS_MAIL):
        assert_no_scan(store.path, sql, now=0, chat=1, order=1)

    def plan(tx: Tx) -> list[str]:
        return [row["detail"] for row in tx.all(f"EXPLAIN QUERY PLAN {progress._COUNTS}", id=1)]

    assert await store.read(plan) == ["SEARCH outbox USING COVERING INDEX outbox_by_broadcast (broadcast_id=?)"]
