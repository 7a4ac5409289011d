"""Dispatch: everything that was decided is said, in order, whatever Telegram, the books or the clock do meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.pacer import Limits, Pacer
from scheduler.dispatch import IN_FLIGHT, Dispatch
from storage import outbox
from storage.clock import HOUR, Clock, SystemClock
from storage.outbox import (
    Blocked,
    Lane,
    Migrated,
    NotSent,
    Outcome,
    Pointless,
    Rejected,
    RetryAfter,
    Unknown,
)
from storage.store import Store
from tests.clock import NOON, FakeClock
from tests.scheduler.office import NO_LIMITS, PATIENCE, Office, Post, break_books, mend_books, office, until

ANN, BEN = 5001, 5002


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Empty books in a real file."""
    async with await Store.open(tmp_path / "livestall.db", synchronous="NORMAL", now=NOON) as opened:
        yield opened


async def test_what_is_told_is_delivered_and_written_down(store: Store) -> None:
    async with office(store) as stall:
        for chat, kind in ((ANN, "first"), (BEN, "other"), (ANN, "second")):
            await stall.tell(chat, kind)
        await stall.all_ended()
        assert await stall.states() == {"sent": 3}
        assert [kind for chat, kind in stall.post.carried if chat == ANN] == ["first", "second"]
        assert await stall.repeated() == 0


async def test_what_waited_before_the_start_is_delivered_too(store: Store) -> None:
    closed = Office(store, FakeClock(), NO_LIMITS)
    await closed.tell(ANN)
    async with office(store) as stall:
        await stall.all_ended()
        assert stall.post.carried == [(ANN, "say")]


async def test_asked_to_wait_it_waits_by_the_clock_that_cannot_be_set(store: Store) -> None:
    async with office(store) as stall:
        stall.post.answers(ANN, RetryAfter(seconds=3))
        await stall.tell(ANN)
        await stall.rests()
        stall.clock.step(3600)
        stall.clock.advance(2.9)
        await stall.rests()
        assert len(stall.post.carried) == 1
        stall.clock.step(-7200)
        stall.clock.advance(0.2)
        await stall.all_ended()
        assert stall.post.carried == [(ANN, "say")] * 2
        assert await stall.repeated() == 0


async def test_a_chat_that_was_asked_to_wait_holds_up_no_other(store: Store) -> None:
    async with office(store) as stall:
        stall.post.answers(ANN, RetryAfter(seconds=30))
        await stall.tell(ANN)
        await stall.rests()
        await stall.tell(BEN)
        await stall.rests()
        assert stall.post.carried == [(ANN, "say"), (BEN, "say")]


async def test_a_lost_answer_is_sent_again_and_counted(store: Store) -> None:
    async with office(store) as stall:
        stall.post.answers(ANN, Unknown(reason="reset"), Unknown(reason="timed out"))
        await stall.tell(ANN)
        await stall.rests()
        assert await stall.states() == {"queued": 1}
        stall.clock.advance(1.1)
        await stall.rests()
        assert len(stall.post.carried) == 2
        stall.clock.advance(2.1)
        await stall.all_ended()
        assert len(stall.post.carried) == 3
        assert await stall.repeated() == 2


async def test_what_surely_did_not_leave_is_sent_again_and_is_no_repeat(store: Store) -> None:
    async with office(store) as stall:
        stall.post.answers(ANN, NotSent(reason="refused"))
        await stall.tell(ANN)
        await stall.rests()
        stall.clock.advance(1.1)
        await stall.all_ended()
        assert len(stall.post.carried) == 2
        assert await stall.repeated() == 0


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Rejected(reason="can't parse entities"), "failed"),
        (Pointless(reason="stream over"), "dropped"),
        (KeyError("a bug in rendering"), "failed"),
    ],
    ids=["rejected", "pointless", "raised"],
)
async def test_a_message_that_cannot_be_sent_stops_no_other(
    store: Store, outcome: Outcome | Exception, state: str
) -> None:
    async with office(store) as stall:
        stall.post.answers(ANN, outcome)
        for chat, kind in ((ANN, "bad"), (ANN, "next"), (BEN, "other")):
            await stall.tell(chat, kind)
        await stall.all_ended()
        assert await stall.states() == {"sent": 2, state: 1}
        assert sorted(stall.post.carried) == [(ANN, "bad"), (ANN, "next"), (BEN, "other")]


async def test_after_a_block_the_chats_other_rows_are_not_tried(store: Store) -> None:
    async with office(store) as stall:
        stall.post.shut()
        stall.post.answers(ANN, Blocked())
        for _ in range(3):
            await stall.tell(ANN)
        stall.post.reopen()
        await stall.all_ended()
        assert await stall.states() == {"dropped": 3}
        assert stall.post.carried == [(ANN, "say")]


