"""Books put back from a copy: nothing leaves, runs out or reminds by surprise, and old buttons lead nowhere."""

import pytest

from storage import broadcasts, doctor, outbox, recovery, reminders
from storage.broadcasts import Kind
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.outbox import Delivered, Lane
from storage.recovery import Gap, Settled, Terms
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CAI, HOST, OWNER

TERMS = Terms(pay_within_ms=30 * MINUTE, grace_ms=5 * MINUTE)
LATER = NOON + 3 * DAY


async def settled(store: Store, *, resend: bool = False, now: int = LATER) -> Settled:
    return await store.write(recovery.settle, file="copy.db", terms=TERMS, resend=resend, now=now)


async def opened(store: Store, now: int = LATER) -> bool:
    return await store.write(recovery.open_again, terms=TERMS, now=now)


async def states(store: Store) -> list[str]:
    return await store.read(lambda tx: [row[0] for row in tx.all("SELECT state FROM outbox ORDER BY id")])


async def test_what_was_unsent_in_the_copy_does_not_leave(store: Store) -> None:
    def three(tx: Tx) -> None:
        for kind in ("first", "second", "third"):
            outbox.tell(tx, ANN, kind, now=NOON)
        outbox.claim(tx, [1, 2])
        row = outbox.row(tx.all("SELECT * FROM outbox WHERE id = 1")[0])
        outbox.settle(tx, [(row, Delivered(message_id=1))], NOON)

    await store.write(three)
    assert (await settled(store)).set_aside == 2
    assert await states(store) == ["sent", "dropped", "dropped"]
    assert await store.write(outbox.heal) == 0
    assert await store.read(outbox.eligible, list(Lane), [], 10, LATER + DAY) == []
    assert [one.kind for one in await store.read(recovery.set_aside)] == ["second", "third"]
    notes = (await doctor.examine(store, now=LATER, bot_is_running=False)).notes
    assert any(note.startswith("2 messages set aside by a restore") for note in notes)


async def test_what_was_set_aside_leaves_when_somebody_says_so_and_only_once(store: Store) -> None:
    await store.write(lambda tx: outbox.tell(tx, ANN, "say", now=NOON))
    await settled(store)
    assert await store.write(recovery.resend, now=LATER) == 1
    assert await states(store) == ["queued"]
    assert [row.kind for row in await store.read(outbox.eligible, list(Lane), [], 10, LATER)] == ["say"]
    assert await store.write(recovery.resend, now=LATER) == 0
    assert await store.read(recovery.set_aside) == []


async def test_asked_to_resend_a_restore_sets_nothing_aside(store: Store) -> None:
    await store.write(lambda tx: outbox.tell(tx, ANN, "say", now=NOON))
    assert (await settled(store, resend=True)).set_aside == 0
    assert await states(store) == ["queued"]


async def test_a_news_set_aside_is_not_enqueued_a_second_time(store: Store) -> None:
    await store.write(lambda tx: outbox.tell(tx, ANN, "say", now=NOON, dedupe="once"))
    await settled(store)
    assert await store.write(lambda tx: outbox.tell(tx, ANN, "say", now=LATER, dedupe="once")) is None


async def test_what_was_set_aside_is_forgotten_like_everything_that_ended(store: Store) -> None:
    await store.write(lambda tx: outbox.tell(tx, ANN, "say", now=NOON))
    await settled(store)
    assert await store.write(outbox.forget, LATER) == 0
    assert await store.write(outbox.forget, LATER + 1) == 1


async def test_an_announcement_that_was_under_way_is_set_aside_whole(store: Store) -> None:
    followers = broadcasts.PAGE + 10

    def announced(tx: Tx) -> None:
        seed.staff_and_viewers(tx)
        for person in range(10_000, 10_000 + followers):
            seed.person(tx, person, follows=True)
        broadcasts.fan_out(
            tx, broadcasts.start(tx, Kind.ANNOUNCE, seed.stream(tx, starts_at=LATER + HOUR), HOST, NOON), NOON
        )

    await store.write(announced)
    assert (await settled(store)).set_aside == followers
    assert await store.read(broadcasts.running) == []
    assert await store.write(recovery.resend, now=LATER) == followers


