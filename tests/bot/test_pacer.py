"""The pacer on a clock turned by hand."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pacer import LEAST_SWEPT, Limits, Pacer
from storage.outbox import Lane
from tests.clock import FakeClock

ANN, BOB, GROUP = 7, 8, -1001
EVERY_LANE = list(Lane)
TELL_APART = 1e-6  # seconds; sums of fractions are not exact


def paced(**limits: float) -> tuple[FakeClock, Pacer]:
    clock = FakeClock()
    return clock, Pacer(clock, Limits(**limits))  # type: ignore[arg-type]


def most_within(instants: list[float], seconds: float) -> int:
    """The largest number of instants in any half-open stretch of `seconds`."""
    starts = sorted(instants)
    return max((sum(a <= b < a + seconds - TELL_APART for b in starts) for a in starts), default=0)


def wait(pacer: Pacer, clock: FakeClock, lane: Lane, chat: int | str) -> float:
    return pacer.ready_at(lane, chat) - clock.monotonic()


def send_when_ready(pacer: Pacer, clock: FakeClock, lane: Lane, chat: int | str) -> float:
    """What a patient dispatcher does: ask, wait, take."""
    while (pause := wait(pacer, clock, lane, chat)) > 0:
        clock.advance(pause)
    assert pacer.take(lane, chat) == clock.monotonic()
    return clock.monotonic()


async def settled() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


async def run_out(clock: FakeClock, tasks: list[asyncio.Task[Any]]) -> None:
    await settled()
    while not all(task.done() for task in tasks):
        assert clock.next_wake is not None
        clock.advance(clock.next_wake)
        await settled()


# Private chats


def test_a_rested_chat_takes_a_burst_and_then_one_a_second() -> None:
    clock, pacer = paced(per_chat_per_second=1, per_chat_burst=5)
    start = clock.monotonic()
    gone = [send_when_ready(pacer, clock, Lane.REPLY, ANN) - start for _ in range(8)]
    assert gone == pytest.approx([0, 0, 0, 0, 0, 1, 2, 3])
    clock.advance(5)
    assert wait(pacer, clock, Lane.REPLY, ANN) == 0


def test_one_chat_does_not_hold_up_another() -> None:
    clock, pacer = paced(per_chat_burst=1)
    pacer.take(Lane.REPLY, ANN)
    assert wait(pacer, clock, Lane.REPLY, ANN) == pytest.approx(1)
    assert wait(pacer, clock, Lane.REPLY, BOB) == 0


def test_a_chat_is_the_same_chat_however_its_id_is_written() -> None:
    clock, pacer = paced(per_chat_burst=1, group_per_minute=1)
    pacer.take(Lane.REPLY, ANN)
    assert wait(pacer, clock, Lane.REPLY, str(ANN)) > 0
    pacer.take(Lane.REPLY, str(GROUP))
    assert wait(pacer, clock, Lane.REPLY, GROUP) == pytest.approx(60)
    pacer.take(Lane.REPLY, "@Tonggu")
    assert wait(pacer, clock, Lane.REPLY, "@tonggu") == pytest.approx(60)


def test_taking_early_reserves_the_slots_ahead_in_order() -> None:
    clock, pacer = paced(per_chat_burst=1)
    now = clock.monotonic()
    assert [pacer.take(Lane.REPLY, ANN) - now for _ in range(3)] == pytest.approx([0, 1, 2])


Steps = st.lists(
    st.tuples(
        st.floats(0, 20, allow_nan=False),
        st.sampled_from(EVERY_LANE),
        st.sampled_from([ANN, BOB, GROUP, "@stall"]),
        st.sampled_from(["send", "send", "send", "send", "pause"]),
    ),
    max_size=80,
)


@given(
    steps=Steps,
    rate=st.sampled_from([0.5, 1, 3]),
    burst=st.integers(1, 5),
    group=st.integers(1, 20),
    bulk=st.integers(1, 40),
)
@settings(deadline=None)
def test_no_sequence_of_messages_and_pauses_ever_exceeds_a_limit(
    steps: list[tuple[float, Lane, int | str, str]], rate: float, burst: int, group: int, bulk: int
) -> None:
    clock, pacer = paced(per_chat_per_second=rate, per_chat_burst=burst, group_per_minute=group, bulk_per_second=bulk)
    sent: dict[int | str, list[float]] = {}
    in_bulk: list[float] = []
    paused: dict[int | str, float] = {}
    for gap, lane, chat, what in steps:
        clock.advance(gap)
        if what == "pause":
            pacer.on_retry_after(lane, chat, gap)
            paused[chat] = max(paused.get(chat, 0), clock.monotonic() + gap)
            if lane.is_bulk:
                paused["bulk"] = max(paused.get("bulk", 0), clock.monotonic() + gap)
            continue
        at = send_when_ready(pacer, clock, lane, chat)
        assert at >= paused.get(chat, 0)
        assert not lane.is_bulk or at >= paused.get("bulk", 0)
        sent.setdefault(chat, []).append(at)
        if lane.is_bulk:
            in_bulk.append(at)
    for chat in (ANN, BOB):
        for seconds in (1 / rate, 1, 10, 60):
            assert most_within(sent.get(chat, []), seconds) <= burst + seconds * rate
    for chat in (GROUP, "@stall"):
        assert most_within(sent.get(chat, []), 60) <= group
    assert most_within(in_bulk, 1) <= bulk


@given(st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=30), st.integers(1, 4), st.integers(0, 9))
def test_those_ahead_are_counted_as_if_they_had_gone(gaps: list[float], limit: int, ahead: int) -> None:
    for chat in (ANN, GROUP):
        clock, pacer = paced(per_chat_burst=limit, group_per_minute=limit)
        for gap in gaps:
            clock.advance(gap)
            send_when_ready(pacer, clock, Lane.REPLY, chat)
        line = pacer._lines[chat]
        foretold = line.gate.ready_at(clock.monotonic(), ahead)
        for _ in range(ahead):
            send_when_ready(pacer, clock, Lane.REPLY, chat)
        assert send_when_ready(pacer, clock, Lane.REPLY, chat) == pytest.approx(foretold)


# Groups


def test_a_group_gets_twenty_in_any_sixty_seconds() -> None:
    clock, pacer = paced()
    start = clock.monotonic()
    clock.advance(30)
    for _ in range(10):
        send_when_ready(pacer, clock, Lane.ORDER, GROUP)
    clock.advance(50)
    gone = [send_when_ready(pacer, clock, Lane.ORDER, GROUP) - start for _ in range(15)]
    assert gone == pytest.approx([80] * 10 + [90] * 5)


# The bulk lanes


def test_bulk_leaves_evenly_spaced_and_without_a_burst() -> None:
    clock, pacer = paced()
    clock.advance(3600)
    start = clock.monotonic()
    gone = [send_when_ready(pacer, clock, Lane.BROADCAST, chat) - start for chat in range(1, 61)]
    assert gone == pytest.approx([n / 30 for n in range(60)])


def test_reminders_and_broadcasts_share_the_bulk_figure() -> None:
    clock, pacer = paced()
    pacer.take(Lane.BROADCAST, ANN)
    assert wait(pacer, clock, Lane.REMINDER, BOB) == pytest.approx(1 / 30)


@given(st.lists(st.sampled_from(EVERY_LANE), max_size=200))
@settings(deadline=None)
def test_replies_and_orders_are_never_held_by_bulk(lanes: list[Lane]) -> None:
    clock, pacer = paced()
    pacer.pause_bulk(3600)
    pacer.take(Lane.BROADCAST, 1)  # an hour ahead
    for chat, lane in enumerate(lanes, start=2):
        if lane.is_bulk:
            pacer.take(lane, chat)
        else:
            assert pacer.take(lane, chat) == clock.monotonic()


@pytest.mark.parametrize(("replies", "left"), [(0, 30), (10, 20), (24, 6), (25, 5), (29, 5), (500, 5)])
def test_bulk_takes_what_the_last_second_left_and_never_less_than_five(replies: int, left: int) -> None:
    clock, pacer = paced()
    for chat in range(1, replies + 1):
        pacer.take(Lane.REPLY, chat)
    pacer.take(Lane.BROADCAST, 1_000)
    assert wait(pacer, clock, Lane.BROADCAST, 1_001) == pytest.approx(1 / left)


@given(st.lists(st.floats(0, 0.05, allow_nan=False), min_size=1, max_size=400))
@settings(deadline=None)
def test_however_many_replies_go_bulk_waits_a_fifth_of_a_second_at_most(gaps: list[float]) -> None:
    clock, pacer = paced()
    last = clock.monotonic()
    for chat, gap in enumerate(gaps, start=1):
        clock.advance(gap)
        pacer.take(Lane.REPLY, chat)
        assert pacer.ready_at(Lane.BROADCAST, 1_000_000) <= max(clock.monotonic(), last + 1 / 5)
        if wait(pacer, clock, Lane.BROADCAST, 1_000 + chat) <= 0:
            last = pacer.take(Lane.BROADCAST, 1_000 + chat)


def test_a_bulk_figure_below_five_is_kept() -> None:
    clock, pacer = paced(bulk_per_second=2)
    for chat in range(1, 10):
        pacer.take(Lane.REPLY, chat)
    pacer.take(Lane.BROADCAST, 1_000)
    assert wait(pacer, clock, Lane.BROADCAST, 1_001) == pytest.approx(0.5)


def test_paid_broadcasts_leave_a_thousand_a_second() -> None:
    clock, pacer = paced(paid_broadcast=True)
    pacer.take(Lane.BROADCAST, ANN)
    assert wait(pacer, clock, Lane.BROADCAST, BOB) == pytest.approx(1 / 1_000)


def test_zero_switches_each_limit_off_but_no_pause() -> None:
    clock, pacer = paced(per_chat_per_second=0, group_per_minute=0, bulk_per_second=0, paid_broadcast=True)
    for lane in EVERY_LANE:
        for chat in (ANN, GROUP):
            assert {pacer.take(lane, chat) for _ in range(500)} == {clock.monotonic()}
    pacer.on_retry_after(Lane.BROADCAST, ANN, 9)
    assert wait(pacer, clock, Lane.REPLY, ANN) == pytest.approx(9)
    assert wait(pacer, clock, Lane.REMINDER, BOB) == pytest.approx(9)
    assert wait(pacer, clock, Lane.REPLY, BOB) == 0


# Pauses


def test_a_refused_reply_pauses_only_its_chat() -> None:
    clock, pacer = paced()
    pacer.on_retry_after(Lane.ORDER, ANN, 30)
    assert wait(pacer, clock, Lane.REPLY, ANN) == pytest.approx(30)
    assert wait(pacer, clock, Lane.REPLY, BOB) == 0
    assert wait(pacer, clock, Lane.BROADCAST, BOB) == 0


def test_a_refused_broadcast_pauses_the_bulk_lanes_and_its_chat() -> None:
    clock, pacer = paced()
    pacer.on_retry_after(Lane.BROADCAST, ANN, 30)
    assert wait(pacer, clock, Lane.REMINDER, BOB) == pytest.approx(30)
    assert wait(pacer, clock, Lane.REPLY, ANN) == pytest.approx(30)
    assert wait(pacer, clock, Lane.REPLY, BOB) == 0


def test_a_shorter_pause_never_ends_a_longer_one() -> None:
    clock, pacer = paced()
    for seconds in (30, 2):
        pacer.pause_chat(ANN, seconds)
        pacer.pause_bulk(seconds)
    clock.advance(29)
    assert wait(pacer, clock, Lane.REPLY, ANN) == pytest.approx(1)
    assert wait(pacer, clock, Lane.BROADCAST, BOB) == pytest.approx(1)


def test_setting_the_wall_clock_moves_no_pause() -> None:
    clock, pacer = paced()
    pacer.pause_chat(ANN, 30)
    clock.step(-3600)
    assert wait(pacer, clock, Lane.REPLY, ANN) == pytest.approx(30)


# Waiting


async def test_those_who_wait_go_in_the_order_they_came() -> None:
    clock, pacer = paced(per_chat_burst=1)
    start, order = clock.monotonic(), []

    async def send(name: int) -> None:
        await pacer.acquire(Lane.REPLY, ANN)
        order.append((name, round(clock.monotonic() - start, 3)))

    await run_out(clock, [asyncio.create_task(send(name)) for name in range(4)])
    assert order == [(0, 0), (1, 1), (2, 2), (3, 3)]


async def test_a_pause_holds_also_those_who_already_wait_and_keeps_their_order() -> None:
    clock, pacer = paced(per_chat_burst=2)
    start, order = clock.monotonic(), []

    async def send(name: int) -> None:
        await pacer.acquire(Lane.REPLY, ANN)
        order.append((name, round(clock.monotonic() - start, 3)))

    tasks = [asyncio.create_task(send(name)) for name in range(5)]
    await settled()
    pacer.pause_chat(ANN, 10)
    await run_out(clock, tasks)
    assert order == [(0, 0), (1, 0), (2, 10), (3, 10), (4, 11)]


async def test_a_newcomer_is_told_to_come_after_those_who_wait() -> None:
    clock, pacer = paced(per_chat_burst=1)
    tasks = [asyncio.create_task(pacer.acquire(Lane.REPLY, ANN)) for _ in range(3)]
    await settled()
    assert wait(pacer, clock, Lane.ORDER, ANN) == pytest.approx(3)
    await run_out(clock, tasks)


async def test_cancelling_one_who_waits_leaves_no_gap() -> None:
    clock, pacer = paced(per_chat_burst=1)
    start = clock.monotonic()
    tasks = [asyncio.create_task(pacer.acquire(Lane.REPLY, ANN)) for _ in range(4)]
    await settled()
    tasks[1].cancel()  # asleep
    tasks[2].cancel()  # in line behind it
    await run_out(clock, tasks)
    assert [task.cancelled() for task in tasks] == [False, True, True, False]
    assert clock.monotonic() - start == pytest.approx(1)


async def test_bulk_that_waits_does_not_hold_a_reply_to_the_same_chat() -> None:
    clock, pacer = paced()
    pacer.pause_bulk(60)
    bulk = asyncio.create_task(pacer.acquire(Lane.BROADCAST, ANN))
    await settled()
    await asyncio.wait_for(pacer.acquire(Lane.REPLY, ANN), 1)
    await run_out(clock, [bulk])


# Memory


def test_chats_that_rest_are_forgotten() -> None:
    clock, pacer = paced()
    for person in range(1, 20 * LEAST_SWEPT):
        clock.advance(0.05)
        pacer.take(Lane.REPLY, person)
        assert pacer.remembered <= LEAST_SWEPT
    assert wait(pacer, clock, Lane.REPLY, 1) == 0


def test_a_chat_with_a_pause_is_not_forgotten() -> None:
    clock, pacer = paced()
    pacer.pause_chat(ANN, 3600)
    for person in range(100, 100 + 3 * LEAST_SWEPT):
        clock.advance(0.1)
        pacer.take(Lane.REPLY, person)
    assert wait(pacer, clock, Lane.REPLY, ANN) > 3000


async def test_pauses_and_waits_are_counted_for_whoever_watches() -> None:
    clock, pacer = paced(per_chat_per_second=1, per_chat_burst=1)
    await pacer.acquire(Lane.REPLY, ANN)
    assert (pacer.waits, pacer.waited) == (0, 0.0)
    await run_out(clock, [asyncio.create_task(pacer.acquire(Lane.REPLY, ANN))])
    assert pacer.waits == 1
    assert pacer.waited == pytest.approx(1)
    pacer.on_retry_after(Lane.REPLY, ANN, 3)
    pacer.on_retry_after(Lane.BROADCAST, BOB, 3)
    assert pacer.pauses == {"chat": 2, "bulk": 1}