async def test_a_chat_that_moved_gets_everything_at_its_new_place(store: Store) -> None:
    async with office(store) as stall:
        stall.post.answers(-100, Migrated(chat_id=-1001000))
        await stall.tell(-100, "first")
        await stall.tell(-100, "second")
        await stall.all_ended()
        assert stall.post.carried == [(-100, "first"), (-1001000, "first"), (-1001000, "second")]


@pytest.mark.parametrize("outcome", [RetryAfter(seconds=3), NotSent(reason="refused"), Unknown(reason="reset")])
async def test_a_chats_order_holds_when_its_first_message_is_tried_again(store: Store, outcome: Outcome) -> None:
    async with office(store) as stall:
        stall.post.answers(ANN, outcome)
        for kind in ("first", "second", "third"):
            await stall.tell(ANN, kind)
        await stall.rests()
        assert stall.post.carried == [(ANN, "first")]
        stall.clock.advance(3.1)
        await stall.all_ended()
        assert [kind for _, kind in stall.post.carried] == ["first", "first", "second", "third"]


async def test_no_more_than_thirty_two_are_on_the_way_at_once(store: Store) -> None:
    async with office(store) as stall:
        stall.post.shut()
        for chat in range(1, 101):
            await stall.tell(chat)
        await until(lambda: stall.post.on_the_way == IN_FLIGHT)
        assert (await stall.states()) == {"queued": 100 - IN_FLIGHT, "sending": IN_FLIGHT}
        stall.post.reopen()
        await stall.all_ended()
        assert stall.post.most == IN_FLIGHT == 32
        assert len(stall.post.carried) == 100