async def test_reminders_whose_moment_has_gone_by_are_dropped_and_later_ones_stay(store: Store) -> None:
    def planned(tx: Tx) -> None:
        seed.staff_and_viewers(tx)
        start = LATER + 2 * HOUR
        stream = seed.stream(tx, starts_at=start)
        seed.watcher(tx, stream, ANN)
        reminders.plan(tx, stream, start, [DAY, HOUR], NOON)

    await store.write(planned)
    await settled(store)
    assert await store.read(reminders.next_due) == LATER + HOUR
    assert await trade.book(store, "SELECT note FROM reminders WHERE state = 'dropped'") is not None


async def unpaid(store: Store) -> dict[str, int]:
    """One order of Ann's that waits, one of Ben's under review, one of Cai's that ran out."""

    def act(tx: Tx) -> dict[str, int]:
        stall = trade.stall(tx)
        orders = {"waits": trade.place(tx, ANN, (stall.eggs, 1)), "review": trade.place(tx, BEN, (stall.eggs, 1))}
        trade.send_receipt(tx, BEN, orders["review"])
        return orders

    return await store.write(act)


async def hold(store: Store, order: int) -> object:
    return await trade.book(store, "SELECT hold_until FROM orders WHERE id = :id", id=order)


async def test_an_unpaid_order_gets_its_time_again_and_no_reminder_that_is_past(store: Store) -> None:
    orders = await unpaid(store)
    assert (await settled(store)).unpaid == 1
    assert await hold(store, orders["waits"]) == LATER + 35 * MINUTE
    assert await hold(store, orders["review"]) is None
    assert await trade.book(store, "SELECT count(*) FROM orders WHERE remind_at IS NOT NULL") == 0
    assert (await doctor.examine(store, now=LATER, bot_is_running=False)).differences == ()


async def test_a_restore_within_minutes_shortens_nobodys_time_and_keeps_the_reminder(store: Store) -> None:
    orders = await unpaid(store)
    await store.write(lambda tx: tx.run("UPDATE orders SET hold_until = :at WHERE hold_until NOTNULL", at=LATER))
    await settled(store, now=NOON + MINUTE)
    assert await hold(store, orders["waits"]) == LATER
    assert await trade.book(store, "SELECT remind_at FROM orders WHERE id = :id", id=orders["waits"]) is not None


async def test_time_to_pay_begins_with_the_first_start_however_late_and_with_no_other(store: Store) -> None:
    orders = await unpaid(store)
    await settled(store)
    await trade.all_said(store)
    start = LATER + 5 * HOUR
    assert await opened(store, start)
    assert await hold(store, orders["waits"]) == start + 35 * MINUTE
    assert await trade.kinds_told(store) == [("books_restored", OWNER)]
    assert not await opened(store, start + HOUR)
    assert await hold(store, orders["waits"]) == start + 35 * MINUTE


async def test_books_that_were_never_restored_open_as_ever(store: Store) -> None:
    orders = await unpaid(store)
    before = await hold(store, orders["waits"])
    assert not await opened(store)
    assert await hold(store, orders["waits"]) == before
    assert await store.read(recovery.gaps) == []


async def test_the_gap_is_from_the_newest_thing_the_copy_knew_to_the_restore(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    await store.write(lambda tx: outbox.tell(tx, CAI, "say", now=NOON + HOUR))
    assert (await settled(store)).known_until == NOON + HOUR
    assert await store.read(recovery.gaps) == [Gap(known_until=NOON + HOUR, restored_at=LATER)]


async def test_an_instant_of_a_clock_that_was_ahead_does_not_hide_the_gap(store: Store) -> None:
    await store.write(lambda tx: outbox.tell(tx, CAI, "say", now=LATER + DAY))
    assert (await settled(store)).known_until == NOON  # the migrations


@pytest.mark.parametrize(
    ("sent_at", "is_in_it"),
    [(NOON - 2 * MINUTE, False), (NOON, True), (NOON + HOUR, True), (LATER - 1, True), (LATER, False)],
)
def test_messages_sent_in_the_gap_are_told_from_those_before_and_after(sent_at: int, is_in_it: bool) -> None:
    assert Gap(known_until=NOON, restored_at=LATER).has(sent_at) is is_in_it