async def test_slow_broadcasts_leave_places_for_replies(store: Store) -> None:
    async with office(store) as stall:
        stall.post.shut()
        await stall.broadcast(100)
        await until(lambda: stall.post.on_the_way >= IN_FLIGHT * 3 // 4)
        await stall.tell(ANN, "reply")
        await until(lambda: stall.post.on_the_way == IN_FLIGHT * 3 // 4 + 1)
        stall.post.reopen()
        await stall.all_ended()
        assert await stall.states() == {"sent": 101}


async def test_a_reply_passes_ten_thousand_queued_broadcasts_at_once(store: Store) -> None:
    async with office(store, Limits()) as stall:
        await stall.broadcast(10_000)
        await stall.rests()
        assert [kind for _, kind in stall.post.carried] == ["live"]
        await stall.tell(ANN, "reply")
        await until(lambda: (ANN, "reply") in stall.post.carried)
        assert len(stall.post.carried) == 2
        assert stall.clock.monotonic() == 1_000.0


async def test_a_broadcast_that_was_asked_to_wait_does_not_hold_the_replies(store: Store) -> None:
    async with office(store, Limits()) as stall:
        stall.post.answers(10_001, RetryAfter(seconds=60))
        await stall.broadcast(10_000)
        await stall.rests()
        stall.clock.advance(10)
        await stall.rests()
        assert len(stall.post.carried) == 1
        await stall.tell(ANN, "reply")
        await stall.tell(ANN, "order", Lane.ORDER)
        await until(lambda: len(stall.post.carried) == 3)
        await stall.rests()
        assert stall.post.carried[1:] == [(ANN, "reply"), (ANN, "order")]
        stall.clock.advance(51)
        await until(lambda: len(stall.post.carried) > 3)


class CountingPacer(Pacer):
    """Counts how many rows are looked at."""

    looks = 0

    def ready_at(self, lane: Lane, chat: int | str) -> float:
        self.looks += 1
        return super().ready_at(lane, chat)


async def test_a_long_queue_is_not_read_anew_for_every_message(store: Store) -> None:
    clock, post = FakeClock(), Post()
    pacer = CountingPacer(clock, Limits())
    dispatch = Dispatch(store, clock, pacer, post.deliver)
    stall = Office(store, clock, NO_LIMITS)
    await stall.broadcast(10_000)
    running = asyncio.create_task(dispatch.run())
    for sent in range(1, 31):
        await until(lambda sent=sent: len(post.carried) == sent and clock.sleeping > 0)  # type: ignore[misc]
        clock.advance(1 / 30)
    await dispatch.stop()
    await running
    assert pacer.looks < 30 * 300


async def test_what_is_due_later_goes_when_it_is_due(store: Store) -> None:
    async with office(store) as stall:
        await stall.tell(ANN, "later", not_before=NOON + 3_000)
        await stall.rests()
        stall.clock.advance(2.9)
        await stall.rests()
        assert stall.post.carried == []
        stall.clock.advance(0.2)
        await stall.all_ended()


async def test_setting_the_clock_back_an_hour_stalls_no_reply(store: Store) -> None:
    async with office(store) as stall:
        await stall.tell(ANN, "before")
        await stall.all_ended()
        await stall.rests()
        stall.clock.step(-HOUR / 1000)
        await stall.tell(ANN, "after")
        await stall.all_ended()
        assert stall.post.carried == [(ANN, "before"), (ANN, "after")]


async def test_what_another_process_enqueued_is_found_by_the_sweep(store: Store) -> None:
    async with office(store) as stall:
        await stall.rests()
        async with await Store.open(store.path, now=NOON) as other:
            await Office(other, FakeClock(), NO_LIMITS).tell(ANN)
        stall.clock.advance(5.1)
        await stall.all_ended()


async def test_stopping_waits_for_what_is_on_the_way_and_starts_nothing_more(store: Store) -> None:
    async with office(store) as stall:
        stall.post.shut()
        await stall.tell(ANN, "first")
        await stall.tell(ANN, "second")
        await until(lambda: stall.post.on_the_way == 1)
        stopping = asyncio.create_task(stall.dispatch.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        stall.post.reopen()
        await asyncio.wait_for(stopping, PATIENCE)
        assert stall.post.carried == [(ANN, "first")]
        assert await stall.states() == {"queued": 1, "sent": 1}


class StoppingPacer(Pacer):
    """Has the dispatcher stopped in the moment in which it has chosen a row and not yet claimed it."""

    dispatch: Dispatch
    stopping: asyncio.Task[None] | None = None

    def take(self, lane: Lane, chat: int | str) -> float:
        self.stopping = asyncio.create_task(self.dispatch.stop())
        return super().take(lane, chat)


async def test_stopped_between_a_choice_and_its_claim_it_waits_for_that_delivery_too(store: Store) -> None:
    stall = Office(store, FakeClock(), NO_LIMITS)
    await stall.tell(ANN)
    pacer = StoppingPacer(stall.clock, NO_LIMITS)
    pacer.dispatch = Dispatch(store, stall.clock, pacer, stall.post.deliver)
    await asyncio.wait_for(pacer.dispatch.run(), PATIENCE)
    assert pacer.stopping is not None
    await asyncio.wait_for(pacer.stopping, PATIENCE)
    assert await stall.states() == {"sent": 1}
    assert stall.post.carried == [(ANN, "say")]


async def test_a_delivery_that_cannot_be_written_down_is_neither_lost_nor_doubled(store: Store) -> None:
    await break_books(store, "sent")
    async with office(store) as stall:
        await stall.tell(ANN, "first")
        await stall.tell(ANN, "second")
        await until(lambda: stall.clock.sleeping == 2)
        for _ in range(3):
            stall.clock.advance(20)
            await until(lambda: stall.clock.sleeping == 2)
        assert stall.post.carried == [(ANN, "first")]
        assert await stall.states() == {"queued": 1, "sending": 1}
        await mend_books(store)
        stall.clock.advance(61)
        await stall.all_ended()
        assert stall.post.carried == [(ANN, "first"), (ANN, "second")]
        assert await stall.repeated() == 0


async def test_a_stop_does_not_wait_for_books_that_cannot_be_written(store: Store) -> None:
    await break_books(store, "sent")
    clock = FakeClock()
    async with office(store, clock=clock) as stall:
        await stall.tell(ANN)
        await until(lambda: clock.sleeping == 2)
        stopping = asyncio.create_task(stall.dispatch.stop())
        await asyncio.sleep(0)
        clock.advance(61)
        await asyncio.wait_for(stopping, PATIENCE)
        assert await stall.states() == {"sending": 1}
    await mend_books(store)
    async with office(store) as again:
        await again.all_ended()
        assert await again.repeated() == 1


async def test_nothing_is_sent_that_could_not_be_claimed(store: Store) -> None:
    await break_books(store, "sending")
    async with office(store) as stall:
        await stall.tell(ANN)
        await stall.rests()
        assert stall.post.carried == []
        await mend_books(store)
        stall.clock.advance(1.1)
        await stall.all_ended()
        assert stall.post.carried == [(ANN, "say")]


async def test_what_a_kill_cut_short_goes_again_even_if_the_books_are_mended_late(store: Store) -> None:
    before = Office(store, FakeClock(), NO_LIMITS)
    await before.tell(ANN)
    await store.write(outbox.claim, [1])
    await break_books(store, "queued")
    async with office(store) as stall:
        await stall.rests()
        assert stall.post.carried == []
        await mend_books(store)
        stall.clock.advance(1.1)
        await stall.all_ended()
        assert stall.post.carried == [(ANN, "say")]
        assert await stall.repeated() == 1


async def test_with_real_time_and_real_limits_everything_leaves(store: Store) -> None:
    """The machine's clock moves between two looks at it, which the other tests' does not."""
    clock: Clock = SystemClock()
    post = Post()
    stall = Office(store, FakeClock(), NO_LIMITS)
    await stall.broadcast(10)
    for number in range(12):
        await stall.tell(ANN + number % 4, "reply")
        await stall.tell(-ANN - number, "reminder", Lane.REMINDER)
    dispatch = Dispatch(store, clock, Pacer(clock, Limits()), post.deliver)
    running = asyncio.create_task(dispatch.run())
    await stall.all_ended()
    await dispatch.stop()
    await running
    assert Counter(kind for _, kind in post.carried) == {"reply": 12, "reminder": 12, "live": 10}
    assert post.carried[-1][1] == "live"
